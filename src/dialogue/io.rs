//! What goes into the dialogue and what comes out of it.

use fame_plugin::Act;

use crate::brain::{Answer, Source};
use crate::bus::{EndReason, Event};
use crate::config::Listen;

/// What `intent.matched` names when no intent did.
const NO_INTENT: &str = "none";

/// A number for each utterance, in order.
pub type UtteranceId = u64;

/// A number for each turn, in order.
pub type TurnId = u64;

/// A client's number for what it asked, to tell it the outcome.
pub type Ticket = u64;

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
    /// How the request was understood, to be told to the world; `None` if there was nothing to
    /// understand.
    pub matched: Option<Event>,
    /// The words to speak; empty for a silent act.
    pub speech: String,
    /// What to do to FAME itself.
    pub acts: Vec<Act>,
    /// Whether an answer is expected, so that the ear opens.
    pub expects_answer: bool,
    /// Time to decide, in milliseconds.
    pub route_ms: f64,
    /// The plugin's time, in milliseconds.
    pub plugin_ms: f64,
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
    /// Answer a text.
    Ask {
        /// The text.
        text: String,
        /// Whether to speak the reply.
        speak: bool,
        /// Where to send the outcome.
        ticket: Ticket,
        /// Who asks.
        source: Source,
    },
    /// Speak a text.
    Say {
        /// The text.
        text: String,
        /// Where to send the outcome.
        ticket: Ticket,
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
pub enum Effect {
    /// Tell the world.
    Publish(Event),
    /// Have the brain answer a text.
    Ask {
        /// The turn it is for.
        turn: TurnId,
        /// The request.
        text: String,
        /// Confidence of the recogniser.
        confidence: Option<f32>,
        /// Who asks.
        source: Source,
    },
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

/// How a client's request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered, or said to the end.
    Replied {
        /// The turn.
        turn: TurnId,
        /// The words.
        text: String,
        /// How the request was understood: intent and plugin.
        matched: Option<(String, String)>,
    },
    /// Stopped before there was an answer.
    Cancelled,
    /// Refused: too many requests wait.
    Busy,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        let Answer {
            decision,
            reply,
            route_ms,
            plugin_ms,
        } = answer;
        Self {
            matched: Some(Event::IntentMatched {
                intent: decision.intent.unwrap_or_else(|| NO_INTENT.into()),
                plugin: decision.plugin.unwrap_or_else(|| NO_INTENT.into()),
                confidence: decision.confidence,
                slots: decision.slots,
                route: decision.route.as_str().into(),
            }),
            expects_answer: reply.follow_up.is_some(),
            speech: reply.speech,
            acts: reply.acts,
            route_ms,
            plugin_ms,
        }
    }
}
