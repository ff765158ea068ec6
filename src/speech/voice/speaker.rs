//! The voice thread: speaks what it is given, in order, and can be silenced from any thread.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};

use super::render::{Progress, Stage, render_on};
use super::{Prosody, VoiceChain, VoiceError, VoiceStatus};
use crate::audio::SAMPLE_RATE;
use crate::audio::sink::{Cutter, Sink};
use crate::config::VoiceKind;

/// Replies and earcons that may wait. When it is full a reply is refused and an earcon is dropped.
pub const QUEUE: usize = 32;

/// How often a speaker that waits for room among the events looks whether it is being dropped.
const EVENT_STEP: Duration = Duration::from_millis(20);

/// What the speaker tells.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeakerEvent {
    /// The reply's first sample is in the sink. Never sent for a reply without sound.
    Started {
        /// The reply.
        id: u64,
        /// Time since [`Speaker::speak`].
        first_sound: Duration,
    },
    /// This sentence of the reply is being rendered, for at most 30 s before it is heard.
    Sentence {
        /// The reply.
        id: u64,
        /// The sentence as written, without markup.
        text: String,
    },
    /// The reply was heard, or cut, or nobody could speak it. Comes exactly once for each reply
    /// that [`Speaker::speak`] took.
    Finished {
        /// The reply.
        id: u64,
        /// Whether [`Speaker::stop`] ended it early.
        cut: bool,
    },
    /// A voice could not say a sentence.
    VoiceFailed {
        /// The voice.
        kind: VoiceKind,
        /// Why, and what to do about it.
        reason: String,
        /// The voice that tries it instead. `None`: the sentence stays unspoken.
        next: Option<VoiceKind>,
    },
}

/// Why the speaker does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    /// Too much waits to be spoken.
    #[error("{QUEUE} replies wait to be spoken already; wait for one to finish, or stop them")]
    Full,
    /// The thread could not be started.
    #[error("the voice thread cannot be started: {0}; close some programs")]
    Thread(#[source] io::Error),
    /// The thread is gone.
    #[error("the voice thread has ended; this is a bug in FAME, please report it")]
    Ended,
}

/// A handle to the voice thread. Dropping it cuts what is being said and joins the thread.
pub struct Speaker {
    /// `None` only while being dropped.
    commands: Option<Sender<Command>>,
    shared: Arc<Shared>,
    cutter: Cutter,
    thread: Option<JoinHandle<()>>,
}

struct Command {
    /// The number of stops before it: if there were more since, it is not to be heard.
    stops: u64,
    kind: CommandKind,
}

enum CommandKind {
    Speak {
        id: u64,
        text: String,
        asked: Instant,
    },
    Earcon(Vec<f32>),
}

/// What the handle and the thread share.
#[derive(Default)]
struct Shared {
    stops: AtomicU64,
    closing: AtomicBool,
    prosody: Mutex<Prosody>,
    status: Mutex<VoiceStatus>,
}

