//! What can be wrong with a sound file.

use std::fmt;
use std::path::PathBuf;

use super::resample::ResampleError;

/// Why a file gives no sound.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {source}; check its name and permissions", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is a folder.
    #[error("{} is a folder; name a sound file in it", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It has no bytes.
    #[error("{} is empty; record it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is something else, or damaged from its beginning.
    #[error(
        "{} cannot be read as sound ({reason}); use a WAV, FLAC, MP3 or OGG Vorbis file",
        path.display()
    )]
    NotSound {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// Its rate is absurd.
    #[error(
        "{} claims {rate} samples a second; convert it to 1000 to 768000",
        path.display()
    )]
    Rate {
        /// The file.
        path: PathBuf,
        /// The rate in its header.
        rate: u32,
    },
    /// It has a header and nothing more.
    #[error("{} holds no sound, only a header; record it again", path.display())]
    NoSamples {
        /// The file.
        path: PathBuf,
    },
    /// The rate converter failed.
    #[error("{}: {source}; please report this file", path.display())]
    Resample {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: ResampleError,
    },
}

/// Something wrong with a file that gave sound nevertheless.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// It ends before its time.
    Truncated {
        /// The file.
        path: PathBuf,
        /// What there is.
        seconds: f64,
        /// What its header promises.
        promised: f64,
    },
    /// A part of it could not be decoded.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What could be.
        seconds: f64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated {
                path,
                seconds,
                promised,
            } => write!(
                f,
                "{} ends after {seconds:.1} of {promised:.1} s; copy it again if the end matters",
                path.display()
            ),
            Self::Damaged { path, seconds } => write!(
                f,
                "{} is damaged, {seconds:.1} s of it could be decoded; copy it again",
                path.display()
            ),
        }
    }
}
