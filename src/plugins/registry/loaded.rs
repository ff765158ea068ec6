//! One plugin that is ready to be called.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fame_plugin::{HostRef, Intent, Manifest, Permission, Plugin};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::plugins::breaker::{Breaker, Policy};
use crate::plugins::content::{ContentHash, Copied};
use crate::plugins::error::PluginError;
use crate::plugins::mcp::{Server, Tool};
use crate::plugins::origin::Origin;

/// Calls of one plugin at the same time. A plugin that hangs keeps this many threads and no more;
/// further requests are told that it is busy.
const CALLS_AT_ONCE: usize = 4;

/// Makes what a plugin sees of FAME, given its manifest and what it is allowed.
pub type HostFactory = Arc<dyn Fn(&Manifest, &BTreeSet<Permission>) -> HostRef + Send + Sync>;

/// One plugin. A request holds it from its beginning to its end, so that what it began with is
/// what it ends with, whatever is loaded meanwhile. The plugin is shut down when the last request
/// has let it go.
pub struct Loaded {
    /// What it says about itself. The intents of a server include its tools that its manifest
    /// does not name.
    pub manifest: Manifest,
    /// Its code.
    pub runner: Runner,
    /// What its server offers; empty for a built-in one.
    pub tools: Vec<Tool>,
    /// Free calls.
    pub calls: Arc<Semaphore>,
    /// Where it comes from.
    pub origin: Origin,
    /// What exactly it is.
    pub hash: ContentHash,
    /// What it may do.
    pub granted: BTreeSet<Permission>,
    /// Whether it is called at all after it failed. A server has one of its own.
    pub breaker: Mutex<Breaker>,
    /// The folder that its server runs in.
    copied: Option<Copied>,
    reaper: Reaper,
    alive: Option<TaskTrackerToken>,
}

/// What runs a plugin.
#[derive(Clone)]
pub enum Runner {
    /// FAME itself.
    Builtin(Arc<dyn Plugin>),
    /// A process of its own.
    Mcp(Arc<Server>),
}

/// Shuts plugins down after their last request, and knows how many live.
#[derive(Clone, Debug)]
pub struct Reaper {
    runtime: Option<Handle>,
    alive: TaskTracker,
}

impl Reaper {
    /// Uses the runtime that this is called in; outside of one, plugins are shut down by whoever
    /// lets them go.
    #[must_use]
    pub fn here() -> Self {
        Self {
            runtime: Handle::try_current().ok(),
            alive: TaskTracker::new(),
        }
    }

    /// Waits until every plugin is shut down.
    pub async fn all_ended(&self) {
        self.alive.close();
        self.alive.wait().await;
    }
}

impl Loaded {
    /// Starts a plugin that is part of FAME. It may do all that it asks for.
    ///
    /// # Errors
    /// If its manifest is malformed, or it says that it cannot work.
    pub fn builtin(
        mut plugin: Box<dyn Plugin>,
        host: &HostFactory,
        reaper: &Reaper,
    ) -> Result<Arc<Self>, PluginError> {
        let manifest = Manifest::parse(plugin.manifest())?;
        let hash = ContentHash::of_text(plugin.manifest());
        let granted = manifest.permissions.clone();
        let start = |reason| PluginError::Start {
            plugin: manifest.id.clone(),
            reason,
        };
        plugin.init(host(&manifest, &granted)).map_err(start)?;
        let runner = Runner::Builtin(Arc::from(plugin));
        Ok(Arc::new(Self::new(
            manifest,
            runner,
            Origin::Builtin,
            hash,
            reaper,
        )))
    }

    /// A plugin that is a server, running in `copied`, which goes when the plugin goes. It was
    /// granted what its manifest asks for.
    #[must_use]
    pub(crate) fn server(
        manifest: Manifest,
        server: Arc<Server>,
        tools: Vec<Tool>,
        folder: PathBuf,
        copied: Copied,
        reaper: &Reaper,
    ) -> Arc<Self> {
        let hash = copied.hash();
        let runner = Runner::Mcp(server);
        let mut loaded = Self::new(manifest, runner, Origin::Folder(folder), hash, reaper);
        loaded.tools = tools;
        loaded.copied = Some(copied);
        Arc::new(loaded)
    }

    fn new(
        manifest: Manifest,
        runner: Runner,
        origin: Origin,
        hash: ContentHash,
        reaper: &Reaper,
    ) -> Self {
        Self {
            granted: manifest.permissions.clone(),
            manifest,
            runner,
            tools: Vec::new(),
            calls: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            origin,
            hash,
            breaker: Mutex::new(Breaker::new(Policy::default())),
            copied: None,
            reaper: reaper.clone(),
            alive: Some(reaper.alive.token()),
        }
    }

    /// Whether it is part of FAME.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.origin == Origin::Builtin
    }

    /// Whether it may steer FAME, so that its sentences are control words.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.manifest.permissions.contains(&Permission::Control)
    }

    /// The tool of its server that does `intent`.
    #[must_use]
    pub fn tool(&self, intent: &Intent) -> Option<&Tool> {
        let name = intent.tool.as_ref().unwrap_or(&intent.name);
        self.tools.iter().find(|tool| tool.name == *name)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let (runner, copied, alive) = (self.runner.clone(), self.copied.take(), self.alive.take());
        match (&self.reaper.runtime, runner) {
            // Elsewhere: whoever lets it go last has other things to do, and a plugin may take its
            // time or panic.
            (Some(runtime), Runner::Builtin(plugin)) => {
                let tracker = &self.reaper.alive;
                drop(tracker.spawn_blocking_on(move || plugin.shutdown(), runtime));
            }
            (Some(runtime), Runner::Mcp(server)) => {
                let end = async move {
                    server.shutdown().await;
                    drop((copied, alive));
                };
                drop(self.reaper.alive.spawn_on(end, runtime));
            }
            (None, Runner::Builtin(plugin)) => plugin.shutdown(),
            // Its process ends with the last handle to it.
            (None, Runner::Mcp(_)) => {}
        }
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("id", &self.manifest.id)
            .field("origin", &self.origin)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}
