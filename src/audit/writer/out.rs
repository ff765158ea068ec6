//! The segment that is written, and how the next one is begun.

use std::collections::BTreeSet;
use std::fs;

use super::draft::Draft;
use crate::chain::Hash;
use crate::error::{AuditError, Result};
use crate::files;
use crate::keys::Secret;
use crate::seal::{Dropped, Seal, SegmentBegins};
use crate::segment::{Medium, Segment};
use crate::settings::Settings;
use crate::verify::Head;

/// Where records go.
pub(super) struct Out {
    pub(super) segment: Segment,
    pub(super) medium: Box<dyn Medium>,
    /// What is on the disk and acknowledged, in bytes.
    pub(super) length: u64,
    /// Something that is not may lie behind it.
    pub(super) ragged: bool,
}

impl Out {
    /// Writes `bytes` and waits for the disk; wholly or, as far as the disk allows, not at all.
    pub(super) fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.ragged {
            self.medium.cut(self.length)?;
        }
        self.ragged = true;
        let put = self
            .medium
            .write(self.length, bytes)
            .and_then(|()| self.medium.sync());
        match put {
            Ok(()) => {
                self.length += bytes.len() as u64;
                self.ragged = false;
            }
            // What was not acknowledged shall not be found there; tried again before the next write.
            Err(_) => self.ragged = self.medium.cut(self.length).is_err(),
        }
        put
    }
}

/// Begins the segment behind `head`, or the first one.
pub(super) fn begin(
    settings: &Settings,
    secret: &Secret,
    head: Option<Head>,
    unfinished: &BTreeSet<u64>,
    dropped: Option<Dropped>,
) -> Result<(Segment, Box<dyn Medium>, u64, Head)> {
    let before = head.unwrap_or(Head {
        seq: 0,
        hash: Hash::NONE,
        time: settings.clock.now().wall,
    });
    let mut draft = Draft::behind(before, true, 0);
    draft.seal(
        settings,
        &Seal::Segment(SegmentBegins {
            log: secret.log.clone(),
            prev: before.hash,
            epoch: secret.epoch,
            unfinished: unfinished.iter().copied().collect(),
            dropped,
        }),
    );
    let segment = Segment::new(&settings.folder, before.seq.saturating_add(1));
    let made = files::private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&segment.path)
        .and_then(|mut file| {
            file.write(0, &draft.bytes)?;
            file.sync_all()?;
            files::sync_folder(&settings.folder)?;
            Ok(file)
        });
    match made {
        Ok(file) => Ok((
            segment,
            Box::new(file),
            draft.bytes.len() as u64,
            draft.head,
        )),
        Err(source) => {
            // It has no record yet; if it stays, the next start removes it.
            let _ = fs::remove_file(&segment.path);
            Err(AuditError::file("beginning", &segment.path)(source))
        }
    }
}
