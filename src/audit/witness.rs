//! The witness: a file elsewhere that knows where the chain had come to.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{AuditError, Result};
use crate::files;
use crate::keys::PublicKeys;
use crate::seal::Checkpoint;
use crate::verify::problem::Problem;

/// Of a larger witness only the end is read, in bytes.
const WITNESS_BYTES: u64 = 64 * 1024 * 1024;

/// Appends `checkpoint` to the witness at `path`.
pub(crate) fn append(path: &Path, checkpoint: &Checkpoint) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(AuditError::file("making", folder))?;
    }
    let mut line = serde_json::to_vec(checkpoint)
        .map_err(io::Error::other)
        .map_err(AuditError::file("writing", path))?;
    line.push(b'\n');
    files::append(path, &line).map_err(AuditError::file("writing", path))
}

/// What a witness file says.
#[derive(Default)]
pub(crate) struct Witness {
    /// By the number of the last record that was signed.
    seen: BTreeMap<u64, Checkpoint>,
    /// Lines that say nothing.
    pub(crate) unreadable: Option<String>,
}

impl Witness {
    /// Reads the witness at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let reading = |error| AuditError::file("reading the witness", path)(error);
        let mut file = File::open(path).map_err(reading)?;
        let size = file.metadata().map_err(reading)?.len();
        let skipped = size.saturating_sub(WITNESS_BYTES);
        file.seek(SeekFrom::Start(skipped)).map_err(reading)?;
        let mut text = Vec::new();
        file.take(WITNESS_BYTES)
            .read_to_end(&mut text)
            .map_err(reading)?;

        let mut witness = Self::default();
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        if skipped > 0 {
            lines.next();
        }
        for (at, line) in lines.enumerate() {
            match serde_json::from_slice::<Checkpoint>(line) {
                Ok(checkpoint) => {
                    witness.seen.insert(checkpoint.seq, checkpoint);
                }
                Err(error) => {
                    witness.unreadable.get_or_insert_with(|| {
                        format!("line {} of the witness cannot be read: {error}", at + 1)
                    });
                }
            }
        }
        Ok(witness)
    }

    /// Whether the witness saw record `seq` with another hash.
    pub(crate) fn check(
        &self,
        seq: u64,
        hash: &crate::chain::Hash,
        keys: &PublicKeys,
    ) -> std::result::Result<(), Problem> {
        match self.seen.get(&seq) {
            Some(seen) if seen.hash != *hash || seen.log != keys.log => Err(Problem::Witness {
                seq,
                genuine: genuine(seen, keys),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the witness saw more than a log that ends with record `last`.
    pub(crate) fn check_end(
        &self,
        last: u64,
        keys: &PublicKeys,
    ) -> std::result::Result<(), Problem> {
        match self.seen.last_key_value() {
            Some((seq, seen)) if *seq > last => Err(Problem::Truncated {
                last,
                witnessed: *seq,
                genuine: genuine(seen, keys),
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }
}

fn genuine(seen: &Checkpoint, keys: &PublicKeys) -> bool {
    seen.log == keys.log
        && keys
            .get(seen.epoch)
            .is_some_and(|key| key.signed(&seen.bytes(), &seen.signature))
}
