//! The handle on a log.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{AuditError, Result};
use crate::health::Health;
use crate::kind::Kind;
use crate::pending::{Pending, Receipt};
use crate::prepare::{Prepared, Raw, SMALL};
use crate::queue::{Command, Queue};
use crate::record::Record;
use crate::recover::{self, Recovery};
use crate::redact::Redactor;
use crate::settings::Settings;
use crate::signature::PublicKey;
use crate::writer::Writer;

struct Shared {
    queue: Arc<Queue>,
    health: Arc<Health>,
    redactor: Redactor,
    recovery: Recovery,
    public_key: PublicKey,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // Its own panics have been told of by the panic hook.
            let _ = thread.join();
        }
    }
}

/// A log that is being written. Clones share it; the last one closes it with a checkpoint.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

impl Log {
    /// Opens a log, or begins one. What a crash left unfinished is moved aside, acts of which it was
    /// not known what became are marked so.
    ///
    /// # Errors
    /// If another process writes it, it is damaged, its key is missing or it cannot be written.
    pub fn open(settings: Settings) -> Result<Self> {
        let opened = recover::open(settings)?;
        let redactor = Redactor::new(opened.secret.fingerprint.as_ref());
        let public_key = opened.secret.public();
        let queue = Arc::new(Queue::default());
        let health = Arc::new(Health::default());
        let (writer, recovery) = Writer::start(
            opened,
            Arc::clone(&queue),
            Arc::clone(&health),
            redactor.clone(),
        )?;
        let thread = thread::Builder::new()
            .name("fame-audit".into())
            .spawn(move || writer.run())
            .map_err(AuditError::file(
                "starting the thread of",
                "the audit log".as_ref(),
            ))?;
        Ok(Self(Arc::new(Shared {
            queue,
            health,
            redactor,
            recovery,
            public_key,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Writes `record` and waits until it is on the disk.
    ///
    /// # Errors
    /// If it is not there. The act that it is about must then not happen.
    pub fn append(&self, record: Record) -> Result<Receipt> {
        let prepared = self.prepare(record)?;
        let (answer, pending) = Pending::pair();
        self.0
            .queue
            .push_blocking(Command::Append(prepared, answer))?;
        pending.wait()
    }

    /// Begins to write `record`. Never waits for the disk.
    ///
    /// # Errors
    /// If too many records wait, or this one may not be written.
    pub fn submit(&self, record: Record) -> Result<Pending> {
        let prepared = self.prepare(record)?;
        let (answer, pending) = Pending::pair();
        self.0.queue.push(Command::Append(prepared, answer))?;
        Ok(pending)
    }

    /// Begins to write `record`, whose receipt nobody waits for: it may be written some milliseconds
    /// later, together with others.
    ///
    /// # Errors
    /// If too many records wait, or this one may not be written.
    pub fn submit_unhurried(&self, mut record: Record) -> Result<Pending> {
        let (answer, pending) = Pending::pair();
        let append = if record.is_within(SMALL) {
            record.check()?;
            // Whoever has something recorded on the way to an answer is not kept up by it.
            Command::AppendRaw(Box::new(Raw::small(record)), answer)
        } else {
            Command::Append(self.prepare(record)?, answer)
        };
        self.0.queue.push_unhurried(append)?;
        Ok(pending)
    }

    /// Begins to write `record`, which tells what became of the act whose record `before` may be
    /// on its way yet. Like [`Log::submit_unhurried`], nobody waits for it. It is not written
    /// where `before` is not.
    ///
    /// # Errors
    /// If too many records wait, or this one is not one that comes after.
    pub fn follow(&self, before: Pending, mut record: Record) -> Result<Pending> {
        if record.kind != Kind::After || record.of.is_some() {
            return Err(AuditError::Record(
                "only what comes after follows: use `Record::following`",
            ));
        }
        let raw = if record.is_within(SMALL) {
            Raw::small(record)
        } else {
            Raw::redacted(record.prepared(&self.0.redactor))
        };
        let raw = Raw {
            before: Some(before),
            ..raw
        };
        let (answer, pending) = Pending::pair();
        self.0
            .queue
            .push_unhurried(Command::AppendRaw(Box::new(raw), answer))?;
        Ok(pending)
    }

    fn prepare(&self, record: Record) -> Result<Prepared> {
        record.check()?;
        Prepared::new(&record.prepared(&self.0.redactor))
    }

    /// Signs where the chain has come to, and waits until that is on the disk.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn checkpoint(&self) -> Result<Receipt> {
        let (answer, pending) = Pending::pair();
        self.0.queue.push_blocking(Command::Checkpoint(answer))?;
        pending.wait()
    }

    /// Signs with a new key from here on and forgets the old one.
    ///
    /// # Errors
    /// If the new key could not be kept or the change not be written.
    pub fn rotate_key(&self) -> Result<Receipt> {
        let (answer, pending) = Pending::pair();
        self.0.queue.push_blocking(Command::Rotate(answer))?;
        pending.wait()
    }

    /// How many records wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.queue.len()
    }

    /// How long the oldest record has waited that is not on the disk yet; zero if none does.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.0.queue.lag()
    }

    /// Whether the last write succeeded. While not, it is tried again every second.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.0.health.failure().is_none()
    }

    /// Why the last write failed.
    #[must_use]
    pub fn failure(&self) -> Option<AuditError> {
        self.0.health.failure()
    }

    /// Why the last checkpoint is not in the witness file.
    #[must_use]
    pub fn witness_failure(&self) -> Option<AuditError> {
        self.0.health.witness()
    }

    /// What takes secrets out of texts, with this installation's fingerprints.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// What was found when the log was opened.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.0.recovery
    }

    /// The key that signed when the log was opened. Kept elsewhere, it tells this log from another.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.0.public_key
    }
}
