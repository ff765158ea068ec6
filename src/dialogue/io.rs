//! What goes into the dialogue and what comes out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fame_plugin::Act;
use serde_json::Value;

use crate::brain::{Answer, Decision, Query, Source, source_name};
use crate::bus::{EndReason, Event, Latency, Later, ReplySource};
use crate::config::Listen;

/// What events name when no intent was matched.
pub(super) const NO_INTENT: &str = "none";

/// The policy's word for what may not be done.
const DENIED: &str = "deny";

/// A number for each utterance, in order.
pub type UtteranceId = u64;

/// A number for each turn, in order.
pub type TurnId = u64;

/// A client's number for what it asked, to tell it the outcome.
pub type Ticket = u64;

/// Gives turns their numbers. Clones count on together.
#[derive(Clone, Debug)]
pub struct TurnNumbers(Arc<AtomicU64>);

impl TurnNumbers {
    /// The first number that is given is `first`.
    #[must_use]
    pub fn from(first: TurnId) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }

    /// The next number.
    #[must_use]
    pub fn next(&self) -> TurnId {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The settings of a dialogue.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How FAME is addressed and how long the ear stays open.
    pub listen: Listen,
    /// Whether everything heard is a request (headless without a wake phrase).
    pub always_addressed: bool,
    /// Whether the text of speech that was not meant for FAME appears in events. Off in a
    /// daemon: what people say to each other is theirs.
    pub reveal_ignored: bool,
    /// Where spoken requests come from.
    pub source: Source,
    /// The conversation that spoken requests belong to.
    pub session: String,
    /// The numbers of turns.
    pub numbers: TurnNumbers,
}

/// An utterance with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Which utterance.
    pub utterance: UtteranceId,
    /// Its words.
    pub text: String,
    /// How sure they are, 0 to 1.
    pub confidence: f32,
    /// Where it begins in the stream.
    pub start_ms: u64,
    /// Where it ends in the stream.
    pub end_ms: u64,
    /// What ended it.
    pub reason: EndReason,
    /// Silence waited for, in milliseconds.
    pub endpoint_ms: f64,
    /// Time from the endpoint to the text, in milliseconds.
    pub recognise_ms: f64,
}

/// What the brain answered, as far as the dialogue cares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// How the request was understood, to be told to the world: an `intent.matched` for each
    /// request in it; none if there was nothing to understand.
    pub matched: Vec<Event>,
    /// The words to speak; empty for a silent act.
    pub speech: String,
    /// What a screen shows instead, where that differs.
    pub display: Option<String>,
    /// The answer for programs.
    pub data: Option<Value>,
    /// Where the answer comes from.
    pub sources: Vec<ReplySource>,
    /// The approval that the act waits for.
    pub approval: Option<u64>,
    /// Whether the words were spoken already, as [`Input::Sentence`]s.
    pub streamed: bool,
    /// Whether what was asked for was done.
    pub ok: bool,
    /// What to do to FAME itself.
    pub acts: Vec<Act>,
    /// Whether an answer is expected, so that the ear opens.
    pub expects_answer: bool,
    /// Time to decide, in milliseconds.
    pub route_ms: f64,
    /// The plugin's time, in milliseconds.
    pub plugin_ms: f64,
    /// Time until the language model's first words, in milliseconds.
    pub model_ms: f64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody began to speak.
    SpeechStarted(UtteranceId),
    /// The text of an utterance that may go on, and how sure it is.
    Early(UtteranceId, String, f32),
    /// The text of a finished utterance.
    Heard(Heard),
    /// A finished utterance held no words.
    NoWords(UtteranceId),
    /// A finished utterance could not be recognised.
    NotRecognised(UtteranceId, String),
    /// A sentence of an answer that is still being made.
    Sentence(TurnId, String),
    /// The brain's answer.
    Answered(TurnId, Answered),
    /// Something outside failed; the rest goes on.
    Failed {
        /// A stable word for programs.
        code: String,
        /// A sentence for people.
        message: String,
    },
    /// The first sample of a reply is on its way to the ear.
    VoiceStarted(TurnId, f64),
    /// The last sample of a reply was heard, or it was cut.
    VoiceFinished(TurnId),
    /// Someone asks or orders.
    Command(Command),
    /// Time passes.
    Tick,
}

