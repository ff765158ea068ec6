//! The world as the daemon has it: threads, tasks and devices that answer when they are done.

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::Sender;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::keeper::Keeper;
use super::shared::Shared;
use crate::audio::{Microphone, earcon};
use crate::brain::Query;
use crate::bus::Event;
use crate::dialogue::driver::{Adjustment, Happening, Ports};
use crate::dialogue::io::{Answered, Input, Outcome, Ticket, TurnId};
use crate::skills::Skills;
use crate::speech::recognizer::{self, EngineError, Purpose, Recognizer};
use crate::speech::voice::{Prosody, Speaker};

/// Everything that is said to this daemon is one conversation.
pub(super) const SESSION: &str = "desktop";

/// Sentences of one answer on their way to the dialogue. The model waits while they are full.
const SENTENCES: usize = 8;

/// Hands what came of a request to the dialogue. A daemon that is gone needs none of it.
fn tell(answers: &Sender<Happening>, input: Input) {
    let _ = answers.send(Happening::Dialogue(input));
}

/// See the module's documentation.
pub(super) struct LivePorts {
    pub(super) shared: Arc<Shared>,
    pub(super) recognizer: Arc<Recognizer>,
    pub(super) skills: Arc<Skills>,
    pub(super) runtime: Handle,
    pub(super) answers: Sender<Happening>,
    pub(super) speaker: Arc<Speaker>,
    pub(super) microphone: Microphone,
    pub(super) prosody: Prosody,
    pub(super) keeper: Keeper,
    /// Clients that wait, by ticket.
    pub(super) clients: HashMap<Ticket, oneshot::Sender<Outcome>>,
    /// Requests that the brain works on.
    pub(super) tasks: HashMap<TurnId, AbortHandle>,
}

impl LivePorts {
    /// Sets loudness and speed of the voice, as far as they are given.
    pub(super) fn set_voice(&mut self, volume: Option<f32>, rate: Option<f32>) {
        let prosody = Prosody {
            volume: volume.unwrap_or(self.prosody.volume),
            rate: rate.unwrap_or(self.prosody.rate),
            ..self.prosody
        };
        self.use_prosody(prosody.clamped());
    }

    fn use_prosody(&mut self, prosody: Prosody) {
        self.prosody = prosody;
        self.speaker.set_prosody(prosody);
        self.shared.set_prosody(prosody);
    }

    fn happened(&self, input: Input) {
        // The queue is read by the very thread that calls this, so waiting would be for ever; it
        // holds more than all turns can produce at once.
        if self.answers.try_send(Happening::Dialogue(input)).is_err() {
            tracing::error!("the dialogue's queue is full");
        }
    }
}

impl Ports for LivePorts {
    fn publish(&mut self, _t_ms: u64, event: Event) {
        self.shared.publish(event);
    }

    fn recognize(
        &mut self,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
    ) -> Result<recognizer::Ticket, EngineError> {
        self.recognizer.submit(purpose, may_wake, audio)
    }

    fn speech_started(&mut self) {
        self.recognizer.speech_started();
    }

    fn ask(&mut self, query: Query) {
        self.tasks.retain(|_, task| !task.is_finished());
        let turn = query.turn;
        let (skills, answers) = (self.skills.clone(), self.answers.clone());
        let keeper = self.keeper.clone();
        let task = self.runtime.spawn(async move {
            let (said, mut sentences) = mpsc::channel(SENTENCES);
            let brain = skills.brain().clone();
            let answering = brain.answer(query, Some(&said));
            tokio::pin!(answering);
            let answer = loop {
                tokio::select! {
                    biased;
                    Some(sentence) = sentences.recv() => {
                        tell(&answers, Input::Sentence(turn, sentence));
                    }
                    answer = &mut answering => break answer,
                }
            };
            while let Ok(sentence) = sentences.try_recv() {
                tell(&answers, Input::Sentence(turn, sentence));
            }
            tell(&answers, Input::Answered(turn, Answered::new(turn, answer)));
            keeper.keep(turn);
        });
        self.tasks.insert(turn, task.abort_handle());
    }

    fn forget_question(&mut self) {
        self.skills.brain().forget_question(SESSION);
    }

    fn abandon(&mut self, turn: TurnId) {
        if let Some(task) = self.tasks.remove(&turn) {
            task.abort();
        }
    }

    fn speak(&mut self, turn: TurnId, text: String) {
        if let Err(error) = self.speaker.speak(turn, text) {
            self.happened(Input::Failed {
                code: "voice".into(),
                message: error.to_string(),
            });
            self.happened(Input::VoiceFinished(turn));
        }
    }

    fn stop_voice(&mut self) {
        self.speaker.stop();
    }

    fn earcon(&mut self, opens: bool) {
        let sound = if opens {
            earcon::open()
        } else {
            earcon::close()
        };
        self.speaker.earcon(sound);
    }

    fn microphone(&mut self, open: bool) {
        if open {
            self.microphone.open();
        } else {
            self.microphone.close();
        }
        self.shared.set_muted(!open);
    }

    fn adjust_voice(&mut self, adjustment: Adjustment) {
        self.use_prosody(adjustment.apply(self.prosody));
    }

    fn deliver(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Some(client) = self.clients.remove(&ticket) {
            // A client that hung up needs no outcome.
            let _ = client.send(outcome);
        }
    }
}
