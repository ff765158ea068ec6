//! The brain with its plugins and all that they are given, put together and kept up to date.
//!
//! [`Skills::start`] is what a daemon has: state on the disk, plugins from folders, a schedule, a
//! language model if one is configured. [`builtin`] is what a headless run has: FAME's own
//! plugins, with what they keep in memory.

mod grants;
mod learning;
mod means;
mod runs;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use fame_plugin::sentence::{Lists, TemplateError};
use fame_plugin::{Clock, SystemClock, Wakeup};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::to_raw_value;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::brain::classifier::Features;
use crate::brain::history::Explained;
use crate::brain::{Brain, Ledger, Lessons, llm};
use crate::bus::{Bus, Event};
use crate::config::{Config, Llm, Paths};
use crate::models::SearchPath;
use crate::plugins::Current;
use crate::plugins::host::Means;
use crate::plugins::manager::{self, Change};
use crate::plugins::mcp::Limits;
use crate::plugins::services::{Desktop, Notifier, Scheduler, Web};
use crate::plugins::{Loaded, PluginError, Plugins, Reaper, Registry, builtin_plugins};
use crate::sandbox::{self, Sandbox};
use crate::store::{Correction, NewTurn, Store, StoreError, Turn};
use grants::StoredGrants;
use learning::Learning;
use means::{Asks, Boxed, Voice};

/// How often approvals that came too late are told of.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// How long the plugins, the sandbox and the tasks may take to end. A container that is left is
/// removed at the next start.
const ENDING: Duration = Duration::from_secs(2);

/// Has something said outside of any request: the words, and the intent that waits for an answer
/// if they are a question. Gives whether it was taken.
pub type Say = Arc<dyn Fn(String, Option<String>) -> bool + Send + Sync>;

/// What the skills are made of.
pub struct Setup {
    /// The settings.
    pub config: Config,
    /// Where files are.
    pub paths: Paths,
    /// Where events go.
    pub bus: Bus,
    /// Speaks unasked.
    pub say: Say,
    /// The conversation that is asked in.
    pub session: String,
    /// Where acts are recorded.
    pub ledger: Ledger,
}

/// See the module's documentation.
pub struct Skills {
    brain: Arc<Brain>,
    plugins: Plugins,
    sandbox: Sandbox,
    store: Option<Store>,
    learning: Arc<Learning>,
    /// Why there is no language model, though one is configured.
    model_trouble: Mutex<Option<String>>,
    model_name: Option<String>,
    bus: Bus,
    tasks: TaskTracker,
    ending: tokio_util::sync::CancellationToken,
}

/// How what no sentence covers is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Understanding {
    /// `both` or `ngrams`; none while the classifier is not trained.
    pub classifier: Option<String>,
    /// Why it does not work as it should.
    pub reason: Option<String>,
    /// The language model and its address.
    pub model: Option<String>,
}

