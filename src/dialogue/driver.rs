//! Runs the dialogue on a stream of frames.
//!
//! The driver turns sound into the dialogue's inputs (voice activity, endpoint, recogniser) and
//! the dialogue's effects into calls on its [`Ports`]. It keeps the stream's clock, which counts
//! frames while there are any.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::core::Dialogue;
use super::io::{Command, Effect, Heard, Input, Outcome, Settings, Ticket, TurnId, UtteranceId};
use crate::audio::{Frame, SAMPLE_RATE};
use crate::brain::Query;
use crate::bus::{EndReason, Event, State};
use crate::speech::endpoint::{Endpointer, FRAME_MS, Segment, Utterance};
use crate::speech::recognizer::{self, Agreement, EngineError, Purpose, Transcript};
use crate::speech::vad::{Vad, dbfs, rms};
use crate::speech::voice::Prosody;

/// Frames over which the level is taken before it is published (112 ms).
const LEVEL_FRAMES: usize = 7;

/// Speech before a first partial text: less gives the recogniser no word to go by.
const FIRST_PARTIAL_MS: u64 = 700;

/// How often partial texts are wanted at most.
const PARTIAL_INTERVAL_MS: u64 = 500;

/// What partial texts may cost: 30 % of one core on average.
const PARTIAL_SHARE: f64 = 0.3;

/// How partial texts are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partials {
    /// None.
    Off,
    /// Whenever so many milliseconds of speech were added: the same on every run.
    Every(u64),
    /// As often as their measured cost allows.
    Affordable,
}

/// The world outside the dialogue. Calls return at once; what comes of them is handed to the
/// driver as [`Happening`]s.
pub trait Ports {
    /// Tells the world, `t_ms` into the stream.
    fn publish(&mut self, t_ms: u64, event: Event);
    /// Starts a transcription of what may begin with the wake phrase, or may not.
    fn recognize(
        &mut self,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
    ) -> Result<recognizer::Ticket, EngineError>;
    /// Says that a transcription will be wanted soon.
    fn speech_started(&mut self);
    /// Has the brain answer a request.
    fn ask(&mut self, query: Query);
    /// Has the brain forget what it asked in the dialogue's own conversation.
    fn forget_question(&mut self);
    /// Forgets a request.
    fn abandon(&mut self, turn: TurnId);
    /// Speaks a reply.
    fn speak(&mut self, turn: TurnId, text: String);
    /// Cuts what is being spoken.
    fn stop_voice(&mut self);
    /// Plays the sound of an ear opening or closing.
    fn earcon(&mut self, opens: bool);
    /// Opens or closes the microphone.
    fn microphone(&mut self, open: bool);
    /// Changes loudness or speed of the voice.
    fn adjust_voice(&mut self, adjustment: Adjustment);
    /// Tells a client how its request ended.
    fn deliver(&mut self, ticket: Ticket, outcome: Outcome);
}

/// A change of the voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Adjustment {
    /// Louder or quieter, by so much of full scale.
    VolumeBy(f32),
    /// Faster or slower, by so much of the voice's own speed.
    RateBy(f32),
}

impl Adjustment {
    /// The prosody after the change, within its limits.
    pub fn apply(self, prosody: Prosody) -> Prosody {
        match self {
            Self::VolumeBy(step) => Prosody {
                volume: prosody.volume + step,
                ..prosody
            },
            Self::RateBy(step) => Prosody {
                rate: prosody.rate + step,
                ..prosody
            },
        }
        .clamped()
    }
}

/// What the driver is told.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all of them are frames, and a box for each would allocate 60 times a second"
)]
pub enum Happening {
    /// The next 16 ms of sound.
    Frame(Frame),
    /// No sound for now: the file is over or the microphone gone.
    EndOfAudio,
    /// Time passed without sound.
    Elapsed(Duration),
    /// A transcription is done.
    Recognized(recognizer::Outcome),
    /// Something for the dialogue itself.
    Dialogue(Input),
    /// Someone asks or orders.
    Command(Command),
}

/// The utterance in progress.
struct Current {
    id: UtteranceId,
    /// The transcription of what may be all of it.
    speculative: Option<Job>,
    partial: Option<recognizer::Ticket>,
    agreement: Agreement,
    /// When the next partial text may be asked for.
    next_partial_ms: u64,
    probed: bool,
}

