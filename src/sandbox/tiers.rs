//! Which tier runs programs, now: the best that is wanted and can be had.
//!
//! An engine may come later than FAME, and may go. One that is not there is looked for again, with
//! growing pauses, and when a program comes; one that is there is asked whether it still is. While
//! there is none, the kernel's own walls do, if the owner allows them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::docker::{Doomed, Engine};
use super::error::SandboxError;
use super::local::{self, Local};
use super::native::Walls;
use super::report::{Run, Tier};
use super::request::Job;
use super::settings::{Settings, TierChoice};
use super::stream::Stream;

/// How often an engine is looked for and asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Pause before an engine that is not there is looked for again, doubled each time.
    pub(super) first_pause: Duration,
    /// Longest such pause.
    pub(super) longest_pause: Duration,
    /// A program that comes has an engine looked for, but no sooner after the last look.
    pub(super) look_at_most_every: Duration,
    /// How often an engine that is there is asked whether it is.
    pub(super) ask_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(30),
            longest_pause: Duration::from_secs(5 * 60),
            look_at_most_every: Duration::from_secs(10),
            ask_every: Duration::from_secs(5),
        }
    }
}

/// Questions in a row without an answer after which it is lost: one that has much to do is slow.
const ASK_TIMES: usize = 3;

/// Pause between them.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// What keeps programs in.
#[derive(Clone)]
pub(super) enum Chosen {
    A(Arc<Engine>),
    B(Arc<Walls>),
    Local(Arc<Local>),
    None,
}

impl Chosen {
    pub(super) fn tier(&self) -> Option<Tier> {
        match self {
            Self::A(_) => Some(Tier::A),
            Self::B(_) => Some(Tier::B),
            Self::Local(_) => Some(Tier::Local),
            Self::None => None,
        }
    }

    /// Runs a program.
    pub(super) async fn run(&self, job: Job<'_>, stream: Stream) -> Result<Run, SandboxError> {
        match self {
            Self::A(engine) => engine.run(job, stream).await,
            Self::B(walls) => walls.run(job, stream).await,
            Self::Local(local) => local.run(job, stream).await,
            Self::None => Err(SandboxError::ShutDown),
        }
    }
}

/// What is used, and why nothing better is.
#[derive(Clone)]
pub(super) struct Now {
    pub(super) walls: Chosen,
    pub(super) reasons: Vec<String>,
}

/// The choice, which changes.
pub(super) struct Tiers {
    settings: Settings,
    helper: PathBuf,
    pace: Pace,
    /// Whether an engine is wanted at all.
    wants_engine: bool,
    now: RwLock<Now>,
    /// The walls of tier B, once they were tried.
    walls: Turn<Option<Arc<Walls>>>,
    /// One look at a time.
    look: Turn<()>,
    looked: Mutex<Instant>,
    /// Wakes the watch.
    doubt: Arc<Notify>,
    stop: CancellationToken,
    doomed: Doomed,
}

impl Drop for Tiers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Tiers {
    /// Chooses, and goes on watching on the runtime that this is called on.
    pub(super) async fn start(settings: Settings, helper: PathBuf, pace: Pace) -> Arc<Self> {
        let mut now = Now {
            walls: Chosen::None,
            reasons: Vec::new(),
        };
        let mut wants_engine = settings.tier != TierChoice::B;
        if let Err(error) = settings.validate() {
            now.reasons.push(error.to_string());
            wants_engine = false;
        } else if local::is_wanted(settings.development_local_runner) {
            now.walls = Chosen::Local(Arc::new(Local::start()));
            wants_engine = false;
        }
        let is_decided = !now.reasons.is_empty() || now.walls.tier().is_some();
        let tiers = Arc::new(Self {
            settings,
            helper,
            pace,
            wants_engine,
            now: RwLock::new(now),
            walls: Turn::new(None),
            look: Turn::new(()),
            looked: Mutex::new(Instant::now()),
            doubt: Arc::default(),
            stop: CancellationToken::new(),
            doomed: Doomed::default(),
        });
        if !is_decided {
            let problem = match wants_engine {
                true => tiers.find_engine().await.err(),
                false => None,
            };
            if tiers.now().walls.tier().is_none() {
                tiers.without_engine(problem).await;
            }
        }
        if wants_engine {
            tokio::spawn(watch(
                Arc::downgrade(&tiers),
                pace,
                Arc::clone(&tiers.doubt),
                tiers.stop.clone(),
            ));
        }
        tiers
    }

