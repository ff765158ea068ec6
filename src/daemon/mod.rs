//! Puts the parts together, and takes them apart again in the right order.
//!
//! ```text
//! Microphone ──frames──►┐                       ┌──► Recognizer (thread) ──outcomes──►┐
//! spoken jobs ─────────►│ fame-dialogue: Driver ├──► Brain (tokio task) ────answers──►│ back to the
//!                       └───────────────────────┴──► Speaker (thread) ──────events───►┘ driver
//! ```
//!
//! What programs ask without a voice goes to the brain past the driver ([`background`]).
//!
//! This is the only module that knows all the others.

mod background;
mod console;
mod handler;
mod house;
mod keeper;
mod memory;
mod ports;
mod record;
mod serve;
mod settings;
mod shared;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::audio::{CaptureEvent, FRAME_SAMPLES, Loudspeaker, Microphone, SAMPLE_RATE, Sink};
use crate::audit;
use crate::brain::{Ledger, Source};
use crate::bus::{Bus, Event};
use crate::config::{Config, Paths, SettingsFile};
use crate::dialogue::driver::{Driver, Happening, Partials};
use crate::dialogue::io::{Command, Input, Settings, TurnNumbers};
use crate::ipc::{IpcError, Server};
use crate::metrics::{Metrics, MetricsError};
use crate::skills::{self, Say, Skills};
use crate::speech::recognizer::{self, Recognizer};
use crate::speech::voice::{Prosody, Speaker, SpeakerError, SpeakerEvent, VoiceChain};

use background::Background;
use handler::DaemonHandler;
use house::DaemonHouse;
use keeper::Keeper;
use memory::{Memory, MemoryFile};
use ports::LivePorts;
use shared::Shared;

/// Captured frames that may wait for the dialogue: 10 s. When full, the capture thread drops the
/// newest and counts them as lost.
const CAPTURE_QUEUE: usize = 10 * SAMPLE_RATE as usize / FRAME_SAMPLES;

/// Transcripts that may wait: more than there can be jobs.
const OUTCOME_QUEUE: usize = 2 * recognizer::QUEUE;

/// Events of the voice that may wait. When full, the voice waits.
const VOICE_QUEUE: usize = 256;

/// Orders of clients and answers of the brain that may wait. When full, clients are told to try
/// again; there are never more answers than turns, which are fewer.
const JOB_QUEUE: usize = 128;

/// How often time passes for the dialogue when no sound arrives.
const TICK: Duration = Duration::from_millis(50);

/// How long a model may take to load before a client is told that it is still being loaded.
pub(crate) const MODEL_PATIENCE: Duration = Duration::from_secs(60);

/// How long connections may take to close at the end.
const CLOSING: Duration = Duration::from_secs(1);

/// Something for the dialogue's thread to do.
type Job = Box<dyn FnOnce(&mut LiveDriver) + Send>;

/// The dialogue as the daemon runs it.
type LiveDriver = Driver<LivePorts>;