impl Skills {
    /// Loads everything. Returns when FAME's own plugins answer; the classifier is trained and
    /// plugins from folders are loaded meanwhile. Must be called in a runtime.
    ///
    /// # Errors
    /// If FAME's own sentences do not compile, which would be a mistake of ours. Whatever else is
    /// missing is reported and done without.
    pub async fn start(setup: Setup) -> Result<Arc<Self>, TemplateError> {
        let Setup {
            config,
            paths,
            bus,
            say,
            session,
            ledger,
        } = setup;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = open_store(paths.data.join("fame.db")).await;
        let (model, model_trouble) = language_model(&config).await;
        let model_name = config
            .llm
            .as_ref()
            .map(|llm| format!("{} at {}", llm.model, llm.base_url));

        let current = Current::new()?;
        let lists = Lists::default();
        let brain = Brain::new(current.get())
            .with_clock(clock.clone())
            .with_policy(config.policy.clone())
            .with_call_timeout(Duration::from_secs_f32(config.plugins.call_seconds))
            .with_model(model.clone())
            .with_bus(bus.clone())
            .with_ledger(ledger);
        let brain = Arc::new(brain);
        let tasks = TaskTracker::new();
        let scheduler = store.clone().and_then(|store| {
            let (brain, say, tasks) = (Arc::downgrade(&brain), say.clone(), tasks.clone());
            let runtime = Handle::current();
            let due = move |plugin: &str, wakeup| {
                let wake = wake(brain.clone(), say.clone(), plugin.to_owned(), wakeup);
                drop(tasks.spawn_on(wake, &runtime));
            };
            started("the schedule", Scheduler::start(store, clock.clone(), due))
        });
        let sandbox = Sandbox::start(config.sandbox.clone()).await;
        let means = Means {
            store: store.clone(),
            sandbox: Some(Arc::new(Boxed::new(sandbox.clone(), Handle::current()))),
            scheduler: scheduler.map(Arc::new),
            notifier: started("notifications", Notifier::start()).map(Arc::new),
            web: Web::new(Handle::current())
                .inspect_err(|error| tracing::error!(%error, "plugins reach no web service"))
                .ok()
                .map(Arc::new),
            allow_network: config.allow_network,
            desktop: Some(Desktop),
            bus: Some(bus.clone()),
            voice: Some(Arc::new(Voice {
                say,
                session,
                brain: Arc::downgrade(&brain),
            })),
            model: model.map(|client| Arc::new(Asks::new(client)) as _),
            ..Means::bare(clock, current.clone(), lists.clone())
        };
        let on_change = {
            let bus = bus.clone();
            move |change: &Change| {
                bus.publish(Event::PluginChanged {
                    plugin: change.plugin.clone(),
                    state: change.state.into(),
                    reason: change.reason.clone(),
                });
            }
        };
        let services = manager::Services {
            current,
            builtin: builtin_plugins,
            host: means.factory(),
            lists,
            grants: Arc::new(StoredGrants(store.clone())),
            on_change: Arc::new(on_change),
        };
        let plugins = Plugins::start(manager_settings(&config, &paths), services)?;
        brain.replace(plugins.current());

        let lessons = Lessons {
            cache: Some(paths.data.join("embeddings.bin")),
            corrections: corrections(store.as_ref()),
            ..Lessons::default()
        };
        let models = SearchPath::standard(config.recognizer.model_folder.as_deref());
        let learning = Arc::new(Learning::new(brain.clone(), lessons, models));
        let skills = Arc::new(Self {
            brain,
            plugins,
            sandbox,
            store,
            learning,
            model_trouble: Mutex::new(model_trouble),
            model_name,
            bus,
            tasks,
            ending: tokio_util::sync::CancellationToken::new(),
        });
        skills.follow();
        Ok(skills)
    }

    /// What answers.
    #[must_use]
    pub fn brain(&self) -> &Arc<Brain> {
        &self.brain
    }

