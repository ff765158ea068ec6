//! What has to hold from one record to the next.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::{NOTICES, Notice, Problem, Report};
use crate::chain::{self, Hash};
use crate::clock::TOLERATED_MS;
use crate::keys::PublicKeys;
use crate::kind::Kind;
use crate::seal::{Checkpoint, Dropped, Pruned, Rotation, Seal, SegmentBegins};
use crate::settings::UNSEALED_RECORDS;
use crate::signature::Signed;

/// Acts of which it is not known yet what became, at most; of the oldest it stays unknown.
pub(crate) const UNFINISHED: usize = 1_024;

/// The events of the log's own notes that a person is told of.
pub(crate) const RECOVERED: &str = "log.recovered";
pub(crate) const WRITABLE: &str = "log.writable";

/// The last record that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    pub(crate) time: Timestamp,
}

/// What of a record is looked at.
#[derive(Deserialize)]
struct Seen<'a> {
    seq: u64,
    time: Timestamp,
    kind: Kind,
    of: Option<u64>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    seal: Option<Seal>,
}

/// Goes along a log, one record after the other. What it holds does not grow with the log.
#[derive(Clone)]
pub(crate) struct Checker {
    pub(crate) keys: PublicKeys,
    head: Option<Head>,
    first: Option<u64>,
    pub(crate) epoch: u32,
    /// The last change of the key that was seen.
    pub(crate) rotation: Option<Rotation>,
    /// The segment's name, while its first record is awaited.
    begins: Option<u64>,
    /// The last record is a checkpoint.
    pub(crate) sealed: bool,
    pub(crate) unsealed: u64,
    /// Where the first segment begins, as long as no pruning record has confirmed it.
    unconfirmed: Option<u64>,
    /// The last record of each segment, and the one before the first.
    ends: Vec<(u64, Hash)>,
    pub(crate) dropped: Option<Dropped>,
    pub(crate) unfinished: BTreeSet<u64>,
    records: u64,
    segments: u64,
    checkpoints: u64,
    notices: Vec<Notice>,
    more_notices: u64,
}

impl Checker {
    pub(crate) fn new(keys: PublicKeys) -> Self {
        Self {
            keys,
            head: None,
            first: None,
            epoch: 0,
            rotation: None,
            begins: None,
            sealed: false,
            unsealed: 0,
            unconfirmed: None,
            ends: Vec::new(),
            dropped: None,
            unfinished: BTreeSet::new(),
            records: 0,
            segments: 0,
            checkpoints: 0,
            notices: Vec::new(),
            more_notices: 0,
        }
    }

    pub(crate) fn head(&self) -> Option<Head> {
        self.head
    }

    /// What the first record hangs on: a number and a hash.
    pub(crate) fn base(&self) -> Option<(u64, Hash)> {
        self.ends.first().copied()
    }

    /// The number that the next record has to have; `first` if there was none yet.
    pub(crate) fn expected(&self, first: u64) -> u64 {
        self.head.map_or(first, |head| head.seq.saturating_add(1))
    }

    /// The segment named `first` begins.
    pub(crate) fn begin_segment(&mut self, first: u64) -> Result<(), Problem> {
        if let Some(head) = self.head {
            Self::follows(head.seq.saturating_add(1), first)?;
            if !self.sealed {
                return Err(Problem::NotSealed);
            }
        }
        self.begins = Some(first);
        self.segments += 1;
        Ok(())
    }

    /// The segment is at its end.
    pub(crate) fn end_segment(&mut self) -> Result<(), Problem> {
        if self.begins.is_some() {
            return Err(Problem::Empty);
        }
        self.ends
            .extend(self.head.map(|head| (head.seq, head.hash)));
        Ok(())
    }

