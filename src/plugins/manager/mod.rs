//! Keeps the plugins: finds them, asks whether they may run, starts, swaps and ends them.
//!
//! One task, the [`keeper`], owns what is known. It looks at the plugin folders whenever they
//! change, and publishes a whole new [`Registry`] whenever something was loaded or went. Nothing
//! that one plugin does keeps another from being loaded:
//!
//! * A plugin from a folder is foreign code. It runs only once the user has granted it, even if it
//!   asks for no permission, since its process has its user's rights on files and the network.
//! * A grant is bound to the plugin's content and permissions; after any change it is asked for
//!   again. Until then, and while the new version is broken, the earlier one goes on.
//! * What runs is a copy of the folder, made when it is loaded (see [`content`](super::content)).
//! * A new version is started beside the old one and takes its place at once. Requests that are
//!   under way end on the old one, which is shut down after the last of them.

mod copies;
mod entry;
mod info;
mod keeper;
mod load;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use fame_plugin::Plugin;
use fame_plugin::sentence::{Lists, TemplateError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use info::{Asked, Change, PluginInfo, State};

use super::content::ContentHash;
use super::current::Current;
use super::grants::{Grants, GrantsError};
use super::mcp::Limits;
use super::registry::{HostFactory, Reaper, Registry};
use keeper::{Action, Command, Keeper};

/// Commands waiting while one is done. Further ones are told that FAME is busy.
const COMMANDS: usize = 32;

/// How long a command may take, with the start of a plugin.
const COMMAND_WITHIN: Duration = Duration::from_secs(40);

/// How long a plugin may take to tell about itself.
const FACTS_WITHIN: Duration = Duration::from_secs(2);

/// How long the plugins may take to end.
const END_WITHIN: Duration = Duration::from_secs(5);

/// Where plugins are.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folders that plugins are looked for in, the first one first.
    pub folders: Vec<PathBuf>,
    /// The language that is spoken, as in `sentences/en.toml`.
    pub language: String,
    /// Where the copies are that plugins run in. Made if need be.
    pub copies: PathBuf,
    /// Where plugins keep what they keep, a folder each. Made if need be.
    pub data: PathBuf,
    /// How far a plugin's process may go.
    pub limits: Limits,
}

/// What the plugins are given, and who hears of them.
#[derive(Clone)]
pub struct Services {
    /// Where the registry of now is put.
    pub current: Current,
    /// Makes the plugins that are part of FAME, in their order.
    pub builtin: fn() -> Vec<Box<dyn Plugin>>,
    /// Makes what one of them sees of FAME.
    pub host: HostFactory,
    /// The values of dynamic slots.
    pub lists: Lists,
    /// What the user has allowed.
    pub grants: Arc<dyn Grants>,
    /// Hears of every change. Must be quick.
    pub on_change: Arc<dyn Fn(&Change) + Send + Sync>,
}

/// The plugins. Clones share them; they end when the last clone is dropped or with
/// [`Plugins::shutdown`].
#[derive(Clone, Debug)]
pub struct Plugins {
    current: Current,
    listing: Arc<ArcSwap<Vec<PluginInfo>>>,
    generation: watch::Receiver<u64>,
    commands: mpsc::Sender<Command>,
    closing: CancellationToken,
    reaper: Reaper,
}

/// Why something about plugins is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManageError {
    /// No plugin of that id.
    #[error("there is no plugin `{0}`; `fame plugins list` shows those there are")]
    Unknown(String),
    /// It is part of FAME.
    #[error(
        "`{0}` is part of FAME and needs no grant; switch it off with `fame plugins disable {0}`"
    )]
    Builtin(String),
    /// It is what stops FAME.
    #[error("`{0}` has the words that stop FAME, and cannot be switched off")]
    Needed(String),
    /// It has changed since the user looked at it.
    #[error("`{0}` has changed meanwhile; look at it again with `fame plugins info {0}`")]
    Changed(String),
    /// Its manifest cannot be read, so that nobody knows what it may do.
    #[error("`{plugin}` cannot be granted while it is broken: {reason}")]
    Broken {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The decision cannot be kept.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// Too much to do.
    #[error("plugins are busy; try again in a moment")]
    Busy,
    /// FAME is ending.
    #[error("plugins are being shut down; start FAME again")]
    Ended,
}

