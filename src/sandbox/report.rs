//! How a run ended. The same JSON everywhere; fields are added, never changed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::capture::Captured;
use super::profile::Profile;

/// What kept the program in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A container.
    A,
    /// Namespaces, Landlock and seccomp of the kernel, put up by FAME itself.
    B,
    /// Nothing. For development only.
    Local,
}

impl Tier {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Local => "local",
        }
    }
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether it ended by itself with code 0.
    pub ok: bool,
    /// Its exit code; none if a signal or a limit ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it ran into its limit of time, by the clock or of the processor.
    pub timed_out: bool,
    /// Whether it ran into its limit of memory.
    pub oom: bool,
    /// What it wrote to stdout: the beginning and the end, without control characters.
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
    /// The most memory it used, in bytes; 0 where it was killed before that could be read.
    pub peak_memory_bytes: u64,
    /// What kept it in.
    pub tier: Tier,
    /// The profile that ran it.
    pub profile: String,
    /// The image's id; none outside a container.
    pub image: Option<String>,
    /// What it left in its folder, by name.
    pub files: Vec<OutputFile>,
    /// The run's name, the same in events, history and report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What it asked of the network; none: its profile has no network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkUse>,
}

/// What a program asked of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkUse {
    /// The decisions, in the order of their first time.
    pub contacts: Vec<Contact>,
    /// Decisions and connections beyond the bounds, which are not in `contacts`.
    pub left_out: u64,
    /// Whether it was cut off, having sent and received as much as it may.
    pub cut: bool,
}

/// A host that a program asked for, and what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The host's name as asked for: printable ASCII, cut after 120 characters.
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

/// A regular file that the program left in its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Its path below the folder, with `/`.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
    /// What is in it; not in the JSON.
    #[serde(skip)]
    pub content: Vec<u8>,
}

/// How the guest ended, before it becomes a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) timed_out: bool,
    pub(super) oom: bool,
    pub(super) cpu: Duration,
    pub(super) peak_memory_bytes: u64,
}

/// Everything that a tier knows about a run.
pub(super) struct Run {
    pub(super) end: End,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) wall: Duration,
    pub(super) tier: Tier,
    pub(super) profile: Profile,
    pub(super) image: Option<String>,
    pub(super) files: Vec<OutputFile>,
    /// Whether files were left out for their kind, number or size.
    pub(super) files_left_out: bool,
    pub(super) network: Option<NetworkUse>,
}

impl Run {
    /// What is told of it.
    pub(super) fn report(self, id: String) -> Report {
        let run = self;
        let end = run.end;
        let killed = end.timed_out || end.oom;
        Report {
            ok: end.exit_code == Some(0) && !killed,
            exit_code: end.exit_code.filter(|_| !killed),
            signal: end.signal,
            timed_out: end.timed_out,
            oom: end.oom,
            truncated: run.stdout.truncated || run.stderr.truncated || run.files_left_out,
            stdout: run.stdout.text,
            stderr: run.stderr.text,
            stdout_bytes: run.stdout.bytes,
            stderr_bytes: run.stderr.bytes,
            wall_ms: milliseconds(run.wall),
            cpu_ms: milliseconds(end.cpu),
            peak_memory_bytes: end.peak_memory_bytes,
            tier: run.tier,
            profile: run.profile.name().into(),
            image: run.image,
            files: run.files,
            id,
            network: run.network,
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// As it was first published: a field of it may never go or change its name or kind.
    const FIRST: &str = r#"{"ok":true,"exit_code":0,"signal":null,"timed_out":false,"oom":false,
        "stdout":"1\n","stderr":"","stdout_bytes":2,"stderr_bytes":0,"truncated":false,
        "wall_ms":31,"cpu_ms":12,"peak_memory_bytes":9000000,"tier":"a","profile":"python",
        "image":"sha256:0","files":[{"name":"a.txt","bytes":1,"sha256":"00"}]}"#;

    #[test]
    fn the_json_of_old_is_still_the_json() {
        let report: Report = serde_json::from_str(FIRST).unwrap();
        let now = serde_json::to_value(&report).unwrap();
        let then: serde_json::Value = serde_json::from_str(FIRST).unwrap();
        for (name, value) in then.as_object().unwrap() {
            assert_eq!(&now[name], value, "{name}");
        }
    }
}
