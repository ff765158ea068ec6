//! The dialogue as a value: what was, plus what happens, gives what to do.
//!
//! No thread, clock or sound: time is the `now` of each call, in milliseconds of the stream. The
//! driver executes the effects and feeds what comes of them back in.
//!
//! Invariants, tested over random orders of events:
//! - at most one turn is in the foreground, and every turn ends with one `turn.finished`;
//! - whatever is heard ends as a turn, a wake-up or an `utterance.ignored`; nothing vanishes;
//! - no state is left only by an event that may never come: each has a limit in time.

mod commands;
mod hearing;
mod turns;

use std::collections::VecDeque;

use hearing::Hearing;
use turns::Request;

use super::io::{Effect, Input, Settings};
use super::turn::{Phase, Turn};
use crate::bus::{Event, IgnoreReason, State};
use crate::config::ListenMode;
use crate::speech::wake::WakePhrase;

/// Requests that may wait while one is worked on. One more is refused with a word.
pub const WAITING: usize = 4;

/// A turn that has no answer after this long is given up. The brain's own limits are shorter: a
/// language model with its tools, or the plugin that takes longest.
pub const THINKING_LIMIT_MS: u64 = 150_000;

/// A reply that is still spoken after this long is cut.
pub const SPEAKING_LIMIT_MS: u64 = 600_000;

/// Speech that has no text after this long is given up.
pub const HEARING_LIMIT_MS: u64 = 90_000;

/// How long after the last sample of a reply the room may still sound of it.
pub const ECHO_TAIL_MS: u64 = 700;

/// A talk key that is not let go for so long is taken as let go: its program may have died.
pub const HOLD_LIMIT_MS: u64 = 60_000;

/// How long a question waits for its answer, from the end of its words on.
pub const QUESTION_LIFE_MS: u64 = crate::brain::QUESTION_LIFE.as_millis() as u64;

/// What is said when nobody answered a question that was spoken.
const NOT_ANSWERED: &str = "I'll leave that for now.";

/// Pieces of one too long utterance that are put together before they count as a request.
const PIECES: usize = 4;

/// Whether the next words are for FAME.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ear {
    /// Only with the wake phrase.
    Closed,
    /// Yes, until then; whether its opening was heard, so that its closing should be.
    Open { until: u64, heard: bool },
    /// Yes, while the key is down, which was pressed then.
    Held { since: u64 },
}

/// What FAME asked and waits for.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    /// The intent that waits for the answer.
    intent: String,
    /// Until when.
    until: u64,
    /// Whether it was spoken, so that its end is told by voice too.
    spoken: bool,
}

/// The dialogue's state. See the module's documentation.
#[derive(Debug)]
pub struct Dialogue {
    settings: Settings,
    wake: WakePhrase,
    now: u64,
    muted: bool,
    asleep: bool,
    ear: Ear,
    hearing: VecDeque<Hearing>,
    pieces: Vec<String>,
    turn: Option<Turn>,
    waiting: VecDeque<Request>,
    question: Option<Question>,
    last_reply: String,
    /// What was spoken last and until when the room may sound of it.
    echo: Option<(String, u64)>,
    shown: State,
    effects: Vec<Effect>,
}