    /// The log is at its end.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        match self.unconfirmed {
            Some(first) => Err(Problem::NotPruned(first)),
            None => Ok(()),
        }
    }

    fn follows(expected: u64, found: u64) -> Result<(), Problem> {
        match found {
            _ if found == expected => Ok(()),
            _ if found > expected => Err(Problem::Missing {
                from: expected,
                to: found - 1,
            }),
            _ => Err(Problem::OutOfOrder { found }),
        }
    }

    /// Checks the next line, which is without its newline. A bad one changes nothing.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), Problem> {
        let (body, hash) = chain::split(line).ok_or(Problem::NoRecord)?;
        let before = match self.head {
            Some(head) => head,
            None => self.first(line)?,
        };
        let expected = before.seq.saturating_add(1);
        if chain::next(&before.hash, body) != hash {
            // Where it should stand says more than that it does not stand here.
            if let Ok(seen) = serde_json::from_slice::<Seen<'_>>(line) {
                Self::follows(expected, seen.seq)?;
            }
            return Err(Problem::Changed);
        }
        let seen: Seen<'_> =
            serde_json::from_slice(line).map_err(|error| Problem::Unknown(error.to_string()))?;
        Self::follows(expected, seen.seq)?;
        if self.unsealed >= UNSEALED_RECORDS && seen.kind != Kind::Checkpoint {
            return Err(Problem::Unsealed(self.unsealed));
        }
        self.seal(&seen, before)?;
        self.accept(&seen, before, hash);
        Ok(())
    }

    /// What the first record that there is hangs on, as it says itself. For a log that was pruned, a
    /// signed record has to confirm it later.
    fn first(&mut self, line: &[u8]) -> Result<Head, Problem> {
        let seen: Seen<'_> = serde_json::from_slice(line).map_err(|_| Problem::NoRecord)?;
        let Some(Seal::Segment(begins)) = seen.seal else {
            return Err(Problem::Segment("its first record is missing".into()));
        };
        let seq = seen.seq.checked_sub(1).ok_or(Problem::NoRecord)?;
        if seq == 0 && (begins.prev != Hash::NONE || begins.epoch != 1) {
            return Err(Problem::Segment("it is not the first".into()));
        }
        Ok(Head {
            seq,
            hash: begins.prev,
            time: seen.time,
        })
    }

    fn seal(&mut self, seen: &Seen<'_>, before: Head) -> Result<(), Problem> {
        let own = seen.seal.as_ref().map(Seal::kind);
        let claims = matches!(
            seen.kind,
            Kind::Segment | Kind::Checkpoint | Kind::Rotation | Kind::Pruned
        );
        if own != claims.then_some(seen.kind) {
            return Err(Problem::Seal("its kind is another".into()));
        }
        if self.begins.is_some() && !matches!(seen.seal, Some(Seal::Segment(_))) {
            return Err(Problem::Segment("its first record is missing".into()));
        }
        match &seen.seal {
            None => Ok(()),
            Some(Seal::Segment(begins)) => self.segment(seen.seq, begins, before),
            Some(Seal::Checkpoint(checkpoint)) => self.checkpoint(checkpoint, before),
            Some(Seal::Rotation(rotation)) => self.rotation(rotation, before),
            Some(Seal::Pruned(pruned)) => self.pruned(pruned),
        }
    }

    fn segment(&mut self, seq: u64, begins: &SegmentBegins, before: Head) -> Result<(), Problem> {
        let problem = |text: &str| Err(Problem::Segment(text.to_owned()));
        match self.begins {
            Some(named) if named == seq => {}
            Some(named) => return Self::follows(named, seq),
            None => return problem("it begins within another"),
        }
        if begins.log != self.keys.log {
            return problem("it is of another log");
        }
        if begins.prev != before.hash {
            return problem("it names another record before it");
        }
        let known = self.head.map_or(begins.epoch, |_| self.epoch);
        if begins.epoch != known || self.keys.get(begins.epoch).is_none() {
            return Err(Problem::Epoch {
                expected: known,
                found: begins.epoch,
            });
        }
        if self.head.is_some() && begins.dropped != self.dropped {
            return problem("it names other records as dropped");
        }
        if self.head.is_none() {
            self.ends.push((before.seq, before.hash));
            self.unconfirmed = (before.seq > 0).then_some(seq);
            self.dropped = begins.dropped;
            self.unfinished = begins.unfinished.iter().copied().collect();
        }
        self.begins = None;
        self.epoch = begins.epoch;
        Ok(())
    }

    fn signed(&self, log: &str, epoch: u32, bytes: &[u8], by: &Signed) -> Result<(), Problem> {
        if log != self.keys.log {
            return Err(Problem::Seal("it is of another log".into()));
        }
        if epoch != self.epoch {
            return Err(Problem::Epoch {
                expected: self.epoch,
                found: epoch,
            });
        }
        match self.keys.get(epoch) {
            Some(key) if key.signed(bytes, by) => Ok(()),
            _ => Err(Problem::Signature),
        }
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint, before: Head) -> Result<(), Problem> {
        if (checkpoint.seq, checkpoint.hash) != (before.seq, before.hash) {
            return Err(Problem::Seal(format!(
                "it is of record {} as it was",
                checkpoint.seq
            )));
        }
        self.signed(
            &checkpoint.log,
            checkpoint.epoch,
            &checkpoint.bytes(),
            &checkpoint.signature,
        )
    }

    fn rotation(&mut self, rotation: &Rotation, before: Head) -> Result<(), Problem> {
        if (rotation.seq, rotation.hash) != (before.seq, before.hash) {
            return Err(Problem::Seal("the key was changed elsewhere".into()));
        }
        let signer = rotation.epoch.saturating_sub(1);
        self.signed(
            &rotation.log,
            signer,
            &rotation.bytes(),
            &rotation.signature,
        )?;
        // Not published yet if FAME was killed in between; the log's own word is as good.
        self.keys.admit(rotation).map_err(Problem::Seal)?;
        self.epoch = rotation.epoch;
        self.rotation = Some(rotation.clone());
        Ok(())
    }

    fn pruned(&mut self, pruned: &Pruned) -> Result<(), Problem> {
        self.signed(
            &pruned.log,
            pruned.epoch,
            &pruned.bytes(),
            &pruned.signature,
        )?;
        let follows = self
            .dropped
            .map_or(1, |dropped| dropped.through.saturating_add(1));
        let first = self.first.unwrap_or(1);
        if pruned.through.saturating_add(1) >= first {
            // All of it is gone, or what a crash left of it is still there.
            if !self.ends.contains(&(pruned.through, pruned.hash)) {
                return Err(Problem::Seal("other records were dropped".into()));
            }
            self.unconfirmed = None;
        }
        if pruned.from != follows {
            return Err(Problem::Seal(format!(
                "the records {follows} to {} are not accounted for",
                pruned.from.saturating_sub(1)
            )));
        }
        self.dropped = Some(Dropped {
            through: pruned.through,
            hash: pruned.hash,
        });
        Ok(())
    }

    fn accept(&mut self, seen: &Seen<'_>, before: Head, hash: Hash) {
        self.first.get_or_insert(seen.seq);
        self.records += 1;
        self.sealed = seen.kind == Kind::Checkpoint;
        self.unsealed = if self.sealed { 0 } else { self.unsealed + 1 };
        self.checkpoints += u64::from(self.sealed);
        match (seen.kind, seen.of) {
            (Kind::Before, _) => {
                self.unfinished.insert(seen.seq);
                if self.unfinished.len() > UNFINISHED {
                    self.unfinished.pop_first();
                }
            }
            (Kind::After, Some(of)) => {
                self.unfinished.remove(&of);
            }
            _ => {}
        }
        let back = before.time.as_millisecond() - seen.time.as_millisecond();
        if back > TOLERATED_MS {
            self.notice(seen.seq, format!("the clock was set back by {back} ms"));
        }
        match seen.event.as_deref() {
            Some(RECOVERED) => self.notice(seen.seq, "the end of a crash was moved aside".into()),
            Some(WRITABLE) => self.notice(seen.seq, "records before were refused: the disk".into()),
            _ => {}
        }
        self.head = Some(Head {
            seq: seen.seq,
            hash,
            time: seen.time,
        });
    }

    fn notice(&mut self, seq: u64, what: String) {
        if self.notices.len() < NOTICES {
            self.notices.push(Notice { seq, what });
        } else {
            self.more_notices += 1;
        }
    }

    pub(crate) fn report(&self) -> Report {
        Report {
            log: self.keys.log.clone(),
            records: self.records,
            first: self.first,
            last: self.head.map(|head| head.seq),
            segments: self.segments,
            checkpoints: self.checkpoints,
            unsealed: self.unsealed,
            epochs: self.epoch,
            pruned: self.dropped,
            notices: self.notices.clone(),
            more_notices: self.more_notices,
            ..Report::default()
        }
    }
}
