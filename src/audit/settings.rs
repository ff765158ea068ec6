//! Where a log is, and how it is kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::error::{AuditError, Result};

/// More records than this without a signature are an error for who verifies.
pub const UNSEALED_RECORDS: u64 = 20_000;

/// The most that [`Settings::checkpoint_records`] may be: a whole queue may come on top of it.
const CHECKPOINT_RECORDS: u64 = 10_000;

/// Where a log is, and how it is kept.
#[derive(Clone)]
pub struct Settings {
    /// The folder, made for its user alone if it is not there.
    pub folder: PathBuf,
    /// The secret key; in the folder if none is given.
    pub key: Option<PathBuf>,
    /// A file elsewhere to which checkpoints are appended, best on another disk.
    pub witness: Option<PathBuf>,
    /// A segment is closed when it is this large, in bytes; 4 KiB to 1 GiB.
    pub segment_bytes: u64,
    /// Old segments are dropped while all are larger than this, in bytes; at least two segments.
    pub keep_bytes: u64,
    /// Segments whose last record is older than this are dropped.
    pub keep_age: Duration,
    /// A checkpoint is made after this many records; 1 to 10,000.
    pub checkpoint_records: u64,
    /// A checkpoint is made when the last one is this old and there is something to sign.
    pub checkpoint_every: Duration,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// A log in `folder`: segments of 16 MiB, kept up to 1 GiB and a year, a checkpoint every 1,000
    /// records and every minute.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            key: None,
            witness: None,
            segment_bytes: 16 * 1024 * 1024,
            keep_bytes: 1024 * 1024 * 1024,
            keep_age: Duration::from_secs(365 * 24 * 60 * 60),
            checkpoint_records: 1_000,
            checkpoint_every: Duration::from_secs(60),
            clock: Arc::new(SystemClock),
        }
    }

    pub(crate) fn key_path(&self) -> PathBuf {
        self.key.clone().unwrap_or_else(|| self.folder.join("key"))
    }

    pub(crate) fn check(&self) -> Result<()> {
        let bounded = |name, value, within, bounds| {
            if within {
                Ok(())
            } else {
                Err(AuditError::Setting {
                    name,
                    value,
                    bounds,
                })
            }
        };
        bounded(
            "segment_bytes",
            self.segment_bytes,
            (4 * 1024..=1024 * 1024 * 1024).contains(&self.segment_bytes),
            "4 KiB to 1 GiB",
        )?;
        bounded(
            "keep_bytes",
            self.keep_bytes,
            self.keep_bytes >= self.segment_bytes.saturating_mul(2),
            "at least two segments",
        )?;
        bounded(
            "checkpoint_records",
            self.checkpoint_records,
            (1..=CHECKPOINT_RECORDS).contains(&self.checkpoint_records),
            "1 to 10,000",
        )
    }
}