/// What a client may order.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Answer a text and speak the reply.
    Ask {
        /// The request; its turn is numbered by the dialogue.
        query: Box<Query>,
        /// Where to send the outcome.
        ticket: Ticket,
    },
    /// Do what the answer to a request that needed no voice does to the dialogue.
    Conclude {
        /// The answer.
        silent: Box<Silent>,
        /// Where to send the outcome.
        ticket: Ticket,
    },
    /// Speak a text.
    Say {
        /// The text.
        text: String,
        /// Where to send the outcome, if anybody waits for it.
        ticket: Option<Ticket>,
        /// The intent that waits for an answer, if the text is a question.
        asks: Option<String>,
    },
    /// A client no longer waits for the outcome of what it asked.
    Withdraw(Ticket),
    /// Open the ear for one request; with `toggle`, close it if it is open.
    Listen {
        /// Whether an open ear is closed instead.
        toggle: bool,
    },
    /// The talk key went down.
    Press,
    /// The talk key went up.
    Release,
    /// Stop speaking, thinking and listening.
    Stop,
    /// Close or open the microphone.
    Mute(bool),
    /// Go to sleep or wake up.
    Sleep(bool),
    /// The settings changed.
    Configure(Box<Listen>),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most of them are events, which go right on; a box for each would be freed at once"
)]
pub enum Effect {
    /// Tell the world.
    Publish(Event),
    /// Have the brain answer a request; its turn tells which.
    Ask(Box<Query>),
    /// Have the brain forget what was asked in the dialogue's own conversation.
    ForgetQuestion,
    /// Forget the answer to a turn.
    Abandon(TurnId),
    /// Speak a reply.
    Speak(TurnId, String),
    /// Cut whatever is being spoken.
    StopVoice,
    /// Play the sound of an ear that opens (`true`) or closes.
    Earcon(bool),
    /// Open or close the microphone.
    Microphone(bool),
    /// Begin (`true`) or end an utterance by hand.
    Hold(bool),
    /// Change the voice's loudness by so much of full scale.
    VolumeBy(f32),
    /// Change the voice's speed by so much of its own.
    RateBy(f32),
    /// Tell a client how its request ended.
    Deliver(Ticket, Outcome),
}

/// A request of a program that was answered without a voice, beside the dialogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Silent {
    /// Its turn.
    pub turn: TurnId,
    /// The conversation that it belongs to.
    pub session: String,
    /// Whether a question was open in that conversation when it came.
    pub after_question: bool,
    /// What the brain answered.
    pub answer: Answered,
    /// How long that took, in milliseconds.
    pub took_ms: f64,
}

impl Silent {
    /// Whether the dialogue has to know of it: it acts on FAME itself, or answers or asks
    /// something in the conversation `own`, which is the dialogue's.
    #[must_use]
    pub fn concerns(&self, own: &str) -> bool {
        let asks = self.after_question || self.answer.expects_answer;
        !self.answer.acts.is_empty() || (asks && self.session == own)
    }
}

/// How a client's request ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Answered, or said to the end.
    Replied(Box<Replied>),
    /// Stopped before there was an answer.
    Cancelled,
    /// Refused: too many requests wait.
    Busy,
}

/// An answer, as a client gets it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replied {
    /// The turn.
    pub turn: TurnId,
    /// The words.
    pub text: String,
    /// What a screen shows instead, where that differs.
    pub display: Option<String>,
    /// The answer for programs.
    pub data: Option<Value>,
    /// Where the answer comes from.
    pub sources: Vec<ReplySource>,
    /// How the request was understood: intent and plugin.
    pub matched: Option<(String, String)>,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
    /// Whether everything that was understood is forbidden.
    pub denied: bool,
    /// Whether the answer is a question.
    pub asks: bool,
    /// The approval that the act waits for.
    pub approval: Option<u64>,
}

