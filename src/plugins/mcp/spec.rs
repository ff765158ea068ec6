//! What a server is: its command, its surroundings, its limits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::plugins::breaker::Policy;

/// A server that can be started.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The plugin's id, for messages.
    pub id: String,
    /// The program and its arguments. A program in the plugin's folder comes before one of that
    /// name in `PATH`.
    pub command: Vec<String>,
    /// The plugin's folder; the process starts in it.
    pub dir: PathBuf,
    /// The folder for what the plugin keeps; made if need be, and its `HOME`.
    pub data_dir: PathBuf,
    /// Variables for the process, besides `PATH`, `HOME`, `LANG` and `TMPDIR`.
    pub env: BTreeMap<String, String>,
    /// How far it may go.
    pub limits: Limits,
}

/// How far a server may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Data segment, heap and private mappings of a process, in bytes (`RLIMIT_DATA`). The address
    /// space is not limited: Node and Java reserve far more of it than they use.
    pub memory_bytes: u64,
    /// Processor time for one call and what follows it until the next, in seconds.
    pub cpu_seconds: u64,
    /// Files and sockets open at the same time.
    pub open_files: u64,
    /// The longest message from the server, in bytes. A longer one ends the server.
    pub line_bytes: usize,
    /// The longest text of an answer, in bytes; the rest is cut off.
    pub text_bytes: usize,
    /// The largest structured content of an answer, as bytes of JSON; larger is left out.
    pub data_bytes: usize,
    /// How long a call may take.
    pub call_timeout: Duration,
    /// How long the process may take to start and introduce itself, and to list its tools.
    pub start_timeout: Duration,
    /// When it is left alone.
    pub breaker: Policy,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 * 1024 * 1024,
            cpu_seconds: 30,
            open_files: 256,
            line_bytes: 4 * 1024 * 1024,
            text_bytes: 64 * 1024,
            data_bytes: 256 * 1024,
            call_timeout: Duration::from_secs(5),
            start_timeout: Duration::from_secs(10),
            breaker: Policy::default(),
        }
    }
}
