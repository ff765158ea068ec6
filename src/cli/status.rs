//! `fame status`.

use std::fmt::Write;

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{Mode, Recognizer, Request, State, Status, Understanding};

pub(super) fn run(context: &mut Context<'_>) -> Result<(), Failure> {
    context.call(&Request::Status, words)
}

/// The state in a word.
pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Listening => "listening",
        State::Thinking => "thinking",
        State::Speaking => "speaking",
        State::Asleep => "asleep",
        State::Muted => "muted",
        State::Unknown => "in a state that this version of `fame` does not know",
    }
}

/// The status for people: one aspect a line.
pub(super) fn words(status: &Status) -> String {
    let mut rows = vec![
        (
            "FAME",
            format!(
                "{}, process {}, up {}",
                status.version,
                status.pid,
                duration(status.uptime_s)
            ),
        ),
        (
            "state",
            format!("{}, {}", state_word(status.state), mode_words(status.mode)),
        ),
        ("microphone", microphone(status)),
        ("recognizer", recognizer_words(&status.recognizer)),
        (
            "voice",
            status.voice.active.clone().unwrap_or_else(|| "none".into()),
        ),
    ];
    for failed in &status.voice.failed {
        rows.push(("", format!("{} failed: {}", failed.voice, failed.reason)));
    }
    rows.push(("plugins", status.plugins.join(", ")));
    rows.push(("classifier", classifier(&status.understanding)));
    if let Some(model) = &status.understanding.model {
        rows.push(("model", model.clone()));
    }
    if let Some(reason) = &status.understanding.reason {
        rows.push(("", reason.clone()));
    }
    if let Some(api) = &status.api {
        let words = match (&api.address, &api.reason) {
            (Some(address), _) => address.clone(),
            (None, reason) => format!("off: {}", reason.as_deref().unwrap_or("unknown why")),
        };
        rows.push(("REST API", words));
    }
    if let Some(trouble) = &status.audit_trouble {
        rows.push((
            "audit",
            format!("nothing is changed, as it cannot be recorded: {trouble}"),
        ));
    }
    if status.overruns > 0 {
        rows.push(("overruns", format!("{} frames lost", status.overruns)));
    }
    if let Some(turn) = &status.last_turn {
        let seconds = turn.total_ms / 1000.0;
        rows.push((
            "last turn",
            format!("{:?} after {seconds:.2} s", turn.heard),
        ));
        rows.push(("", format!("{:?}", turn.reply)));
    }
    table(&rows)
}

/// The recogniser in a line.
pub(super) fn recognizer_words(recognizer: &Recognizer) -> String {
    let threads = match recognizer.threads {
        1 => "1 thread".into(),
        many => format!("{many} threads"),
    };
    let mut words = format!(
        "{}, {} window, {threads}, {}",
        recognizer.model, recognizer.window, recognizer.language
    );
    if let Some(error) = &recognizer.error {
        words = format!("{words}: {error}");
    }
    words
}

fn classifier(understanding: &Understanding) -> String {
    match understanding.classifier.as_deref() {
        Some("both") => "n-grams and sentence embeddings".into(),
        Some("ngrams") => "n-grams alone".into(),
        Some(other) => other.into(),
        None => "being trained".into(),
    }
}

fn microphone(status: &Status) -> String {
    let microphone = &status.microphone;
    let name = microphone.device.as_deref();
    let words = match (microphone.available, name) {
        (true, name) => name.unwrap_or("the default one").to_owned(),
        (false, None) => "none".into(),
        (false, Some(name)) => format!("{name} is not available"),
    };
    match &microphone.reason {
        Some(reason) => format!("{words} ({reason})"),
        None => words,
    }
}

fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::Wake => "addressed by the wake phrase",
        Mode::Conversation => "addressed by the wake phrase, then in conversation",
        Mode::PushToTalk => "addressed by a key",
        Mode::Unknown => "addressed in a way that this version of `fame` does not know",
    }
}

fn duration(seconds: u64) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

fn table(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:width$}  {value}");
    }
    text.truncate(text.trim_end().len());
    text
}
