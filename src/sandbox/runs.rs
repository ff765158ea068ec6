//! What ran and what runs: events for those who listen, and a bounded history.
//!
//! Nobody who listens can hold a program up. Events wait in one bounded ring for everyone; who is
//! slower than that misses the oldest, and is told how many.

mod record;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::broadcast;

use super::error::SandboxError;
use super::report::{Report, Tier};
use super::request::Request;

pub use self::record::{Output, RunEvent, RunRecord, RunState, RunSummary};

/// Events that wait for the slowest listener.
pub const MAX_EVENTS: usize = 256;

/// Text of one event; a longer piece of output is several.
pub const MAX_EVENT_TEXT_BYTES: usize = 4 * 1024;

/// Runs that are remembered after their end.
pub const MAX_HISTORY: usize = 50;

/// Kept of the beginning, and again of the end, of each output in the history.
pub const MAX_HISTORY_TEXT_BYTES: usize = 4 * 1024;

/// Longest profile's name that is remembered of a request: that of a real one fits.
const MAX_PROFILE_CHARS: usize = 40;

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Heard {
    /// An event.
    Event(RunEvent),
    /// So many events were missed: the listener was too slow.
    Missed {
        /// How many.
        missed: u64,
    },
}

/// Hears the events of all runs from its making on.
#[derive(Debug)]
pub struct Observer(broadcast::Receiver<RunEvent>);

impl Observer {
    /// Waits for the next. None: the sandbox is gone.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(event) => Some(Heard::Event(event)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Heard::Missed { missed }),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// The events and the history.
#[derive(Debug)]
pub(super) struct Runs {
    events: broadcast::Sender<RunEvent>,
    book: Mutex<Book>,
}

/// At most [`MAX_HISTORY`] that ended, and as many others as the queue has places.
#[derive(Debug, Default)]
struct Book {
    active: Vec<RunRecord>,
    ended: VecDeque<RunRecord>,
}

impl Runs {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            events: broadcast::Sender::new(MAX_EVENTS),
            book: Mutex::default(),
        })
    }

    pub(super) fn observe(&self) -> Observer {
        Observer(self.events.subscribe())
    }

    /// The newest first, those that have not ended before the others.
    pub(super) fn newest(&self, limit: usize) -> Vec<RunRecord> {
        let book = self.lock();
        let active = book.active.iter().rev();
        active
            .chain(book.ended.iter().rev())
            .take(limit)
            .cloned()
            .collect()
    }

    /// Remembers a run that has a place in the queue.
    pub(super) fn enter(self: &Arc<Self>, request: &Request, id: String) -> Entry {
        let record = RunRecord {
            id: id.clone(),
            profile: request.profile.chars().take(MAX_PROFILE_CHARS).collect(),
            caller: request.caller,
            asked_at_ms: now_ms(),
            state: RunState::Waiting,
            tier: None,
            report: None,
            error: None,
        };
        self.lock().active.push(record);
        Entry {
            runs: Arc::clone(self),
            id,
            ended: false,
        }
    }

    fn tell(&self, event: RunEvent) {
        // Nobody listens: that is no failure.
        let _ = self.events.send(event);
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, id: &str, change: impl FnOnce(&mut RunRecord)) {
        let mut book = self.lock();
        let Some(at) = book.active.iter().position(|record| record.id == id) else {
            return;
        };
        let mut record = book.active.remove(at);
        change(&mut record);
        if book.ended.len() >= MAX_HISTORY {
            book.ended.pop_front();
        }
        book.ended.push_back(record);
    }
}

/// One run's place in the history. Dropped before its end, the run was abandoned.
#[derive(Debug)]
pub(super) struct Entry {
    runs: Arc<Runs>,
    id: String,
    ended: bool,
}

impl Entry {
    /// It has its turn.
    pub(super) fn started(&self, request: &Request, tier: Tier) {
        let mut book = self.runs.lock();
        let ours = book.active.iter_mut().find(|record| record.id == self.id);
        if let Some(record) = ours {
            record.state = RunState::Running;
            record.tier = Some(tier);
        }
        drop(book);
        self.runs.tell(RunEvent::Started {
            id: self.id.clone(),
            profile: request.profile.clone(),
            caller: request.caller,
            tier,
        });
    }

    /// What tells of its output.
    pub(super) fn tap(&self) -> Tap {
        Tap {
            runs: Arc::clone(&self.runs),
            id: self.id.clone(),
        }
    }

    /// It ended.
    pub(super) fn ended(mut self, outcome: &Result<Report, SandboxError>) {
        self.ended = true;
        match outcome {
            Ok(report) => {
                self.runs.end(&self.id, |record| {
                    record.state = RunState::Finished;
                    record.tier = Some(report.tier);
                    record.report = Some(shortened(report));
                });
                self.runs.tell(RunEvent::Finished {
                    summary: report.into(),
                });
            }
            Err(error) => {
                let error = error.to_string();
                self.runs.end(&self.id, |record| {
                    record.state = RunState::Failed;
                    record.error = Some(error.clone());
                });
                let id = self.id.clone();
                self.runs.tell(RunEvent::Failed { id, error });
            }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.ended {
            self.runs
                .end(&self.id, |record| record.state = RunState::Abandoned);
            let id = std::mem::take(&mut self.id);
            self.runs.tell(RunEvent::Abandoned { id });
        }
    }
}

/// Tells everyone who listens what a program writes.
#[derive(Debug)]
pub(super) struct Tap {
    runs: Arc<Runs>,
    id: String,
}

impl Tap {
    /// Whether anybody listens.
    pub(super) fn is_heard(&self) -> bool {
        self.runs.events.receiver_count() > 0
    }

    /// Tells safe text, in pieces of a bounded length.
    pub(super) fn tell(&self, output: Output, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(floor(rest, MAX_EVENT_TEXT_BYTES));
            rest = after;
            self.runs.tell(RunEvent::Output {
                id: self.id.clone(),
                output,
                text: piece.to_owned(),
            });
        }
    }
}

/// The last place up to `at` where a text may be cut.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The first place from `at` on.
fn ceiling(text: &str, at: usize) -> usize {
    (at..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

/// A report as the history keeps it.
fn shortened(report: &Report) -> Report {
    let mut report = report.clone();
    for file in &mut report.files {
        file.content = Vec::new();
    }
    for text in [&mut report.stdout, &mut report.stderr] {
        if text.len() > 2 * MAX_HISTORY_TEXT_BYTES {
            let head = &text[..floor(text, MAX_HISTORY_TEXT_BYTES)];
            let tail = &text[ceiling(text, text.len() - MAX_HISTORY_TEXT_BYTES)..];
            let left_out = text.len() - head.len() - tail.len();
            *text = format!("{head}\n[… {left_out} bytes left out …]\n{tail}");
            report.truncated = true;
        }
    }
    report
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests;
