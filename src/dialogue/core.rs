//! The dialogue as a value: what was, plus what happens, gives what to do.
//!
//! No thread, clock or sound: time is the `now` of each call, in milliseconds of the stream. The
//! driver executes the effects and feeds what comes of them back in.
//!
//! Invariants, tested over random orders of events:
//! - at most one turn is in the foreground, and every turn ends with one `turn.finished`;
//! - whatever is heard ends as a turn, a wake-up or an `utterance.ignored`; nothing vanishes;
//! - no state is left only by an event that may never come: each has a limit in time.

use std::collections::VecDeque;

use fame_plugin::Act;

use super::echo::is_own_voice;
use super::io::{
    Answered, Command, Effect, Heard, Input, Outcome, Settings, Ticket, TurnId, UtteranceId,
};
use super::turn::{Phase, Turn};
use crate::brain::{Brain, Source};
use crate::bus::{EndReason, Event, IgnoreReason, State};
use crate::config::ListenMode;
use crate::speech::wake::WakePhrase;

/// Requests that may wait while one is worked on. One more is refused with a word.
pub const WAITING: usize = 4;

/// Requests of programs, answered without a voice, that may be worked on beside the foreground
/// turn. One more is refused.
pub const BACKGROUND: usize = 16;

/// A turn that has no answer after this long is given up. The brain's own limits are shorter.
pub const THINKING_LIMIT_MS: u64 = 60_000;

/// A reply that is still spoken after this long is cut.
pub const SPEAKING_LIMIT_MS: u64 = 600_000;

/// Speech that has no text after this long is given up.
pub const HEARING_LIMIT_MS: u64 = 90_000;

/// How long after the last sample of a reply the room may still sound of it.
pub const ECHO_TAIL_MS: u64 = 700;

/// A talk key that is not let go for so long is taken as let go: its program may have died.
pub const HOLD_LIMIT_MS: u64 = 60_000;

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

/// An utterance whose text is awaited.
#[derive(Clone, Debug)]
struct Hearing {
    utterance: UtteranceId,
    since: u64,
    ear_open: bool,
    /// The wake phrase was found in it.
    woken: bool,
    /// What FAME was saying when it began, or had just said.
    over: Option<Over>,
}

/// FAME's own words, which an utterance may be the echo of.
#[derive(Clone, Debug)]
struct Over {
    spoken: String,
    /// Whether they were still being spoken. If not, a person may answer.
    speaking: bool,
}

impl Hearing {
    fn is_own_voice(&self, text: &str) -> bool {
        self.over
            .as_ref()
            .is_some_and(|over| is_own_voice(text, &over.spoken))
    }

    /// Whether it began while FAME was speaking, when only its name, a stop word or the key
    /// reach it.
    fn interrupts(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.speaking)
    }
}

/// A request in line.
#[derive(Clone, Debug)]
enum Request {
    Ask {
        text: String,
        confidence: Option<f32>,
        source: Source,
        ticket: Option<Ticket>,
        heard_ms: (f64, f64),
    },
    Say {
        text: String,
        ticket: Ticket,
    },
}

