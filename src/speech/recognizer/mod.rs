//! Speech to text: one thread that owns the model and its state.
//!
//! Jobs go in, outcomes come out. A job may be abandoned at any time, which stops the work within
//! milliseconds; an abandoned job has no outcome, every other job has exactly one.

mod agreement;
mod engine;
mod junk;
mod load;
mod window;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use thiserror::Error;

pub use agreement::{Agreement, Partial};
pub use engine::{Engine, Manner, Prompts, Reading, SHORTEST_SAMPLES, Whisper};
pub use junk::repeats;
pub use load::Load;
pub use window::{LONGEST_SAMPLES, attempts, token_cap};

use crate::config;
use crate::models::{self, ModelError, SearchPath};

/// Jobs and commands that may wait. A job beyond that is refused and the caller told: at a tenth
/// of real time per job, a queue this long means that the machine is stuck.
pub const QUEUE: usize = 16;

/// Why there is no text.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum EngineError {
    /// The model does not load.
    #[error("cannot load the speech model {}: {reason}", path.display())]
    Load {
        /// The model's file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Whisper knows no such language.
    #[error("unknown language {language:?}; set `recognizer.language` to a code such as \"en\"")]
    Language {
        /// What was configured.
        language: String,
    },
    /// The library gave up on this utterance.
    #[error("speech recognition failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// The job was abandoned.
    #[error("abandoned")]
    Aborted,
    /// There is no model to work with.
    #[error("no speech model is loaded: {reason}")]
    NoModel {
        /// Why not, with the remedy.
        reason: String,
    },
    /// Too many jobs wait.
    #[error(
        "speech recognition is {QUEUE} utterances behind; close other programs or use a smaller model"
    )]
    Busy,
}

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The text of an utterance that seems to be over.
    Final,
    /// A look at one that goes on, on one thread.
    Partial,
    /// The same, left out when other programs need the machine.
    PartialIfIdle,
}

/// The words of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The text, noises and loops taken out.
    pub text: String,
    /// Geometric mean of the probabilities of its tokens, 0 to 1.
    pub confidence: f32,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The job's number.
    pub job: u64,
    /// What it was for.
    pub purpose: Purpose,
    /// The text, or `None` if nobody said a word (or a partial was left out on a busy machine).
    pub result: Result<Option<Transcript>, EngineError>,
    /// Time spent on it, waiting not included.
    pub took: Duration,
    /// Threads that worked on it.
    pub threads: usize,
}

/// A job that was handed in. Dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The job's number, as in [`Outcome::job`].
    pub job: u64,
    abandoned: Arc<AtomicBool>,
}

impl Ticket {
    /// Stops the job, now or before it starts.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

/// What is known of the model in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Its name or path as configured.
    pub model: String,
    /// Its file, once loaded.
    pub path: Option<PathBuf>,
    /// Whether its window follows the utterance.
    pub window: Option<models::Window>,
    /// The language in use.
    pub language: String,
    /// Threads of the last final job.
    pub threads: usize,
    /// Why it cannot be used.
    pub error: Option<String>,
    /// Whether loading has ended, well or not.
    pub settled: bool,
}

/// Makes an engine from the settings and what it is told to expect.
pub type Loader = Box<
    dyn FnMut(&config::Recognizer, &Prompts, &mut Status) -> Result<Box<dyn Engine>, EngineError>
        + Send,
>;

enum Command {
    Read {
        ticket: Ticket,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
        /// Who gets the outcome, if not everybody.
        reply: Option<Sender<Outcome>>,
    },
    SpeechStarted,
    Configure(config::Recognizer),
}

/// A handle on the recogniser's thread, which ends when this is dropped.
pub struct Recognizer {
    commands: Option<Sender<Command>>,
    next_job: AtomicU64,
    status: Arc<Mutex<Status>>,
    current: Arc<Mutex<Option<Ticket>>>,
    thread: Option<JoinHandle<()>>,
}

impl Recognizer {
    /// Starts the thread with Whisper. The model loads in the background; until then jobs wait.
    /// `wake_phrase` is told to the model, which otherwise writes "Hey, Thane".
    pub fn start(
        settings: config::Recognizer,
        wake_phrase: &str,
        outcomes: Sender<Outcome>,
    ) -> std::io::Result<Self> {
        Self::with_loader(settings, wake_phrase, outcomes, Box::new(load_whisper))
    }

