//! Drops old segments, and signs that it did.

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::chain::Hash;
use crate::error::{AuditError, Result};
use crate::files;
use crate::keys::PublicKeys;
use crate::record::Record;
use crate::seal::{Dropped, Pruned, Seal};
use crate::segment::{self, Line, Segment};
use crate::signature::Signed;
use crate::verify::{Checker, Stop, feed};
use crate::witness::Witness;
use crate::writer::Writer;

/// At most so many segments are dropped at once: the writer waits meanwhile.
const AT_ONCE: usize = 4;

impl Writer {
    /// Drops the segments that are too old or too many. What fails is noted in the log, and nothing is
    /// dropped.
    pub(crate) fn prune(&mut self) {
        if let Err(error) = self.try_prune() {
            let mut note = Record::note("log.not_pruned");
            note.details = Some(json!({ "problem": error.to_string() }));
            self.note(note);
        }
    }

    fn try_prune(&mut self) -> Result<()> {
        let mut segments = segment::list(&self.settings.folder)?;
        let gone = self.leftovers(&segments);
        self.remove(segments.drain(..gone))?;
        let count = self.surplus(&segments)?;
        if count == 0 {
            return Ok(());
        }
        let from = self
            .dropped
            .map_or(1, |dropped| dropped.through.saturating_add(1));
        let dropped = self.check(&segments, count)?;
        let mut pruned = Pruned {
            log: self.secret.log.clone(),
            epoch: self.secret.epoch,
            from,
            through: dropped.through,
            hash: dropped.hash,
            signature: Signed::NONE,
        };
        pruned.signature = self.secret.sign(&pruned.bytes());
        self.write_seal(&Seal::Pruned(pruned))?;
        self.dropped = Some(dropped);
        self.remove(segments.drain(..count))
    }

    /// How many of `segments` are named as dropped and still there, as FAME was killed in between.
    fn leftovers(&self, segments: &[Segment]) -> usize {
        let Some(dropped) = self.dropped else {
            return 0;
        };
        segments
            .iter()
            .take_while(|segment| segment.first <= dropped.through)
            .count()
    }

    fn remove(&self, segments: impl Iterator<Item = Segment>) -> Result<()> {
        let mut any = false;
        for segment in segments {
            fs::remove_file(&segment.path).map_err(AuditError::file("removing", &segment.path))?;
            any = true;
        }
        if any {
            let folder = &self.settings.folder;
            files::sync_folder(folder).map_err(AuditError::file("writing", folder))?;
        }
        Ok(())
    }

    /// How many of `segments` are too old or too many; never the last.
    fn surplus(&self, segments: &[Segment]) -> Result<usize> {
        let mut sizes = Vec::with_capacity(segments.len());
        for segment in segments {
            sizes.push(segment.bytes()?);
        }
        let mut all: u64 = sizes.iter().sum();
        let now = self.settings.clock.now().wall;
        let mut count = 0;
        for (pair, size) in segments.windows(2).zip(&sizes).take(AT_ONCE) {
            let [_, next] = pair else { break };
            // A clock that was set back makes nothing old.
            let age = Duration::try_from(now.duration_since(begun(next)?)).unwrap_or_default();
            let old = age > self.settings.keep_age;
            if all <= self.settings.keep_bytes && !old {
                break;
            }
            all = all.saturating_sub(*size);
            count += 1;
        }
        Ok(count)
    }

    /// Checks the first `count` of `segments` and that the next one follows: what somebody else has
    /// changed or taken away is not signed as dropped. Gives their last record.
    fn check(&self, segments: &[Segment], count: usize) -> Result<Dropped> {
        let folder = &self.settings.folder;
        let keys =
            PublicKeys::load(folder).map_err(|problem| AuditError::damaged(folder, 1, problem))?;
        let before = self
            .dropped
            .map_or((0, Hash::NONE), |dropped| (dropped.through, dropped.hash));
        let mut checker = Checker::new(keys);
        let mut last = None;
        for (at, segment) in segments.iter().take(count.saturating_add(1)).enumerate() {
            let mut lines = segment.lines()?;
            let fed = checker
                .begin_segment(segment.first)
                .map_err(Stop::from)
                .and_then(|()| {
                    if at < count {
                        return feed(&mut checker, &mut lines, &Witness::default());
                    }
                    last = checker.head();
                    match lines.next().map_err(Stop::Io)? {
                        Some(Line::Whole(line)) => Ok(checker.line(line)?),
                        _ => Ok(()),
                    }
                });
            match fed {
                Ok(()) => {}
                Err(Stop::Io(error)) => {
                    return Err(AuditError::file("reading", &segment.path)(error));
                }
                Err(Stop::Bad(problem)) => {
                    let seq = checker.expected(segment.first);
                    return Err(AuditError::damaged(folder, seq, problem.to_string()));
                }
            }
        }
        match last {
            Some(head) if checker.base() == Some(before) => Ok(Dropped {
                through: head.seq,
                hash: head.hash,
            }),
            _ => Err(AuditError::damaged(
                folder,
                before.0.saturating_add(1),
                "the records from there on are missing",
            )),
        }
    }
}

/// When `segment` was begun, by its first record.
fn begun(segment: &Segment) -> Result<Timestamp> {
    #[derive(Deserialize)]
    struct First {
        time: Timestamp,
    }
    let mut lines = segment.lines()?;
    let line = lines
        .next()
        .map_err(AuditError::file("reading", &segment.path))?;
    let first = match line {
        Some(Line::Whole(line)) => serde_json::from_slice::<First>(line).ok(),
        _ => None,
    };
    match (first, segment.path.parent()) {
        (Some(first), _) => Ok(first.time),
        (None, folder) => Err(AuditError::damaged(
            folder.unwrap_or(&segment.path),
            segment.first,
            "its first record cannot be read",
        )),
    }
}