/// A transcription under way or done.
struct Job {
    ticket: recognizer::Ticket,
    submitted: Instant,
    submitted_ms: u64,
    outcome: Option<recognizer::Outcome>,
    /// When its text was there, in wall time after it was submitted.
    ready: Duration,
}

/// A finished utterance without its text yet.
struct Pending {
    id: UtteranceId,
    utterance: Utterance,
    ended_ms: u64,
    job: Job,
}

/// See the module's documentation.
pub struct Driver<P> {
    ports: P,
    dialogue: Dialogue,
    vad: Vad,
    endpointer: Endpointer,
    clock_ms: u64,
    /// Part of a millisecond that [`Happening::Elapsed`] has not counted yet.
    remainder: Duration,
    current: Option<Current>,
    pending: VecDeque<Pending>,
    next_utterance: UtteranceId,
    partials: Partials,
    level: Vec<f32>,
}

impl<P: Ports> Driver<P> {
    /// A driver at the start of a stream.
    pub fn new(settings: Settings, partials: Partials, ports: P) -> Self {
        Self {
            vad: Vad::new(),
            endpointer: Endpointer::new(&settings.listen),
            dialogue: Dialogue::new(settings),
            ports,
            clock_ms: 0,
            remainder: Duration::ZERO,
            current: None,
            pending: VecDeque::new(),
            next_utterance: 1,
            partials,
            level: Vec::new(),
        }
    }

    /// The world outside.
    pub fn ports(&mut self) -> &mut P {
        &mut self.ports
    }

    /// Ends the stream and gives the world back.
    pub fn into_ports(self) -> P {
        self.ports
    }

    /// What FAME is doing.
    pub fn state(&self) -> State {
        self.dialogue.state()
    }

    /// Milliseconds of the stream so far.
    pub fn clock_ms(&self) -> u64 {
        self.clock_ms
    }

    /// Whether nothing is being heard, worked on or spoken.
    pub fn is_quiet(&self) -> bool {
        self.current.is_none()
            && self.pending.is_empty()
            && !matches!(self.dialogue.state(), State::Thinking | State::Speaking)
    }

    /// Takes what happened and does what follows from it.
    pub fn handle(&mut self, happening: Happening) {
        match happening {
            Happening::Frame(frame) => self.frame(&frame),
            Happening::EndOfAudio => {
                let segment = self.endpointer.end_of_audio();
                self.vad.reset();
                self.segments(segment);
            }
            Happening::Elapsed(time) => {
                let time = self.remainder + time;
                self.clock_ms += time.as_millis() as u64;
                self.remainder = Duration::from_nanos(u64::from(time.subsec_nanos()) % 1_000_000);
                self.dialogue(Input::Tick);
            }
            Happening::Recognized(outcome) => self.recognized(outcome),
            Happening::Dialogue(input) => self.dialogue(input),
            Happening::Command(command) => {
                if let Command::Configure(listen) = &command {
                    self.endpointer.configure(listen);
                }
                self.dialogue(Input::Command(command));
            }
        }
    }

    /// Changes how partial texts are paced.
    pub fn set_partials(&mut self, partials: Partials) {
        self.partials = partials;
    }

    fn frame(&mut self, frame: &Frame) {
        self.clock_ms += FRAME_MS;
        self.measure(frame);
        let score = self.vad.score(frame);
        let segments = self.endpointer.push(frame, score);
        if self.current.is_none() && !self.dialogue.wants_speech() && self.endpointer.is_speaking()
        {
            self.endpointer.discard();
        } else {
            self.segments(segments);
        }
        self.maybe_partial();
        self.dialogue(Input::Tick);
    }

    fn measure(&mut self, frame: &Frame) {
        self.level.push(rms(frame));
        if self.level.len() >= LEVEL_FRAMES {
            let loudness = rms(&self.level);
            self.level.clear();
            self.ports.publish(
                self.clock_ms,
                Event::AudioLevel {
                    dbfs: dbfs(loudness),
                },
            );
        }
    }

    fn segments(&mut self, segments: impl IntoIterator<Item = Segment>) {
        for segment in segments {
            match segment {
                Segment::Started => self.speech_started(),
                Segment::Paused => self.speculate(),
                Segment::Resumed => {
                    if let Some(job) = self
                        .current
                        .as_mut()
                        .and_then(|current| current.speculative.take())
                    {
                        job.ticket.abandon();
                    }
                }
                Segment::Ended(utterance) => self.speech_ended(utterance),
            }
        }
    }