impl Speaker {
    /// Starts the voice thread. It waits for room when `events` is full, so somebody has to read
    /// them; when nobody can any more, it goes on without.
    pub fn start(
        chain: VoiceChain,
        sink: Box<dyn Sink>,
        events: Sender<SpeakerEvent>,
    ) -> Result<Self, SpeakerError> {
        let (commands, inbox) = bounded(QUEUE);
        let shared = Arc::new(Shared::default());
        *lock(&shared.status) = chain.status();
        let cutter = sink.cutter();
        let mut thread = VoiceThread {
            chain,
            sink,
            events,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name("fame-voice".into())
            .spawn(move || thread.run(&inbox))
            .map_err(SpeakerError::Thread)?;
        Ok(Self {
            commands: Some(commands),
            shared,
            cutter,
            thread: Some(thread),
        })
    }

    /// Speaks `text` after everything before it. Once taken, `id` gets exactly one
    /// [`SpeakerEvent::Finished`]; refused, it gets no event at all.
    pub fn speak(&self, id: u64, text: String) -> Result<(), SpeakerError> {
        self.send(CommandKind::Speak {
            id,
            text,
            asked: Instant::now(),
        })
    }

    /// Plays a short sound at [`SAMPLE_RATE`] after everything before it, or drops it when much
    /// waits: an earcon that comes late is worse than none.
    pub fn earcon(&self, samples: Vec<f32>) {
        if let Err(error) = self.send(CommandKind::Earcon(samples)) {
            tracing::debug!(%error, "an earcon was dropped");
        }
    }

    /// Silence within 50 ms: cuts what is being said and drops what waits.
    pub fn stop(&self) {
        // In this order: the thread that resets the cutter for a command then looks at the number.
        self.shared.stops.fetch_add(1, Ordering::SeqCst);
        self.cutter.cut();
    }

    /// How the next sentence is to sound, and all after it.
    pub fn set_prosody(&self, prosody: Prosody) {
        *lock(&self.shared.prosody) = prosody.clamped();
    }

    /// How the next sentence will sound.
    pub fn prosody(&self) -> Prosody {
        *lock(&self.shared.prosody)
    }

    /// Which voice speaks, and which ones cannot, as of the last sentence.
    pub fn status(&self) -> VoiceStatus {
        lock(&self.shared.status).clone()
    }

    fn send(&self, kind: CommandKind) -> Result<(), SpeakerError> {
        let commands = self.commands.as_ref().ok_or(SpeakerError::Ended)?;
        let stops = self.shared.stops.load(Ordering::SeqCst);
        commands
            .try_send(Command { stops, kind })
            .map_err(|error| match error {
                TrySendError::Full(_) => SpeakerError::Full,
                TrySendError::Disconnected(_) => SpeakerError::Ended,
            })
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.stop();
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the voice thread has crashed");
        }
    }
}

struct VoiceThread {
    chain: VoiceChain,
    sink: Box<dyn Sink>,
    events: Sender<SpeakerEvent>,
    shared: Arc<Shared>,
}

impl VoiceThread {
    fn run(&mut self, inbox: &Receiver<Command>) {
        for Command { stops, kind } in inbox {
            self.sink.cutter().reset();
            // A stop before the reset shows in the number, one after it in the cutter.
            let stopped = self.shared.stops.load(Ordering::SeqCst) != stops;
            match kind {
                CommandKind::Speak { id, text, asked } => {
                    let cut = stopped || self.speak(id, &text, asked);
                    let finished = SpeakerEvent::Finished { id, cut };
                    emit(&self.events, &self.shared, finished);
                }
                CommandKind::Earcon(samples) if !stopped => self.play(&samples),
                CommandKind::Earcon(_) => {}
            }
        }
    }

    /// Speaks a reply; whether it was cut.
    fn speak(&mut self, id: u64, text: &str, asked: Instant) -> bool {
        let (events, shared) = (&self.events, &self.shared);
        let mut tell = |progress: Progress<'_>| {
            let event = match progress {
                Progress::FirstSound => SpeakerEvent::Started {
                    id,
                    first_sound: asked.elapsed(),
                },
                Progress::Sentence(text) => SpeakerEvent::Sentence {
                    id,
                    text: text.to_owned(),
                },
                Progress::VoiceFailed { kind, reason, next } => {
                    tracing::warn!(?kind, %reason, ?next, "a voice failed");
                    SpeakerEvent::VoiceFailed { kind, reason, next }
                }
            };
            emit(events, shared, event);
        };
        let mut stage = Stage::new(self.sink.as_mut(), &mut tell);
        let prosody = || *lock(&shared.prosody);
        let result = render_on(&mut stage, text, &prosody, &mut self.chain);
        *lock(&shared.status) = self.chain.status();
        match result {
            Ok(()) => false,
            Err(VoiceError::Cut) => true,
            Err(error) => {
                tracing::warn!(%error, "a reply was not spoken to its end");
                false
            }
        }
    }

    fn play(&mut self, samples: &[f32]) {
        let played = self
            .sink
            .write(samples, SAMPLE_RATE)
            .and_then(|()| self.sink.drain());
        if let Err(error) = played {
            tracing::debug!(%error, "an earcon was not played to its end");
        }
    }
}

/// Sends an event. Waits for room, but not while the speaker is being dropped.
fn emit(events: &Sender<SpeakerEvent>, shared: &Shared, event: SpeakerEvent) {
    let mut event = event;
    while let Err(SendTimeoutError::Timeout(back)) = events.send_timeout(event, EVENT_STEP) {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        event = back;
    }
}

/// The lock's value, whatever happened to another holder: the values are complete at all times.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