    /// Starts the thread with another kind of engine.
    pub fn with_loader(
        settings: config::Recognizer,
        wake_phrase: &str,
        outcomes: Sender<Outcome>,
        loader: Loader,
    ) -> std::io::Result<Self> {
        let (commands, inbox) = bounded(QUEUE);
        let status = Arc::new(Mutex::new(Status::default()));
        let current = Arc::new(Mutex::new(None));
        let worker = Worker {
            wake_phrase: wake_phrase.to_owned(),
            settings,
            loader,
            engine: None,
            load: Load::new(),
            status: status.clone(),
            current: current.clone(),
            outcomes,
        };
        let thread = std::thread::Builder::new()
            .name("fame-recognizer".into())
            .spawn(move || worker.run(&inbox))?;
        Ok(Self {
            commands: Some(commands),
            next_job: AtomicU64::new(1),
            status,
            current,
            thread: Some(thread),
        })
    }

    /// Hands in mono 16 kHz sound that may begin with the wake phrase, or may not. Never waits;
    /// [`EngineError::Busy`] when the queue is full.
    pub fn submit(
        &self,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
    ) -> Result<Ticket, EngineError> {
        self.hand_in(purpose, may_wake, audio, None)
    }

    /// The same for somebody of their own, who gets the outcome alone. An abandoned job, and one
    /// whose recogniser ends, has none.
    ///
    /// # Errors
    /// [`EngineError::Busy`] when the queue is full.
    pub fn read(&self, audio: Vec<f32>) -> Result<(Ticket, Receiver<Outcome>), EngineError> {
        let (reply, outcome) = bounded(1);
        let ticket = self.hand_in(Purpose::Final, false, audio, Some(reply))?;
        Ok((ticket, outcome))
    }

    fn hand_in(
        &self,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
        reply: Option<Sender<Outcome>>,
    ) -> Result<Ticket, EngineError> {
        let ticket = Ticket {
            job: self.next_job.fetch_add(1, Ordering::Relaxed),
            abandoned: Arc::new(AtomicBool::new(false)),
        };
        self.send(Command::Read {
            ticket: ticket.clone(),
            purpose,
            may_wake,
            audio,
            reply,
        })?;
        Ok(ticket)
    }

    /// Says that somebody began to speak, so that the machine's load is measured from now.
    pub fn speech_started(&self) {
        // Only a hint: a full queue does without.
        let _ = self.send(Command::SpeechStarted);
    }

    /// Changes model, language, threads or custom words. The old model stays if the new one does
    /// not load; [`status`](Self::status) says so.
    pub fn configure(&self, settings: config::Recognizer) -> Result<(), EngineError> {
        lock(&self.status).settled = false;
        self.send(Command::Configure(settings))
    }

    /// What is known of the model in use.
    pub fn status(&self) -> Status {
        lock(&self.status).clone()
    }

    /// Waits until the model is loaded, or has failed to within `patience`.
    pub fn wait_until_settled(&self, patience: Duration) -> Status {
        let deadline = Instant::now() + patience;
        loop {
            let status = self.status();
            if status.settled || Instant::now() > deadline {
                return status;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn send(&self, command: Command) -> Result<(), EngineError> {
        let Some(commands) = &self.commands else {
            return Err(EngineError::Busy);
        };
        commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => EngineError::Busy,
            TrySendError::Disconnected(_) => EngineError::NoModel {
                reason: "the recogniser has stopped; restart famed".into(),
            },
        })
    }
}

impl Drop for Recognizer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(ticket) = lock(&self.current).as_ref() {
            ticket.abandon();
        }
        if let Some(thread) = self.thread.take() {
            // A panic was already reported where it happened.
            let _ = thread.join();
        }
    }
}

