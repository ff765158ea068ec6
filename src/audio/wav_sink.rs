//! A sink that writes a WAV file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::resample::Resampler;
use super::sink::{Cutter, Sink, SinkError, check_rate};

/// Writes 16-bit mono at the rate of the first sound; later sound of other rates is converted.
///
/// The header is complete after each [`drain`](Sink::drain) and when dropped. Nothing waits: a
/// file takes sound as fast as it comes.
pub struct WavSink {
    path: PathBuf,
    /// Created with the first sound, when its rate is known.
    file: Option<WavWriter<BufWriter<File>>>,
    resampler: Option<Resampler>,
    converted: Vec<f32>,
    cutter: Cutter,
}

impl WavSink {
    /// A sink into `path`. The file appears with the first sound.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().into(),
            file: None,
            resampler: None,
            converted: Vec::new(),
            cutter: Cutter::default(),
        }
    }

    /// The file, opened; its rate is `rate` if it is new.
    fn file(&mut self, rate: u32) -> Result<&mut WavWriter<BufWriter<File>>, SinkError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let spec = WavSpec {
                    channels: 1,
                    sample_rate: rate,
                    bits_per_sample: 16,
                    sample_format: SampleFormat::Int,
                };
                WavWriter::create(&self.path, spec).map_err(|error| self.failed(&error))?
            }
        };
        Ok(self.file.insert(file))
    }

    /// Appends what is converted.
    fn append(&mut self) -> Result<(), SinkError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = self.converted.drain(..).try_for_each(|sample| {
            let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round();
            file.write_sample(sample as i16)
        });
        written.map_err(|error| self.failed(&error))
    }

    /// Ends a conversion: its last samples go into the file.
    fn finish_conversion(&mut self) -> Result<(), SinkError> {
        if let Some(mut resampler) = self.resampler.take() {
            resampler
                .flush(&mut self.converted)
                .map_err(|error| self.failed(&error))?;
        }
        self.append()
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> SinkError {
        SinkError::File {
            path: self.path.clone(),
            reason: reason.to_string(),
        }
    }
}

impl Sink for WavSink {
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        self.cutter.check()?;
        check_rate(rate)?;
        let file_rate = self.file(rate)?.spec().sample_rate;
        if self.resampler.as_ref().map(Resampler::from) != Some(rate) {
            self.finish_conversion()?;
            let resampler = Resampler::new(rate, file_rate);
            self.resampler = Some(resampler.map_err(|error| self.failed(&error))?);
        }
        if let Some(resampler) = &mut self.resampler {
            resampler
                .process(samples, &mut self.converted)
                .map_err(|error| SinkError::File {
                    path: self.path.clone(),
                    reason: error.to_string(),
                })?;
        }
        self.append()
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        self.cutter.check()?;
        self.finish_conversion()?;
        match self.file.as_mut().map(WavWriter::flush) {
            Some(Err(error)) => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }
}
