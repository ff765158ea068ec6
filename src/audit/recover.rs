//! Opens a log for writing: its lock, its key, its last segment, and what a crash left of it.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::chain::{Hash, LINE_BYTES, hex};
use crate::error::{AuditError, Result};
use crate::files;
use crate::keys::{PublicKeys, Secret};
use crate::queue::BATCH_BYTES;
use crate::record::Entry;
use crate::seal::Seal;
use crate::segment::{self, Medium, Segment};
use crate::settings::Settings;
use crate::verify::{Checker, Problem, Stop, feed};
use crate::witness::Witness;

/// A crash leaves no more than one batch unfinished, with the log's own records, in bytes.
const TORN_BYTES: u64 = (2 * BATCH_BYTES + 2 * LINE_BYTES) as u64;

/// What was found when a log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of unfinished records that a crash had left, and that were moved aside.
    pub torn_bytes: u64,
    /// Acts of which nobody knows what became; each has now a record that says so.
    pub unknown: Vec<u64>,
}

/// What a crash left unfinished.
pub(crate) struct Torn {
    pub(crate) bytes: u64,
    pub(crate) sha256: Hash,
    /// The file to which it was moved.
    pub(crate) file: String,
}

/// A log that can be written.
pub(crate) struct Opened {
    pub(crate) settings: Settings,
    /// Held as long as the log is written.
    pub(crate) lock: Lock,
    pub(crate) secret: Secret,
    /// The last segment, its medium and its length; none in a new log.
    pub(crate) last: Option<(Segment, Box<dyn Medium>, u64)>,
    /// What has to hold for the next record.
    pub(crate) checker: Checker,
    pub(crate) torn: Option<Torn>,
}

pub(crate) fn open(settings: Settings) -> Result<Opened> {
    settings.check()?;
    let folder = settings.folder.clone();
    files::private_folder(&folder).map_err(AuditError::file("making", &folder))?;
    let lock = Lock::take(&folder)?;

    let mut segments = segment::list(&folder)?;
    let mut secret = secret(&settings, segments.is_empty())?;
    let keys =
        PublicKeys::load(&folder).map_err(|problem| AuditError::damaged(&folder, 1, problem))?;
    if keys.log != secret.log {
        return Err(AuditError::Key {
            path: settings.key_path(),
            problem: "it is the key of another log".into(),
        });
    }
    let witness = match &settings.witness {
        Some(path) if path.exists() => Witness::load(path)?,
        _ => Witness::default(),
    };

    let mut torn = None;
    let mut checker = Checker::new(keys.clone());
    let mut last = None;
    while let Some(segment) = segments.pop() {
        checker = Checker::new(keys.clone());
        let length = sound_length(&folder, &segment, &mut checker, &witness)?;
        if segment.bytes()? > length {
            torn = Some(move_aside(&folder, &segment, length, &checker)?);
        }
        if length == 0 {
            // FAME was killed while it began this one.
            fs::remove_file(&segment.path).map_err(AuditError::file("removing", &segment.path))?;
            files::sync_folder(&folder).map_err(AuditError::file("writing", &folder))?;
            continue;
        }
        let file = File::options()
            .write(true)
            .open(&segment.path)
            .map_err(AuditError::file("opening", &segment.path))?;
        last = Some((segment, Box::new(file) as Box<dyn Medium>, length));
        break;
    }

    let end = checker.head().map_or(0, |head| head.seq);
    witness.check_end(end, &checker.keys).map_err(|problem| {
        AuditError::damaged(&folder, end.saturating_add(1), problem.to_string())
    })?;
    secret.settle(checker.epoch.max(1))?;
    if let Some(rotation) = &checker.rotation
        && keys.get(rotation.epoch).is_none()
    {
        PublicKeys::publish(&folder, rotation)?;
    }
    Ok(Opened {
        settings,
        lock,
        secret,
        last,
        checker,
        torn,
    })
}

/// Says that this process writes the log.
pub(crate) struct Lock(File);

