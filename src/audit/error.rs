//! Why something was not recorded, or the log not read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the calls of this crate give.
pub type Result<T> = std::result::Result<T, AuditError>;

/// Why something was not recorded, or the log not read. Cloned for each record of a batch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// A file or folder could not be read or written.
    #[error(
        "{action} `{path}` failed: {source}; free some space or mend its permissions, then try again"
    )]
    File {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// Another process writes this log.
    #[error("the audit log `{0}` is already written by another process; stop that one first")]
    InUse(PathBuf),
    /// The log was changed by somebody else, or the disk lost what it had acknowledged.
    #[error(
        "the audit log `{folder}` is damaged at record {seq}: {problem}; look at it with \
         `fame audit verify`, then move the folder away to begin a new log"
    )]
    Damaged {
        /// The log.
        folder: PathBuf,
        /// The first record that is not as it was written.
        seq: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The secret key is not there, or none of this log.
    #[error(
        "the key `{path}` of the audit log cannot be used: {problem}; restore it, or move the log's \
         folder away to begin a new log"
    )]
    Key {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A setting is outside its bounds.
    #[error("`{name}` is {value} and has to be {bounds}; change that setting")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        bounds: &'static str,
    },
    /// A record that only the log itself may write, or one that says too little.
    #[error("this record cannot be written: {0}")]
    Record(&'static str),
    /// Too many records wait to be written.
    #[error(
        "{waiting} records wait to be written and the disk does not keep up; try again in a moment"
    )]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The disk has not answered in time. Whether the record is kept is not known.
    #[error(
        "the audit log's disk has not answered for {seconds} s, so nobody knows whether the record is kept; look at the disk"
    )]
    Slow {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The log has been closed, or its thread has ended.
    #[error("the audit log has been closed; start FAME again")]
    Closed,
}

impl AuditError {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source: Arc::new(source),
        }
    }

    pub(crate) fn damaged(folder: &Path, seq: u64, problem: impl Into<String>) -> Self {
        Self::Damaged {
            folder: folder.to_owned(),
            seq,
            problem: problem.into(),
        }
    }
}
