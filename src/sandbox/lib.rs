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
//! in a [`Report`]. An error is never about the program: it says that nothing is known of it.
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
mod pipes;
mod profile;
mod queue;
mod report;
mod request;
mod selftest;
mod settings;
mod syscalls;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;

use self::docker::Engine;
use self::local::Local;
use self::native::Walls;
use self::queue::Queue;
use self::report::Run;
use self::request::Stream;

pub use self::error::SandboxError;
pub use self::profile::Profile;
pub use self::queue::{MAX_RUNNING, MAX_WAITING};
pub use self::report::{OutputFile, Report, Tier};
pub use self::request::{Caller, Progress, Request};
pub use self::settings::{DEFAULT_IMAGE, MAX_WARM, Settings, TierChoice};

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
        let tier = self.inner.walls.tier();
        formatter
            .debug_struct("Sandbox")
            .field("tier", &tier)
            .finish_non_exhaustive()
    }
}

struct Inner {
    settings: Settings,
    queue: Queue,
    walls: Chosen,
    /// Why a better tier is not used.
    reasons: Vec<String>,
}

/// What keeps programs in.
enum Chosen {
    A(Engine),
    B(Walls),
    Local(Local),
    None,
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
}

impl Sandbox {
    /// Finds the best tier and begins to make it ready. Where there is none, programs are refused.
    ///
    /// To be called on a tokio runtime, which then does the work.
    pub async fn start(settings: Settings) -> Self {
        Self::with_helper(settings, Path::new(SELF)).await
    }

    /// The same, with another program as tier B's helper: one whose `main` calls [`helper::main`].
    pub async fn with_helper(settings: Settings, helper: &Path) -> Self {
        let mut reasons = Vec::new();
        let walls = choose(&settings, helper.to_owned(), &mut reasons).await;
        for reason in &reasons {
            tracing::info!("sandbox: {reason}");
        }
        Self {
            inner: Arc::new(Inner {
                settings,
                queue: Queue::new(),
                walls,
                reasons,
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
        let inner = &*self.inner;
        let tier = inner
            .walls
            .tier()
            .ok_or_else(|| SandboxError::Unavailable {
                reason: format!("{}; {INSTALL}", inner.reasons.join("; ")),
            })?;
        let stream = Stream::new(progress);
        let place = inner.queue.enter()?;
        if place.has_to_wait() {
            stream.tell(Progress::Queued);
        }
        let _turn = place.turn().await?;
        stream.tell(Progress::Started { tier });
        let limits = inner.settings.limits(request.timeout);
        let run: Run = match &inner.walls {
            Chosen::A(engine) => engine.run(request, profile, &limits, stream).await?,
            Chosen::B(walls) => walls.run(request, profile, &limits, stream).await?,
            Chosen::Local(local) => local.run(request, profile, &limits, stream).await?,
            Chosen::None => return Err(SandboxError::ShutDown),
        };
        Ok(run.into())
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let inner = &*self.inner;
        let (running, waiting) = inner.queue.lengths();
        let mut status = Status {
            tier: inner.walls.tier(),
            engine: None,
            image: None,
            profiles: Vec::new(),
            warm: 0,
            running,
            waiting,
            reasons: inner.reasons.clone(),
            notes: Vec::new(),
        };
        let names = |profiles: &[Profile]| profiles.iter().map(|p| p.name().into()).collect();
        match &inner.walls {
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
        match &self.inner.walls {
            Chosen::A(engine) => engine.prune().await,
            Chosen::B(_) | Chosen::Local(_) | Chosen::None => Ok(0),
        }
    }

    /// Takes no more programs, removes the waiting containers and waits for that, 10 s at most.
    /// Programs that run are left to whoever waits for them.
    pub async fn shutdown(&self) {
        self.inner.queue.close();
        if let Chosen::A(engine) = &self.inner.walls {
            engine.shut_down().await;
        }
    }
}

impl Chosen {
    fn tier(&self) -> Option<Tier> {
        match self {
            Self::A(_) => Some(Tier::A),
            Self::B(_) => Some(Tier::B),
            Self::Local(_) => Some(Tier::Local),
            Self::None => None,
        }
    }
}

/// The best tier that is wanted and can be had; says why not a better one.
async fn choose(settings: &Settings, helper: PathBuf, reasons: &mut Vec<String>) -> Chosen {
    if let Err(error) = settings.validate() {
        reasons.push(error.to_string());
        return Chosen::None;
    }
    if local::is_wanted(settings.development_local_runner) {
        return Chosen::Local(Local::start());
    }
    if settings.tier != TierChoice::B {
        match Engine::start(settings).await {
            Ok(engine) => return Chosen::A(engine),
            Err(SandboxError::Unavailable { reason }) => reasons.push(format!("tier A: {reason}")),
            Err(error) => reasons.push(format!("tier A: {error}")),
        }
    }
    if settings.tier != TierChoice::A {
        let limits = settings.limits(Duration::MAX);
        match Walls::start(&helper, &limits).await {
            Ok(walls) => return Chosen::B(walls),
            Err(error) => reasons.push(format!("tier B: {error}")),
        }
    }
    Chosen::None
}
