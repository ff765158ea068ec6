//! A batch before it is written: what the chain will be like if it can be.

use std::io::Write;

use serde::Serialize;

use crate::canonical;
use crate::chain;
use crate::clock::TOLERATED_MS;
use crate::keys::Secret;
use crate::kind::Kind;
use crate::pending::Receipt;
use crate::prepare::Prepared;
use crate::record::Record;
use crate::seal::{Checkpoint, Seal};
use crate::settings::Settings;
use crate::signature::Signed;
use crate::verify::Head;

/// A batch before it is written.
pub(super) struct Draft {
    pub(super) bytes: Vec<u8>,
    pub(super) head: Head,
    pub(super) sealed: bool,
    pub(super) unsealed: u64,
    /// The acts that begin and end in it.
    pub(super) acts: Vec<(u64, Kind, Option<u64>)>,
    pub(super) checkpoints: Vec<Checkpoint>,
    /// How many of the writer's notes are in it.
    pub(super) notes: usize,
}

#[derive(Serialize)]
struct Sealed<'a> {
    kind: Kind,
    seal: &'a Seal,
}

impl Draft {
    /// An empty one behind the record `head`.
    pub(super) fn behind(head: Head, sealed: bool, unsealed: u64) -> Self {
        Self {
            bytes: Vec::new(),
            head,
            sealed,
            unsealed,
            acts: Vec::new(),
            checkpoints: Vec::new(),
            notes: 0,
        }
    }

    /// Adds a caller's record.
    pub(super) fn record(&mut self, settings: &Settings, record: &Prepared) -> Receipt {
        let receipt = self.line(settings, &record.json);
        if record.kind == Kind::Before || record.of.is_some() {
            self.acts.push((receipt.seq, record.kind, record.of));
        }
        receipt
    }

    /// Adds a record of the log's own.
    pub(super) fn own(&mut self, settings: &Settings, record: &Record) {
        self.record(settings, &super::own(record));
    }

    /// Adds a seal.
    pub(super) fn seal(&mut self, settings: &Settings, seal: &Seal) -> Receipt {
        let kind = seal.kind();
        // Made of numbers and of texts that cannot fail.
        let json = canonical::to_vec(&Sealed { kind, seal }).unwrap_or_default();
        let receipt = self.line(settings, &json);
        if let Seal::Checkpoint(checkpoint) = seal {
            self.sealed = true;
            self.unsealed = 0;
            self.checkpoints.push(checkpoint.clone());
        }
        receipt
    }

    /// Signs what there is so far.
    pub(super) fn checkpoint(&mut self, settings: &Settings, secret: &Secret) -> Receipt {
        let mut checkpoint = Checkpoint {
            log: secret.log.clone(),
            epoch: secret.epoch,
            seq: self.head.seq,
            hash: self.head.hash,
            time: settings.clock.now().wall,
            signature: Signed::NONE,
        };
        checkpoint.signature = secret.sign(&checkpoint.bytes());
        self.seal(settings, &Seal::Checkpoint(checkpoint))
    }

    /// Adds a line with the fields of the object `json`.
    fn line(&mut self, settings: &Settings, json: &[u8]) -> Receipt {
        let now = settings.clock.now();
        let seq = self.head.seq.saturating_add(1);
        let start = self.bytes.len();
        // Writing into memory does not fail.
        let _ = write!(
            self.bytes,
            "{{\"seq\":{seq},\"time\":\"{:.6}\",\"mono\":{}",
            now.wall, now.mono
        );
        let back = self.head.time.as_millisecond() - now.wall.as_millisecond();
        if back > TOLERATED_MS {
            let _ = write!(self.bytes, ",\"set_back_ms\":{back}");
        }
        let fields = json
            .strip_prefix(b"{")
            .and_then(|json| json.strip_suffix(b"}"))
            .unwrap_or_default();
        if !fields.is_empty() {
            self.bytes.push(b',');
            self.bytes.extend_from_slice(fields);
        }
        let hash = chain::close_line(&mut self.bytes, start, &self.head.hash);
        self.head = Head {
            seq,
            hash,
            time: now.wall,
        };
        self.sealed = false;
        self.unsealed += 1;
        Receipt {
            seq,
            hash,
            time: now.wall,
        }
    }
}
