//! The handle on a log.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::canonical;
use crate::error::{AuditError, Result};
use crate::keys::PublicKey;
use crate::pending::{Pending, Receipt};
use crate::queue::{Command, Prepared, Queue, Raw, SMALL};
use crate::record::{Kind, Record};
use crate::recover;
use crate::redact::Redactor;
use crate::settings::Settings;
use crate::writer::Writer;

/// What was found when a log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of unfinished records that a crash had left, and that were moved aside.
    pub torn_bytes: u64,
    /// Acts of which nobody knows what became; each has now a record that says so.
    pub unknown: Vec<u64>,
}

/// What is wrong at the moment.
#[derive(Default)]
pub(crate) struct Health {
    failure: Mutex<Option<AuditError>>,
    witness: Mutex<Option<AuditError>>,
}

fn locked(error: &Mutex<Option<AuditError>>) -> MutexGuard<'_, Option<AuditError>> {
    error.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Health {
    pub(crate) fn set_failure(&self, failure: Option<AuditError>) {
        let before = std::mem::replace(&mut *locked(&self.failure), failure.clone());
        match (before, failure) {
            (None, Some(error)) => tracing::error!(%error, "nothing is recorded for now"),
            (Some(_), None) => tracing::info!("the audit log can be written again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    pub(crate) fn set_witness(&self, failure: Option<AuditError>) {
        *locked(&self.witness) = failure;
    }

    pub(crate) fn failure(&self) -> Option<AuditError> {
        locked(&self.failure).clone()
    }
}

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

/// `raw` as it is written. What it is the end of is written already, or in the same batch.
pub(crate) fn prepare_raw(raw: Raw, redactor: &Redactor) -> Result<Prepared> {
    let mut record = match raw.redacted {
        true => raw.record,
        false => raw.record.prepared(redactor),
    };
    if let Some(before) = &raw.before {
        record.of = Some(before.number()?);
    }
    written(&record)
}

/// `record` as it is written, rid of secrets and within bounds.
fn written(record: &Record) -> Result<Prepared> {
    let json = canonical::to_vec(record)
        .map_err(|error: io::Error| AuditError::file("writing", "a record".as_ref())(error))?;
    Ok(Prepared {
        kind: record.kind,
        of: record.of,
        json,
    })
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
        written(&record.prepared(&self.0.redactor))
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
        locked(&self.0.health.witness).clone()
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
