//! The file that keeps the keys: read whole, checked, replaced whole.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::record::{MAX_KEYS, Record};

/// The file's version. A newer one is refused rather than misread.
const VERSION: u32 = 1;

/// Bytes that are read of it; [`MAX_KEYS`] of the longest keys stay well below.
const MAX_BYTES: u64 = 2 << 20;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("cannot {action} {}: {error}; check the folder and its owner", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Somebody else could read or write it.
    #[error("{} is open to others; make it yours alone with `chmod 600`", .0.display())]
    Open(PathBuf),
    /// It belongs to somebody else, or is no regular file.
    #[error("{} is not a file of your own; move it away and make the keys anew", .0.display())]
    Foreign(PathBuf),
    /// It is not what FAME writes.
    #[error("{} is damaged ({problem}); restore it from a backup, or move it away and make the keys anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl FileError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io {
            action,
            path,
            error,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    keys: Vec<Record>,
}

/// What tells one state of the file from another: it is replaced, never written into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The stamp of the file as it is now; none if there is no file.
#[cfg(unix)]
pub(crate) fn stamp(path: &Path) -> Result<Option<Stamp>, FileError> {
    use std::os::unix::fs::MetadataExt;

    match std::fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(Stamp {
            inode: meta.ino(),
            length: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("look at", path)(error)),
    }
}

/// The stamp of the file as it is now; none if there is no file.
#[cfg(not(unix))]
pub(crate) fn stamp(path: &Path) -> Result<Option<Stamp>, FileError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) => {
            let modified = meta
                .modified()
                .ok()
                .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
                .unwrap_or_default();
            Ok(Some(Stamp {
                length: meta.len(),
                modified: (modified.as_secs() as i64, modified.subsec_nanos() as i64),
                ..Stamp::default()
            }))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("look at", path)(error)),
    }
}

/// Reads all keys. No file, no keys.
pub(crate) fn read(path: &Path) -> Result<Vec<Record>, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        // A link would let others choose the file, and a pipe would let us wait for ever.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        #[cfg(unix)]
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(FileError::Foreign(path.to_owned()));
        }
        Err(error) => return Err(FileError::io("open", path)(error)),
    };
    check_owner(path, &file)?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(FileError::io("read", path))?;
    let damaged = |problem: String| FileError::Damaged {
        path: path.to_owned(),
        problem,
    };
    if text.len() as u64 > MAX_BYTES {
        return Err(damaged(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let content: Content = serde_json::from_str(&text).map_err(|error| {
        // Not the error's own words: they may quote the file.
        let (line, column) = (error.line(), error.column());
        damaged(format!("line {line}, column {column}"))
    })?;
    if content.version != VERSION {
        let version = content.version;
        return Err(damaged(format!("version {version} is not known here")));
    }
    if content.keys.len() > MAX_KEYS {
        return Err(damaged(format!("it has more than {MAX_KEYS} keys")));
    }
    if let Some(place) = content.keys.iter().position(|record| !record.sound()) {
        return Err(damaged(format!("key {} is not whole", place + 1)));
    }
    Ok(content.keys)
}

#[cfg(unix)]
fn check_owner(path: &Path, file: &File) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt;

    let meta = file.metadata().map_err(FileError::io("look at", path))?;
    if !meta.is_file() || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::Foreign(path.to_owned()));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(FileError::Open(path.to_owned()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &File) -> Result<(), FileError> {
    Ok(())
}

/// The right to change the file, among all processes. Given back when dropped.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else changes the file. They hold it for a moment only.
    pub(crate) fn wait(path: &Path) -> Result<Self, FileError> {
        let (file, path) = Self::open(path)?;
        file.lock().map_err(FileError::io("lock", &path))?;
        Ok(Self { _file: file })
    }

    /// None if somebody else is changing the file.
    pub(crate) fn try_now(path: &Path) -> Result<Option<Self>, FileError> {
        let (file, path) = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(FileError::io("lock", &path)(error)),
        }
    }

    fn open(path: &Path) -> Result<(File, PathBuf), FileError> {
        let path = path.with_extension("lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        private(&mut options);
        let file = options
            .open(&path)
            .map_err(FileError::io("open the lock", &path))?;
        Ok((file, path))
    }
}

/// Replaces the file: whole, on the disk, or not at all.
pub(crate) fn write(path: &Path, keys: &[Record], _lock: &Lock) -> Result<(), FileError> {
    let content = Content {
        version: VERSION,
        keys: keys.to_vec(),
    };
    let text = serde_json::to_vec_pretty(&content).map_err(|error| FileError::Damaged {
        path: path.to_owned(),
        problem: error.to_string(),
    })?;
    let new = path.with_extension("new");
    // What an interrupted change left behind; only the lock's holder writes here.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(FileError::io("remove", &new)(error));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    private(&mut options);
    let mut file = options.open(&new).map_err(FileError::io("create", &new))?;
    file.write_all(&text)
        .and_then(|()| file.sync_all())
        .map_err(FileError::io("write", &new))?;
    std::fs::rename(&new, path).map_err(FileError::io("replace", path))?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(FileError::io("settle", path))?;
    }
    Ok(())
}

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}