impl Answered {
    /// What the brain answered in `turn`.
    #[must_use]
    pub fn new(turn: TurnId, answer: Answer) -> Self {
        let matched = answer
            .decisions()
            .map(|decision| matched(turn, decision))
            .collect();
        let sources = answer.reply.sources.into_iter().map(|source| ReplySource {
            title: source.title,
            url: source.url,
        });
        Self {
            matched,
            speech: answer.reply.speech,
            display: answer.reply.display,
            data: answer.reply.data,
            sources: sources.collect(),
            approval: answer.approval,
            streamed: answer.streamed,
            ok: answer.ok,
            acts: answer.reply.acts,
            expects_answer: answer.asks,
            route_ms: answer.route_ms,
            plugin_ms: answer.plugin_ms,
            model_ms: answer.model_ms,
        }
    }

    /// The intent that was understood first, and its plugin.
    pub(super) fn intent(&self) -> Option<(&str, &str)> {
        match self.matched.first()? {
            Event::IntentMatched { intent, plugin, .. } => Some((intent, plugin)),
            _ => None,
        }
    }

    /// Where the time went, as far as the brain knows.
    #[must_use]
    pub fn latency(&self) -> Latency {
        Latency {
            route: self.route_ms,
            plugin: self.plugin_ms,
            model: self.model_ms,
            total: self.route_ms + self.plugin_ms + self.model_ms,
            ..Latency::default()
        }
    }

    /// What the world and the client are told of an answer that took `ms` milliseconds and whose
    /// words are `text`.
    #[must_use]
    pub fn told(self, turn: TurnId, text: String, ms: f64) -> (Vec<Event>, Replied) {
        let intent = self.intent();
        let matched = intent.map(|(intent, plugin)| (intent.to_owned(), plugin.to_owned()));
        let confidence = match self.matched.first() {
            Some(Event::IntentMatched { confidence, .. }) => *confidence,
            _ => 0.0,
        };
        let denied = |event: &Event| matches!(event, Event::IntentMatched { verdict: Some(verdict), .. } if verdict == DENIED);
        let reply = Replied {
            turn,
            text: text.clone(),
            display: self.display.clone(),
            data: self.data.clone(),
            sources: self.sources.clone(),
            matched: matched.clone(),
            confidence,
            denied: !self.matched.is_empty() && self.matched.iter().all(denied),
            asks: self.expects_answer,
            approval: self.approval,
        };
        let mut events = self.matched;
        events.push(Event::Reply {
            text,
            wav: None,
            turn: Some(turn),
            display: self.display,
            data: self.data.unwrap_or_default(),
            sources: self.sources,
        });
        if let Some((intent, plugin)) = matched {
            events.push(Event::QueryCompleted {
                turn,
                intent,
                plugin,
                ok: self.ok,
                ms,
            });
        }
        (events, reply)
    }
}

fn matched(turn: TurnId, decision: &Decision) -> Event {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| NO_INTENT.into());
    Event::IntentMatched {
        intent: name(&decision.intent),
        plugin: name(&decision.plugin),
        confidence: decision.confidence,
        slots: decision.slots.clone(),
        route: decision.route.as_str().into(),
        turn: Some(turn),
        reason: Some(decision.reason.clone()),
        stages: {
            let stages = decision.stages.clone();
            Later::by(move || serde_json::to_value(&stages).unwrap_or_default())
        },
        verdict: decision.verdict.clone(),
    }
}

/// The event that a request was taken up.
pub fn received(query: &Query) -> Event {
    Event::QueryReceived {
        turn: query.turn,
        text: query.text.clone(),
        source: source_name(query.source).into(),
        session: query.session.clone(),
    }
}
