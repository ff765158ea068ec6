//! The short sounds that tell whether FAME listens, computed rather than shipped.

use std::f32::consts::TAU;

use super::SAMPLE_RATE;

/// Seconds of each of the two tones.
const TONE: f32 = 0.06;

/// How loud they are: noticed, not startling.
const LEVEL: f32 = 0.18;

/// The ear opens: two rising tones, 120 ms at [`SAMPLE_RATE`].
pub fn open() -> Vec<f32> {
    two_tones(660.0, 990.0)
}

/// The ear closes: the same, falling.
pub fn close() -> Vec<f32> {
    two_tones(990.0, 660.0)
}

fn two_tones(first: f32, second: f32) -> Vec<f32> {
    let mut samples = tone(first);
    samples.extend(tone(second));
    samples
}

/// A sine that swells and fades as half a sine does, so that it neither clicks nor beeps.
fn tone(hz: f32) -> Vec<f32> {
    let count = (TONE * SAMPLE_RATE as f32) as usize;
    (0..count)
        .map(|i| {
            let swell = (TAU / 2.0 * i as f32 / count as f32).sin();
            let phase = TAU * hz * i as f32 / SAMPLE_RATE as f32;
            LEVEL * swell * phase.sin()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_short_soft_and_do_not_click() {
        for samples in [open(), close()] {
            assert!(samples.len() < SAMPLE_RATE as usize * 150 / 1_000);
            assert!(samples.iter().all(|sample| sample.abs() <= LEVEL));
            assert!(
                samples
                    .windows(2)
                    .all(|pair| (pair[0] - pair[1]).abs() < 0.08)
            );
            assert!(samples.last().is_some_and(|last| last.abs() < 0.02));
        }
        assert_ne!(open(), close());
    }
}