impl Plugins {
    /// Loads FAME's own plugins, and starts to look for others. Must be called in a runtime.
    ///
    /// # Errors
    /// If the sentences of FAME's own plugins do not compile together, which would be a mistake
    /// of ours.
    pub fn start(settings: Settings, services: Services) -> Result<Self, TemplateError> {
        let (commands, orders) = mpsc::channel(COMMANDS);
        let (generations, generation) = watch::channel(0);
        let reaper = Reaper::here();
        let closing = CancellationToken::new();
        let listing = Arc::new(ArcSwap::default());
        let current = services.current.clone();
        let keeper = Keeper::new(
            Arc::new(settings),
            services,
            reaper.clone(),
            listing.clone(),
            generations,
        )?;
        tokio::spawn(keeper.run(orders, closing.clone()));
        Ok(Self {
            current,
            listing,
            generation,
            commands,
            closing,
            reaper,
        })
    }

    /// The plugins that are loaded now. A request keeps what it gets here to its end.
    #[must_use]
    pub fn current(&self) -> Arc<Registry> {
        self.current.get()
    }

    /// The number of the current registry; it changes with it.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.generation.clone()
    }

    /// All plugins, loaded or not.
    #[must_use]
    pub fn list(&self) -> Vec<PluginInfo> {
        self.listing.load().to_vec()
    }

    /// One plugin, with what it tells about itself.
    ///
    /// # Errors
    /// If there is none of that id.
    pub async fn info(&self, id: &str) -> Result<PluginInfo, ManageError> {
        let listing = self.listing.load_full();
        let known = listing.iter().find(|info| info.id == id);
        let mut info = known
            .ok_or_else(|| ManageError::Unknown(id.into()))?
            .clone();
        if let Some(loaded) = self.current().plugin(id).cloned() {
            let facts = tokio::task::spawn_blocking(move || info::facts(&loaded));
            info.facts = match timeout(FACTS_WITHIN, facts).await {
                Ok(Ok(facts)) => facts,
                Ok(Err(_)) | Err(_) => vec![("facts".into(), "it does not answer".into())],
            };
        }
        Ok(info)
    }

    /// Switches a plugin on again, for good.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub async fn enable(&self, id: &str) -> Result<PluginInfo, ManageError> {
        self.order(id, Action::Enable).await
    }

    /// Switches a plugin off, for good.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub async fn disable(&self, id: &str) -> Result<PluginInfo, ManageError> {
        self.order(id, Action::Disable).await
    }

    /// Allows a plugin to run with the permissions that it asks for, and starts it. `hash` is the
    /// content that the user looked at; without one it is what is there now.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub async fn grant(
        &self,
        id: &str,
        hash: Option<ContentHash>,
    ) -> Result<PluginInfo, ManageError> {
        self.order(id, Action::Grant(hash)).await
    }

    /// Takes a grant back, and ends the plugin.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub async fn revoke(&self, id: &str) -> Result<PluginInfo, ManageError> {
        self.order(id, Action::Revoke).await
    }

    /// Looks at a plugin again and starts it anew.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub async fn reload(&self, id: &str) -> Result<PluginInfo, ManageError> {
        self.order(id, Action::Reload).await
    }

    /// Ends all plugins, and waits for that no longer than five seconds. Requests that hold a
    /// plugin still may end on it.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        let ended = async {
            self.commands.closed().await;
            self.reaper.all_ended().await;
        };
        if timeout(END_WITHIN, ended).await.is_err() {
            tracing::warn!("some plugins do not end; they are left behind");
        }
    }

    async fn order(&self, id: &str, action: Action) -> Result<PluginInfo, ManageError> {
        let (done, outcome) = oneshot::channel();
        let command = Command {
            id: id.to_owned(),
            action,
            done,
        };
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => ManageError::Busy,
                mpsc::error::TrySendError::Closed(_) => ManageError::Ended,
            })?;
        match timeout(COMMAND_WITHIN, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ManageError::Ended),
            Err(_) => Err(ManageError::Busy),
        }
    }
}

/// Where the outcome of a command goes.
type Done = oneshot::Sender<Result<PluginInfo, ManageError>>;