impl Dialogue {
    /// A dialogue in which nothing was said yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            wake: WakePhrase::new(&settings.listen.wake_phrase, settings.listen.wake_threshold),
            settings,
            now: 0,
            muted: false,
            asleep: false,
            ear: Ear::Closed,
            hearing: VecDeque::new(),
            pieces: Vec::new(),
            turn: None,
            waiting: VecDeque::new(),
            question: None,
            last_reply: String::new(),
            echo: None,
            shown: State::Idle,
            effects: Vec::new(),
        }
    }

    /// Takes what happened at `now` (milliseconds, never going back) and gives what to do, in
    /// order.
    pub fn handle(&mut self, input: Input, now: u64) -> Vec<Effect> {
        self.now = self.now.max(now);
        self.expire();
        match input {
            Input::SpeechStarted(utterance) => self.speech_started(utterance),
            Input::Early(utterance, text, confidence) => self.early(utterance, &text, confidence),
            Input::Heard(heard) => self.heard(heard),
            Input::NoWords(utterance) => self.no_words(utterance),
            Input::NotRecognised(utterance, message) => {
                self.publish(Event::Error {
                    code: "recognizer".into(),
                    message,
                });
                self.no_words(utterance);
            }
            Input::Sentence(turn, text) => self.sentence(turn, text),
            Input::Answered(turn, answer) => self.answered(turn, answer),
            Input::Failed { code, message } => self.publish(Event::Error { code, message }),
            Input::VoiceStarted(turn, ms) => {
                if let Some(current) = self.turn.as_mut().filter(|current| current.id == turn) {
                    current.latency.first_sound = ms;
                }
            }
            Input::VoiceFinished(turn) => self.voice_finished(turn),
            Input::Command(command) => self.command(command),
            Input::Tick => {}
        }
        self.next_request();
        self.show();
        std::mem::take(&mut self.effects)
    }

    /// What FAME is doing.
    pub fn state(&self) -> State {
        let phase = self.turn.as_ref().map(|turn| turn.phase);
        let addressed = self
            .hearing
            .iter()
            .any(|hearing| hearing.ear_open || hearing.woken);
        match phase {
            _ if self.muted && phase.is_none() => State::Muted,
            Some(Phase::Speaking) => State::Speaking,
            Some(Phase::Thinking) => State::Thinking,
            None if addressed || self.ear != Ear::Closed => State::Listening,
            None if self.asleep => State::Asleep,
            None => State::Idle,
        }
    }

    /// Whether speech is of any interest: not when muted, nor between key presses when FAME
    /// listens to a key only.
    pub fn wants_speech(&self) -> bool {
        !self.muted
            && (self.settings.listen.mode != ListenMode::PushToTalk || self.ear != Ear::Closed)
    }

    /// Whether what is being said now is known to be for FAME, so that its text may be shown.
    pub fn is_addressed(&self) -> bool {
        self.settings.always_addressed
            || self
                .hearing
                .back()
                .is_some_and(|hearing| hearing.woken || (hearing.ear_open && !hearing.interrupts()))
    }

    /// Whether what is being said now may begin with the wake phrase: it may unless the ear was
    /// open when it began.
    pub fn may_wake(&self) -> bool {
        !self.settings.always_addressed
            && self
                .hearing
                .back()
                .is_none_or(|hearing| !hearing.ear_open || hearing.interrupts())
    }

    fn publish(&mut self, event: Event) {
        self.effects.push(Effect::Publish(event));
    }

    /// Gives a question up that nobody answered, and says so; not while somebody speaks or a
    /// request is worked on, which may be the answer.
    fn expire_question(&mut self) {
        let due = |question: &mut Question| self.now >= question.until;
        if self.turn.is_some() || !self.hearing.is_empty() || !self.waiting.is_empty() {
            return;
        }
        let Some(question) = self.question.take_if(due) else {
            return;
        };
        self.publish(Event::QuestionExpired {
            intent: question.intent,
        });
        self.effects.push(Effect::ForgetQuestion);
        if question.spoken && !self.muted && !self.asleep {
            self.enqueue(Request::Say {
                text: NOT_ANSWERED.into(),
                ticket: None,
                asks: None,
            });
        }
    }

    fn show(&mut self) {
        let state = self.state();
        if state != self.shown {
            self.shown = state;
            self.publish(Event::StateChanged { state });
        }
    }

    fn expire(&mut self) {
        match self.ear {
            Ear::Open { until, heard } if self.now >= until && self.hearing.is_empty() => {
                self.ear = Ear::Closed;
                if heard {
                    self.effects.push(Effect::Earcon(false));
                }
            }
            Ear::Held { since } if self.now >= since + HOLD_LIMIT_MS => self.release(),
            _ => {}
        }
        self.expire_question();
        let limit = |turn: &Turn| match turn.phase {
            Phase::Thinking => THINKING_LIMIT_MS,
            Phase::Speaking => SPEAKING_LIMIT_MS,
        };
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| self.now >= turn.since + limit(turn))
        {
            self.publish(Event::Error {
                code: "turn".into(),
                message: "the request took too long and was given up; ask again".into(),
            });
            self.end_turn();
        }
        while self
            .hearing
            .front()
            .is_some_and(|hearing| self.now >= hearing.since + HEARING_LIMIT_MS)
        {
            self.hearing.pop_front();
            self.pieces.clear();
            self.ignore(String::new(), IgnoreReason::NoWords);
        }
    }
}
