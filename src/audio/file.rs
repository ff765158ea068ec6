//! A sound file as a source of frames: WAV, FLAC, MP3 or OGG Vorbis, of any rate and channels.

use std::fmt;
use std::path::{Path, PathBuf};

use super::decode::Decoder;
use super::resample::{ResampleError, Resampler};
use super::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

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

/// Reads a file in frames of [`FRAME_SAMPLES`] at [`SAMPLE_RATE`], holding only some packets of
/// it in memory.
pub struct FileSource {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    /// Samples at the file's rate.
    decoded: Vec<f32>,
    /// Samples at [`SAMPLE_RATE`] that do not fill a frame yet.
    ready: Vec<f32>,
    over: bool,
}

impl FileSource {
    /// Opens a file and decodes its beginning, so that what is not sound fails here.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let decoder = Decoder::open(path)?;
        let resampler =
            Resampler::new(decoder.rate(), SAMPLE_RATE).map_err(|source| FileError::Resample {
                path: path.into(),
                source,
            })?;
        let mut source = Self {
            path: path.into(),
            decoder,
            resampler,
            decoded: Vec::new(),
            ready: Vec::new(),
            over: false,
        };
        source.fill()?;
        Ok(source)
    }

    /// The next frame, the last one filled up with silence; `None` when the file is over.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FileError> {
        while self.ready.len() < FRAME_SAMPLES && !self.over {
            self.fill()?;
        }
        if self.ready.is_empty() {
            return Ok(None);
        }
        let count = self.ready.len().min(FRAME_SAMPLES);
        let mut frame = [0.0; FRAME_SAMPLES];
        frame[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        Ok(Some(frame))
    }

    /// What is wrong with the file, as far as it was read: complete after the last frame.
    pub fn warning(&self) -> Option<&Warning> {
        self.decoder.warning()
    }

    /// Decodes and converts one packet.
    fn fill(&mut self) -> Result<(), FileError> {
        self.decoded.clear();
        // An error is told once; afterwards the file is over.
        self.over = true;
        self.over = !self.decoder.next(&mut self.decoded)?;
        self.resampler
            .process(&self.decoded, &mut self.ready)
            .and_then(|()| match self.over {
                true => self.resampler.flush(&mut self.ready),
                false => Ok(()),
            })
            .map_err(|source| FileError::Resample {
                path: self.path.clone(),
                source,
            })
    }
}
