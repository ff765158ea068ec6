//! The thread that owns the log: one batch, one write, one sync.

mod draft;
mod notes;
mod out;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::chain::Hash;
use crate::error::{AuditError, Result};
use crate::health::Health;
use crate::keys::{PublicKeys, Secret};
use crate::kind::Kind;
use crate::pending::{Answer, Receipt};
use crate::queue::{Command, Queue, Taken};
use crate::record::Record;
use crate::recover::{Lock, Opened, Recovery};
use crate::redact::Redactor;
use crate::seal::{Checkpoint, Dropped, Seal};
use crate::settings::Settings;
use crate::verify::{Head, UNFINISHED, WRITABLE};
use crate::witness;

use draft::Draft;
use notes::{own, recovered, unknown};
use out::{Out, begin};

/// After a failure it is tried again this often.
const PROBE: Duration = Duration::from_secs(1);

/// With nothing to sign the thread wakes this often.
const IDLE: Duration = Duration::from_secs(3_600);

/// Owns a log that is being written.
pub(crate) struct Writer {
    pub(crate) settings: Settings,
    pub(crate) secret: Secret,
    queue: Arc<Queue>,
    pub(crate) health: Arc<Health>,
    redactor: Redactor,
    out: Out,
    /// The last record.
    head: Head,
    /// It is a checkpoint.
    sealed: bool,
    /// Records since the last checkpoint.
    unsealed: u64,
    checkpoint_at: Instant,
    /// Acts of which it is not known yet what became.
    unfinished: BTreeSet<u64>,
    /// Those that were too many, and what is noted about them with the next batch.
    notes: Vec<Record>,
    pub(crate) dropped: Option<Dropped>,
    /// Records that were refused since the last success.
    refused: u64,
    /// Held as long as the log is written.
    _lock: Lock,
}

impl Writer {
    /// Takes an opened log over: begins its first segment, tells in it what a crash has left, and
    /// drops what is too old.
    pub(crate) fn start(
        opened: Opened,
        queue: Arc<Queue>,
        health: Arc<Health>,
        redactor: Redactor,
    ) -> Result<(Self, Recovery)> {
        let Opened {
            settings,
            lock,
            secret,
            last,
            checker,
            torn,
        } = opened;
        let recovery = Recovery {
            torn_bytes: torn.as_ref().map_or(0, |torn| torn.bytes),
            unknown: checker.unfinished.iter().copied().collect(),
        };
        let mut head = checker.head();
        let (segment, medium, length) = match last {
            Some(last) => last,
            None => {
                let (segment, medium, length, first) =
                    begin(&settings, &secret, None, &checker.unfinished, None)?;
                head = Some(first);
                (segment, medium, length)
            }
        };
        let fresh = checker.head().is_none();
        let mut writer = Self {
            out: Out {
                segment,
                medium,
                length,
                ragged: false,
            },
            head: head.unwrap_or(Head {
                seq: 0,
                hash: Hash::NONE,
                time: settings.clock.now().wall,
            }),
            sealed: checker.sealed,
            unsealed: checker.unsealed + u64::from(fresh),
            checkpoint_at: Instant::now(),
            unfinished: checker.unfinished.clone(),
            notes: torn.as_ref().map(recovered).into_iter().collect(),
            dropped: checker.dropped,
            refused: 0,
            settings,
            secret,
            queue,
            health,
            redactor,
            _lock: lock,
        };
        writer
            .notes
            .extend(recovery.unknown.iter().copied().map(unknown));
        writer.work(Vec::new());
        if let Some(failure) = writer.health.failure() {
            return Err(failure);
        }
        writer.prune();
        Ok((writer, recovery))
    }

    /// Works until the queue is closed, then signs what there is.
    pub(crate) fn run(mut self) {
        loop {
            match self.queue.take(self.patience()) {
                Taken::Batch(commands) => self.work(commands),
                Taken::Idle => self.idle(),
                Taken::Closed => break,
            }
        }
        if !self.sealed {
            // Told by `Health`, which nobody reads any more; the next start signs it.
            let _ = self.checkpoint();
        }
    }

    fn patience(&self) -> Duration {
        if self.health.failure().is_some() {
            PROBE
        } else if self.sealed {
            IDLE
        } else {
            self.settings
                .checkpoint_every
                .saturating_sub(self.checkpoint_at.elapsed())
        }
    }

    fn idle(&mut self) {
        if self.health.failure().is_some() {
            self.work(Vec::new());
        } else if !self.sealed && self.checkpoint_at.elapsed() >= self.settings.checkpoint_every {
            // A failure is kept in `Health` and tried again.
            let _ = self.checkpoint();
            self.prune();
        }
    }

    /// Writes a batch. Every answer is given.
    fn work(&mut self, commands: Vec<Command>) {
        if let Err(error) = self.make_room() {
            self.refuse(commands, &error);
            return;
        }
        let mut draft = self.draft();
        let mut answers = Vec::with_capacity(commands.len());
        let mut commands = commands.into_iter();
        while let Some(command) = commands.next() {
            match command {
                Command::Append(record, answer) => {
                    let receipt = draft.record(&self.settings, &record);
                    answer.drafted(receipt.seq);
                    answers.push((receipt, answer));
                }
                Command::AppendRaw(raw, answer) => match raw.prepare(&self.redactor) {
                    Ok(record) => {
                        let receipt = draft.record(&self.settings, &record);
                        answer.drafted(receipt.seq);
                        answers.push((receipt, answer));
                    }
                    Err(error) => answer.give(Err(error)),
                },
                Command::Checkpoint(answer) => {
                    answers.push((draft.checkpoint(&self.settings, &self.secret), answer));
                }
                Command::Rotate(answer) => {
                    self.commit(draft, std::mem::take(&mut answers));
                    answer.give(self.rotate());
                    draft = self.draft();
                }
            }
            if draft.unsealed >= self.settings.checkpoint_records {
                draft.checkpoint(&self.settings, &self.secret);
            }
            if self.out.length + draft.bytes.len() as u64 >= self.settings.segment_bytes {
                if !draft.sealed {
                    draft.checkpoint(&self.settings, &self.secret);
                }
                self.commit(draft, std::mem::take(&mut answers));
                if let Err(error) = self.make_room() {
                    self.refuse(commands.collect(), &error);
                    return;
                }
                draft = self.draft();
            }
        }
        self.commit(draft, answers);
        if self.checkpoint_at.elapsed() >= self.settings.checkpoint_every && !self.sealed {
            // A failure is kept in `Health` and tried again.
            let _ = self.checkpoint();
        }
    }

