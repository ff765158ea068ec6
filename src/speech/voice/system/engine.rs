//! The `tts` crate, made safe to live with.
//!
//! Its callbacks run inside the C library's thread with two global locks held, and one that comes
//! after its [`Tts`] is gone panics in C code, which ends the process. So callbacks do nothing but
//! send, and a `Tts` is dropped only in silence; one that cannot be silenced is leaked. It is never
//! cloned (its counter is not atomic), and voices are never listed (there are thousands).

use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tts::{Error, Features, Tts};

use crate::speech::voice::Prosody;

/// Marks that may wait. More can only be of sentences long gone, and are dropped.
const MARKS: usize = 16;

/// How long a stopped engine may take to fall silent before it is leaked.
const SILENT_WITHIN: Duration = Duration::from_millis(500);

/// What failed.
#[derive(Debug)]
pub(super) struct EngineError {
    pub(super) action: &'static str,
    pub(super) reason: String,
}

/// How far a sentence has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Speaking {
    Waiting,
    Begun,
    Over,
}

impl Speaking {
    pub(super) fn begun(self) -> bool {
        self != Self::Waiting
    }

    pub(super) fn over(self) -> bool {
        self == Self::Over
    }
}

/// The one connection to the system's voice.
pub(super) struct Engine {
    tts: ManuallyDrop<Tts>,
    features: Features,
    marks: Receiver<Speaking>,
    speaking: Speaking,
}

impl Engine {
    /// Connects, which starts speech-dispatcher where it does not run. May hang.
    pub(super) fn open() -> Result<Self, EngineError> {
        let tts = Tts::default().map_err(|error| failed("start", &error))?;
        let (mark, marks) = bounded(MARKS);
        let engine = Self {
            features: tts.supported_features(),
            tts: ManuallyDrop::new(tts),
            marks,
            speaking: Speaking::Over,
        };
        if engine.features.utterance_callbacks {
            engine
                .listen(&mark)
                .map_err(|error| failed("report its progress", &error))?;
        } else if !engine.features.is_speaking {
            return Err(failed("report its progress", &Error::UnsupportedFeature));
        }
        Ok(engine)
    }

    fn listen(&self, mark: &Sender<Speaking>) -> Result<(), Error> {
        let sends = |what: Speaking| -> Option<Box<dyn FnMut(tts::UtteranceId)>> {
            let mark = mark.clone();
            Some(Box::new(move |_| {
                let _ = mark.try_send(what);
            }))
        };
        self.tts.on_utterance_begin(sends(Speaking::Begun))?;
        self.tts.on_utterance_end(sends(Speaking::Over))?;
        self.tts.on_utterance_stop(sends(Speaking::Over))
    }

    /// Begins a sentence. What the system cannot set stays as it is.
    pub(super) fn speak(&mut self, sentence: &str, prosody: &Prosody) -> Result<(), EngineError> {
        let tts = &mut *self.tts;
        if self.features.rate {
            let (low, normal, high) = (tts.min_rate(), tts.normal_rate(), tts.max_rate());
            let rate = octaves(prosody.rate, low, normal, high);
            tts.set_rate(rate)
                .map_err(|error| failed("set its rate", &error))?;
        }
        if self.features.pitch {
            let (low, normal, high) = (tts.min_pitch(), tts.normal_pitch(), tts.max_pitch());
            let pitch = octaves(prosody.pitch, low, normal, high);
            tts.set_pitch(pitch)
                .map_err(|error| failed("set its pitch", &error))?;
        }
        if self.features.volume {
            let (low, high) = (tts.min_volume(), tts.max_volume());
            let volume = low + prosody.volume * (high - low);
            tts.set_volume(volume)
                .map_err(|error| failed("set its volume", &error))?;
        }
        while self.marks.try_recv().is_ok() {}
        tts.speak(sentence, false)
            .map_err(|error| failed("speak", &error))?;
        self.speaking = Speaking::Waiting;
        Ok(())
    }

    /// How far the sentence has come, waiting up to `wait` for news.
    pub(super) fn progress(&mut self, wait: Duration) -> Result<Speaking, EngineError> {
        match self.marks.recv_timeout(wait) {
            Ok(mark) => self.speaking = mark,
            Err(RecvTimeoutError::Timeout) => {}
            // Without callbacks there is no sender either, and the system has to be asked.
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait);
                let sounds = self
                    .tts
                    .is_speaking()
                    .map_err(|e| failed("say how it is", &e))?;
                if sounds {
                    self.speaking = Speaking::Begun;
                } else if self.speaking.begun() {
                    self.speaking = Speaking::Over;
                }
            }
        }
        Ok(self.speaking)
    }

    /// Ends the sentence and waits for silence.
    pub(super) fn stop(&mut self) -> Result<(), EngineError> {
        if !self.features.stop {
            return Err(failed("stop", &Error::UnsupportedFeature));
        }
        self.tts.stop().map_err(|error| failed("stop", &error))?;
        let begun = Instant::now();
        while !self.speaking.over() {
            if begun.elapsed() > SILENT_WITHIN {
                return Err(failed("stop", &Error::OperationFailed));
            }
            self.progress(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// Disconnects. An engine that only goes out of scope is leaked.
    pub(super) fn close(mut self) {
        if self.speaking.over() || self.stop().is_ok() {
            drop(ManuallyDrop::into_inner(self.tts));
        } else {
            tracing::warn!("the system's voice cannot be stopped; its connection is left behind");
        }
    }
}

/// A factor of 0.5 to 2 on a scale of the system's own, its middle at 1.
fn octaves(factor: f32, low: f32, normal: f32, high: f32) -> f32 {
    let octaves = factor.clamp(0.5, 2.0).log2();
    let reach = if octaves < 0.0 {
        normal - low
    } else {
        high - normal
    };
    (normal + octaves * reach).clamp(low, high)
}

fn failed(action: &'static str, error: &Error) -> EngineError {
    EngineError {
        action,
        reason: error.to_string(),
    }
}
