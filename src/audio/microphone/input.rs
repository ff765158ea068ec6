//! An open capture stream.

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, FromSample, SizedSample, StreamConfig};
use crossbeam_channel::{Receiver, Sender, bounded};

use std::time::Duration;

use crate::audio::device::format::{for_capture, unsupported, with_sample_type};
use crate::audio::device::{Device, DeviceError, Direction, choose, is_fatal, list};
use crate::audio::ring::{Inlet, Outlet, ring};

/// Sound is handed over this often, where the device can: 20 ms.
const PERIODS_PER_SECOND: u32 = 50;

/// How long the device itself may take to open.
const BUILD_LIMIT: Duration = Duration::from_secs(2);

/// Errors of the stream that wait to be seen. The first one ends it, the others do not matter.
const ERRORS: usize = 1;

/// A stream that runs, and what it runs on.
pub(super) struct Input {
    /// Dropping it closes the device.
    pub(super) stream: cpal::Stream,
    pub(super) samples: Outlet,
    pub(super) errors: Receiver<cpal::Error>,
    pub(super) rate: u32,
    pub(super) device: Device,
    pub(super) substitute_for: Option<String>,
    /// Whether to look now and then if another device should be in use.
    pub(super) watched: bool,
}

impl Input {
    /// Opens the wanted device or its substitute. Blocks for as long as the sound system likes.
    pub(super) fn open(wanted: Option<&str>) -> Result<Self, DeviceError> {
        let mut found = list(Direction::Input)?;
        let choice = choose(found.iter().map(|(device, _)| device), wanted)
            .ok_or(DeviceError::NoDevice(Direction::Input))?;
        let (device, handle) = found.swap_remove(choice.index);
        let refused = |error: cpal::Error| DeviceError::Refused {
            device: device.name.clone(),
            reason: error.to_string(),
        };
        let default = handle.default_input_config().map_err(refused)?;
        let offered = handle.supported_input_configs().map_err(refused)?;
        let format = for_capture(default, offered);
        let rate = format.sample_rate();
        let build = |buffer_size| {
            let mut config = format.config();
            config.buffer_size = buffer_size;
            let (inlet, samples) = ring(rate);
            let (sender, errors) = bounded(ERRORS);
            with_sample_type!(
                format.sample_format(),
                build(&handle, config, inlet, sender),
                Err(unsupported(format.sample_format()))
            )
            .map(|stream| (stream, samples, errors))
        };
        let period = BufferSize::Fixed(rate.div_ceil(PERIODS_PER_SECOND));
        let (stream, samples, errors) = build(period)
            .or_else(|_| build(BufferSize::Default))
            .map_err(refused)?;
        stream.play().map_err(refused)?;
        Ok(Self {
            stream,
            samples,
            errors,
            rate,
            device,
            // A sound server lists its devices at once. ALSA tries every one of them out, which
            // is for when a better one is waited for.
            watched: is_served(&handle) || choice.substitute_for.is_some(),
            substitute_for: choice.substitute_for,
        })
    }
}

fn build<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut inlet: Inlet,
    errors: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels);
    device.build_input_stream(
        config,
        move |samples: &[T], _: &cpal::InputCallbackInfo| inlet.write(samples, channels),
        move |error| {
            if is_fatal(&error) {
                // Full: an earlier error ends the stream already.
                let _ = errors.try_send(error);
            }
        },
        Some(BUILD_LIMIT),
    )
}

fn is_served(device: &cpal::Device) -> bool {
    device.id().is_ok_and(|id| id.host().name() == "PulseAudio")
}
