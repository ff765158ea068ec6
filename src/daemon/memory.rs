//! What a restart shall not forget: loudness, speed, asleep, muted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    pub(super) fn load(path: &Path) -> Self {
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

    /// Writes a new file and puts it in the old one's place, so that a crash leaves one of them.
    pub(super) fn save(&self, path: &Path) -> Result<(), MemoryError> {
        let failed = |source| MemoryError {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let partial = path.with_extension("json.partial");
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        let mut file = std::fs::File::create(&partial).map_err(failed)?;
        file.write_all(&text)
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        std::fs::rename(&partial, path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded_and_rubbish_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("state.json");
        assert_eq!(Memory::load(&path), Memory::default());
        let memory = Memory {
            volume: Some(0.4),
            muted: true,
            ..Memory::default()
        };
        memory.save(&path).unwrap();
        assert_eq!(Memory::load(&path), memory);
        std::fs::write(&path, "{half").unwrap();
        assert_eq!(Memory::load(&path), Memory::default());
        std::fs::write(&path, r#"{"muted": true, "from_the_future": 1}"#).unwrap();
        assert!(Memory::load(&path).muted);
    }
}
