//! The bounds of a run, in one place for both tiers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The least time that a program gets: an interpreter has to start.
pub const WALL_FLOOR: Duration = Duration::from_millis(200);

/// Longest program.
pub const MAX_CODE_BYTES: usize = 1024 * 1024;

/// Most that a program may be given to read.
pub const MAX_STDIN_BYTES: usize = 8 * 1024 * 1024;

/// Kept of the beginning, and again of the end, of what a program writes to stdout or stderr.
pub const KEPT_OUTPUT_BYTES: usize = 32 * 1024;

/// Streamed of each of stdout and stderr while the program runs; the report has the rest's head and
/// tail.
pub const STREAMED_BYTES: u64 = 256 * 1024;

/// Files that a program may leave.
pub const MAX_FILES: usize = 1_000;

/// Largest file that a program may leave.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// All files that a program may leave, together.
pub const MAX_FILES_BYTES: u64 = 32 * 1024 * 1024;

/// Longest name of a file that a program may leave, folders included, in bytes.
pub const MAX_NAME_BYTES: usize = 255;

/// Deepest folder in which a file that a program leaves is looked for.
pub const MAX_DEPTH: usize = 8;

/// Bytes that a program with a network may send and receive, together; then its connections are cut.
pub const MAX_NETWORK_BYTES: u64 = 256 * 1024 * 1024;

/// Connections of a program at a time; more wait.
pub const MAX_OPEN_CONNECTIONS: usize = 32;

/// Connections of a program in all; more are closed at once, and counted.
pub const MAX_CONNECTIONS: usize = 1_000;

/// Hosts, ports and outcomes of them that a report lists; more are counted.
pub const MAX_CONTACTS: usize = 64;

/// Largest file that a program may write while it runs.
pub(super) const WRITTEN_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Size of each of the two file systems, `/sandbox` and `/tmp`, on which a program can write.
pub(super) const SCRATCH_BYTES: u64 = 64 * 1024 * 1024;

/// Files and folders on each of them.
pub(super) const SCRATCH_INODES: u64 = 4_096;

/// Open files of one process.
pub(super) const OPEN_FILES: u64 = 128;

/// Shared memory of a container (`/dev/shm`).
pub(super) const SHARED_BYTES: u64 = 16 * 1024 * 1024;

/// The bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Limits {
    /// Time by the clock on the wall.
    pub(super) wall: Duration,
    /// Processor time, of all processes together.
    pub(super) cpu: Duration,
    /// Memory, of all processes and their files together.
    pub(super) memory_bytes: u64,
    /// Processes and threads.
    pub(super) processes: u64,
}