    pub(super) fn now(&self) -> Now {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The same for a program that comes: where an engine is wanted and missing, and was not looked
    /// for just now, it is. A program waits for that only if there is nothing else to run it.
    pub(super) async fn now_for_program(&self) -> Now {
        let now = self.now();
        if !self.misses_engine(&now) || self.since_look() < self.pace.look_at_most_every {
            return now;
        }
        if now.walls.tier().is_some() {
            self.doubt.notify_one();
            return now;
        }
        self.look_again().await;
        self.now()
    }

    /// An engine was lost in mid-run: see whether it is gone.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Stops watching, and gives what is used, for its end.
    pub(super) fn stop(&self) -> Chosen {
        self.stop.cancel();
        self.now().walls
    }

    fn misses_engine(&self, now: &Now) -> bool {
        self.wants_engine && !matches!(now.walls, Chosen::A(_))
    }

    fn since_look(&self) -> Duration {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.elapsed()
    }

    fn set(&self, now: Now) {
        for reason in &now.reasons {
            tracing::info!("sandbox: {reason}");
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Looks for an engine, and uses it if there is one. An error is a reason.
    async fn find_engine(&self) -> Result<(), String> {
        let found = Engine::start(&self.settings, Arc::clone(&self.doomed)).await;
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        match found {
            Ok(engine) => {
                self.set(Now {
                    walls: Chosen::A(Arc::new(engine)),
                    reasons: Vec::new(),
                });
                Ok(())
            }
            Err(SandboxError::Unavailable { reason }) => Err(format!("tier A: {reason}")),
            Err(error) => Err(format!("tier A: {error}")),
        }
    }

    /// What is left, when there is no engine for this reason.
    async fn without_engine(&self, problem: Option<String>) {
        let mut now = Now {
            walls: Chosen::None,
            reasons: problem.into_iter().collect(),
        };
        if self.settings.tier != TierChoice::A {
            match self.own_walls().await {
                Ok(walls) => now.walls = Chosen::B(walls),
                Err(error) => now.reasons.push(format!("tier B: {error}")),
            }
        }
        self.set(now);
    }

    /// The walls of tier B, tried once.
    async fn own_walls(&self) -> Result<Arc<Walls>, SandboxError> {
        let mut tried = self.walls.lock().await;
        if let Some(walls) = &*tried {
            return Ok(Arc::clone(walls));
        }
        let limits = self.settings.limits(Duration::MAX);
        let walls = Arc::new(Walls::start(&self.helper, &limits).await?);
        *tried = Some(Arc::clone(&walls));
        Ok(walls)
    }

    /// Looks for an engine that is missing; tells whether it came.
    async fn look_again(&self) -> bool {
        let _turn = self.look.lock().await;
        if !self.misses_engine(&self.now()) {
            return true;
        }
        match self.find_engine().await {
            Ok(()) => {
                tracing::info!("sandbox: there is an engine now: programs run on tier A");
                true
            }
            Err(problem) => {
                self.without_engine(Some(problem)).await;
                false
            }
        }
    }

    /// Asks an engine that is used whether it is there, and goes on without it when it is not.
    async fn ask(&self, engine: &Arc<Engine>) {
        let mut problem = None;
        for _ in 0..ASK_TIMES {
            problem = engine.answers().await.err();
            if problem.is_none() {
                break;
            }
            sleep(ASK_AGAIN).await;
        }
        let reasons = self.now().reasons;
        let Some(problem) = problem else {
            if !reasons.is_empty() {
                self.set(Now {
                    walls: Chosen::A(Arc::clone(engine)),
                    reasons: Vec::new(),
                });
            }
            return;
        };
        let reason = format!("tier A: {} is gone: {problem}", engine.describe());
        let walls = match self.settings.tier {
            TierChoice::A => None,
            TierChoice::Auto | TierChoice::B => self.own_walls().await.ok(),
        };
        let Some(walls) = walls else {
            // There is nothing else; what it is asked for will say that it is lost, or be done.
            if reasons.is_empty() {
                self.set(Now {
                    walls: Chosen::A(Arc::clone(engine)),
                    reasons: vec![reason],
                });
            }
            return;
        };
        self.set(Now {
            walls: Chosen::B(walls),
            reasons: vec![reason],
        });
        let gone = Arc::clone(engine);
        // What it cannot remove goes on the list for the next one.
        tokio::spawn(async move { gone.shut_down().await });
    }
}

/// Looks and asks until the sandbox is gone.
async fn watch(tiers: Weak<Tiers>, pace: Pace, doubt: Arc<Notify>, stop: CancellationToken) {
    let mut pause = pace.first_pause;
    loop {
        let used = match tiers.upgrade() {
            Some(tiers) => tiers.now().walls,
            None => return,
        };
        let wait = match used {
            Chosen::A(_) => pace.ask_every,
            _ => pause,
        };
        drop(used);
        tokio::select! {
            () = stop.cancelled() => return,
            // However it ends, it is time.
            _ = timeout(wait, doubt.notified()) => {}
        }
        let Some(tiers) = tiers.upgrade() else {
            return;
        };
        let work = async {
            match tiers.now().walls {
                Chosen::A(engine) => tiers.ask(&engine).await,
                _ if tiers.look_again().await => pause = pace.first_pause,
                _ => pause = (pause * 2).min(pace.longest_pause),
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = work => {}
        }
    }
}
