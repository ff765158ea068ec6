//! The folder with the copies that plugins run in.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// The file that every FAME with copies here holds a lock on.
const LOCK: &str = ".lock";

/// Hands out places for copies. Other processes may do so in the same folder.
#[derive(Debug)]
pub(super) struct Copies {
    folder: PathBuf,
    next: AtomicU64,
    /// Held as long as this lives.
    _lock: Option<File>,
}

impl Copies {
    /// Uses `folder`, and clears what processes left there that did not end well. What cannot be
    /// done shows when a copy is made. May block.
    pub(super) fn new(folder: PathBuf) -> Self {
        let lock = open(&folder)
            .inspect_err(|error| {
                let folder = folder.display();
                tracing::warn!(%folder, %error, "the folder for running plugins cannot be used");
            })
            .ok();
        Self {
            folder,
            next: AtomicU64::new(0),
            _lock: lock,
        }
    }

    /// A place where nothing is.
    pub(super) fn place(&self, plugin: &str) -> PathBuf {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.folder
            .join(format!("{plugin}-{}-{next}", process::id()))
    }
}

fn open(folder: &PathBuf) -> io::Result<File> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    let lock = File::create(folder.join(LOCK))?;
    if lock.try_lock().is_ok() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                fs::remove_dir_all(path)?;
            }
        }
        lock.unlock()?;
    }
    lock.lock_shared()?;
    Ok(lock)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_uses_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("dice-1-0");
        fs::create_dir_all(left.join("inner")).unwrap();
        let first = Copies::new(folder.path().to_owned());
        assert!(!left.exists());
        let used = first.place("dice");
        fs::create_dir(&used).unwrap();
        let second = Copies::new(folder.path().to_owned());
        assert!(used.exists());
        drop((first, second));
        drop(Copies::new(folder.path().to_owned()));
        assert!(!used.exists());
    }
}