    fn speech_started(&mut self) {
        let id = self.next_utterance;
        self.next_utterance += 1;
        self.current = Some(Current {
            id,
            speculative: None,
            partial: None,
            agreement: Agreement::default(),
            next_partial_ms: self.clock_ms + FIRST_PARTIAL_MS,
            probed: false,
        });
        self.ports.speech_started();
        self.ports.publish(self.clock_ms, Event::SpeechStarted {});
        self.dialogue(Input::SpeechStarted(id));
    }

    /// Transcribes what may be the whole utterance while the silence is still being waited out.
    fn speculate(&mut self) {
        let Some(audio) = self.endpointer.audio().map(<[f32]>::to_vec) else {
            return;
        };
        self.drop_partial();
        // A full queue is dealt with at the endpoint.
        let Ok(job) = self.submit(audio) else { return };
        if let Some(current) = &mut self.current {
            current.speculative = Some(job);
        }
    }

    fn submit(&mut self, audio: Vec<f32>) -> Result<Job, EngineError> {
        let ticket = self
            .ports
            .recognize(Purpose::Final, self.dialogue.may_wake(), audio)?;
        Ok(Job {
            ticket,
            submitted: Instant::now(),
            submitted_ms: self.clock_ms,
            outcome: None,
            ready: Duration::ZERO,
        })
    }

    fn drop_partial(&mut self) {
        if let Some(ticket) = self
            .current
            .as_mut()
            .and_then(|current| current.partial.take())
        {
            ticket.abandon();
        }
    }

    fn speech_ended(&mut self, mut utterance: Utterance) {
        self.drop_partial();
        let Some(current) = self.current.take() else {
            return;
        };
        self.ports.publish(
            self.clock_ms,
            Event::SpeechEnded {
                reason: utterance.reason,
            },
        );
        let audio = std::mem::take(&mut utterance.audio);
        // Silence ends an utterance where it paused, so the speculative text is its text.
        let job = match current.speculative {
            Some(job) if utterance.reason == EndReason::Silence => Ok(job),
            Some(job) => {
                job.ticket.abandon();
                self.submit(audio)
            }
            None => self.submit(audio),
        };
        match job {
            Ok(job) => {
                let ended_ms = self.clock_ms;
                self.pending.push_back(Pending {
                    id: current.id,
                    utterance,
                    ended_ms,
                    job,
                });
                self.settle();
            }
            Err(error) => self.dialogue(Input::NotRecognised(current.id, error.to_string())),
        }
    }

    // -- transcripts --------------------------------------------------------------------------

    fn recognized(&mut self, outcome: recognizer::Outcome) {
        if let Some(pending) = self
            .pending
            .iter_mut()
            .find(|pending| pending.job.ticket.job == outcome.job)
        {
            pending.job.done(outcome);
            self.settle();
            return;
        }
        let Some(current) = &mut self.current else {
            return;
        };
        if current
            .partial
            .as_ref()
            .is_some_and(|ticket| ticket.job == outcome.job)
        {
            self.partial_text(&outcome);
        } else if let Some(job) = current
            .speculative
            .as_mut()
            .filter(|job| job.ticket.job == outcome.job)
        {
            let id = current.id;
            let transcript = match &outcome.result {
                Ok(Some(transcript)) => Some(transcript.clone()),
                _ => None,
            };
            job.done(outcome);
            if let Some(Transcript { text, confidence }) = transcript {
                self.dialogue(Input::Early(id, text, confidence));
            }
        }
    }

    /// Hands finished utterances on, in the order in which they were said.
    fn settle(&mut self) {
        while self
            .pending
            .front()
            .is_some_and(|pending| pending.job.outcome.is_some())
        {
            let Some(Pending {
                id,
                utterance,
                ended_ms,
                job,
            }) = self.pending.pop_front()
            else {
                return;
            };
            let recognise_ms = job.late_by(ended_ms);
            let Some(outcome) = job.outcome else { return };
            let input = match outcome.result {
                Ok(Some(Transcript { text, confidence })) => Input::Heard(Heard {
                    utterance: id,
                    text,
                    confidence,
                    start_ms: to_ms(utterance.start),
                    end_ms: to_ms(utterance.end),
                    reason: utterance.reason,
                    endpoint_ms: utterance.waited_ms as f64,
                    recognise_ms,
                }),
                Ok(None) => Input::NoWords(id),
                Err(error) => Input::NotRecognised(id, error.to_string()),
            };
            self.dialogue(input);
        }
    }

