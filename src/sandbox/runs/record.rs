//! What is told and remembered of a run. Fields are added, never changed.

use serde::Serialize;

use crate::report::{Report, Tier};
use crate::request::Caller;

/// One of a program's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// stdout
    Stdout,
    /// stderr
    Stderr,
}

/// What happens to a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// It has its turn.
    Started {
        /// The run's name.
        id: String,
        /// The profile.
        profile: String,
        /// Who asked.
        caller: Caller,
        /// What keeps it in.
        tier: Tier,
    },
    /// It wrote something: safe text, at most [`MAX_EVENT_TEXT_BYTES`](crate::MAX_EVENT_TEXT_BYTES) of it. Of each output only the
    /// first [`STREAMED_BYTES`](crate::limits::STREAMED_BYTES) are told.
    Output {
        /// The run's name.
        id: String,
        /// Where it wrote it.
        output: Output,
        /// The text.
        text: String,
    },
    /// It ended, and there is a report.
    Finished {
        /// The report in short.
        summary: RunSummary,
    },
    /// There is no report.
    Failed {
        /// The run's name.
        id: String,
        /// Why.
        error: String,
    },
    /// Whoever asked for it went away: it was killed.
    Abandoned {
        /// The run's name.
        id: String,
    },
}

/// A report without what the program wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunSummary {
    /// The run's name.
    pub id: String,
    /// See [`Report::ok`], and so on.
    pub ok: bool,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether its time was up.
    pub timed_out: bool,
    /// Whether its memory was.
    pub oom: bool,
    /// Bytes written to stdout.
    pub stdout_bytes: u64,
    /// Bytes written to stderr.
    pub stderr_bytes: u64,
    /// Whether the report lacks some of it.
    pub truncated: bool,
    /// Time by the clock, in milliseconds.
    pub wall_ms: u64,
    /// Processor time, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory, in bytes.
    pub peak_memory_bytes: u64,
    /// What kept it in.
    pub tier: Tier,
    /// Files that it left.
    pub files: usize,
    /// Hosts that it asked for, by outcome; none without a network.
    pub contacts: Option<usize>,
}

impl From<&Report> for RunSummary {
    fn from(report: &Report) -> Self {
        Self {
            id: report.id.clone(),
            ok: report.ok,
            exit_code: report.exit_code,
            signal: report.signal,
            timed_out: report.timed_out,
            oom: report.oom,
            stdout_bytes: report.stdout_bytes,
            stderr_bytes: report.stderr_bytes,
            truncated: report.truncated,
            wall_ms: report.wall_ms,
            cpu_ms: report.cpu_ms,
            peak_memory_bytes: report.peak_memory_bytes,
            tier: report.tier,
            files: report.files.len(),
            contacts: report
                .network
                .as_ref()
                .map(|network| network.contacts.len()),
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It waits for its turn.
    Waiting,
    /// It runs.
    Running,
    /// It ended; there is a report.
    Finished,
    /// There is no report, and an error instead.
    Failed,
    /// Whoever asked for it went away.
    Abandoned,
}

/// A run as it is remembered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRecord {
    /// Its name.
    pub id: String,
    /// The profile that was asked for.
    pub profile: String,
    /// Who asked.
    pub caller: Caller,
    /// When, in milliseconds since 1970.
    pub asked_at_ms: u64,
    /// How far it is.
    pub state: RunState,
    /// What keeps it in, once that is known.
    pub tier: Option<Tier>,
    /// The report, with outputs cut to twice [`MAX_HISTORY_TEXT_BYTES`](crate::MAX_HISTORY_TEXT_BYTES) and without the files'
    /// contents.
    pub report: Option<Report>,
    /// Why there is no report.
    pub error: Option<String>,
}
