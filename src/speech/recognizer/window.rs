//! How much of Whisper's 30-second window an utterance is given, and how many tokens.
//!
//! The encoder's cost follows its window, not the speech in it, so a command of 3 s pays for 30
//! unless the window is shortened. Only models tuned for it (`Window::Fitted`) keep their words
//! on a short window; others repeat themselves (14 of 103 human commands with stock tiny.en), so
//! they get half the window first and the full one when that shows signs of a loop.

use crate::audio::SAMPLE_RATE;
use crate::models::Window;

/// Samples in one position of the encoder's output: 20 ms.
const POSITION_SAMPLES: usize = 320;

/// Positions beyond the utterance that a tuned model needs to close it (its card: 16 to 32).
const FITTED_MARGIN: usize = 24;

/// The smallest window a tuned model was trained on (1.28 s).
const FITTED_LEAST: usize = 64;

/// Whisper's whole window: 30 s.
pub const FULL: usize = 1500;

/// The window at which stock models still behave (0 repeats, 2.7 % of the words changed).
const SAFE: usize = 768;

/// The longest sound one call may take: what the window holds less the margin.
pub const LONGEST_SAMPLES: usize = (FULL - FITTED_MARGIN) * POSITION_SAMPLES;

/// Encoder windows to try in turn for so many samples, in positions.
pub fn attempts(window: Window, samples: usize) -> Vec<usize> {
    let needed = samples.div_ceil(POSITION_SAMPLES) + FITTED_MARGIN;
    match window {
        Window::Fitted => vec![needed.clamp(FITTED_LEAST, FULL)],
        Window::Full if needed <= SAFE => vec![SAFE, FULL],
        Window::Full => vec![FULL],
    }
}

/// The most tokens that so much speech can hold. Fast speech is 4 to 5 tokens a second; the cap
/// bounds what a loop costs.
pub fn token_cap(samples: usize) -> usize {
    8 + (samples * 5).div_ceil(SAMPLE_RATE as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_window_follows_the_utterance() {
        let seconds = |s: f32| (s * SAMPLE_RATE as f32) as usize;
        assert_eq!(attempts(Window::Fitted, seconds(4.0)), [224]);
        assert_eq!(attempts(Window::Fitted, seconds(0.3)), [64]);
        assert_eq!(attempts(Window::Fitted, seconds(29.9)), [1500]);
    }

    #[test]
    fn a_full_model_gets_the_safe_window_first() {
        assert_eq!(attempts(Window::Full, 4 * 16_000), [SAFE, FULL]);
        assert_eq!(attempts(Window::Full, 20 * 16_000), [FULL]);
    }
}
