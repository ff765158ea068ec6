//! Everything that FAME tells the world about itself, as one closed enum.
//!
//! The JSON form (`{"event": "speech.started", ...}`) is what `famed headless --json` prints and
//! what IPC subscribers receive. Names and fields change by addition only.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that happened. Durations and positions are milliseconds; levels are dBFS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// The assistant's visible state changed.
    #[serde(rename = "state.changed")]
    StateChanged {
        /// The state entered.
        state: State,
    },
    /// How loud the microphone is: the RMS of about the last 100 ms.
    #[serde(rename = "audio.level")]
    AudioLevel {
        /// RMS in dBFS: 0 is full scale, silence is about -90.
        dbfs: f32,
    },
    /// The microphone came, went, or failed to open.
    #[serde(rename = "microphone.changed")]
    MicrophoneChanged {
        /// Whether samples arrive.
        available: bool,
        /// The device's name, where it is known.
        device: Option<String>,
        /// Why it is not available, or that a substitute is in use.
        reason: Option<String>,
    },
    /// Captured samples were lost because the reader was late.
    #[serde(rename = "audio.overrun")]
    AudioOverrun {
        /// Frames of the device lost since the last report.
        lost: u64,
    },
    /// Somebody began to speak.
    #[serde(rename = "speech.started")]
    SpeechStarted {},
    /// The wake phrase was heard.
    #[serde(rename = "wake.detected")]
    WakeDetected {
        /// The configured phrase.
        phrase: String,
        /// The words in which it was recognised.
        heard: String,
        /// How alike the two sound, 0 to 1.
        score: f32,
    },
    /// The text so far, while the person speaks.
    #[serde(rename = "transcript.partial")]
    TranscriptPartial {
        /// Words that two readings in a row agree on.
        committed: String,
        /// Words that may still change.
        tentative: String,
    },
    /// The utterance is over.
    #[serde(rename = "speech.ended")]
    SpeechEnded {
        /// What ended it.
        reason: EndReason,
    },
    /// What was said.
    #[serde(rename = "transcript.final")]
    TranscriptFinal {
        /// The text as recognised.
        text: String,
        /// Where the utterance begins in the audio.
        start_ms: u64,
        /// Where it ends in the audio.
        end_ms: u64,
        /// Mean probability of the words, 0 to 1.
        confidence: f32,
    },
    /// Something was heard and deliberately not acted on.
    #[serde(rename = "utterance.ignored")]
    UtteranceIgnored {
        /// The text, as far as there is one.
        text: String,
        /// Why it is ignored.
        reason: IgnoreReason,
    },
    /// The brain decided what a request means.
    #[serde(rename = "intent.matched")]
    IntentMatched {
        /// The intent's name, or `none`.
        intent: String,
        /// The plugin that owns it.
        plugin: String,
        /// How sure the decision is, 0 to 1.
        confidence: f32,
        /// Values taken from the sentence.
        slots: Map<String, Value>,
        /// The stage that decided.
        route: String,
    },
    /// What FAME answers.
    #[serde(rename = "reply")]
    Reply {
        /// The words spoken.
        text: String,
        /// The rendered sound, where it was asked for as a file.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        wav: Option<String>,
    },
    /// A turn is over: heard, answered and spoken, or stopped.
    #[serde(rename = "turn.finished")]
    TurnFinished {
        /// Where its time went.
        latency_ms: Latency,
        /// Whether it was cut short.
        #[serde(default)]
        cancelled: bool,
    },
    /// Something failed. The rest goes on.
    #[serde(rename = "error")]
    Error {
        /// A stable word for programs, such as `microphone`.
        code: String,
        /// A sentence for people that ends with what to do.
        message: String,
    },
}

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
    /// From the reply's text to its first sample.
    pub first_sound: f64,
    /// From the endpoint's decision to the first sample.
    pub total: f64,
}
