//! Everything that FAME tells the world about itself, as one closed enum.
//!
//! The JSON form (`{"event": "speech.started", ...}`) is what `famed headless --json` prints and
//! what IPC subscribers receive. Names and fields change by addition only. The name is the topic.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::later::Later;
use super::parts::{ApprovalOutcome, EndReason, IgnoreReason, Latency, ReplySource, State};

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
    /// Something was said to FAME: `transcript.final` without its place in the audio.
    #[serde(rename = "voice.input")]
    VoiceInput {
        /// The text as recognised.
        text: String,
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
    /// A request came in and is going to be worked on.
    #[serde(rename = "query.received")]
    QueryReceived {
        /// The turn that it begins; turns count on over restarts.
        turn: u64,
        /// What was asked, as it was said or written.
        text: String,
        /// How it came in: `voice`, `ipc`, `headless` or `rest`.
        source: String,
        /// The conversation that it belongs to.
        session: String,
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
        /// The turn, where the request is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
        /// Why it was decided so, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Every stage that was tried, in order, with what it considered; null if not told.
        #[serde(default, skip_serializing_if = "Later::is_null")]
        stages: Later,
        /// What the policy says about acting on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<String>,
    },
    /// What FAME answers.
    #[serde(rename = "reply")]
    Reply {
        /// The words spoken.
        text: String,
        /// The rendered sound, where it was asked for as a file.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        wav: Option<String>,
        /// The turn that it answers; none for what FAME says unasked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
        /// What a screen shows instead, where that differs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display: Option<String>,
        /// The answer for programs; null if there is none.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        data: Value,
        /// Where the answer comes from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<ReplySource>,
    },
    /// A request was worked on to its end.
    #[serde(rename = "query.completed")]
    QueryCompleted {
        /// The turn.
        turn: u64,
        /// The intent's name, or `none`.
        intent: String,
        /// The plugin that answered.
        plugin: String,
        /// Whether it did what was asked.
        ok: bool,
        /// Wall time from `query.received`.
        ms: f64,
    },
    /// A turn is over: heard, answered and spoken, or stopped.
    #[serde(rename = "turn.finished")]
    TurnFinished {
        /// Where its time went.
        latency_ms: Latency,
        /// Whether it was cut short.
        #[serde(default)]
        cancelled: bool,
        /// Its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
    },
    /// A question of FAME's was not answered in time; its intent is given up.
    #[serde(rename = "question.expired")]
    QuestionExpired {
        /// The intent that waited for the answer.
        intent: String,
    },
    /// The language model answered, or did not.
    #[serde(rename = "model.answered")]
    ModelAnswered {
        /// Whether it answered.
        ok: bool,
        /// How long its answer took, in milliseconds; 0 if there is none.
        ms: f64,
        /// Until its first word, in milliseconds.
        first_token_ms: Option<f64>,
        /// What it read, in tokens; 0 where the server does not tell.
        prompt_tokens: u64,
        /// What it wrote, in tokens; 0 where the server does not tell.
        completion_tokens: u64,
    },
    /// A program began to run in the sandbox.
    #[serde(rename = "sandbox.started")]
    SandboxStarted {
        /// Names the run.
        id: String,
        /// What runs it, such as `python`.
        profile: String,
        /// Who asked.
        caller: String,
        /// What keeps it in.
        tier: String,
    },
    /// A program in the sandbox wrote something: safe text of bounded length.
    #[serde(rename = "sandbox.output")]
    SandboxOutput {
        /// Names the run.
        id: String,
        /// `stdout` or `stderr`.
        stream: String,
        /// What it wrote.
        text: String,
    },
    /// A program in the sandbox ended.
    #[serde(rename = "sandbox.finished")]
    SandboxFinished {
        /// Names the run.
        id: String,
        /// `ok`, `failed`, `timed_out`, `oom`, `error` (nothing is known of it) or `abandoned`.
        outcome: String,
        /// What kept it in; none if nothing is known.
        tier: Option<String>,
        /// How long it ran, in milliseconds.
        wall_ms: u64,
        /// Why nothing is known of it.
        reason: Option<String>,
    },
    /// Something waits for the user's word before it is done.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// Names it in the answer.
        id: String,
        /// What is going to be done, as a sentence for people.
        what: String,
        /// The intent.
        intent: String,
        /// The plugin that would do it.
        plugin: String,
        /// How the request came in: `voice`, `ipc`, `headless` or `rest`.
        source: String,
        /// How long it waits from now on.
        expires_ms: u64,
    },
    /// What waited for the user's word is decided.
    #[serde(rename = "approval.answered")]
    ApprovalAnswered {
        /// The `id` of its request.
        id: String,
        /// What it came to.
        outcome: ApprovalOutcome,
        /// Who decided, if anybody did.
        by: Option<String>,
    },
    /// A plugin came, went, or changed what it can do.
    #[serde(rename = "plugin.changed")]
    PluginChanged {
        /// The plugin's id.
        plugin: String,
        /// Its state from now on, in one word such as `loaded`, `disabled`, `failed`, `removed`.
        state: String,
        /// Why, where there is something to say.
        reason: Option<String>,
    },
    /// A plugin's own event; see [`Event::of_plugin`].
    #[serde(rename = "plugin.event")]
    PluginEvent {
        /// The topic: the plugin's id, a dot, and a name of the plugin's choice.
        topic: String,
        /// Its fields.
        data: Value,
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

impl Event {
    /// What a [`Pattern`](super::Pattern) is compared with: the name in the JSON form, or a
    /// plugin's own topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        match self {
            Self::StateChanged { .. } => "state.changed",
            Self::AudioLevel { .. } => "audio.level",
            Self::MicrophoneChanged { .. } => "microphone.changed",
            Self::AudioOverrun { .. } => "audio.overrun",
            Self::SpeechStarted {} => "speech.started",
            Self::WakeDetected { .. } => "wake.detected",
            Self::TranscriptPartial { .. } => "transcript.partial",
            Self::SpeechEnded { .. } => "speech.ended",
            Self::TranscriptFinal { .. } => "transcript.final",
            Self::VoiceInput { .. } => "voice.input",
            Self::UtteranceIgnored { .. } => "utterance.ignored",
            Self::QueryReceived { .. } => "query.received",
            Self::IntentMatched { .. } => "intent.matched",
            Self::Reply { .. } => "reply",
            Self::QueryCompleted { .. } => "query.completed",
            Self::TurnFinished { .. } => "turn.finished",
            Self::QuestionExpired { .. } => "question.expired",
            Self::ModelAnswered { .. } => "model.answered",
            Self::SandboxStarted { .. } => "sandbox.started",
            Self::SandboxOutput { .. } => "sandbox.output",
            Self::SandboxFinished { .. } => "sandbox.finished",
            Self::ApprovalRequested { .. } => "approval.requested",
            Self::ApprovalAnswered { .. } => "approval.answered",
            Self::PluginChanged { .. } => "plugin.changed",
            Self::PluginEvent { topic, .. } => topic,
            Self::Error { .. } => "error",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// One of each, as another program would read or write it. Lines are never changed, only
    /// added: the first of a topic is the event with the fields that it was born with.
    const SAMPLES: &[&str] = &[
        r#"{"event":"state.changed","state":"idle"}"#,
        r#"{"event":"audio.level","dbfs":-40.5}"#,
        r#"{"event":"microphone.changed","available":true,"device":"USB","reason":null}"#,
        r#"{"event":"audio.overrun","lost":3}"#,
        r#"{"event":"speech.started"}"#,
        r#"{"event":"wake.detected","phrase":"hey fame","heard":"hey fame","score":1.0}"#,
        r#"{"event":"transcript.partial","committed":"what time","tentative":"is"}"#,
        r#"{"event":"speech.ended","reason":"silence"}"#,
        r#"{"event":"transcript.final","text":"Stop.","start_ms":0,"end_ms":700,"confidence":0.5}"#,
        r#"{"event":"voice.input","text":"Stop.","confidence":0.5}"#,
        r#"{"event":"utterance.ignored","text":"","reason":"no_words"}"#,
        r#"{"event":"query.received","turn":7,"text":"Stop.","source":"voice","session":"room"}"#,
        r#"{"event":"intent.matched","intent":"stop","plugin":"control","confidence":1.0,"slots":{},"route":"control"}"#,
        r#"{"event":"intent.matched","intent":"stop","plugin":"control","confidence":1.0,"slots":{},"route":"control","turn":7,"reason":"a control word","stages":[{"stage":"control"}],"verdict":"allowed"}"#,
        r#"{"event":"reply","text":"It is noon."}"#,
        r#"{"event":"reply","text":"It is noon.","wav":"1.wav","turn":7,"display":"12:00","data":{"hour":12},"sources":[{"title":"A clock","url":"https://clock.example"},{"title":"The sun"}]}"#,
        r#"{"event":"query.completed","turn":7,"intent":"stop","plugin":"control","ok":true,"ms":1.5}"#,
        r#"{"event":"turn.finished","latency_ms":{"endpoint":1.0,"recognise":2.0,"route":3.0,"plugin":4.0,"first_sound":5.0,"total":6.0},"cancelled":false}"#,
        r#"{"event":"turn.finished","latency_ms":{"endpoint":1.0,"recognise":2.0,"route":3.0,"plugin":4.0,"first_sound":5.0,"total":6.0},"cancelled":false,"turn":7}"#,
        r#"{"event":"question.expired","intent":"set_timer"}"#,
        r#"{"event":"model.answered","ok":true,"ms":812.5,"first_token_ms":90.5,"prompt_tokens":310,"completion_tokens":12}"#,
        r#"{"event":"sandbox.started","id":"r1","profile":"python","caller":"cli","tier":"a"}"#,
        r#"{"event":"sandbox.output","id":"r1","stream":"stdout","text":"42\n"}"#,
        r#"{"event":"sandbox.finished","id":"r1","outcome":"ok","tier":"a","wall_ms":80,"reason":null}"#,
        r#"{"event":"approval.requested","id":"a1","what":"Delete all notes.","intent":"clear_notes","plugin":"notes","source":"voice","expires_ms":30000}"#,
        r#"{"event":"approval.answered","id":"a1","outcome":"denied","by":"voice"}"#,
        r#"{"event":"plugin.changed","plugin":"notes","state":"failed","reason":"it exited"}"#,
        r#"{"event":"plugin.event","topic":"timer.rang","data":{"name":"tea"}}"#,
        r#"{"event":"error","code":"microphone","message":"no sound; plug it in"}"#,
    ];

    #[test]
    fn old_json_is_read_and_written_as_ever() {
        for sample in SAMPLES {
            let event: Event = serde_json::from_str(sample).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), *sample);
        }
    }

    #[test]
    fn the_topic_is_the_name_in_the_json_form_and_never_a_plugins() {
        for sample in SAMPLES {
            let json: Value = serde_json::from_str(sample).unwrap();
            let event: Event = serde_json::from_str(sample).unwrap();
            if let Event::PluginEvent { topic, .. } = &event {
                assert_eq!(event.topic(), topic);
                continue;
            }
            assert_eq!(event.topic(), json["event"]);
            let first = event.topic().split('.').next().unwrap();
            let disguised = Event::of_plugin(first, &format!("{first}.x"), Value::Null);
            assert!(disguised.is_err(), "a plugin may publish as `{first}`");
        }
    }
}