/// Why the daemon does not run.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// The socket cannot be had.
    #[error(transparent)]
    Ipc(#[from] IpcError),
    /// A thread does not start.
    #[error("cannot start the thread for {what}: {source}; close other programs")]
    Thread {
        /// What it was for.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The voice does not start.
    #[error(transparent)]
    Voice(#[from] SpeakerError),
    /// Our own metrics contradict each other: a bug.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// FAME's own plugins are malformed: a bug.
    #[error("FAME's own plugins do not load: {0}; please report this")]
    Plugins(#[from] fame_plugin::sentence::TemplateError),
}

/// What a daemon is made of besides its settings.
pub struct Setup {
    /// The settings.
    pub config: Config,
    /// Where files and the socket are.
    pub paths: Paths,
    /// Where changed settings are kept.
    pub settings_file: SettingsFile,
    /// Whether heard, answered and state are shown in the terminal.
    pub console: bool,
}

/// Runs until `shutdown` becomes true, by a signal, a client or the caller.
pub async fn run(setup: Setup, shutdown: watch::Sender<bool>) -> Result<(), DaemonError> {
    let Setup {
        config,
        paths,
        settings_file,
        console,
    } = setup;
    // First of all: a daemon that runs already keeps its microphone.
    let server = Server::bind(&paths.socket(&config))?;
    let memory_file = Arc::new(MemoryFile::at(paths.data.join("state.json")));
    let memory = memory_file.load();
    let metrics = Arc::new(Metrics::new()?);
    let bus = {
        let metrics = metrics.clone();
        Bus::with_tap(move |event| metrics.saw(event))
    };
    let shared = Arc::new(Shared::new(bus, memory.clone()));
    let remembering = tokio::spawn(shared.clone().keep_memory(memory_file.clone()));
    let ledger = record::open(&paths.audit(), &config.audit).await;
    let (log, no_log) = match &ledger {
        Ledger::Log(log) => (Some(log.clone()), None),
        Ledger::Broken(reason) => (None, Some(reason.clone())),
        Ledger::None => (None, None),
    };
    if let Some(log) = log
        .as_ref()
        .filter(|_| config.sandbox.development_local_runner)
    {
        record::note(log, audit::Record::note("sandbox.may_run_without_walls"));
    }
    let following = log.as_ref().map(|log| record::follow(log, &shared.bus));
    if let Some(Err(error)) = &following {
        tracing::error!(%error, "changes of plugins are not recorded");
    }
    let terminal = console.then(|| {
        let events = shared.bus.subscribe();
        tokio::spawn(console::run(events, config.listen.wake_phrase.clone()))
    });

    let (job_sender, jobs) = bounded(JOB_QUEUE);
    let skills = Skills::start(skills::Setup {
        config: config.clone(),
        paths: paths.clone(),
        bus: shared.bus.clone(),
        say: unasked(job_sender.clone()),
        session: ports::SESSION.into(),
        ledger,
    })
    .await?;
    for clash in skills.brain().registry().clashes() {
        tracing::warn!("plugins: {clash}");
    }
    let numbers = TurnNumbers::from(skills.last_turn() + 1);
    let keeper = Keeper::start(skills.clone());
    let parts = Parts::start(
        &config,
        &memory,
        &shared,
        skills.clone(),
        (numbers.clone(), keeper.clone()),
    )?;
    let (recognizer, speaker) = (parts.recognizer.clone(), parts.speaker.clone());
    let handler = Arc::new(DaemonHandler {
        shared: shared.clone(),
        jobs: job_sender,
        recognizer,
        speaker: speaker.clone(),
        background: Background::new(
            shared.clone(),
            skills.brain().clone(),
            numbers,
            keeper.clone(),
        ),
        keeper: keeper.clone(),
        brain: skills.brain().clone(),
        skills: skills.clone(),
        config: std::sync::Mutex::new(config.clone()),
        settings_file: Arc::new(settings_file),
        next_ticket: AtomicU64::new(1),
        shutdown: shutdown.clone(),
        audit: log.clone(),
        no_audit: no_log,
        api: std::sync::OnceLock::new(),
    });
    let house = DaemonHouse {
        daemon: handler.clone(),
        metrics,
        paths: paths.clone(),
        stop: shutdown.subscribe(),
    };
    let stop = shutdown.subscribe();
    let dialogue = std::thread::Builder::new()
        .name("fame-dialogue".into())
        .spawn(move || parts.run(&jobs, &memory, &stop))
        .map_err(|source| DaemonError::Thread {
            what: "the dialogue",
            source,
        })?;

    let api = serve::start(&config.api, &paths.keys(), house, shutdown.subscribe()).await;
    let serving = tokio::spawn(server.run(handler, shutdown.subscribe()));
    ready();
    tracing::info!("listening");
    wait_for_the_end(&shutdown).await;
    tracing::info!("stopping");
    stopping();
    // Silence first: that is what a person who stops it waits for.
    speaker.stop();
    if dialogue.join().is_err() {
        tracing::error!("the dialogue's thread panicked");
    }
    remembering.abort();
    if let Err(error) = memory_file.save(|| shared.facts().memory) {
        tracing::warn!(%error, "the state is not saved");
    }
    // The socket goes with the server; connections have a moment to get their last words.
    let _ = tokio::time::timeout(CLOSING, serving).await;
    if let Some(api) = api {
        let _ = tokio::time::timeout(CLOSING, api).await;
    }
    if let Some(terminal) = terminal {
        terminal.abort();
    }
    keeper.flush().await;
    skills.shutdown().await;
    drop(following);
    if let Some(log) = log {
        record::close(log).await;
    }
    Ok(())
}

/// Has the dialogue say something that nobody asked for.
fn unasked(jobs: Sender<Job>) -> Say {
    Arc::new(move |text, asks| {
        let job: Job = Box::new(move |driver| {
            let ticket = None;
            driver.handle(Happening::Command(Command::Say { text, ticket, asks }));
        });
        jobs.try_send(job).is_ok()
    })
}

/// The devices and engines, each on its own thread, and the dialogue between them.
struct Parts {
    driver: LiveDriver,
    recognizer: Arc<Recognizer>,
    speaker: Arc<Speaker>,
    capture: Receiver<CaptureEvent>,
    outcomes: Receiver<recognizer::Outcome>,
    voice: Receiver<SpeakerEvent>,
    answers: Receiver<Happening>,
    shared: Arc<Shared>,
}

impl Parts {
    fn start(
        config: &Config,
        memory: &Memory,
        shared: &Arc<Shared>,
        skills: Arc<Skills>,
        (numbers, keeper): (TurnNumbers, Keeper),
    ) -> Result<Self, DaemonError> {
        let (outcome_sender, outcomes) = bounded(OUTCOME_QUEUE);
        let recognizer = Recognizer::start(
            config.recognizer.clone(),
            &config.listen.wake_phrase,
            outcome_sender,
        )
        .map_err(|source| DaemonError::Thread {
            what: "the recogniser",
            source,
        })?;
        let recognizer = Arc::new(recognizer);

        let mut prosody = Prosody::from(&config.voice);
        prosody.volume = memory.volume.unwrap_or(prosody.volume);
        prosody.rate = memory.rate.unwrap_or(prosody.rate);
        let (voice_sender, voice) = bounded(VOICE_QUEUE);
        let sink: Box<dyn Sink> = Box::new(
            Loudspeaker::start(config.audio.output_device.clone()).map_err(|source| {
                DaemonError::Thread {
                    what: "the loudspeaker",
                    source,
                }
            })?,
        );
        let chain = VoiceChain::from_config(&config.voice, true);
        let speaker = Arc::new(Speaker::start(chain, sink, voice_sender)?);
        speaker.set_prosody(prosody);

        let (capture_sender, capture) = bounded(CAPTURE_QUEUE);
        let microphone = Microphone::start(config.audio.input_device.clone(), capture_sender)
            .map_err(|source| DaemonError::Thread {
                what: "the microphone",
                source,
            })?;

        let (answer_sender, answers) = bounded(JOB_QUEUE);
        let settings = Settings {
            listen: config.listen.clone(),
            always_addressed: false,
            reveal_ignored: false,
            source: Source::Voice,
            session: ports::SESSION.into(),
            numbers,
        };
        let partials = if config.recognizer.partials {
            Partials::Affordable
        } else {
            Partials::Off
        };
        let ports = LivePorts {
            shared: shared.clone(),
            recognizer: recognizer.clone(),
            skills,
            runtime: Handle::current(),
            answers: answer_sender,
            speaker: speaker.clone(),
            microphone,
            prosody,
            keeper,
            clients: HashMap::new(),
            tasks: HashMap::new(),
        };
        let driver = Driver::new(settings, partials, ports);
        Ok(Self {
            driver,
            recognizer,
            speaker,
            capture,
            outcomes,
            voice,
            answers,
            shared: shared.clone(),
        })
    }

    /// The dialogue's thread: hands everything that happens to the driver, until the end.
    fn run(mut self, jobs: &Receiver<Job>, memory: &Memory, stop: &watch::Receiver<bool>) {
        for (remembered, command) in [
            (memory.muted, Command::Mute(true)),
            (memory.asleep, Command::Sleep(true)),
        ] {
            if remembered {
                self.driver.handle(Happening::Command(command));
            }
        }
        let mut watchdog = Watchdog::new();
        let mut last_sound = Instant::now();
        while !*stop.borrow() {
            watchdog.alive();
            crossbeam_channel::select! {
                recv(self.capture) -> event => match event {
                    Ok(event) => {
                        if matches!(event, CaptureEvent::Frame(_)) {
                            last_sound = Instant::now();
                        }
                        self.captured(event);
                    }
                    Err(_) => std::thread::sleep(TICK),
                },
                recv(self.outcomes) -> outcome => self.happened(outcome.map(Happening::Recognized)),
                recv(self.voice) -> event => {
                    if let Ok(event) = event {
                        self.spoken(event);
                    }
                },
                recv(self.answers) -> answer => self.happened(answer),
                recv(jobs) -> job => {
                    if let Ok(job) = job {
                        job(&mut self.driver);
                    }
                },
                default(TICK) => {}
            }
            let quiet = last_sound.elapsed();
            if quiet >= TICK {
                last_sound = Instant::now();
                self.driver.handle(Happening::Elapsed(quiet));
            }
        }
    }

    fn happened<E>(&mut self, happening: Result<Happening, E>) {
        // An error only says that the sender is gone, which happens at the end.
        if let Ok(happening) = happening {
            self.driver.handle(happening);
        }
    }

    fn captured(&mut self, event: CaptureEvent) {
        match event {
            CaptureEvent::Frame(frame) => self.driver.handle(Happening::Frame(frame)),
            CaptureEvent::Available {
                device,
                substitute_for,
            } => {
                let reason =
                    substitute_for.map(|named| format!("instead of {named:?}, which is not there"));
                self.shared.publish(Event::MicrophoneChanged {
                    available: true,
                    device: Some(device),
                    reason,
                });
            }
            CaptureEvent::Lost { reason } => {
                self.driver.handle(Happening::EndOfAudio);
                self.shared.publish(Event::MicrophoneChanged {
                    available: false,
                    device: None,
                    reason: Some(reason),
                });
            }
            CaptureEvent::Overrun { lost } => self.shared.publish(Event::AudioOverrun { lost }),
        }
    }

    fn spoken(&mut self, event: SpeakerEvent) {
        let input = match event {
            SpeakerEvent::Started { id, first_sound } => {
                Input::VoiceStarted(id, first_sound.as_secs_f64() * 1000.0)
            }
            SpeakerEvent::Finished { id, .. } => Input::VoiceFinished(id),
            SpeakerEvent::VoiceFailed { reason, .. } => Input::Failed {
                code: "voice".into(),
                message: reason,
            },
            SpeakerEvent::Sentence { .. } => return,
        };
        self.driver.handle(Happening::Dialogue(input));
    }
}

/// Waits for SIGTERM, SIGINT (Ctrl-C) or a client's `shutdown`.
async fn wait_for_the_end(shutdown: &watch::Sender<bool>) {
    let mut ordered = shutdown.subscribe();
    tokio::select! {
        _ = ordered.wait_for(|stop| *stop) => {}
        () = signalled() => {}
    }
    shutdown.send_replace(true);
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be caught; stop with `fame shutdown`");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Tells systemd that the dialogue's thread still turns, as often as the unit asks for.
struct Watchdog {
    every: Option<Duration>,
    last: Instant,
}

impl Watchdog {
    fn new() -> Self {
        #[cfg(target_os = "linux")]
        let limit = sd_notify::watchdog_enabled();
        #[cfg(not(target_os = "linux"))]
        let limit: Option<Duration> = None;
        Self {
            every: limit.map(|limit| limit / 3),
            last: Instant::now(),
        }
    }

    fn alive(&mut self) {
        if self.every.is_some_and(|every| self.last.elapsed() >= every) {
            self.last = Instant::now();
            #[cfg(target_os = "linux")]
            if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]) {
                tracing::debug!(%error, "systemd was not told");
            }
        }
    }
}

/// Tells systemd, where it started us, that clients may come.
fn ready() {
    #[cfg(target_os = "linux")]
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Tells systemd that the end is on purpose.
fn stopping() {
    #[cfg(target_os = "linux")]
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Stopping]) {
        tracing::debug!(%error, "systemd was not told");
    }
}
