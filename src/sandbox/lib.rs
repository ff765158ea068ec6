//! Runs code that nobody has to trust.
//!
//! A [`Request`] names a profile, a program, its input and a time; everything else is policy. It
//! runs on the best tier that this machine has:
//!
//! - **A**: a container of an engine (Docker, podman), hardened, compared with what was asked for,
//!   and proved from inside. See `docker`.
//! - **B**: the kernel's own walls, put up by a helper that is this program again. See `native`.
//! - **neither**: nothing is run, and the [`SandboxError`] says what to install.
//!
//! Either way there is no network, no file of the user's and no privilege inside, and every run ends
//! in a [`Report`]. A profile to which the owner gave hosts ([`NetworkSettings`]) reaches those, through
//! a proxy of FAME's own; see `network`. An error is never about the program: it says that nothing is known of it.
//!
//! # Invariants
//! 1. No caller chooses an image, a mount, a user, a network or a limit above the owner's.
//! 2. A container runs one program. Nothing of a run is left for the next one.
//! 3. A wall that cannot be put up, or is not as it was asked for, means that nothing is run.
//! 4. What a program writes is kept in bounded memory, and made safe before anyone reads it.

mod capture;
mod docker;
mod error;
mod files;
pub mod helper;
pub mod limits;
mod local;
#[cfg(target_os = "linux")]
mod native;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod native;
mod network;
mod pipes;
mod profile;
mod queue;
mod report;
mod request;
mod runs;
mod selftest;
mod settings;
mod stream;
mod syscalls;
mod text;
mod tiers;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;

#[cfg(not(feature = "testing"))]
use self::network::Outside;
use self::network::{Internet, Ways};
use self::queue::{Place, Queue};
use self::report::Run;
use self::request::Job;
use self::runs::{Entry, Runs};
use self::stream::Stream;
use self::tiers::{Chosen, Now, Pace, Tiers};

pub use self::error::SandboxError;
pub use self::network::NetworkSettings;
#[cfg(feature = "testing")]
pub use self::network::{Addresses, Outside};
pub use self::profile::Profile;
pub use self::queue::{MAX_RUNNING, MAX_WAITING};
pub use self::report::{Contact, NetworkUse, OutputFile, Report, Tier};
pub use self::request::{Caller, Request};
pub use self::runs::{
    Heard, MAX_EVENT_TEXT_BYTES, MAX_EVENTS, MAX_HISTORY, MAX_HISTORY_TEXT_BYTES, Observer, Output,
    RunEvent, RunRecord, RunState, RunSummary,
};
pub use self::settings::{DEFAULT_IMAGE, MAX_WARM, Settings, TierChoice};
pub use self::stream::Progress;

/// This program, whatever has become of its file since.
const SELF: &str = "/proc/self/exe";

/// What is said where neither tier can be had.
const INSTALL: &str = "install a container engine (Debian: `apt-get install docker.io` or `podman`) \
     and build the image with `fame sandbox build`";

/// The sandbox. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tier = self.inner.tiers.now().walls.tier();
        formatter
            .debug_struct("Sandbox")
            .field("tier", &tier)
            .finish_non_exhaustive()
    }
}

struct Inner {
    settings: Settings,
    queue: Queue,
    tiers: Arc<Tiers>,
    ways: Ways,
    runs: Arc<Runs>,
}

/// How the sandbox is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What keeps programs in; none: nothing is run.
    pub tier: Option<Tier>,
    /// The container engine: its address and version.
    pub engine: Option<String>,
    /// The image's id.
    pub image: Option<String>,
    /// The profiles that can be used.
    pub profiles: Vec<String>,
    /// Containers that wait for a program.
    pub warm: usize,
    /// Programs that run.
    pub running: usize,
    /// Programs that wait for their turn.
    pub waiting: usize,
    /// Why a better tier is not used, and what to do about it.
    pub reasons: Vec<String>,
    /// How the engine could hold better.
    pub notes: Vec<String>,
    /// The profiles to which the owner has given a network.
    pub networks: Vec<String>,
}

impl Sandbox {
    /// Finds the best tier and begins to make it ready. Where there is none, programs are refused.
    /// An engine that comes later is found, and one that goes is done without.
    ///
    /// To be called on a tokio runtime, which then does the work.
    pub async fn start(settings: Settings) -> Self {
        Self::with_helper(settings, Path::new(SELF)).await
    }

    /// The same, with another program as tier B's helper: one whose `main` calls [`helper::main`].
    pub async fn with_helper(settings: Settings, helper: &Path) -> Self {
        Self::assemble(settings, helper, Arc::new(Internet), Pace::default()).await
    }

