//! A sound file as a source of frames: WAV, FLAC, MP3 or OGG Vorbis, of any rate and channels.

use std::path::{Path, PathBuf};

use super::decode::Decoder;
pub use super::fault::{FileError, Warning};
use super::resample::Resampler;
use super::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

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
