//! The kinds of records.

use serde::{Deserialize, Serialize};

/// What kind of record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something is about to be done.
    Before,
    /// What became of it.
    After,
    /// Something happened: the daemon started, a key was made, a plugin was granted …
    #[default]
    Note,
    /// The log's own: a segment begins.
    Segment,
    /// The log's own: where the chain has come to, signed.
    Checkpoint,
    /// The log's own: another key signs from here on.
    Rotation,
    /// The log's own: old records were dropped.
    Pruned,
    /// One of a later FAME.
    #[serde(other)]
    Other,
}