    /// The same, with another network for the proxy than the real one, and engines that are looked
    /// for and asked every `pause`.
    #[cfg(feature = "testing")]
    pub async fn on_trial(
        settings: Settings,
        helper: &Path,
        outside: Arc<dyn Outside>,
        pause: std::time::Duration,
    ) -> Self {
        let pace = Pace {
            first_pause: pause,
            longest_pause: pause,
            look_at_most_every: pause,
            ask_every: pause,
        };
        Self::assemble(settings, helper, outside, pace).await
    }

    async fn assemble(
        settings: Settings,
        helper: &Path,
        outside: Arc<dyn Outside>,
        pace: Pace,
    ) -> Self {
        let tiers = Tiers::start(settings.clone(), helper.to_owned(), pace).await;
        Self {
            inner: Arc::new(Inner {
                ways: Ways::new(&settings.network, &outside),
                settings,
                queue: Queue::new(),
                tiers,
                runs: Runs::new(),
            }),
        }
    }

    /// Runs a program and waits for its end. Dropped before that, it kills the program.
    ///
    /// `progress` hears what happens meanwhile; what its channel cannot take is left out.
    ///
    /// # Errors
    /// Why there is no report. See [`SandboxError::is_infrastructure`].
    pub async fn run(
        &self,
        request: &Request,
        progress: Option<mpsc::Sender<Progress>>,
    ) -> Result<Report, SandboxError> {
        let profile = request.check()?;
        let place = self.inner.queue.enter()?;
        let id = name().map_err(|source| SandboxError::Helper {
            doing: "naming a run",
            source,
        })?;
        let entry = self.inner.runs.enter(request, id.clone());
        let stream = Stream::new(progress, Some(entry.tap()));
        let outcome = self
            .in_turn(place, (request, profile), &entry, stream)
            .await
            .map(|run| run.report(id));
        if matches!(outcome, Err(SandboxError::EngineLost { .. })) {
            self.inner.tiers.doubt();
        }
        entry.ended(&outcome);
        outcome
    }

    async fn in_turn(
        &self,
        place: Place,
        (request, profile): (&Request, Profile),
        entry: &Entry,
        stream: Stream,
    ) -> Result<Run, SandboxError> {
        let inner = &*self.inner;
        if place.has_to_wait() {
            stream.tell(Progress::Queued);
        }
        let _turn = place.turn().await?;
        let now = inner.tiers.now_for_program().await;
        let tier = now.walls.tier().ok_or_else(|| SandboxError::Unavailable {
            reason: format!("{}; {INSTALL}", now.reasons.join("; ")),
        })?;
        stream.tell(Progress::Started { tier });
        entry.started(request, tier);
        let job = Job {
            request,
            profile,
            limits: inner.settings.limits(request.timeout),
            way: inner.ways.of(profile),
        };
        now.walls.run(job, stream).await
    }

    /// Hears what happens to all runs from now on. See [`Observer`].
    pub fn observe(&self) -> Observer {
        self.inner.runs.observe()
    }

    /// The newest `limit` runs: those that wait or run, then the last [`MAX_HISTORY`] that ended.
    pub fn runs(&self, limit: usize) -> Vec<RunRecord> {
        self.inner.runs.newest(limit)
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let inner = &*self.inner;
        let (running, waiting) = inner.queue.lengths();
        let Now { walls, reasons } = inner.tiers.now();
        let mut status = Status {
            tier: walls.tier(),
            engine: None,
            image: None,
            profiles: Vec::new(),
            warm: 0,
            running,
            waiting,
            reasons,
            notes: Vec::new(),
            networks: inner.ways.profiles(),
        };
        let names = |profiles: &[Profile]| profiles.iter().map(|p| p.name().into()).collect();
        match &walls {
            Chosen::A(engine) => {
                status.engine = Some(engine.describe());
                status.image = Some(engine.image().into());
                status.profiles = names(engine.profiles());
                status.warm = engine.warm();
                status.notes = engine.notes().to_vec();
            }
            Chosen::B(walls) => status.profiles = names(walls.profiles()),
            Chosen::Local(_) => status.profiles = names(&Profile::ALL),
            Chosen::None => {}
        }
        status
    }

    /// Removes containers that nobody owns any more and tells how many there were. It happens by
    /// itself, too, at the start and every 30 s.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn prune(&self) -> Result<usize, SandboxError> {
        match &self.inner.tiers.now().walls {
            Chosen::A(engine) => engine.prune().await,
            Chosen::B(_) | Chosen::Local(_) | Chosen::None => Ok(0),
        }
    }

    /// Takes no more programs, removes the waiting containers and waits for that, 10 s at most.
    /// Programs that run are left to whoever waits for them.
    pub async fn shutdown(&self) {
        self.inner.queue.close();
        if let Chosen::A(engine) = self.inner.tiers.stop() {
            engine.shut_down().await;
        }
    }
}

/// A run's name: 64 random bits, so that no two are the same in any audit.
fn name() -> std::io::Result<String> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}
