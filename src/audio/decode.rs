//! Samples out of a sound file, a packet at a time.
//!
//! The decoders are fed files from anywhere. They are guarded here: what they may read is
//! bounded, and a panic inside them becomes an error.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::fault::{FileError, Warning};
use super::resample::RATES;

/// A file with more channels is refused: it is damaged, and a packet of it would be large.
const MAX_CHANNELS: usize = 64;

/// Packets in a row that may give nothing before the rest of the file is given up.
const MAX_SKIPPED_PACKETS: usize = 256;

/// A length from here on means "not known" in WAV files that were written to a pipe.
const UNKNOWN_FRAMES: u64 = 0x1fff_0000;

/// Reads one file and mixes it to mono at the file's own rate.
pub(super) struct Decoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    rate: u32,
    /// Frames that the file says it has.
    promised: Option<u64>,
    decoded: u64,
    bad_packets: u64,
    interleaved: Vec<f32>,
    ended: bool,
    warning: Option<Warning>,
}

impl Decoder {
    /// Opens the file and finds out what it is.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Open {
            path: path.into(),
            source,
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(FileError::Folder { path: path.into() });
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(FileError::Empty { path: path.into() });
        }
        let file = File::open(path).map_err(unreadable)?;
        guard(path, || Self::probe(path, file))?
    }

    fn probe(path: &Path, file: File) -> Result<Self, FileError> {
        let not_sound = |reason: String| FileError::NotSound {
            path: path.into(),
            reason,
        };
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| not_sound(error.to_string()))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| not_sound("it has no sound track".into()))?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or_else(|| not_sound("its sound track is not described".into()))?;
        if let Some(channels) = parameters.channels.as_ref().map(|c| c.count())
            && !(1..=MAX_CHANNELS).contains(&channels)
        {
            return Err(not_sound(format!(
                "it has {channels} channels, not 1 to {MAX_CHANNELS}"
            )));
        }
        let rate = parameters
            .sample_rate
            .ok_or_else(|| not_sound("it does not tell its sample rate".into()))?;
        if !RATES.contains(&rate) {
            return Err(FileError::Rate {
                path: path.into(),
                rate,
            });
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| not_sound(error.to_string()))?;
        Ok(Self {
            path: path.into(),
            track: track.id,
            promised: track.num_frames.filter(|&frames| frames < UNKNOWN_FRAMES),
            format,
            decoder,
            rate,
            decoded: 0,
            bad_packets: 0,
            interleaved: Vec::new(),
            ended: false,
            warning: None,
        })
    }

    /// Samples a second of what [`next`](Self::next) gives.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// What is wrong with the file, as far as it is known by now.
    pub(super) fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }

    /// Appends the next samples to `mono`. `false` when the file is over.
    pub(super) fn next(&mut self, mono: &mut Vec<f32>) -> Result<bool, FileError> {
        if self.ended {
            return Ok(false);
        }
        let path = self.path.clone();
        let more = guard(&path, || self.decode(mono)).and_then(|decoded| decoded);
        self.ended = !matches!(more, Ok(true));
        match more {
            Ok(false) if self.decoded == 0 => Err(FileError::NoSamples { path }),
            other => other,
        }
    }

    fn decode(&mut self, mono: &mut Vec<f32>) -> Result<bool, FileError> {
        for _ in 0..MAX_SKIPPED_PACKETS {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(self.end()),
                Err(error) => return self.stop(error),
            };
            match self.decoder.decode(&packet) {
                Ok(buffer) if buffer.frames() == 0 => continue,
                Ok(buffer) => {
                    let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
                    if rate != self.rate || !(1..=MAX_CHANNELS).contains(&channels) {
                        return Ok(self.damaged());
                    }
                    buffer.copy_to_vec_interleaved(&mut self.interleaved);
                    let frames = self.interleaved.chunks_exact(channels);
                    self.decoded += frames.len() as u64;
                    mono.extend(frames.map(mix));
                    return Ok(true);
                }
                Err(Symphonia::DecodeError(_)) => self.bad_packets += 1,
                Err(error) => return self.stop(error),
            }
        }
        Ok(self.damaged())
    }

    /// The file is over. Tells whether there is more: no.
    fn end(&mut self) -> bool {
        let missing = self.promised.filter(|&promised| promised > self.decoded);
        // A decoder that skipped a packet is short of it, and that is told as damage.
        if self.bad_packets > 0 {
            return self.damaged();
        }
        // MP3 and Ogg promise to within a packet.
        if let Some(promised) = missing.filter(|promised| promised - self.decoded > 2_304) {
            self.warning = Some(Warning::Truncated {
                path: self.path.clone(),
                seconds: self.decoded as f64 / f64::from(self.rate),
                promised: promised as f64 / f64::from(self.rate),
            });
        }
        false
    }

    fn damaged(&mut self) -> bool {
        self.warning = Some(Warning::Damaged {
            path: self.path.clone(),
            seconds: self.decoded as f64 / f64::from(self.rate),
        });
        false
    }

    /// Ends after an error of the library: what was decoded counts, and a warning tells.
    fn stop(&mut self, error: Symphonia) -> Result<bool, FileError> {
        match error {
            Symphonia::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                Err(FileError::Open {
                    path: self.path.clone(),
                    source: error,
                })
            }
            Symphonia::IoError(_) => Ok(self.end()),
            _ => Ok(self.damaged()),
        }
    }
}

/// The mean of a frame's channels. Damaged float samples become silence.
fn mix(frame: &[f32]) -> f32 {
    let sum: f32 = frame.iter().sum();
    let mean = sum / frame.len() as f32;
    if mean.is_finite() { mean } else { 0.0 }
}

/// Runs a decoder and turns its panic into an error.
fn guard<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, FileError> {
    // What a panic left half-done is never used again: the file ends there.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| FileError::NotSound {
        path: path.into(),
        reason: "its content breaks the decoder".into(),
    })
}
