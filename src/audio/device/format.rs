//! The form in which samples are exchanged with a device.

use cpal::{SampleFormat, SupportedStreamConfig, SupportedStreamConfigRange};

use crate::audio::SAMPLE_RATE;

/// FAME's own form where the device itself has it, else the device's default.
///
/// A range of many rates is a converter in between (a sound server, ALSA's plug) and no reason
/// to leave the default: FAME's own converter is better.
pub(crate) fn for_capture(
    default: SupportedStreamConfig,
    offered: impl Iterator<Item = SupportedStreamConfigRange>,
) -> SupportedStreamConfig {
    offered
        .filter(|range| {
            range.channels() == 1
                && range.min_sample_rate() == SAMPLE_RATE
                && range.max_sample_rate() == SAMPLE_RATE
                && !range.sample_format().is_dsd()
        })
        .max_by(SupportedStreamConfigRange::cmp_default_heuristics)
        .map_or(default, |range| range.with_sample_rate(SAMPLE_RATE))
}

/// Calls `$build::<T>` with the Rust type of a [`SampleFormat`]; `$other` where there is none.
macro_rules! with_sample_type {
    ($format:expr, $build:ident($($argument:expr),*), $other:expr) => {
        match $format {
            cpal::SampleFormat::I8 => $build::<i8>($($argument),*),
            cpal::SampleFormat::I16 => $build::<i16>($($argument),*),
            cpal::SampleFormat::I24 => $build::<cpal::I24>($($argument),*),
            cpal::SampleFormat::I32 => $build::<i32>($($argument),*),
            cpal::SampleFormat::I64 => $build::<i64>($($argument),*),
            cpal::SampleFormat::U8 => $build::<u8>($($argument),*),
            cpal::SampleFormat::U16 => $build::<u16>($($argument),*),
            cpal::SampleFormat::U24 => $build::<cpal::U24>($($argument),*),
            cpal::SampleFormat::U32 => $build::<u32>($($argument),*),
            cpal::SampleFormat::U64 => $build::<u64>($($argument),*),
            cpal::SampleFormat::F32 => $build::<f32>($($argument),*),
            cpal::SampleFormat::F64 => $build::<f64>($($argument),*),
            _ => $other,
        }
    };
}
pub(crate) use with_sample_type;

/// What to say of a format that no type stands for.
pub(crate) fn unsupported(format: SampleFormat) -> cpal::Error {
    cpal::Error::with_message(
        cpal::ErrorKind::UnsupportedConfig,
        format!("its sample format {format} is not supported"),
    )
}

#[cfg(test)]
mod tests {
    use cpal::SupportedBufferSize::Unknown;

    use super::*;

    #[test]
    fn only_a_device_that_is_16_khz_mono_itself_leaves_its_default() {
        let default = SupportedStreamConfig::new(2, 48_000, Unknown, SampleFormat::I16);
        let range = |channels, min, max, format| {
            SupportedStreamConfigRange::new(channels, min, max, Unknown, format)
        };
        let pick = |offered: Vec<_>| for_capture(default, offered.into_iter());
        let converter = range(1, 1, 384_000, SampleFormat::F32);
        let stereo = range(2, 16_000, 16_000, SampleFormat::I16);
        assert_eq!(pick(vec![converter, stereo]), default);
        let native = range(1, 16_000, 16_000, SampleFormat::I16);
        let dsd = range(1, 16_000, 16_000, SampleFormat::DsdU8);
        let picked = pick(vec![converter, native, dsd]);
        assert_eq!(
            (
                picked.channels(),
                picked.sample_rate(),
                picked.sample_format()
            ),
            (1, 16_000, SampleFormat::I16)
        );
    }
}