    /// The plugins, loaded or not.
    #[must_use]
    pub fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    /// What runs code that nobody has to trust.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The last `limit` turns of those before the turn `before`, the latest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn turns(&self, before: Option<u64>, limit: usize) -> Result<Vec<Turn>, StoreError> {
        match &self.store {
            Some(store) => store.turns_before(before, limit),
            None => Ok(Vec::new()),
        }
    }

    /// The number of the last turn before this start.
    #[must_use]
    pub fn last_turn(&self) -> u64 {
        let last = self.store.as_ref().map(Store::last_turn_id);
        match last {
            Some(Ok(turn)) => turn,
            Some(Err(error)) => {
                tracing::warn!(%error, "turns are numbered from 1");
                0
            }
            None => 0,
        }
    }

    /// How what no sentence covers is understood.
    #[must_use]
    pub fn understanding(&self) -> Understanding {
        let trouble = || {
            let trouble = self.model_trouble.lock();
            trouble.unwrap_or_else(PoisonError::into_inner).clone()
        };
        Understanding {
            classifier: self.brain.features().map(|features| match features {
                Features::Ngrams => "ngrams".into(),
                Features::Both => "both".into(),
            }),
            reason: self.learning.trouble().or_else(trouble),
            model: self.model_name.clone(),
        }
    }

    /// Keeps turns that were just answered, so that they can be explained after a restart.
    pub fn keep_turns(&self, turns: &[u64]) {
        let Some(store) = &self.store else { return };
        let found = turns.iter().filter_map(|turn| self.brain.turn(*turn));
        let kept = found.map(|explained| kept(&explained)).collect();
        if let Err(error) = store.add_turns(kept) {
            tracing::warn!(%error, "turns cannot be explained later");
        }
    }

    /// Why the turn of this number, or the last one, went as it did.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn why(&self, turn: Option<u64>) -> Result<Option<Value>, StoreError> {
        if let Some(explained) = self.brain.why(turn) {
            return Ok(serde_json::to_value(explained).ok());
        }
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let kept = match turn {
            Some(turn) => store.turn(turn)?,
            None => store.turns(1)?.into_iter().next(),
        };
        Ok(kept.map(|turn| turn.explanation))
    }

    /// Teaches that `text` means `intent`, or forgets what was taught about it. Gives all that
    /// is taught. Blocks while the classifier learns it.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn teach(
        &self,
        text: String,
        intent: Option<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let Some(store) = &self.store else {
            return Err(StoreError::Stopped {
                action: "keeping a correction",
            });
        };
        match intent {
            Some(intent) => store.correct(Correction {
                text,
                intent,
                at: SystemClock.now().timestamp(),
            })?,
            None => {
                store.remove_correction(&text)?;
            }
        }
        let corrections = corrections(Some(store));
        self.learning.correct(corrections.clone());
        Ok(corrections)
    }

    /// Follows the plugins: what changes is answered at once, and learnt as soon as may be.
    fn follow(self: &Arc<Self>) {
        let (brain, plugins) = (self.brain.clone(), self.plugins.clone());
        let ending = self.ending.clone();
        self.tasks.spawn(async move {
            let mut changed = plugins.changed();
            loop {
                brain.replace(plugins.current());
                tokio::select! {
                    () = ending.cancelled() => break,
                    change = changed.changed() => if change.is_err() { break },
                }
            }
        });
        let (brain, plugins) = (self.brain.clone(), self.plugins.clone());
        let (learning, ending) = (self.learning.clone(), self.ending.clone());
        self.tasks.spawn(async move {
            let mut changed = plugins.changed();
            loop {
                // What is learnt is what the brain has, and the other task may not be here yet.
                brain.replace(plugins.current());
                let learning = learning.clone();
                // One at a time: what changes meanwhile is learnt next. The end does not wait for it.
                let learnt = tokio::task::spawn_blocking(move || learning.learn());
                tokio::select! {
                    () = ending.cancelled() => break,
                    learnt = learnt => if learnt.is_err() {
                        tracing::error!("training the classifier panicked");
                    },
                }
                tokio::select! {
                    () = ending.cancelled() => break,
                    change = changed.changed() => if change.is_err() { break },
                }
            }
        });
        self.tasks.spawn(runs::follow(
            self.sandbox.observe(),
            self.bus.clone(),
            self.ending.clone(),
        ));
        let (brain, ending) = (self.brain.clone(), self.ending.clone());
        self.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = ending.cancelled() => break,
                    () = tokio::time::sleep(EXPIRY_INTERVAL) => brain.expire_approvals(),
                }
            }
        });
    }

    /// Ends the plugins.
    pub async fn shutdown(&self) {
        self.ending.cancel();
        self.tasks.close();
        let all = async {
            tokio::join!(self.plugins.shutdown(), self.sandbox.shutdown());
            self.tasks.wait().await;
        };
        if tokio::time::timeout(ENDING, all).await.is_err() {
            tracing::warn!("a plugin or a container did not end in time");
        }
    }
}

/// FAME's own plugins by `clock`, with what they keep in memory, and `sandbox` for what they write
/// if there is one; it runs on the runtime beside it.
///
/// # Errors
/// If one of them is refused or does not start, which would be a mistake of ours.
pub fn builtin(
    clock: Arc<dyn Clock>,
    sandbox: Option<(Sandbox, Handle)>,
) -> Result<Arc<Registry>, PluginError> {
    let boxed = sandbox.map(|(sandbox, runtime)| Boxed::new(sandbox, runtime));
    assemble(clock, boxed)
}

fn assemble(clock: Arc<dyn Clock>, sandbox: Option<Boxed>) -> Result<Arc<Registry>, PluginError> {
    let (current, lists) = (Current::new()?, Lists::default());
    let store = Store::in_memory()
        .inspect_err(|error| tracing::warn!(%error, "plugins keep nothing"))
        .ok();
    let means = Means {
        store,
        sandbox: sandbox.map(|sandbox| Arc::new(sandbox) as _),
        ..Means::bare(clock, current.clone(), lists.clone())
    };
    let (host, reaper) = (means.factory(), Reaper::here());
    let loaded: Result<Vec<_>, _> = builtin_plugins()
        .into_iter()
        .map(|plugin| Loaded::builtin(plugin, &host, &reaper))
        .collect();
    let (registry, rejected) = Registry::of(loaded?, &lists)?;
    if let Some(rejected) = rejected.into_iter().next() {
        return Err(rejected.error);
    }
    let registry = Arc::new(registry);
    current.set(registry.clone());
    Ok(registry)
}