impl Lock {
    fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("lock");
        let file = files::private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(AuditError::file("opening", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(AuditError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(AuditError::file("locking", &path)(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Not left to the file being closed: a process that is just being started has it, too. What
        // fails here goes with the process.
        let _ = self.0.unlock();
    }
}

/// The log's secret; made, and its public key published, if there is no log yet.
fn secret(settings: &Settings, fresh: bool) -> Result<Secret> {
    let path = settings.key_path();
    let known = Secret::load(&path)?;
    let published = PublicKeys::load(&settings.folder).is_ok();
    match known {
        Some(secret) if published || !fresh => Ok(secret),
        None if published || !fresh => Err(AuditError::Key {
            path,
            problem: "it is missing".into(),
        }),
        known => {
            let secret = known.map_or_else(|| Secret::make(&path), Ok)?;
            PublicKeys::publish(&settings.folder, &secret.first())?;
            Ok(secret)
        }
    }
}

/// How much of the last segment is as it was written, in bytes. The rest is what a crash has left.
fn sound_length(
    folder: &Path,
    segment: &Segment,
    checker: &mut Checker,
    witness: &Witness,
) -> Result<u64> {
    let damaged = |checker: &Checker, problem: &Problem| {
        AuditError::damaged(folder, checker.expected(segment.first), problem.to_string())
    };
    checker
        .begin_segment(segment.first)
        .map_err(|problem| damaged(checker, &problem))?;
    let mut lines = segment.lines()?;
    match feed(checker, &mut lines, witness) {
        Ok(()) => return Ok(lines.offset),
        Err(Stop::Io(error)) => return Err(AuditError::file("reading", &segment.path)(error)),
        Err(Stop::Bad(
            Problem::NoRecord
            | Problem::TooLong
            | Problem::Unfinished(_)
            | Problem::Changed
            | Problem::Missing { .. }
            | Problem::OutOfOrder { .. }
            | Problem::Empty,
        )) => {}
        Err(Stop::Bad(problem)) => return Err(damaged(checker, &problem)),
    }
    let length = lines.begin;
    let tail = segment.bytes()?.saturating_sub(length);
    if tail > TORN_BYTES {
        return Err(AuditError::damaged(
            folder,
            checker.expected(segment.first),
            format!("{tail} bytes from there on are not as they were written"),
        ));
    }
    // What was signed had been acknowledged: no crash undoes that.
    let signed = read_tail(segment, length)?
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Entry>(line).ok())
        .any(|entry| match entry.seal {
            Some(Seal::Checkpoint(point)) => checker
                .keys
                .get(point.epoch)
                .is_some_and(|key| key.signed(&point.bytes(), &point.signature)),
            _ => false,
        });
    if signed {
        return Err(AuditError::damaged(
            folder,
            checker.expected(segment.first),
            "it was changed after it had been signed",
        ));
    }
    Ok(length)
}

fn read_tail(segment: &Segment, from: u64) -> Result<Vec<u8>> {
    let mut tail = Vec::new();
    let read = File::open(&segment.path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.take(TORN_BYTES).read_to_end(&mut tail)
    });
    read.map_err(AuditError::file("reading", &segment.path))?;
    Ok(tail)
}

/// Moves what lies behind `length` into a file of its own.
fn move_aside(folder: &Path, segment: &Segment, length: u64, checker: &Checker) -> Result<Torn> {
    let tail = read_tail(segment, length)?;
    let sha256 = Hash::of(&tail);
    let name = format!(
        "torn-{:020}-{}.part",
        checker.expected(segment.first),
        hex(sha256.0.first_chunk::<4>().unwrap_or(&[0; 4]))
    );
    let path = folder.join(&name);
    files::replace(&path, &tail).map_err(AuditError::file("writing", &path))?;
    let cut = File::options()
        .write(true)
        .open(&segment.path)
        .and_then(|mut file| {
            file.cut(length)?;
            file.sync_all()
        });
    cut.map_err(AuditError::file("mending", &segment.path))?;
    Ok(Torn {
        bytes: tail.len() as u64,
        sha256,
        file: name,
    })
}
