//! How FAME is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How FAME is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// What it is doing.
    pub state: State,
    /// How it is addressed.
    pub mode: Mode,
    /// Where sound comes from.
    pub microphone: Microphone,
    /// Speech to text.
    pub recognizer: Recognizer,
    /// Text to speech.
    pub voice: Voice,
    /// The plugins that answer, by id.
    pub plugins: Vec<String>,
    /// How what is said in other words is understood.
    #[serde(default)]
    pub understanding: Understanding,
    /// Frames of the microphone lost since start.
    #[serde(default)]
    pub overruns: u64,
    /// What was heard and answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_turn: Option<LastTurn>,
    /// The REST API; none if it is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Why what is done cannot be recorded, so that nothing is changed; none if all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_trouble: Option<String>,
}

/// The REST API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Api {
    /// Where it listens, as an address with its scheme and port; none if it does not.
    #[serde(default)]
    pub address: Option<String>,
    /// Why it does not.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What FAME is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting to be addressed.
    #[default]
    Idle,
    /// The ear is open.
    Listening,
    /// Working on a request.
    Thinking,
    /// Speaking a reply.
    Speaking,
    /// Asleep: only the wake phrase counts.
    Asleep,
    /// The microphone is closed.
    Muted,
    /// A state that a newer daemon has added.
    #[serde(other)]
    Unknown,
}

/// How FAME is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the wake phrase.
    #[default]
    Wake,
    /// By the wake phrase, then without it for follow-ups.
    Conversation,
    /// By a key.
    PushToTalk,
    /// A mode that a newer daemon has added.
    #[serde(other)]
    Unknown,
}

/// Where sound comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Microphone {
    /// Whether samples arrive.
    pub available: bool,
    /// The device in use.
    #[serde(default)]
    pub device: Option<String>,
    /// Why it is not available, or that a substitute is in use.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Speech to text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recognizer {
    /// The model's name.
    pub model: String,
    /// The model's file.
    #[serde(default)]
    pub path: Option<String>,
    /// `fitted` or `full`: whether the encoder's window follows the utterance.
    pub window: String,
    /// Threads in use.
    pub threads: usize,
    /// The language expected.
    pub language: String,
    /// Why nothing can be recognised.
    #[serde(default)]
    pub error: Option<String>,
}

/// Text to speech.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Voice {
    /// The voice that speaks now.
    pub active: Option<String>,
    /// The voices that failed and were passed over.
    #[serde(default)]
    pub failed: Vec<FailedVoice>,
}

/// A voice that cannot speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedVoice {
    /// Its kind.
    pub voice: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// How what no sentence of a plugin covers is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Understanding {
    /// What the classifier works on: `both` (n-grams and sentence embedding) or `ngrams`; none
    /// while it is not trained yet.
    #[serde(default)]
    pub classifier: Option<String>,
    /// Why it does not work as it should.
    #[serde(default)]
    pub reason: Option<String>,
    /// The language model, if one is configured: its name and address.
    #[serde(default)]
    pub model: Option<String>,
}

/// What was heard and answered last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LastTurn {
    /// The request.
    pub heard: String,
    /// The reply.
    pub reply: String,
    /// From the end of the request to the first sound of the reply, in milliseconds.
    pub total_ms: f64,
}