/// A brain with FAME's own plugins that keeps nothing but what its classifier has learnt, which it
/// learns when a text needs it. What it needs and cannot have is logged and done without.
///
/// # Errors
/// See [`builtin`].
pub fn headless(
    config: &Config,
    paths: &Paths,
    runtime: &Handle,
) -> Result<Arc<Brain>, PluginError> {
    // Nobody waits for a short run's first program to be fast.
    let settings = sandbox::Settings {
        warm: 0,
        ..config.sandbox.clone()
    };
    let sandbox = Boxed::late(settings, runtime.clone());
    let registry = assemble(Arc::new(SystemClock), Some(sandbox))?;
    let models = SearchPath::standard(config.recognizer.model_folder.as_deref());
    let cache = paths.data.join("embeddings.bin");
    let lessons = move || Lessons {
        embedder: learning::embedder(&models)
            .inspect_err(|trouble| tracing::warn!(trouble, "no sentence embeddings"))
            .ok()
            .map(Arc::new),
        cache: Some(cache),
        ..Lessons::default()
    };
    let brain = Brain::new(registry)
        .with_policy(config.policy.clone())
        .with_call_timeout(Duration::from_secs_f32(config.plugins.call_seconds))
        .with_late_lessons(lessons);
    Ok(Arc::new(brain))
}

/// Wakes `plugin` and has its reply spoken.
async fn wake(brain: Weak<Brain>, say: Say, plugin: String, wakeup: Wakeup) {
    let Some(brain) = brain.upgrade() else { return };
    let reply = brain.wake(&plugin, wakeup).await;
    let speech = reply.map(|reply| reply.speech).unwrap_or_default();
    if !speech.is_empty() && !say(speech, None) {
        tracing::warn!(plugin, "too much waits to be said; a wake-up was silent");
    }
}

/// A part of the host, if its thread could be started.
fn started<T>(what: &str, part: std::io::Result<T>) -> Option<T> {
    part.inspect_err(
        |error| tracing::error!(%error, "{what} cannot be started; close other programs"),
    )
    .ok()
}

async fn open_store(path: PathBuf) -> Option<Store> {
    let opened = tokio::task::spawn_blocking(move || Store::open(&path)).await;
    match opened {
        Ok(Ok(store)) => Some(store),
        Ok(Err(error)) => {
            tracing::error!(%error, "nothing is kept until FAME starts again");
            None
        }
        Err(crash) => {
            tracing::error!(%crash, "nothing is kept until FAME starts again");
            None
        }
    }
}

/// The configured language model, or why there is none.
async fn language_model(config: &Config) -> (Option<Arc<llm::Client>>, Option<String>) {
    let Some(settings) = config.llm.clone() else {
        return (None, None);
    };
    let settings = Llm {
        allow_network: config.allow_network,
        ..settings
    };
    // The keyring may keep its caller waiting.
    let made = tokio::task::spawn_blocking(move || llm::Client::new(settings)).await;
    let trouble = match made {
        Ok(Ok(client)) => return (Some(Arc::new(client)), None),
        Ok(Err(error)) => error.to_string(),
        Err(crash) => crash.to_string(),
    };
    tracing::warn!(trouble, "the language model is not used");
    (None, Some(trouble))
}

fn manager_settings(config: &Config, paths: &Paths) -> manager::Settings {
    let own = paths.data.join("plugins");
    manager::Settings {
        folders: [own]
            .into_iter()
            .chain(config.plugins.folders.clone())
            .collect(),
        language: config.recognizer.language.clone(),
        copies: paths.data.join("plugin-copies"),
        data: paths.data.join("plugin-data"),
        limits: Limits {
            call_timeout: Duration::from_secs_f32(config.plugins.call_seconds),
            ..Limits::default()
        },
    }
}

fn corrections(store: Option<&Store>) -> Vec<(String, String)> {
    let all = store.map(Store::corrections).transpose();
    let all = all.unwrap_or_else(|error| {
        tracing::warn!(%error, "what the user taught is not used");
        None
    });
    all.into_iter()
        .flatten()
        .map(|one| (one.text, one.intent))
        .collect()
}

/// A turn as the store keeps it.
fn kept(explained: &Explained) -> NewTurn {
    NewTurn {
        id: explained.turn,
        at: explained.at,
        session: explained.session.clone(),
        source: crate::brain::source_name(explained.source).into(),
        text: explained.text.clone(),
        reply: explained.reply.clone(),
        explanation: to_raw_value(explained).unwrap_or_default(),
    }
}
