//! What can be wrong with a record.

use serde::{Serialize, Serializer};

/// What is wrong with the first bad record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The line has not the form of a record.
    #[error("this line is no record")]
    NoRecord,
    /// The line is longer than any record.
    #[error("this line is longer than any record")]
    TooLong,
    /// The log ends in the middle of a record.
    #[error(
        "the log ends within this record, after {0} bytes of it: it was cut, or FAME was killed and has not been started since"
    )]
    Unfinished(usize),
    /// A byte of the record, or of its hash, is another.
    #[error("this record was changed: its bytes do not have its hash behind the record before")]
    Changed,
    /// Records are not there.
    #[error("the records {from} to {to} are missing")]
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A record stands where another should.
    #[error("record {found} stands here once more, or out of its order")]
    OutOfOrder {
        /// The one that stands there.
        found: u64,
    },
    /// The record cannot be understood, though it is as it was written.
    #[error("this record cannot be understood: {0}; a later FAME may have written it")]
    Unknown(String),
    /// A segment does not begin as it has to.
    #[error("the segment does not begin as it has to: {0}")]
    Segment(String),
    /// A segment has no record.
    #[error("the segment is empty")]
    Empty,
    /// A segment does not end with a checkpoint.
    #[error("the segment before was not closed by a checkpoint")]
    NotSealed,
    /// Too many records are not signed.
    #[error("{0} records before this one are not signed by any checkpoint")]
    Unsealed(u64),
    /// A checkpoint, rotation or pruning does not say what the chain says.
    #[error("what is signed here is not what is in the log: {0}")]
    Seal(String),
    /// A checkpoint, rotation or pruning is signed by another key than that of its place in the log.
    #[error(
        "this is signed by the key of epoch {found} and not by that of epoch {expected}, which was in use here"
    )]
    Epoch {
        /// The key that was in use.
        expected: u32,
        /// The key that it names.
        found: u32,
    },
    /// A signature is wrong.
    #[error("the signature is not by this log's key")]
    Signature,
    /// Nobody has signed that the records before the first were dropped.
    #[error(
        "the records before {0} are missing, and no pruning record says that they were dropped"
    )]
    NotPruned(u64),
    /// The public keys are not a chain.
    #[error("the public keys cannot be trusted: {0}")]
    Keys(String),
    /// The log has never had the key that it is known by.
    #[error("this is another log: it has never had the key {0}")]
    OtherKey(String),
    /// The witness saw the record with another hash.
    #[error(
        "the witness saw another record {seq}: {}",
        if *.genuine { "the log was changed after it was signed" } else { "the log was replaced, or the witness is of another log" }
    )]
    Witness {
        /// The record.
        seq: u64,
        /// Whether what the witness says is signed by this log's key.
        genuine: bool,
    },
    /// The witness saw more records than there are.
    #[error(
        "the log ends with record {last} and the witness has seen record {witnessed}: {}",
        if *.genuine { "the end was cut off, or an older copy put in its place" } else { "the log was replaced, or the witness is of another log" }
    )]
    Truncated {
        /// The last record of the log.
        last: u64,
        /// The last that the witness knows of.
        witnessed: u64,
        /// Whether what the witness says is signed by this log's key.
        genuine: bool,
    },
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
