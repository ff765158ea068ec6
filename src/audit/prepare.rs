//! Records on their way to be written: rid of secrets, within bounds, as canonical bytes.

use std::io;

use crate::canonical::{self, NAME_BYTES, TEXT_BYTES, VALUE_BYTES};
use crate::error::{AuditError, Result};
use crate::kind::Kind;
use crate::pending::Pending;
use crate::record::Record;
use crate::redact::Redactor;

/// What a record may have, in bytes of its texts, to be prepared by the writer.
pub(crate) const SMALL: usize = 4 * 1024;

/// What the texts of a record within bounds may have at most, in bytes: its long texts, its values
/// and its names.
const BOUNDED: usize = 4 * TEXT_BYTES + 2 * VALUE_BYTES + 16 * NAME_BYTES;

/// A record, as it is written.
pub(crate) struct Prepared {
    pub(crate) kind: Kind,
    pub(crate) of: Option<u64>,
    pub(crate) json: Vec<u8>,
}

impl Prepared {
    /// `record`, which is rid of secrets and within bounds.
    pub(crate) fn new(record: &Record) -> Result<Self> {
        let json = canonical::to_vec(record)
            .map_err(|error: io::Error| AuditError::file("writing", "a record".as_ref())(error))?;
        Ok(Self {
            kind: record.kind,
            of: record.of,
            json,
        })
    }
}

/// A record that the writer prepares: it is small, or it waits for a number.
pub(crate) struct Raw {
    pub(crate) record: Record,
    /// The record of the act that this one is the end of, sent before it.
    pub(crate) before: Option<Pending>,
    /// What its texts may have at most, in bytes.
    pub(crate) bytes: usize,
    /// It is rid of secrets and within bounds already.
    pub(crate) redacted: bool,
}

impl Raw {
    /// One within [`SMALL`].
    pub(crate) fn small(record: Record) -> Self {
        Self {
            record,
            before: None,
            bytes: SMALL,
            redacted: false,
        }
    }

    /// One that is rid of secrets and within bounds already.
    pub(crate) fn redacted(record: Record) -> Self {
        Self {
            record,
            before: None,
            bytes: BOUNDED,
            redacted: true,
        }
    }

    /// As it is written. What it is the end of is written already, or in the same batch.
    pub(crate) fn prepare(self, redactor: &Redactor) -> Result<Prepared> {
        let mut record = match self.redacted {
            true => self.record,
            false => self.record.prepared(redactor),
        };
        if let Some(before) = &self.before {
            record.of = Some(before.number()?);
        }
        Prepared::new(&record)
    }
}
