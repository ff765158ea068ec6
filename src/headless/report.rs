//! What a headless run prints: JSON lines for programs, a readable transcript for people.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Feed;
use crate::bus::Event;

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A readable transcript.
    Text,
    /// One JSON object a line.
    Json,
}

/// Writes what happens. The first failure to write is kept and ends the writing.
pub(super) struct Report<W> {
    format: Format,
    out: W,
    error: Option<io::Error>,
    feed: Option<Feed>,
    index: usize,
    utterances: usize,
}

impl<W: Write> Report<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        Self {
            format,
            out,
            error: None,
            feed: None,
            index: 0,
            utterances: 0,
        }
    }

    pub(super) fn begin(&mut self, feed: &Feed) {
        self.feed = Some(feed.clone());
        self.index += 1;
        self.utterances = 0;
        if self.format == Format::Text {
            match feed {
                Feed::File(path) => self.line(format_args!("{}", path.display())),
                Feed::Text(text) => self.line(format_args!("{text:?}")),
            }
        }
    }

    pub(super) fn end(&mut self, t_ms: u64) {
        match self.format {
            Format::Json => {
                let finished = json!({"event": "feed.finished", "utterances": self.utterances});
                self.json(t_ms, finished);
            }
            Format::Text => {
                if self.utterances == 0 && matches!(self.feed, Some(Feed::File(_))) {
                    self.line(format_args!(
                        "  heard     nobody speak in {}",
                        seconds(t_ms)
                    ));
                }
                self.line(format_args!(""));
            }
        }
    }

    /// A name for the feed's reply of this number that no other feed's has.
    pub(super) fn reply_file(&self, number: usize) -> String {
        let stem = match &self.feed {
            Some(Feed::File(path)) => path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            _ => "text".into(),
        };
        format!("{:03}-{stem}-{number}.wav", self.index)
    }

    /// A note for people about a feed that could be read in part.
    pub(super) fn warn(&mut self, warning: &str) {
        tracing::warn!("{warning}");
        if self.format == Format::Text {
            self.line(format_args!("  warning   {warning}"));
        }
    }

    pub(super) fn event(&mut self, t_ms: u64, event: &Event) {
        // What a person would only see flicker, and what is the same in every file.
        if matches!(event, Event::AudioLevel { .. } | Event::StateChanged { .. }) {
            return;
        }
        if matches!(event, Event::SpeechStarted {}) {
            self.utterances += 1;
        }
        match self.format {
            Format::Json => match serde_json::to_value(event) {
                Ok(value) => self.json(t_ms, value),
                Err(error) => self.error = Some(error.into()),
            },
            Format::Text => self.text(t_ms, event),
        }
    }

    /// Flushes; gives what went wrong with the writing, if anything.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.error {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }

    fn text(&mut self, t_ms: u64, event: &Event) {
        match event {
            Event::WakeDetected { heard, score, .. } => {
                self.line(format_args!("  woken     by {heard:?} at {} ({score:.2})", seconds(t_ms)));
            }
            Event::TranscriptFinal { text, start_ms, end_ms, confidence } => {
                let (from, to) = (seconds(*start_ms), seconds(*end_ms));
                self.line(format_args!("  heard     {text:?} ({from} to {to}, {:.0} % sure)", confidence * 100.0));
            }
            Event::UtteranceIgnored { text, reason } => {
                let reason = serde_json::to_value(reason).ok();
                let reason = reason.as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', " ");
                self.line(format_args!("  ignored   {text:?} ({reason})"));
            }
            Event::IntentMatched { intent, confidence, slots, route, .. } => {
                let slots: Vec<String> = slots.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                let slots = slots.concat();
                self.line(format_args!("  understood {intent}{slots} (by {route}, {:.0} %)", confidence * 100.0));
            }
            Event::Reply { text, wav, .. } => {
                let wav = wav.as_ref().map(|path| format!("  → {path}")).unwrap_or_default();
                self.line(format_args!("  answered  {text:?}{wav}"));
            }
            Event::TurnFinished { latency_ms, .. } => self.line(format_args!(
                "  took      {:.0} ms from the endpoint to the first sound (text {:.0}, answer {:.0}, voice {:.0})",
                latency_ms.total,
                latency_ms.recognise,
                latency_ms.route + latency_ms.plugin + latency_ms.model,
                latency_ms.first_sound,
            )),
            Event::Error { message, .. } => self.line(format_args!("  error     {message}")),
            _ => {}
        }
    }

    fn json(&mut self, t_ms: u64, mut value: Value) {
        let Value::Object(fields) = &mut value else {
            return;
        };
        let mut line = Map::new();
        if let Some(event) = fields.remove("event") {
            line.insert("event".into(), event);
        }
        match &self.feed {
            Some(Feed::File(path)) => line.insert("file".into(), shown(path)),
            Some(Feed::Text(text)) => line.insert("text_input".into(), text.as_str().into()),
            None => None,
        };
        line.insert("t_ms".into(), t_ms.into());
        line.append(fields);
        self.line(format_args!("{}", Value::Object(line)));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        if self.error.is_none() {
            self.error = writeln!(self.out, "{text}").err();
        }
    }
}

fn shown(path: &Path) -> Value {
    path.display().to_string().into()
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}
