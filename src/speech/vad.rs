//! Voice activity: how likely a frame holds a human voice.

use crate::audio::{FRAME_SAMPLES, Frame};

/// Frames quieter than this are never speech, whatever the detector thinks: at -66 dBFS RMS
/// nobody speaks into a microphone, but dither and codec noise live there.
const FLOOR_RMS: f32 = 0.0005;

/// A streaming voice detector (the `earshot` network) with a floor under it.
pub struct Vad {
    detector: Box<earshot::Detector>,
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}

impl Vad {
    /// A detector that has heard nothing yet.
    pub fn new() -> Self {
        Self {
            detector: earshot::Detector::default_boxed(),
        }
    }

    /// The probability, 0 to 1, that this frame holds speech, given the frames before it.
    pub fn score(&mut self, frame: &Frame) -> f32 {
        // The detector asserts its input's range; a device or file may exceed it or send NaN.
        let mut clean = [0.0; FRAME_SAMPLES];
        for (out, sample) in clean.iter_mut().zip(frame) {
            *out = if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            };
        }
        let score = self.detector.predict_f32(&clean);
        if rms(&clean) < FLOOR_RMS { 0.0 } else { score }
    }

    /// Forgets what was heard, for a new stream.
    pub fn reset(&mut self) {
        self.detector.reset();
    }
}

/// Root mean square of samples; 0 for none.
pub fn rms(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
}

/// An RMS as dBFS, not below -90.
pub fn dbfs(rms: f32) -> f32 {
    (20.0 * rms.max(1e-9).log10()).max(-90.0)
}
