//! What a restart shall not forget: loudness, speed, asleep, muted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use atomic_write_file::AtomicWriteFile;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Kept in `state.json` in the data folder. Fields are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Loudness chosen by voice; `None`: as configured.
    pub(super) volume: Option<f32>,
    /// Speed chosen by voice; `None`: as configured.
    pub(super) rate: Option<f32>,
    /// Whether FAME sleeps.
    pub(super) asleep: bool,
    /// Whether the microphone is closed on request.
    pub(super) muted: bool,
}

/// Why the state was not kept.
#[derive(Debug, Error)]
#[error("cannot write {}: {source}; check the folder's permissions and the space left", path.display())]
pub(super) struct MemoryError {
    path: PathBuf,
    source: io::Error,
}

impl Memory {
    /// What was kept. A file that is missing is normal; one that cannot be read is reported and
    /// left as it is until the next save.
    fn load(path: &Path) -> Self {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "cannot read the saved state; starting without it");
                Self::default()
            }),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "cannot read the saved state; starting without it");
                }
                Self::default()
            }
        }
    }

    fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = AtomicWriteFile::open(path)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.commit()
    }
}

/// The file that the state is kept in.
pub(super) struct MemoryFile {
    path: PathBuf,
    /// Held while it is written, so that what is written last is the newest.
    writing: Mutex<()>,
}

impl MemoryFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            writing: Mutex::default(),
        }
    }

    /// What was kept.
    pub(super) fn load(&self) -> Memory {
        Memory::load(&self.path)
    }

    /// Writes what `now` gives. A crash leaves the old file or the new one.
    pub(super) fn save(&self, now: impl FnOnce() -> Memory) -> Result<(), MemoryError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        now().save(&self.path).map_err(|source| MemoryError {
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded_and_rubbish_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("state.json");
        let file = MemoryFile::at(path.clone());
        assert_eq!(file.load(), Memory::default());
        let memory = Memory {
            volume: Some(0.4),
            muted: true,
            ..Memory::default()
        };
        file.save(|| memory.clone()).unwrap();
        assert_eq!(file.load(), memory);
        std::fs::write(&path, "{half").unwrap();
        assert_eq!(file.load(), Memory::default());
        std::fs::write(&path, r#"{"muted": true, "from_the_future": 1}"#).unwrap();
        assert!(file.load().muted);
    }
}
