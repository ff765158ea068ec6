//! Opens the file: private, whole, of a known version, and nobody else's.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::{Fault, StoreError};
use super::schema;

/// How long a daemon that is just stopping is waited for.
const OTHER_OPENER: Duration = Duration::from_secs(2);

/// The write-ahead log is cut back to this size when it has been larger, in bytes.
const LOG_BYTES: i64 = 4 * 1024 * 1024;

/// What SQLite puts beside its file.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

const OPENING: &str = "opening the store";

/// Opens `path`, or makes it. A damaged file is moved aside, kept, and a fresh one begun.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    prepare(path)?;
    match open_sound(path) {
        Err(StoreError::Damaged { .. }) => {
            let kept = move_aside(path)?;
            tracing::warn!(
                "the store was damaged; a fresh one is begun, the old one is kept as `{}`",
                kept.display()
            );
            prepare(path)?;
            open_sound(path)
        }
        opened => opened,
    }
}

/// A store that is gone with the process.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let at = |error: rusqlite::Error| Fault::from(error).at(OPENING);
    let mut db = Connection::open_in_memory().map_err(at)?;
    schema::migrate(&mut db).map_err(|fault| fault.at(OPENING))?;
    Ok(db)
}

fn open_sound(path: &Path) -> Result<Connection, StoreError> {
    let opened = connect(path).and_then(|mut db| {
        let found = schema::version(&db)?;
        if found > schema::VERSION {
            return Ok(Err(found));
        }
        schema::migrate(&mut db)?;
        Ok(Ok(db))
    });
    match opened {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(found)) => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: schema::VERSION,
        }),
        Err(Fault::Sqlite(error))
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ) =>
        {
            Err(StoreError::InUse(path.to_owned()))
        }
        Err(fault) => Err(fault.at(OPENING)),
    }
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(OTHER_OPENER)?;
    // Before anything is read: then the lock is taken with the first read and kept to the end,
    // which refuses a second opener, and goes with the process however that ends.
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    // What is acknowledged is on the disk, a power cut included.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    if mode != "wal" {
        tracing::warn!("the store is kept with a `{mode}` journal: this disk has no shared locks");
    }
    // A write lock, so that a second opener is found out now and not at its first write.
    db.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    let check: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        tracing::warn!("the store: {check}");
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(code, Some(check)).into());
    }
    Ok(db)
}

/// Makes folder and file, private ones. SQLite gives its other files the mode of this one.
fn prepare(path: &Path) -> Result<(), StoreError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Prepare { path, source }
    };
    if let Some(folder) = path.parent() {
        private_folder(folder).map_err(at(folder))?;
    }
    private_file(path).map_err(at(path))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file: File = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Elsewhere the user's own folders are private by themselves.
#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<()> {
    let file: io::Result<File> = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    file.map(|_| ())
}

/// Renames a damaged file and what belongs to it; gives its new name.
fn move_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let named = |count: u64| with(path, &format!(".damaged-{now}-{count}"));
    let mut kept = named(0);
    let mut count = 0;
    while kept.exists() {
        count += 1;
        kept = named(count);
    }
    for companion in COMPANIONS {
        let (from, to) = (with(path, companion), with(&kept, companion));
        match fs::rename(&from, &to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::MoveAside { path: from, source });
            }
            _ => {}
        }
    }
    Ok(kept)
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
