//! What the log itself puts into the chain, and the bytes that are signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::chain::{Hash, hex};
use crate::kind::Kind;
use crate::signature::{PublicKey, Signed};

/// What the log itself says in a record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// A segment begins.
    Segment(SegmentBegins),
    /// Where the chain has come to.
    Checkpoint(Checkpoint),
    /// Another key signs from here on.
    Rotation(Rotation),
    /// Old records were dropped.
    Pruned(Pruned),
}

impl Seal {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Segment(_) => Kind::Segment,
            Self::Checkpoint(_) => Kind::Checkpoint,
            Self::Rotation(_) => Kind::Rotation,
            Self::Pruned(_) => Kind::Pruned,
        }
    }
}

/// The first record of a segment: what is needed to read it without those before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentBegins {
    /// The log.
    pub log: String,
    /// The hash of the record before.
    pub prev: Hash,
    /// The key that signs.
    pub epoch: u32,
    /// Acts of which it is not known yet what became.
    pub unfinished: Vec<u64>,
    /// What has been dropped so far: the last number and its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
}

/// The last record that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its number.
    pub through: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Where the chain has come to, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The log.
    pub log: String,
    /// The key that signs.
    pub epoch: u32,
    /// The last record that is signed.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// When.
    pub time: Timestamp,
    /// By the key of that epoch.
    pub signature: Signed,
}

impl Checkpoint {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!(
            "fame audit checkpoint 1\n{}\n{}\n{}\n{}\n{:.6}\n",
            self.log, self.epoch, self.seq, self.hash, self.time
        )
        .into_bytes()
    }
}

/// Another key signs from here on; signed by the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The log.
    pub log: String,
    /// The new key's epoch.
    pub epoch: u32,
    /// The new key.
    pub public: PublicKey,
    /// The record before this one.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// By the key of the epoch before; for the first, by itself.
    pub signature: Signed,
}

impl Rotation {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!(
            "fame audit key 1\n{}\n{}\n{}\n{}\n{}\n",
            self.log,
            self.epoch,
            hex(self.public.as_bytes()),
            self.seq,
            self.hash
        )
        .into_bytes()
    }
}

/// Old records were dropped, whole segments of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// The log.
    pub log: String,
    /// The key that signs.
    pub epoch: u32,
    /// The first record that was dropped.
    pub from: u64,
    /// The last one.
    pub through: u64,
    /// Its hash.
    pub hash: Hash,
    /// By the key of that epoch.
    pub signature: Signed,
}

impl Pruned {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!(
            "fame audit pruned 1\n{}\n{}\n{}\n{}\n{}\n",
            self.log, self.epoch, self.from, self.through, self.hash
        )
        .into_bytes()
    }
}
