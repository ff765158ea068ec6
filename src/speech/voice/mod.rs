//! Text to speech: voices, the order in which they stand in for each other, and the thread that
//! speaks.
//!
//! ```text
//! reply ─► speakable::plain ─► sentences::split ─► speakable::spoken ─► chain ─► a Voice ─► Sink
//!                                                                        └ the next one, if it fails
//! ```
//!
//! [`render()`] is that line, on the caller's thread; [`Speaker`] runs it on a thread of its own.
//! Threads only: this module never imports tokio.

mod chain;
mod command;
mod error;
mod render;
pub mod sentences;
mod silent;
pub mod speakable;
mod speaker;
#[cfg(feature = "system-voice")]
mod system;

pub use chain::{VoiceChain, VoiceStatus};
pub use command::CommandVoice;
pub use error::VoiceError;
pub use render::render;
pub use silent::SilentVoice;
pub use speaker::{QUEUE, Speaker, SpeakerError, SpeakerEvent};
#[cfg(feature = "system-voice")]
pub use system::SystemVoice;

use std::time::Duration;

use crate::audio::sink::{Cutter, Sink};
use crate::config::{self, VoiceKind};

/// How a sentence is to sound. Each voice does what it can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prosody {
    /// Speed, 0.5 to 2; 1 is the voice's own.
    pub rate: f32,
    /// Pitch, 0.5 to 2; 1 is the voice's own.
    pub pitch: f32,
    /// Loudness, 0 to 1.
    pub volume: f32,
}

impl Prosody {
    /// The same within the documented limits; what is not a number becomes the default.
    pub fn clamped(self) -> Self {
        let default = Self::default();
        let within = |value: f32, low: f32, high: f32, or: f32| {
            if value.is_nan() {
                or
            } else {
                value.clamp(low, high)
            }
        };
        Self {
            rate: within(self.rate, 0.5, 2.0, default.rate),
            pitch: within(self.pitch, 0.5, 2.0, default.pitch),
            volume: within(self.volume, 0.0, 1.0, default.volume),
        }
    }
}

impl Default for Prosody {
    fn default() -> Self {
        Self {
            rate: 1.0,
            pitch: 1.0,
            volume: 1.0,
        }
    }
}

impl From<&config::Voice> for Prosody {
    fn from(settings: &config::Voice) -> Self {
        Self {
            rate: settings.rate,
            pitch: settings.pitch,
            volume: settings.volume,
        }
        .clamped()
    }
}

/// Sound that any sentence may have, and that each of its characters adds, at rate 1.
const SOUND_AT_LEAST: Duration = Duration::from_secs(10);
const SOUND_PER_CHARACTER: Duration = Duration::from_millis(400);

/// The most sound that a sentence can need. A voice that goes on longer is ended.
fn longest_sound(sentence: &str, rate: f32) -> Duration {
    let characters = u32::try_from(sentence.chars().count()).unwrap_or(u32::MAX);
    let at_rate_1 = SOUND_AT_LEAST.saturating_add(SOUND_PER_CHARACTER.saturating_mul(characters));
    at_rate_1.div_f32(rate.clamp(0.5, 2.0))
}

/// Something that can say a sentence.
pub trait Voice: Send {
    /// Which kind it is, for the status and for errors.
    fn kind(&self) -> VoiceKind;

    /// Says one sentence, already in [`speakable::spoken`] form.
    ///
    /// Returns when the sentence is in `sink` (not yet heard), or was heard where the voice plays
    /// by itself. A voice that plays by itself drains `sink` first and marks the moment its sound
    /// begins by writing an empty slice. Once `cut` is cut it returns [`VoiceError::Cut`] within
    /// milliseconds.
    fn say(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<(), VoiceError>;
}
