//! What ran in the sandbox.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::{Check, Invalid, range};

/// `GET /sandbox/runs`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SandboxQuery {
    /// How many, at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
}

impl Default for SandboxQuery {
    fn default() -> Self {
        Self { limit: 20 }
    }
}

impl Check for SandboxQuery {
    fn check(&self) -> Result<(), Invalid> {
        range("limit", self.limit, 1, 100)
    }
}

/// Runs, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SandboxRuns {
    /// The newest first.
    pub runs: Vec<SandboxRun>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SandboxRun {
    /// Names it, as in the events of the sandbox.
    pub id: String,
    /// When it was asked for, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who had it run.
    pub caller: String,
    /// What runs it, such as `python`.
    pub profile: String,
    /// `waiting`, `running`, `finished`, `failed` (nothing is known of it) or `abandoned`.
    pub state: String,
    /// How it ended, once it has.
    pub report: Option<Report>,
    /// Why nothing is known of it.
    pub error: Option<String>,
}

/// What kept the program in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A container.
    A,
    /// Walls of the kernel, put up by FAME itself.
    #[default]
    B,
    /// Nothing. For development only.
    Local,
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Whether it ended by itself with code 0.
    pub ok: bool,
    /// Its exit code; none if a signal or a limit ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it ran into its limit of time.
    pub timed_out: bool,
    /// Whether it ran into its limit of memory.
    pub oom: bool,
    /// What it wrote to stdout: the beginning and the end.
    pub stdout: String,
    /// What it wrote to stderr, likewise.
    pub stderr: String,
    /// How many bytes it wrote to stdout.
    pub stdout_bytes: u64,
    /// How many bytes it wrote to stderr.
    pub stderr_bytes: u64,
    /// Whether `stdout` or `stderr` lacks a middle, or a file is left out of `files`.
    pub truncated: bool,
    /// Time by the clock, in milliseconds.
    pub wall_ms: u64,
    /// Processor time of all its processes, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory it used, in bytes; 0 where it is not known.
    pub peak_memory_bytes: u64,
    /// What kept it in.
    pub tier: Tier,
    /// The profile that ran it.
    pub profile: String,
    /// The image's id; none outside a container.
    pub image: Option<String>,
    /// What it left in its folder, by name.
    pub files: Vec<OutputFile>,
    /// What it asked of the network; none: its profile has no network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkUse>,
}

/// What a program asked of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NetworkUse {
    /// The decisions, in the order of their first time.
    pub contacts: Vec<Contact>,
    /// Decisions and connections beyond the bounds, which are not in `contacts`.
    pub left_out: u64,
    /// Whether it was cut off, having sent and received as much as it may.
    pub cut: bool,
}

/// A host that a program asked for, and what was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// The host's name as asked for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the list and its addresses allow it.
    pub allowed: bool,
    /// Why there was no connection, if there was none.
    pub problem: Option<String>,
    /// How often the same was asked for, with the same outcome.
    pub times: u32,
    /// Bytes that went to it.
    pub sent_bytes: u64,
    /// Bytes that came from it.
    pub received_bytes: u64,
}

/// A file that the program left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputFile {
    /// Its path below the folder, with `/`.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}
