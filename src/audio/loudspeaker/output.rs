//! An open playback stream.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, FromSample, OutputCallbackInfo, SizedSample, StreamConfig};
use crossbeam_channel::{Receiver, Sender, bounded};
use rtrb::{Producer, RingBuffer};

use super::player::{Controls, Player};
use crate::audio::device::format::{unsupported, with_sample_type};
use crate::audio::device::{DeviceError, Direction, choose, is_fatal, list};
use crate::audio::sink::BUFFER;

/// The device asks for sound this often, where it can: every 17 ms, with 33 on their way. At 10 ms
/// a machine with no core to spare stutters; at 25 a cut would not be silent within its 50.
const PERIODS_PER_SECOND: u32 = 60;

/// How long the device itself may take to open.
const BUILD_LIMIT: Duration = Duration::from_secs(2);

/// Errors of the stream that wait to be seen. The first one ends it, the others do not matter.
const ERRORS: usize = 1;

/// A stream that runs.
pub(super) struct Output {
    /// Dropping it closes the device.
    pub(super) stream: cpal::Stream,
    pub(super) errors: Receiver<cpal::Error>,
    pub(super) name: String,
    pub(super) rate: u32,
}

impl Output {
    /// Opens the wanted device or its substitute, and a ring into it. Blocks for as long as the
    /// sound system likes.
    pub(super) fn open(
        wanted: Option<&str>,
        controls: &Arc<Controls>,
    ) -> Result<(Self, Producer<f32>), DeviceError> {
        let mut found = list(Direction::Output)?;
        let choice = choose(found.iter().map(|(device, _)| device), wanted)
            .ok_or(DeviceError::NoDevice(Direction::Output))?;
        let (device, handle) = found.swap_remove(choice.index);
        if let Some(wanted) = choice.substitute_for {
            tracing::warn!(
                "loudspeaker: {wanted} is not there, {} is used",
                device.name
            );
        }
        let refused = |error: cpal::Error| DeviceError::Refused {
            device: device.name.clone(),
            reason: error.to_string(),
        };
        let format = handle.default_output_config().map_err(refused)?;
        let rate = format.sample_rate();
        let build = |buffer_size| {
            let mut config = format.config();
            config.buffer_size = buffer_size;
            let (producer, consumer) = RingBuffer::new(BUFFER.as_secs() as usize * rate as usize);
            let player = Player::new(consumer, controls.clone(), rate);
            let (sender, errors) = bounded(ERRORS);
            with_sample_type!(
                format.sample_format(),
                build(&handle, config, player, sender),
                Err(unsupported(format.sample_format()))
            )
            .map(|stream| (stream, producer, errors))
        };
        let period = BufferSize::Fixed(rate.div_ceil(PERIODS_PER_SECOND));
        let (stream, producer, errors) = build(period)
            .or_else(|_| build(BufferSize::Default))
            .map_err(refused)?;
        stream.play().map_err(refused)?;
        let output = Self {
            stream,
            errors,
            name: device.name,
            rate,
        };
        Ok((output, producer))
    }
}

fn build<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut player: Player,
    errors: Sender<cpal::Error>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(config.channels);
    device.build_output_stream(
        config,
        move |frames: &mut [T], info: &OutputCallbackInfo| {
            let time = info.timestamp();
            let latency = time.playback.duration_since(time.callback);
            player.fill(frames, channels, latency);
        },
        move |error| {
            if is_fatal(&error) {
                // Full: an earlier error ends the stream already.
                let _ = errors.try_send(error);
            }
        },
        Some(BUILD_LIMIT),
    )
}
