//! One rate into another, on a stream, in chunks of any size.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters,
    SincInterpolationType, WindowFunction, calculate_cutoff,
};

/// Rates that FAME converts from and to, in samples a second.
pub const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Length of the filter in samples of the lower rate: its delay is half of it, 4 ms at 16 kHz.
const FILTER_SAMPLES: usize = 128;

/// Input is converted in steps of 1/200 s, so that nothing waits longer than 5 ms for its step.
const STEPS_PER_SECOND: usize = 200;

/// Steps of silence that push the end of a signal through the filter. Ten times what the
/// longest filter needs; a bound on the loop rather than a quantity.
const FLUSH_STEPS: usize = 1_000;

/// Why a conversion is refused.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// One of the rates is outside [`RATES`].
    #[error("cannot convert {from} to {to} samples a second; both must be from 1000 to 768000")]
    Rate {
        /// The rate given.
        from: u32,
        /// The rate wanted.
        to: u32,
    },
    /// The converter refused its own buffers.
    #[error("the rate converter failed: {0}")]
    Internal(String),
}

/// Converts a mono stream. The output depends on the samples alone, not on how they are cut
/// into chunks; its delay is taken off, so that what begins at time 0 does so still, to half a sample.
pub struct Resampler {
    from: u32,
    to: u32,
    converter: Option<Converter>,
}

impl Resampler {
    /// A converter with all of its memory. Equal rates pass through untouched.
    pub fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        if !RATES.contains(&from) || !RATES.contains(&to) {
            return Err(ResampleError::Rate { from, to });
        }
        let converter = match from == to {
            true => None,
            false => Some(Converter::new(from, to)?),
        };
        Ok(Self {
            from,
            to,
            converter,
        })
    }

    /// The rate of what goes in.
    pub fn from(&self) -> u32 {
        self.from
    }

    /// The rate of what comes out.
    pub fn to(&self) -> u32 {
        self.to
    }

    /// Takes `input` and appends to `output` what is ready. The rest stays for the next call.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) -> Result<(), ResampleError> {
        match &mut self.converter {
            None => {
                output.extend_from_slice(input);
                Ok(())
            }
            Some(converter) => converter.process(input, output),
        }
    }

    /// Appends the end of the signal, so that as much time has come out as went in, and
    /// [resets](Self::reset).
    pub fn flush(&mut self, output: &mut Vec<f32>) -> Result<(), ResampleError> {
        match &mut self.converter {
            None => Ok(()),
            Some(converter) => converter.flush(output),
        }
    }

    /// Forgets the signal: the next one starts from silence.
    pub fn reset(&mut self) {
        if let Some(converter) = &mut self.converter {
            converter.reset();
        }
    }
}

struct Converter {
    inner: Async<f32>,
    ratio: f64,
    /// Input that does not fill a step yet, in a buffer of one step.
    step: Vec<f32>,
    filled: usize,
    /// What the library writes a step into.
    converted: Vec<f32>,
    /// The filter's delay in samples that come out, to the nearest.
    delay: usize,
    /// What of it is still to be dropped.
    skip: usize,
    taken: u64,
    given: u64,
}

impl Converter {
    fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        let ratio = f64::from(to) / f64::from(from);
        // Going down, the filter has to be longer by the ratio to be as steep.
        let length = (FILTER_SAMPLES as f64 / ratio.min(1.0)).ceil() as usize;
        let window = WindowFunction::BlackmanHarris2;
        let filter = SincInterpolationParameters::new(length, window)
            .f_cutoff(calculate_cutoff(FILTER_SAMPLES, window))
            .interpolation(SincInterpolationType::Cubic);
        let length = length.next_multiple_of(8);
        // The first sample that comes out belongs to the time one step after half a filter ago.
        let delay = ((length as f64 * ratio / 2.0).round() as usize).saturating_sub(1);
        let step = (from as usize / STEPS_PER_SECOND).max(1);
        let inner = Async::new_sinc(ratio, 1.0, &filter, step, 1, FixedAsync::Input)
            .map_err(|error| ResampleError::Internal(error.to_string()))?;
        Ok(Self {
            ratio,
            step: vec![0.0; inner.input_frames_max()],
            filled: 0,
            converted: vec![0.0; inner.output_frames_max()],
            delay,
            skip: delay,
            taken: 0,
            given: 0,
            inner,
        })
    }

    fn process(&mut self, mut input: &[f32], output: &mut Vec<f32>) -> Result<(), ResampleError> {
        self.taken += input.len() as u64;
        while !input.is_empty() {
            let wanted = self.inner.input_frames_next() - self.filled;
            let (now, later) = input.split_at(wanted.min(input.len()));
            self.step[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            input = later;
            if now.len() == wanted {
                self.convert(output)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Vec<f32>) -> Result<(), ResampleError> {
        let due = (self.taken as f64 * self.ratio).round() as u64;
        for _ in 0..FLUSH_STEPS {
            if self.given >= due {
                break;
            }
            self.convert(output)?;
        }
        let excess = self.given.saturating_sub(due) as usize;
        output.truncate(output.len().saturating_sub(excess));
        self.reset();
        Ok(())
    }

    /// Converts the step in hand, filled up with silence.
    fn convert(&mut self, output: &mut Vec<f32>) -> Result<(), ResampleError> {
        let internal = |error: &dyn std::fmt::Display| ResampleError::Internal(error.to_string());
        let indexing = Indexing::new().partial_len(self.filled);
        let capacity = self.converted.len();
        let input =
            InterleavedSlice::new(&self.step, 1, self.step.len()).map_err(|e| internal(&e))?;
        let mut converted = InterleavedSlice::new_mut(&mut self.converted, 1, capacity)
            .map_err(|e| internal(&e))?;
        let (_, count) = self
            .inner
            .process_into_buffer(&input, &mut converted, Some(&indexing))
            .map_err(|e| internal(&e))?;
        self.filled = 0;
        let skipped = self.skip.min(count);
        self.skip -= skipped;
        output.extend_from_slice(&self.converted[skipped..count]);
        self.given += (count - skipped) as u64;
        Ok(())
    }

    fn reset(&mut self) {
        self.inner.reset();
        self.filled = 0;
        self.skip = self.delay;
        self.taken = 0;
        self.given = 0;
    }
}
