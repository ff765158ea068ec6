//! What can go wrong with a server.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a server gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the plugin `{plugin}` {problem}")]
pub struct McpError {
    /// The plugin's id.
    pub plugin: String,
    /// What went wrong.
    pub problem: Problem,
}

/// What went wrong with a server. Each reads on from "the plugin x".
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Its manifest names no program.
    #[error("names no program to run; fill in `runtime` in its plugin.toml")]
    NoCommand,
    /// The program is not there.
    #[error(
        "cannot start: there is no program `{program}`; install it, or correct `runtime` in its plugin.toml"
    )]
    Missing {
        /// The program of the manifest.
        program: String,
    },
    /// The program does not start.
    #[error(
        "cannot start `{program}`: {source}; check that it may be run and that its folder exists"
    )]
    Start {
        /// The program of the manifest.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The folder for its data cannot be made.
    #[error("has no place for its data: cannot make `{}`: {source}; make it yourself or free the way", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The limits cannot be set, so it is not run.
    #[error("is not run: its limits cannot be set: {source}; report this")]
    Limits {
        /// What the system says.
        source: io::Error,
    },
    /// It did not introduce itself in time.
    #[error(
        "did not get ready within {within:?}{last_words}; run its command by hand to see what it does"
    )]
    SlowStart {
        /// How long it had.
        within: Duration,
        /// The end of what it wrote to stderr.
        last_words: LastWords,
    },
    /// It answered, but not as a server of MCP.
    #[error(
        "does not speak the Model Context Protocol: {reason}{last_words}; check its command in plugin.toml"
    )]
    Handshake {
        /// What was wrong.
        reason: String,
        /// The end of what it wrote to stderr.
        last_words: LastWords,
    },
    /// A call took too long.
    #[error("did not answer `{tool}` within {within:?}; try again")]
    Late {
        /// The tool that was called.
        tool: String,
        /// How long it had.
        within: Duration,
    },
    /// The process ended, or had to be ended, during the call.
    #[error("{end}{last_words}; try again, it is restarted then")]
    Ended {
        /// How it ended.
        end: End,
        /// The end of what it wrote to stderr.
        last_words: LastWords,
    },
    /// It turned the call down.
    #[error(
        "turned `{tool}` down: {message} (code {code}); check its plugin.toml against its tools"
    )]
    Refused {
        /// The tool that was called.
        tool: String,
        /// The code of JSON-RPC.
        code: i32,
        /// What it says, cut short.
        message: String,
    },
    /// Its answer is none.
    #[error("answered `{tool}` with something that is no result; report this to its author")]
    NoResult {
        /// The tool that was called.
        tool: String,
    },
    /// It wants something that FAME does not offer.
    #[error("asks for more input during `{tool}`, which FAME does not offer; use another tool")]
    WantsInput {
        /// The tool that was called.
        tool: String,
    },
    /// It does not take requests.
    #[error("does not read its requests; try again")]
    Deaf,
    /// As many calls are out as may be.
    #[error("is busy with {calls} calls; try again in a moment")]
    Busy {
        /// Calls at the same time.
        calls: usize,
    },
    /// The arguments are too long to be sent.
    #[error("was asked for `{tool}` with {bytes} bytes, at most {limit} can be sent; ask for less")]
    LongRequest {
        /// The tool that was called.
        tool: String,
        /// Bytes of the arguments.
        bytes: usize,
        /// Bytes that may be sent.
        limit: usize,
    },
    /// It died a moment ago and is not restarted yet.
    #[error("{reason}; it can be restarted in {wait:.1?}")]
    BackingOff {
        /// How it ended.
        reason: String,
        /// How long from now.
        wait: Duration,
    },
    /// It failed repeatedly.
    #[error("failed repeatedly and is left alone for {wait:.0?}; last, it {reason}")]
    Open {
        /// The last failure.
        reason: String,
        /// How long from now.
        wait: Duration,
    },
    /// It was shut down.
    #[error("is shut down; load it again to use it")]
    ShutDown,
}

/// What an outcome says about the server's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nothing: it was not asked.
    Unknown,
}

impl Problem {
    pub(super) fn health(&self) -> Health {
        match self {
            Self::Refused { .. } | Self::WantsInput { .. } => Health::Good,
            Self::NoCommand
            | Self::Missing { .. }
            | Self::Start { .. }
            | Self::DataDir { .. }
            | Self::Limits { .. }
            | Self::SlowStart { .. }
            | Self::Handshake { .. }
            | Self::Late { .. }
            | Self::NoResult { .. }
            | Self::Deaf => Health::Bad,
            Self::Ended { end, .. } if *end == End::Stopped => Health::Unknown,
            Self::Ended { .. } => Health::Bad,
            Self::Busy { .. }
            | Self::LongRequest { .. }
            | Self::BackingOff { .. }
            | Self::Open { .. }
            | Self::ShutDown => Health::Unknown,
        }
    }
}

/// How a process came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit status or signal.
    Exited(String),
    /// It closed its stdout and went on running.
    HungUp,
    /// It wrote a line longer than this many bytes.
    LongLine(usize),
    /// It wrote more than anybody asked for.
    Flood,
    /// FAME stopped it.
    Stopped,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(out, "ended unexpectedly ({status})"),
            Self::HungUp => out.write_str("closed its output and was stopped"),
            Self::LongLine(limit) => {
                write!(
                    out,
                    "sent a message of more than {limit} bytes and was stopped"
                )
            }
            Self::Flood => out.write_str("sent a flood of messages unasked and was stopped"),
            Self::Stopped => out.write_str("was stopped"),
        }
    }
}

/// The end of what a process wrote to stderr. Displays as something to put behind a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastWords(pub String);

impl fmt::Display for LastWords {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(out, ", its last words: {}", self.0)
    }
}
