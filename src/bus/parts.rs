//! What events are made of.

use serde::{Deserialize, Serialize};

/// What FAME is doing, as a person would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting for the wake phrase, a key or a client.
    Idle,
    /// The ear is open, or somebody speaks.
    Listening,
    /// A request is being worked on.
    Thinking,
    /// A reply is being spoken.
    Speaking,
    /// Asleep: only the wake phrase counts.
    Asleep,
    /// The microphone is closed.
    Muted,
}

/// Why an utterance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Silence for the configured time.
    Silence,
    /// The utterance reached its greatest length and was cut at a pause.
    TooLong,
    /// The key was let go.
    Released,
    /// The sound ended: end of file, microphone gone.
    EndOfAudio,
}

/// Why something heard was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoreReason {
    /// It does not begin with the wake phrase and the ear was not open.
    NotAddressed,
    /// It is FAME's own voice.
    OwnVoice,
    /// No words: noise, a loop, a bracketed sound.
    NoWords,
    /// Too many requests are waiting.
    Busy,
}

/// Where a turn's time went, in milliseconds of wall time. A stage that did not happen is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Silence that the endpoint waited for after the last word.
    pub endpoint: f64,
    /// From the endpoint to the final text.
    pub recognise: f64,
    /// Deciding what was meant.
    pub route: f64,
    /// The plugin's own work.
    pub plugin: f64,
    /// Until the language model's first words; 0 without it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub model: f64,
    /// From the reply's text to its first sample.
    pub first_sound: f64,
    /// From the endpoint's decision to the first sample.
    pub total: f64,
}

/// Whether a stage did not happen.
fn is_zero(ms: &f64) -> bool {
    *ms == 0.0
}

/// How an approval ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalOutcome {
    /// It may be done.
    Approved,
    /// It is not done.
    Denied,
    /// Nobody answered in time; it is not done.
    Expired,
    /// The request was given up before anybody answered.
    Cancelled,
}

/// Where a reply comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplySource {
    /// Its name, fit to be read out.
    pub title: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
