//! The voices in their order: when one fails, the next takes over, from the same sentence.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::render::{Progress, Stage};
use super::{CommandVoice, Prosody, SilentVoice, Voice, VoiceError};
use crate::audio::sink::Cutter;
use crate::config::{self, VoiceKind};

/// How long a voice that failed once is left alone. Each further failure in a row doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(15);

/// The longest time a failing voice is left alone.
const LAST_RETRY: Duration = Duration::from_secs(300);

/// How long a voice is left alone after the loudspeaker failed, which is not its own failure.
const SINK_RETRY: Duration = Duration::from_secs(2);

/// Voices in order of preference.
pub struct VoiceChain {
    slots: Vec<Slot>,
}

/// Which voice speaks, and which ones cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoiceStatus {
    /// The voice that speaks next, unless it fails.
    pub active: Option<VoiceKind>,
    /// The voices that failed when last tried, and why.
    pub failed: Vec<(VoiceKind, String)>,
}

struct Slot {
    voice: Box<dyn Voice>,
    failure: Option<Failure>,
}

struct Failure {
    reason: String,
    wait: Duration,
    retry_at: Instant,
}

impl VoiceChain {
    /// These voices, the preferred one first.
    pub fn new(voices: Vec<Box<dyn Voice>>) -> Self {
        let slots = voices.into_iter().map(|voice| Slot {
            voice,
            failure: None,
        });
        Self {
            slots: slots.collect(),
        }
    }

    /// The configured voices. Nothing is started. Without `allow_system` the system's voice, which
    /// plays by itself and renders no samples, is left out.
    pub fn from_config(settings: &config::Voice, allow_system: bool) -> Self {
        let mut kinds: Vec<VoiceKind> = Vec::new();
        for &kind in &settings.order {
            if !kinds.contains(&kind) && (allow_system || kind != VoiceKind::System) {
                kinds.push(kind);
            }
        }
        let voice = |kind| -> Box<dyn Voice> {
            match kind {
                VoiceKind::Command => Box::new(CommandVoice::new(settings.command.clone())),
                VoiceKind::System => system_voice(),
                VoiceKind::Silent => Box::new(SilentVoice),
            }
        };
        Self::new(kinds.into_iter().map(voice).collect())
    }

    /// Which voice speaks, and which ones cannot.
    pub fn status(&self) -> VoiceStatus {
        let now = Instant::now();
        VoiceStatus {
            active: self
                .slots
                .iter()
                .find(|slot| slot.is_ready(now))
                .map(Slot::kind),
            failed: self
                .slots
                .iter()
                .filter_map(|slot| Some((slot.kind(), slot.failure.as_ref()?.reason.clone())))
                .collect(),
        }
    }

    /// Says a sentence with the first voice that can. Each failure is reported to `stage`.
    pub(super) fn say(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        stage: &mut Stage<'_>,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        let mut tried = 0;
        while let Some(index) = self.next_ready(tried) {
            match self.slots[index].attempt(sentence, prosody, stage, cut) {
                Ok(()) => return Ok(()),
                Err(VoiceError::Cut) => return Err(VoiceError::Cut),
                Err(error) => {
                    tried = index + 1;
                    let next = self.next_ready(tried).map(|next| self.slots[next].kind());
                    let (kind, reason) = (self.slots[index].kind(), error.to_string());
                    stage.report(Progress::VoiceFailed { kind, reason, next });
                }
            }
        }
        if tried == 0
            && let Some((kind, reason)) = self.status().failed.into_iter().next()
        {
            // All are being left alone: nobody else says that this sentence stays unspoken.
            let next = None;
            stage.report(Progress::VoiceFailed { kind, reason, next });
        }
        Err(self.none_left())
    }

    /// The first voice from `from` on that is not being left alone.
    fn next_ready(&self, from: usize) -> Option<usize> {
        let now = Instant::now();
        (from..self.slots.len()).find(|&index| self.slots[index].is_ready(now))
    }

    fn none_left(&self) -> VoiceError {
        let failed = self.status().failed;
        let reasons: Vec<String> = failed.into_iter().map(|(_, reason)| reason).collect();
        VoiceError::NoneLeft {
            reasons: if reasons.is_empty() {
                "none is configured".into()
            } else {
                reasons.join("; ")
            },
        }
    }
}

#[cfg(feature = "system-voice")]
fn system_voice() -> Box<dyn Voice> {
    Box::new(super::SystemVoice::new())
}

#[cfg(not(feature = "system-voice"))]
fn system_voice() -> Box<dyn Voice> {
    Box::new(NotBuilt)
}

/// Stands for the system's voice where it is configured and not built in.
#[cfg(not(feature = "system-voice"))]
struct NotBuilt;

#[cfg(not(feature = "system-voice"))]
impl Voice for NotBuilt {
    fn kind(&self) -> VoiceKind {
        VoiceKind::System
    }

    fn say(
        &mut self,
        _sentence: &str,
        _prosody: &Prosody,
        _sink: &mut dyn crate::audio::sink::Sink,
        _cut: &Cutter,
    ) -> Result<(), VoiceError> {
        Err(VoiceError::NotBuilt)
    }
}

impl Slot {
    fn kind(&self) -> VoiceKind {
        self.voice.kind()
    }

    fn is_ready(&self, now: Instant) -> bool {
        self.failure
            .as_ref()
            .is_none_or(|failure| failure.retry_at <= now)
    }

    /// Lets the voice try, and remembers how it went. A panic counts as a failure.
    fn attempt(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        stage: &mut Stage<'_>,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        // A voice whose state a panic has spoilt only fails again.
        let said = catch_unwind(AssertUnwindSafe(|| {
            self.voice.say(sentence, prosody, stage, cut)
        }));
        let result = said.unwrap_or_else(|panic| {
            Err(VoiceError::Panicked {
                reason: panic_text(panic.as_ref()),
            })
        });
        match &result {
            Ok(()) => self.failure = None,
            Err(VoiceError::Cut) => {}
            Err(error) => self.remember(error, Instant::now()),
        }
        result
    }

    fn remember(&mut self, error: &VoiceError, now: Instant) {
        let wait = match (error, &self.failure) {
            (VoiceError::Sink(_), _) => SINK_RETRY,
            (_, Some(before)) => (before.wait * 2).clamp(FIRST_RETRY, LAST_RETRY),
            (_, None) => FIRST_RETRY,
        };
        self.failure = Some(Failure {
            reason: error.to_string(),
            wait,
            retry_at: now + wait,
        });
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_voice_is_left_alone_longer_and_longer() {
        let mut slot = Slot {
            voice: Box::new(SilentVoice),
            failure: None,
        };
        let now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..7 {
            slot.remember(&VoiceError::NotBuilt, now);
            let wait = slot.failure.as_ref().unwrap().wait;
            assert!(!slot.is_ready(now + wait - Duration::from_millis(1)));
            assert!(slot.is_ready(now + wait));
            waits.push(wait.as_secs());
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
    }

    #[test]
    fn the_configured_order_is_kept_without_doubles() {
        use VoiceKind::{Command, Silent, System};
        let settings = config::Voice {
            order: vec![Silent, System, Command, Silent],
            ..config::Voice::default()
        };
        let kinds = |allow_system| -> Vec<VoiceKind> {
            let chain = VoiceChain::from_config(&settings, allow_system);
            chain.slots.iter().map(Slot::kind).collect()
        };
        assert_eq!(kinds(true), [Silent, System, Command]);
        assert_eq!(kinds(false), [Silent, Command]);
    }
}
