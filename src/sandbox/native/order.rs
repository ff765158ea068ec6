//! What FAME and its helper tell each other over the helper's stdin, which is a socket.
//!
//! FAME sends an [`Order`] as a line of JSON, the program and its input. For a program with a network
//! the helper first hands over the socket for its proxy (see `loopback`). It answers with an
//! [`Answer`] as a line of JSON and, if the program left files, a tar archive; then it ends.

use std::io::Write;
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::report::End;

/// The argument that makes `fame` or `famed` the helper.
pub(super) const VERB: &str = "sandbox-helper";

/// Longest line of either kind.
pub(super) const MAX_LINE_BYTES: usize = 16 * 1024;

/// Of the user in the sandbox: `nobody`.
pub(super) const NOBODY: u32 = 65_534;

/// A program to run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The profile's name.
    pub(super) profile: String,
    /// Bytes of the program, which follow this line.
    pub(super) code_bytes: usize,
    /// Bytes of its input, which follow the program.
    pub(super) stdin_bytes: usize,
    pub(super) limits: Limits,
    /// Whether it gets a proxy.
    pub(super) network: bool,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It ran and ended.
    Ended {
        end: End,
        /// Whether files were left out for their kind, number or size.
        files_left_out: bool,
        /// Bytes of the archive, which follows this line.
        archive_bytes: usize,
    },
    /// It was not run: a wall could not be put up.
    NoWall { problem: String, remedy: String },
}

/// A wall that cannot be put up.
#[derive(Debug)]
pub(super) struct NoWall {
    pub(super) problem: String,
    pub(super) remedy: &'static str,
}

/// What helps against most of these.
pub(super) const REMEDY: &str =
    "install a container engine (Debian: docker.io or podman), or see `fame sandbox status`";

/// Names the step that failed.
pub(super) fn step<T, E: std::fmt::Display>(
    what: &'static str,
    result: Result<T, E>,
) -> Result<T, NoWall> {
    result.map_err(|error| NoWall {
        problem: format!("{what}: {error}"),
        remedy: REMEDY,
    })
}

/// Says that nothing was run.
pub(super) fn refuse(control: &mut UnixStream, wall: NoWall) {
    let answer = Answer::NoWall {
        problem: wall.problem,
        remedy: wall.remedy.to_owned(),
    };
    if let Ok(mut line) = serde_json::to_vec(&answer) {
        line.push(b'\n');
        // Nobody is left to tell when FAME does not take it.
        let _ = control.write_all(&line);
    }
}