    fn refuse(&mut self, commands: Vec<Command>, error: &AuditError) {
        self.refused += commands.len() as u64;
        self.health.set_failure(Some(error.clone()));
        for command in commands {
            let (Command::Append(_, answer)
            | Command::AppendRaw(_, answer)
            | Command::Checkpoint(answer)
            | Command::Rotate(answer)) = command;
            answer.give(Err(error.clone()));
        }
    }

    /// A batch that begins with what the log itself has to tell.
    fn draft(&mut self) -> Draft {
        let mut draft = Draft::behind(self.head, self.sealed, self.unsealed);
        if self.health.failure().is_some() {
            let mut note = Record::note(WRITABLE);
            note.details = Some(json!({ "refused": self.refused }));
            draft.own(&self.settings, &note);
        }
        for note in &self.notes {
            draft.own(&self.settings, note);
        }
        draft.notes = self.notes.len();
        draft
    }

    /// Writes `draft`, waits for the disk and gives the answers.
    fn commit(&mut self, draft: Draft, answers: Vec<(Receipt, Answer)>) {
        match self.write(draft) {
            Ok(()) => {
                for (receipt, answer) in answers {
                    answer.give(Ok(receipt));
                }
            }
            Err(error) => {
                self.refused += answers.len() as u64;
                for (_, answer) in answers {
                    answer.give(Err(error.clone()));
                }
            }
        }
    }

    /// Writes `draft`, wholly or not at all, and waits for the disk.
    fn write(&mut self, draft: Draft) -> Result<()> {
        if !draft.bytes.is_empty() {
            if let Err(source) = self.out.put(&draft.bytes) {
                let error = AuditError::file("writing", &self.out.segment.path)(source);
                self.health.set_failure(Some(error.clone()));
                return Err(error);
            }
            self.notes.drain(..draft.notes.min(self.notes.len()));
            self.refused = 0;
            self.health.set_failure(None);
        }
        self.head = draft.head;
        self.sealed = draft.sealed;
        self.unsealed = draft.unsealed;
        for (seq, kind, of) in draft.acts {
            match (kind, of) {
                (Kind::Before, _) => {
                    self.unfinished.insert(seq);
                }
                (_, Some(of)) => {
                    self.unfinished.remove(&of);
                }
                _ => {}
            }
        }
        while self.unfinished.len() > UNFINISHED {
            self.notes.extend(self.unfinished.pop_first().map(unknown));
        }
        if let Some(last) = draft.checkpoints.last() {
            self.checkpoint_at = Instant::now();
            self.tell_witness(last);
        }
        Ok(())
    }

    fn tell_witness(&self, checkpoint: &Checkpoint) {
        if let Some(path) = &self.settings.witness {
            self.health
                .set_witness(witness::append(path, checkpoint).err());
        }
    }

    /// Writes one of the log's own seals.
    pub(crate) fn write_seal(&mut self, seal: &Seal) -> Result<Receipt> {
        let mut draft = self.draft();
        let receipt = draft.seal(&self.settings, seal);
        self.write(draft)?;
        Ok(receipt)
    }

    /// Adds a note of the log's own with the next batch.
    pub(crate) fn note(&mut self, note: Record) {
        self.notes.push(note);
    }

    fn checkpoint(&mut self) -> Result<Receipt> {
        let mut draft = self.draft();
        let receipt = draft.checkpoint(&self.settings, &self.secret);
        self.write(draft)?;
        Ok(receipt)
    }

    fn rotate(&mut self) -> Result<Receipt> {
        // What the log has to tell comes first: the certificate names the record before it.
        let draft = self.draft();
        self.write(draft)?;
        let rotation = self.secret.begin_rotation(self.head.seq, self.head.hash)?;
        let mut draft = Draft::behind(self.head, self.sealed, self.unsealed);
        let receipt = draft.seal(&self.settings, &Seal::Rotation(rotation.clone()));
        self.write(draft)?;
        // The log has come to the new key: whatever fails now is mended at the next start.
        let kept = self.secret.end_rotation();
        let published = PublicKeys::publish(&self.settings.folder, &rotation);
        self.checkpoint()?;
        kept.and(published).map(|()| receipt)
    }

    /// Begins another segment if this one is full.
    fn make_room(&mut self) -> Result<()> {
        if self.out.length < self.settings.segment_bytes {
            return Ok(());
        }
        if !self.sealed {
            self.checkpoint()?;
        }
        let (segment, medium, length, head) = begin(
            &self.settings,
            &self.secret,
            Some(self.head),
            &self.unfinished,
            self.dropped,
        )?;
        self.out = Out {
            segment,
            medium,
            length,
            ragged: false,
        };
        self.head = head;
        self.sealed = false;
        self.unsealed = 1;
        self.prune();
        Ok(())
    }
}
