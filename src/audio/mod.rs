//! Sound in and out. Threads only: this module never imports tokio.
//!
//! Inside FAME sound is mono `f32` in -1..=1 at [`SAMPLE_RATE`], in [`Frame`]s of 16 ms. Devices
//! and files are converted at the edge.

mod decode;
pub mod device;
pub mod earcon;
mod fault;
pub mod file;
pub mod loudspeaker;
pub mod microphone;
pub mod resample;
mod ring;
pub mod sink;
pub mod wav_sink;

pub use device::{Device, DeviceError, Devices, devices};
pub use file::{FileError, FileSource};
pub use loudspeaker::Loudspeaker;
pub use microphone::{CaptureEvent, Microphone};
pub use resample::RATES;
pub use sink::{BUFFER, Cutter, NullSink, Sink, SinkError};
pub use wav_sink::WavSink;

/// Samples a second everywhere inside FAME.
pub const SAMPLE_RATE: u32 = 16_000;

/// Samples in a [`Frame`]: 16 ms, what the voice detector takes.
pub const FRAME_SAMPLES: usize = 256;

/// One step of the pipeline's clock.
pub type Frame = [f32; FRAME_SAMPLES];
