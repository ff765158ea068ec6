//! The operating system's own voice, through the `tts` crate: speech-dispatcher on Linux.
//!
//! It plays by itself, so FAME gets no samples of it. One thread owns it: whatever hangs there
//! (starting speech-dispatcher, or speech-dispatcher itself) costs a time-out and no more.

mod engine;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};

use self::engine::{Engine, EngineError};
use super::{Prosody, Voice, VoiceError, longest_sound};
use crate::audio::SAMPLE_RATE;
use crate::audio::sink::{Cutter, Sink};
use crate::config::VoiceKind;

/// How long the system may take to begin a sentence, the start of speech-dispatcher included.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// How long dropping the voice waits for its thread. One that hangs in the system is left behind.
const END_WITHIN: Duration = Duration::from_secs(1);

/// How often the cutter is looked at while the system speaks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Sentences that may wait for the owner: none, it takes each out of the caller's hand.
const REQUESTS: usize = 0;

/// How long the owner may take to wind up the sentence before. Longer than that the system hangs,
/// and the sentence is refused.
const TAKEN_WITHIN: Duration = Duration::from_millis(700);

/// Speaks through the operating system. Nothing is started before the first sentence.
#[derive(Debug, Default)]
pub struct SystemVoice {
    owner: Option<Owner>,
}

#[derive(Debug)]
struct Owner {
    requests: Sender<Request>,
    thread: JoinHandle<()>,
}

/// A sentence on its way to the owner.
struct Request {
    sentence: String,
    prosody: Prosody,
    /// Set when nobody waits for it any more: it is to be stopped, or not to be begun.
    abandoned: Arc<AtomicBool>,
    answers: Sender<Answer>,
}

enum Answer {
    Began,
    Ended(Result<(), EngineError>),
}

impl SystemVoice {
    /// A voice that reaches for the system when it first speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands the sentence to the owner, starting it if need be.
    fn request(&mut self, request: Request) -> Result<(), VoiceError> {
        if self
            .owner
            .as_ref()
            .is_some_and(|owner| owner.thread.is_finished())
        {
            self.owner = None;
        }
        let owner = match &mut self.owner {
            Some(owner) => owner,
            none => none.insert(Owner::start().map_err(|e| failed("start", e.to_string()))?),
        };
        owner
            .requests
            .send_timeout(request, TAKEN_WITHIN)
            .map_err(|error| match error {
                SendTimeoutError::Timeout(_) => failed("answer", "it still hangs".into()),
                SendTimeoutError::Disconnected(_) => {
                    failed("answer", "its thread has crashed".into())
                }
            })
    }
}

impl Voice for SystemVoice {
    fn kind(&self) -> VoiceKind {
        VoiceKind::System
    }

    fn say(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        // What another voice has put there is to be heard first.
        sink.drain()?;
        let (answer, answers) = bounded(2);
        let abandoned = Arc::new(AtomicBool::new(false));
        // However this ends, the owner stops.
        let _guard = Abandon(Arc::clone(&abandoned));
        self.request(Request {
            // The library panics on a NUL.
            sentence: sentence.replace('\0', " "),
            prosody: prosody.clamped(),
            abandoned,
            answers: answer,
        })?;
        let mut deadline = Instant::now() + BEGIN_WITHIN;
        loop {
            if cut.is_cut() {
                return Err(VoiceError::Cut);
            }
            match answers.recv_timeout(LOOK_EVERY) {
                Ok(Answer::Began) => {
                    sink.write(&[], SAMPLE_RATE)?;
                    deadline = Instant::now() + longest_sound(sentence, prosody.rate);
                }
                Ok(Answer::Ended(result)) => {
                    return result.map_err(|error| failed(error.action, error.reason));
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(failed("speak", "it does not answer in time".into()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failed("speak", "its thread has crashed".into()));
                }
            }
        }
    }
}

impl Drop for SystemVoice {
    fn drop(&mut self) {
        let Some(Owner { requests, thread }) = self.owner.take() else {
            return;
        };
        drop(requests);
        let begun = Instant::now();
        while !thread.is_finished() && begun.elapsed() < END_WITHIN {
            thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            // Its panic, if any, was reported to the sentence that met it.
            let _ = thread.join();
        } else {
            tracing::warn!("the system's voice hangs; its thread is left behind");
        }
    }
}

/// Tells the owner, when dropped, that nobody waits any more.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Owner {
    fn start() -> io::Result<Self> {
        let (sender, requests) = bounded(REQUESTS);
        let thread = thread::Builder::new()
            .name("fame-voice-sys".into())
            .spawn(move || serve(&requests))?;
        Ok(Self {
            requests: sender,
            thread,
        })
    }
}

/// The owner's work. An engine that failed is opened anew for the next sentence.
fn serve(requests: &Receiver<Request>) {
    let mut engine: Option<Engine> = None;
    for request in requests {
        if request.abandoned.load(Ordering::SeqCst) {
            continue;
        }
        let result = say(&mut engine, &request);
        if result.is_err()
            && let Some(broken) = engine.take()
        {
            broken.close();
        }
        // Nobody may be waiting any more.
        let _ = request.answers.try_send(Answer::Ended(result));
    }
    if let Some(engine) = engine {
        engine.close();
    }
}

fn say(engine: &mut Option<Engine>, request: &Request) -> Result<(), EngineError> {
    let engine = match engine {
        Some(engine) => engine,
        none => none.insert(Engine::open()?),
    };
    if request.abandoned.load(Ordering::SeqCst) {
        return Ok(());
    }
    engine.speak(&request.sentence, &request.prosody)?;
    let mut told = false;
    loop {
        if request.abandoned.load(Ordering::SeqCst) {
            return engine.stop();
        }
        let speaking = engine.progress(LOOK_EVERY)?;
        if speaking.begun() && !told {
            told = true;
            let _ = request.answers.try_send(Answer::Began);
        }
        if speaking.over() {
            return Ok(());
        }
    }
}

fn failed(action: &'static str, reason: String) -> VoiceError {
    VoiceError::System { action, reason }
}