    fn maybe_partial(&mut self) {
        let addressed = self.dialogue.is_addressed();
        let Some(current) = &mut self.current else {
            return;
        };
        let wanted = self.partials != Partials::Off
            && current.partial.is_none()
            && current.speculative.is_none()
            && self.clock_ms >= current.next_partial_ms
            // Speech that may not be for FAME is looked at once, to see whether it is.
            && (addressed || !current.probed);
        if !wanted {
            return;
        }
        current.probed = true;
        let Some(audio) = self.endpointer.audio().map(<[f32]>::to_vec) else {
            return;
        };
        let purpose = match self.partials {
            Partials::Affordable => Purpose::PartialIfIdle,
            _ => Purpose::Partial,
        };
        // A recogniser that is behind has no time for partial texts.
        if let Ok(ticket) = self
            .ports
            .recognize(purpose, self.dialogue.may_wake(), audio)
            && let Some(current) = &mut self.current
        {
            current.partial = Some(ticket);
        }
    }

    fn partial_text(&mut self, outcome: &recognizer::Outcome) {
        let Some(current) = &mut self.current else {
            return;
        };
        current.partial = None;
        let wait_ms = match self.partials {
            Partials::Off => return,
            Partials::Every(ms) => ms,
            Partials::Affordable => {
                let cost_ms = outcome.took.as_secs_f64() * 1000.0 * outcome.threads as f64;
                PARTIAL_INTERVAL_MS.max((cost_ms / PARTIAL_SHARE) as u64)
            }
        };
        current.next_partial_ms = self.clock_ms + wait_ms;
        let Ok(Some(transcript)) = &outcome.result else {
            return;
        };
        let partial = current.agreement.update(&transcript.text);
        let id = current.id;
        self.dialogue(Input::Early(
            id,
            transcript.text.clone(),
            transcript.confidence,
        ));
        if self.dialogue.is_addressed() {
            let (committed, tentative) = (partial.committed, partial.tentative);
            self.ports.publish(
                self.clock_ms,
                Event::TranscriptPartial {
                    committed,
                    tentative,
                },
            );
        }
    }

    // -- effects ------------------------------------------------------------------------------

    fn dialogue(&mut self, input: Input) {
        for effect in self.dialogue.handle(input, self.clock_ms) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Publish(event) => self.ports.publish(self.clock_ms, event),
            Effect::Ask(query) => self.ports.ask(*query),
            Effect::ForgetQuestion => self.ports.forget_question(),
            Effect::Abandon(turn) => self.ports.abandon(turn),
            Effect::Speak(turn, text) => self.ports.speak(turn, text),
            Effect::StopVoice => self.ports.stop_voice(),
            Effect::Earcon(opens) => self.ports.earcon(opens),
            Effect::Microphone(open) => {
                if !open {
                    self.forget_current();
                }
                self.ports.microphone(open);
            }
            Effect::Hold(true) => {
                let segment = self.endpointer.hold();
                self.segments(segment);
            }
            Effect::Hold(false) => {
                let segment = self.endpointer.release();
                self.segments(segment);
            }
            Effect::VolumeBy(step) => self.ports.adjust_voice(Adjustment::VolumeBy(step)),
            Effect::RateBy(step) => self.ports.adjust_voice(Adjustment::RateBy(step)),
            Effect::Deliver(ticket, outcome) => self.ports.deliver(ticket, outcome),
        }
    }

    fn forget_current(&mut self) {
        self.drop_partial();
        self.endpointer.discard();
        self.vad.reset();
        if let Some(job) = self.current.take().and_then(|current| current.speculative) {
            job.ticket.abandon();
        }
    }
}

impl Job {
    fn done(&mut self, outcome: recognizer::Outcome) {
        self.ready = self.submitted.elapsed();
        self.outcome = Some(outcome);
    }

    /// How long after the endpoint the text came, in milliseconds. The stream's own time between
    /// the pause and the endpoint counts as passed, so that a file read faster than real time
    /// gives the figure that a microphone would.
    fn late_by(&self, ended_ms: u64) -> f64 {
        let head_start = ended_ms.saturating_sub(self.submitted_ms) as f64;
        (self.ready.as_secs_f64() * 1000.0 - head_start).max(0.0)
    }
}

fn to_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE)
}