struct Worker {
    wake_phrase: String,
    settings: config::Recognizer,
    loader: Loader,
    engine: Option<Box<dyn Engine>>,
    load: Load,
    status: Arc<Mutex<Status>>,
    current: Arc<Mutex<Option<Ticket>>>,
    outcomes: Sender<Outcome>,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Command>) {
        self.reload();
        for command in inbox {
            match command {
                Command::SpeechStarted => self.load.sample(),
                Command::Configure(settings) => {
                    let model_changed = Settings::of(&settings) != Settings::of(&self.settings);
                    let before = std::mem::replace(&mut self.settings, settings);
                    if model_changed || self.engine.is_none() {
                        let loaded = self.reload();
                        if !loaded && self.engine.is_some() {
                            // The old model goes on, and is what a later reload is to bring back.
                            self.settings = before;
                        }
                    } else {
                        lock(&self.status).settled = true;
                    }
                }
                Command::Read {
                    ticket,
                    purpose,
                    may_wake,
                    audio,
                    reply,
                } => {
                    *lock(&self.current) = Some(ticket.clone());
                    let outcome = self.read(&ticket, purpose, may_wake, &audio);
                    *lock(&self.current) = None;
                    let Some(outcome) = outcome else { continue };
                    if let Some(reply) = reply {
                        // Somebody who went away needs no outcome.
                        let _ = reply.send(outcome);
                    } else if self.outcomes.send(outcome).is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Loads the model anew; gives whether that worked.
    fn reload(&mut self) -> bool {
        let mut status = Status {
            model: self.settings.model.clone(),
            language: self.settings.language.clone(),
            ..Status::default()
        };
        let prompts = prompts(&self.wake_phrase, &self.settings.custom_words);
        let engine = caught(|| (self.loader)(&self.settings, &prompts, &mut status));
        let loaded = engine.is_ok();
        match engine {
            Ok(engine) => {
                self.engine = Some(engine);
                tracing::info!(model = %status.model, "speech model loaded");
            }
            Err(error) => {
                tracing::warn!(%error, "speech model not loaded");
                status = Status {
                    error: Some(error.to_string()),
                    ..lock(&self.status).clone()
                };
            }
        }
        status.settled = true;
        *lock(&self.status) = status;
        loaded
    }

    /// `None` if the job was abandoned.
    fn read(
        &mut self,
        ticket: &Ticket,
        purpose: Purpose,
        may_wake: bool,
        audio: &[f32],
    ) -> Option<Outcome> {
        self.load.sample();
        let threads = match (purpose, self.settings.threads) {
            (Purpose::Partial | Purpose::PartialIfIdle, _) => 1,
            (Purpose::Final, 0) => self.load.threads(),
            (Purpose::Final, threads) => threads,
        };
        let left_out = purpose == Purpose::PartialIfIdle && self.load.is_busy();
        let started = Instant::now();
        let result = if audio.len() < SHORTEST_SAMPLES || left_out {
            Ok(None)
        } else {
            self.transcribe(audio, Manner { threads, may_wake }, &ticket.abandoned)
        };
        if purpose == Purpose::Final {
            lock(&self.status).threads = threads;
        }
        if ticket.abandoned.load(Ordering::Relaxed) {
            return None;
        }
        Some(Outcome {
            job: ticket.job,
            purpose,
            result,
            took: started.elapsed(),
            threads,
        })
    }

    fn transcribe(
        &mut self,
        audio: &[f32],
        manner: Manner,
        abandoned: &AtomicBool,
    ) -> Result<Option<Transcript>, EngineError> {
        let Some(engine) = &mut self.engine else {
            let reason = lock(&self.status).error.clone().unwrap_or_default();
            return Err(EngineError::NoModel { reason });
        };
        let audio = &audio[..audio.len().min(LONGEST_SAMPLES)];
        let reading = caught(|| engine.read(audio, manner, abandoned));
        if let Err(EngineError::Failed { reason }) = &reading
            && reason == PANICKED
        {
            // Its state cannot be trusted any more.
            self.engine = None;
            self.reload();
        }
        let reading = reading?;
        if junk::from_silence(reading.no_speech, reading.confidence) {
            return Ok(None);
        }
        Ok(junk::words(&reading.text).map(|text| Transcript {
            text,
            confidence: reading.confidence,
        }))
    }
}

/// The settings that need the model loaded anew.
#[derive(PartialEq)]
struct Settings<'a>(&'a str, &'a Option<PathBuf>, &'a str, &'a [String]);

impl<'a> Settings<'a> {
    fn of(settings: &'a config::Recognizer) -> Self {
        Self(
            &settings.model,
            &settings.model_folder,
            &settings.language,
            &settings.custom_words,
        )
    }
}

const PANICKED: &str = "the engine panicked";

fn caught<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("the speech engine panicked");
        Err(EngineError::Failed {
            reason: PANICKED.into(),
        })
    })
}

fn load_whisper(
    settings: &config::Recognizer,
    prompts: &Prompts,
    status: &mut Status,
) -> Result<Box<dyn Engine>, EngineError> {
    let no_model = |error: ModelError| EngineError::NoModel {
        reason: error.to_string(),
    };
    let search = SearchPath::standard(settings.model_folder.as_deref());
    let model = models::resolve(&settings.model, &search).map_err(no_model)?;
    let engine = Whisper::load(&model, &settings.language, prompts)?;
    status.path = Some(model.path);
    status.window = Some(model.window);
    Ok(Box::new(engine))
}

/// What the model is told to expect, in the form in which it would have written it.
fn prompts(wake_phrase: &str, custom_words: &[String]) -> Prompts {
    let capitalised = |word: &str| -> String {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    };
    let sentence = |words: String| {
        if words.is_empty() {
            words
        } else {
            format!("{words}.")
        }
    };
    let phrase: Vec<String> = wake_phrase.split_whitespace().map(capitalised).collect();
    let phrase = sentence(phrase.join(" "));
    let addressed = sentence(custom_words.join(", "));
    let may_wake = format!("{phrase} {addressed}").trim().to_owned();
    Prompts {
        may_wake,
        addressed,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Only plain assignments happen under these locks, so a poisoned one is still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
