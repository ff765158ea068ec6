//! Why something is not kept.

use std::io;
use std::path::PathBuf;

use fame_plugin::HostError;
use rusqlite::ErrorCode;

/// A failure of the store. What was acknowledged before it is safe, except where it says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the file cannot be made, or not made private.
    #[error("preparing `{path}` for the store: {source}; make its folder yours and writable")]
    Prepare {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("starting the store: no thread for it: {0}; stop other programs and try again")]
    Thread(io::Error),
    /// Another process has it open.
    #[error("the store `{0}` is in use by another `famed`; stop that one first: `fame shutdown`")]
    InUse(PathBuf),
    /// A later FAME has written it.
    #[error(
        "the store `{path}` has version {found}, this FAME knows {known}; update FAME, or move the \
         file away to begin afresh"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The latest one known here.
        known: i64,
    },
    /// A damaged file cannot be moved out of the way.
    #[error("moving the damaged store `{path}` aside: {source}; move it away by hand")]
    MoveAside {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be read any more.
    #[error("{action}: the store is damaged; restart FAME, which keeps the file and begins afresh")]
    Damaged {
        /// What was being done.
        action: &'static str,
    },
    /// No room on the disk. Nothing was changed.
    #[error("{action}: the disk is full; free some space and try again")]
    Full {
        /// What was being done.
        action: &'static str,
    },
    /// More than the store keeps. Nothing was changed.
    #[error("{what} is more than {limit}; keep less")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The most there may be.
        limit: String,
    },
    /// The store did not get to it in time. Nothing was changed.
    #[error("{action}: the store is busy; try again in a moment")]
    Busy {
        /// What was being done.
        action: &'static str,
    },
    /// It was begun and takes too long.
    #[error("{action} takes very long and may yet be done; look at it again before you repeat it")]
    Unfinished {
        /// What was being done.
        action: &'static str,
    },
    /// The store's thread is gone.
    #[error("{action}: the store has stopped; restart FAME")]
    Stopped {
        /// What was being done.
        action: &'static str,
    },
    /// SQLite says something else. Nothing was changed.
    #[error("{action}: {source}; check the disk, then restart FAME")]
    Sqlite {
        /// What was being done.
        action: &'static str,
        /// What it says.
        source: rusqlite::Error,
    },
}

impl From<StoreError> for HostError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooMuch { what, limit } => Self::TooMuch {
                what: what.to_owned(),
                limit,
            },
            error => Self::unavailable("the store", error.to_string()),
        }
    }
}

/// What goes wrong inside of a call, which knows what it was doing.
#[derive(Debug)]
pub(super) enum Fault {
    TooMuch { what: &'static str, limit: String },
    Sqlite(rusqlite::Error),
}

impl Fault {
    pub(super) fn at(self, action: &'static str) -> StoreError {
        match self {
            Self::TooMuch { what, limit } => StoreError::TooMuch { what, limit },
            Self::Sqlite(source) => match source.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => StoreError::Full { action },
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    StoreError::Damaged { action }
                }
                _ => StoreError::Sqlite { action, source },
            },
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Refuses `amount` of `unit` beyond `most`.
pub(super) fn at_most(
    what: &'static str,
    amount: usize,
    most: usize,
    unit: &str,
) -> Result<(), Fault> {
    if amount <= most {
        return Ok(());
    }
    Err(Fault::TooMuch {
        what,
        limit: format!("{most} {unit}"),
    })
}