impl Request {
    fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Ask { ticket, .. } => *ticket,
            Self::Say { ticket, .. } => Some(*ticket),
        }
    }
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
    background: Vec<Turn>,
    waiting: VecDeque<Request>,
    next_turn: TurnId,
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
            background: Vec::new(),
            waiting: VecDeque::new(),
            next_turn: 1,
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

    fn show(&mut self) {
        let state = self.state();
        if state != self.shown {
            self.shown = state;
            self.publish(Event::StateChanged { state });
        }
    }

    // -- time ---------------------------------------------------------------------------------

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
        while let Some(at) = self
            .background
            .iter()
            .position(|turn| self.now >= turn.since + THINKING_LIMIT_MS)
        {
            let turn = self.background.swap_remove(at);
            self.cancel(turn);
        }
        while self
            .hearing
            .front()
            .is_some_and(|hearing| self.now >= hearing.since + HEARING_LIMIT_MS)
        {
            self.hearing.pop_front();
            self.ignore(String::new(), IgnoreReason::NoWords);
        }
    }

    // -- hearing ------------------------------------------------------------------------------

    fn speech_started(&mut self, utterance: UtteranceId) {
        let over = match (&self.turn, &self.echo) {
            (Some(turn), _) if turn.phase == Phase::Speaking => Some(Over {
                spoken: turn.spoken.clone(),
                speaking: true,
            }),
            (_, Some((spoken, until))) if self.now < *until => Some(Over {
                spoken: spoken.clone(),
                speaking: false,
            }),
            _ => None,
        };
        // A piece of a longer utterance is for FAME if the piece before it was.
        let continues = !self.pieces.is_empty();
        self.hearing.push_back(Hearing {
            utterance,
            since: self.now,
            ear_open: self.ear != Ear::Closed || self.settings.always_addressed || continues,
            woken: continues,
            over,
        });
    }

    fn position(&self, utterance: UtteranceId) -> Option<usize> {
        self.hearing
            .iter()
            .position(|hearing| hearing.utterance == utterance)
    }

    /// Whether a text that may not be all of it already cuts short what FAME does.
    fn early(&mut self, utterance: UtteranceId, text: &str, confidence: f32) {
        let Some(at) = self.position(utterance) else {
            return;
        };
        let hearing = &self.hearing[at];
        if hearing.interrupts() && !hearing.is_own_voice(text) && Brain::is_stop(text) {
            let since = hearing.since;
            self.hearing.remove(at);
            self.publish_final(text, confidence, (since, self.now));
            self.stop();
            return;
        }
        self.look_for_wake(at, text);
    }

    /// What follows the wake phrase in the text, if it is there and not FAME's own voice.
    fn look_for_wake(&mut self, at: usize, text: &str) -> Option<String> {
        if self.hearing[at].is_own_voice(text) {
            return None;
        }
        let found = self.wake.find(text)?;
        if !std::mem::replace(&mut self.hearing[at].woken, true) && !self.settings.always_addressed
        {
            let phrase = self.wake.phrase().to_owned();
            self.publish(Event::WakeDetected {
                phrase,
                heard: found.heard,
                score: found.score,
            });
        }
        Some(found.rest)
    }

    fn heard(&mut self, heard: Heard) {
        let Some(at) = self.position(heard.utterance) else {
            // Stopped or given up while it was being recognised.
            return;
        };
        let rest = self.look_for_wake(at, &heard.text);
        let Some(hearing) = self.hearing.remove(at) else {
            return;
        };
        let own_voice = hearing.is_own_voice(&heard.text);
        let busy = self.turn.is_some() || hearing.interrupts();
        let stops = busy && Brain::is_stop(&heard.text);
        let addressed = match heard.reason {
            EndReason::Released => true,
            _ if own_voice => false,
            _ if rest.is_some() || stops => true,
            _ => (hearing.ear_open || hearing.woken) && !hearing.interrupts(),
        };
        if !addressed {
            let reason = if own_voice {
                IgnoreReason::OwnVoice
            } else {
                IgnoreReason::NotAddressed
            };
            self.ignore(heard.text, reason);
            return;
        }
        self.asleep = false;
        self.publish_final(
            &heard.text,
            heard.confidence,
            (heard.start_ms, heard.end_ms),
        );
        self.pieces.push(rest.unwrap_or(heard.text));
        if heard.reason == EndReason::TooLong && self.pieces.len() < PIECES {
            return;
        }
        let text = std::mem::take(&mut self.pieces).join(" ");
        if text.trim().is_empty() {
            self.open_ear(self.seconds(self.settings.listen.open_seconds), true);
            return;
        }
        self.request_by_voice(
            text,
            heard.confidence,
            (heard.endpoint_ms, heard.recognise_ms),
        );
    }

    fn no_words(&mut self, utterance: UtteranceId) {
        let Some(at) = self.position(utterance) else {
            return;
        };
        self.hearing.remove(at);
        self.ignore(String::new(), IgnoreReason::NoWords);
        if !self.pieces.is_empty() {
            let text = std::mem::take(&mut self.pieces).join(" ");
            self.request_by_voice(text, 0.0, (0.0, 0.0));
        }
    }

    fn request_by_voice(&mut self, text: String, confidence: f32, heard_ms: (f64, f64)) {
        self.ear = Ear::Closed;
        // A new request cuts the reply to the old one short.
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.phase == Phase::Speaking)
        {
            self.end_turn();
        } else if self.turn.is_some() && Brain::is_stop(&text) {
            self.stop();
            return;
        }
        let source = self.settings.source;
        self.enqueue(Request::Ask {
            text,
            confidence: Some(confidence),
            source,
            ticket: None,
            heard_ms,
        });
    }

    fn ignore(&mut self, text: String, reason: IgnoreReason) {
        let text = if self.settings.reveal_ignored {
            text
        } else {
            String::new()
        };
        self.publish(Event::UtteranceIgnored { text, reason });
    }

    fn publish_final(&mut self, text: &str, confidence: f32, (start_ms, end_ms): (u64, u64)) {
        self.publish(Event::TranscriptFinal {
            text: text.to_owned(),
            start_ms,
            end_ms,
            confidence,
        });
    }

    // -- turns --------------------------------------------------------------------------------

    fn enqueue(&mut self, request: Request) {
        if self.turn.is_none() {
            self.begin(request);
        } else if self.waiting.len() < WAITING {
            self.waiting.push_back(request);
        } else {
            self.refuse(request, Outcome::Busy);
        }
    }

    fn refuse(&mut self, request: Request, outcome: Outcome) {
        match (request.ticket(), request) {
            (Some(ticket), _) => self.effects.push(Effect::Deliver(ticket, outcome)),
            (None, Request::Ask { text, .. } | Request::Say { text, .. }) => {
                self.ignore(text, IgnoreReason::Busy);
            }
        }
    }

    fn new_turn(&mut self) -> Turn {
        let id = self.next_turn;
        self.next_turn += 1;
        Turn::new(id, self.now)
    }

    fn begin(&mut self, request: Request) {
        let mut turn = self.new_turn();
        match request {
            Request::Ask {
                text,
                confidence,
                source,
                ticket,
                heard_ms,
            } => {
                turn.ticket = ticket;
                (turn.latency.endpoint, turn.latency.recognise) = heard_ms;
                self.effects.push(Effect::Ask {
                    turn: turn.id,
                    text,
                    confidence,
                    source,
                });
                self.turn = Some(turn);
            }
            Request::Say { text, ticket } => {
                turn.ticket = Some(ticket);
                turn.delivers_at_end = true;
                let id = turn.id;
                self.turn = Some(turn);
                self.answered(
                    id,
                    Answered {
                        speech: text,
                        ..Answered::default()
                    },
                );
            }
        }
    }

    fn next_request(&mut self) {
        if self.turn.is_none()
            && let Some(request) = self.waiting.pop_front()
        {
            self.begin(request);
        }
    }

    fn answered(&mut self, id: TurnId, answer: Answered) {
        if let Some(at) = self.background.iter().position(|turn| turn.id == id) {
            let turn = self.background.swap_remove(at);
            self.answer_silently(turn, answer);
            return;
        }
        let Some(mut turn) = self
            .turn
            .take_if(|turn| turn.id == id && turn.phase == Phase::Thinking)
        else {
            return;
        };
        turn.answered(&answer);
        if let Some(matched) = answer.matched.clone() {
            self.publish(matched);
        }
        let speech = self.apply(&answer, &mut turn);
        turn.spoken.clone_from(&speech);
        if !turn.delivers_at_end {
            self.deliver(&mut turn);
        }
        self.publish(Event::Reply {
            text: speech.clone(),
            wav: None,
        });
        if speech.trim().is_empty() {
            self.finish(turn, false);
            return;
        }
        self.last_reply.clone_from(&speech);
        turn.speak(self.now);
        self.turn = Some(turn);
        self.effects.push(Effect::Speak(id, speech));
    }

    fn answer_silently(&mut self, mut turn: Turn, answer: Answered) {
        turn.answered(&answer);
        if let Some(matched) = answer.matched.clone() {
            self.publish(matched);
        }
        let speech = self.apply(&answer, &mut turn);
        turn.spoken.clone_from(&speech);
        self.publish(Event::Reply {
            text: speech,
            wav: None,
        });
        self.finish(turn, false);
    }

    /// Tells the client that the turn has its answer.
    fn deliver(&mut self, turn: &mut Turn) {
        if let Some(ticket) = turn.ticket.take() {
            let (turn, text, matched) = (turn.id, turn.spoken.clone(), turn.matched.take());
            self.effects.push(Effect::Deliver(
                ticket,
                Outcome::Replied {
                    turn,
                    text,
                    matched,
                },
            ));
        }
    }

    /// Does what the answer does to FAME itself; gives the words to speak. What would keep the
    /// reply from being heard waits until it was.
    fn apply(&mut self, answer: &Answered, turn: &mut Turn) -> String {
        let mut speech = answer.speech.clone();
        for act in &answer.acts {
            match *act {
                Act::StopSpeaking => self.effects.push(Effect::StopVoice),
                Act::CancelTurn => self.drop_waiting(),
                Act::Repeat if self.last_reply.is_empty() => {
                    speech = "I haven't said anything yet.".into()
                }
                Act::Repeat => speech.clone_from(&self.last_reply),
                Act::VolumeBy(step) => self.effects.push(Effect::VolumeBy(step)),
                Act::RateBy(step) => self.effects.push(Effect::RateBy(step)),
                Act::Sleep | Act::Mute => turn.then.push(*act),
                Act::Wake => self.asleep = false,
            }
        }
        speech
    }

    fn voice_finished(&mut self, id: TurnId) {
        let Some(turn) = self
            .turn
            .take_if(|turn| turn.id == id && turn.phase == Phase::Speaking)
        else {
            return;
        };
        self.finish(turn, false);
    }

    /// Ends a turn and does what was to be done after it.
    fn finish(&mut self, mut turn: Turn, cancelled: bool) {
        if turn.phase == Phase::Speaking {
            self.echo = Some((turn.spoken.clone(), self.now + ECHO_TAIL_MS));
        }
        if !cancelled {
            self.deliver(&mut turn);
        } else if let Some(ticket) = turn.ticket {
            self.effects
                .push(Effect::Deliver(ticket, Outcome::Cancelled));
        }
        self.publish(Event::TurnFinished {
            latency_ms: turn.latency(),
            cancelled,
        });
        let mut quiet = cancelled;
        for act in &turn.then {
            quiet = true;
            match act {
                Act::Sleep => self.sleep(true),
                Act::Mute => self.mute(true),
                _ => {}
            }
        }
        let talks =
            self.settings.listen.mode == ListenMode::Conversation && turn.phase == Phase::Speaking;
        if !quiet && (turn.opens_ear || talks) && !self.asleep && !self.settings.always_addressed {
            self.open_ear(self.seconds(self.settings.listen.open_seconds), false);
        }
    }

    /// Ends the foreground turn before its time.
    fn end_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            match turn.phase {
                Phase::Speaking => self.effects.push(Effect::StopVoice),
                Phase::Thinking => self.effects.push(Effect::Abandon(turn.id)),
            }
            self.finish(turn, true);
        }
    }

    fn cancel(&mut self, turn: Turn) {
        self.effects.push(Effect::Abandon(turn.id));
        self.finish(turn, true);
    }

    fn drop_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            self.refuse(request, Outcome::Cancelled);
        }
    }

    // -- commands -----------------------------------------------------------------------------

    fn command(&mut self, command: Command) {
        match command {
            Command::Ask {
                text,
                speak: true,
                ticket,
                source,
            } => {
                self.enqueue(Request::Ask {
                    text,
                    confidence: None,
                    source,
                    ticket: Some(ticket),
                    heard_ms: (0.0, 0.0),
                });
            }
            Command::Ask { ticket, .. } if self.background.len() >= BACKGROUND => {
                self.effects.push(Effect::Deliver(ticket, Outcome::Busy));
            }
            Command::Ask {
                text,
                ticket,
                source,
                ..
            } => {
                let mut turn = self.new_turn();
                turn.ticket = Some(ticket);
                self.effects.push(Effect::Ask {
                    turn: turn.id,
                    text,
                    confidence: None,
                    source,
                });
                self.background.push(turn);
            }
            Command::Say { text, ticket } => self.enqueue(Request::Say { text, ticket }),
            Command::Withdraw(ticket) => self.withdraw(ticket),
            Command::Listen { toggle: true } if matches!(self.ear, Ear::Open { .. }) => {
                self.ear = Ear::Closed;
            }
            Command::Listen { .. } => {
                self.interrupt_voice();
                self.asleep = false;
                self.open_ear(
                    self.seconds(self.settings.listen.nothing_said_seconds),
                    true,
                );
            }
            Command::Press if !self.muted => {
                self.interrupt_voice();
                self.asleep = false;
                self.ear = Ear::Held { since: self.now };
                self.effects.push(Effect::Hold(true));
            }
            Command::Press => {}
            Command::Release => self.release(),
            Command::Stop => self.stop(),
            Command::Mute(on) => self.mute(on),
            Command::Sleep(on) => self.sleep(on),
            Command::Configure(listen) => {
                self.wake = WakePhrase::new(&listen.wake_phrase, listen.wake_threshold);
                self.settings.listen = *listen;
            }
        }
    }

    fn withdraw(&mut self, ticket: Ticket) {
        self.waiting
            .retain(|request| request.ticket() != Some(ticket));
        if let Some(at) = self
            .background
            .iter()
            .position(|turn| turn.ticket == Some(ticket))
        {
            let turn = self.background.swap_remove(at);
            self.cancel(turn);
        }
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.ticket == Some(ticket))
        {
            self.end_turn();
        }
    }

    fn interrupt_voice(&mut self) {
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.phase == Phase::Speaking)
        {
            self.end_turn();
        }
    }

    fn release(&mut self) {
        if matches!(self.ear, Ear::Held { .. }) {
            self.ear = Ear::Closed;
            self.effects.push(Effect::Hold(false));
        }
    }

    fn stop(&mut self) {
        self.release();
        self.ear = Ear::Closed;
        self.forget_speech();
        self.drop_waiting();
        self.end_turn();
    }

    /// What is being said is not for FAME after all.
    fn forget_speech(&mut self) {
        self.pieces.clear();
        while self.hearing.pop_front().is_some() {
            self.ignore(String::new(), IgnoreReason::NotAddressed);
        }
    }

    fn mute(&mut self, on: bool) {
        if self.muted == on {
            return;
        }
        self.muted = on;
        if on {
            self.release();
            self.ear = Ear::Closed;
            self.forget_speech();
        }
        self.effects.push(Effect::Microphone(!on));
    }

    fn sleep(&mut self, on: bool) {
        self.asleep = on;
        if on {
            self.ear = Ear::Closed;
        }
    }

    fn open_ear(&mut self, for_ms: u64, with_sound: bool) {
        if self.muted {
            self.publish(Event::Error {
                code: "muted".into(),
                message: "the microphone is muted; `fame mute off` opens it".into(),
            });
            return;
        }
        let heard = with_sound && self.settings.listen.earcon;
        self.ear = Ear::Open {
            until: self.now + for_ms,
            heard,
        };
        if heard {
            self.effects.push(Effect::Earcon(true));
        }
    }

    fn seconds(&self, seconds: f32) -> u64 {
        (seconds * 1000.0) as u64
    }
}
