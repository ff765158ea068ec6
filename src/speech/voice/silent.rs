//! The voice that says nothing: the reply is text only.

use super::{Prosody, Voice, VoiceError};
use crate::audio::sink::{Cutter, Sink};
use crate::config::VoiceKind;

/// Says nothing, and never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentVoice;

impl Voice for SilentVoice {
    fn kind(&self) -> VoiceKind {
        VoiceKind::Silent
    }

    fn say(
        &mut self,
        _sentence: &str,
        _prosody: &Prosody,
        _sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        if cut.is_cut() {
            Err(VoiceError::Cut)
        } else {
            Ok(())
        }
    }
}
