//! All plugins, loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use fame_plugin::sentence::{Clash, Lists, Sentences, TemplateError};
use fame_plugin::{
    Capability, Clock, HostRef, Intent, Manifest, ManifestError, Permission, Plugin,
};
use tokio::sync::Semaphore;

use super::builtin;
use super::host::RegistryHost;

/// Calls of one plugin at the same time. A plugin that hangs keeps this many threads and no more;
/// further requests are told that it is busy.
const CALLS_AT_ONCE: usize = 4;

/// The loaded plugins, their sentences compiled.
pub struct Registry {
    plugins: Vec<Loaded>,
    sentences: Sentences,
    control: Sentences,
}

/// One plugin.
pub struct Loaded {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its code.
    pub plugin: Arc<dyn Plugin>,
    /// Free calls.
    pub calls: Arc<Semaphore>,
}

/// Why plugins are not loaded.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// A `plugin.toml` is refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A sentence is malformed.
    #[error(transparent)]
    Sentence(#[from] TemplateError),
    /// Two plugins of one id.
    #[error("loading plugins: two have the id `{0}`; remove or rename one")]
    TwoPlugins(String),
    /// Two intents of one name.
    #[error("loading plugins: `{first}` and `{second}` both have an intent `{intent}`; rename one")]
    TwoIntents {
        /// The name that they share.
        intent: String,
        /// The plugin that has it first.
        first: String,
        /// The other plugin.
        second: String,
    },
    /// A plugin that cannot work.
    #[error("starting the plugin `{plugin}`: {reason}")]
    Start {
        /// The plugin's id.
        plugin: String,
        /// What it says.
        reason: fame_plugin::PluginError,
    },
}

impl Registry {
    /// The plugins that are part of FAME.
    ///
    /// # Errors
    /// See [`PluginError`].
    pub fn builtin(clock: Arc<dyn Clock>) -> Result<Self, PluginError> {
        Self::new(builtin::all(), clock)
    }

    /// Loads and starts `plugins`.
    ///
    /// # Errors
    /// If a manifest or a sentence is malformed, two plugins or intents have one name, or a
    /// plugin does not start.
    pub fn new(plugins: Vec<Box<dyn Plugin>>, clock: Arc<dyn Clock>) -> Result<Self, PluginError> {
        let manifests: Result<Vec<_>, _> = plugins
            .iter()
            .map(|plugin| Manifest::parse(plugin.manifest()))
            .collect();
        let manifests = manifests?;
        check_names(&manifests)?;
        let lists = Lists::default();
        let sentences = Sentences::compile(&manifests, &lists)?;
        let control = Sentences::compile(manifests.iter().filter(|m| is_control(m)), &lists)?;
        let capabilities = manifests.iter().flat_map(Manifest::capabilities).collect();
        let host = HostRef::new(RegistryHost {
            clock,
            capabilities,
        });
        let mut loaded = Vec::with_capacity(plugins.len());
        for (mut plugin, manifest) in plugins.into_iter().zip(manifests) {
            let start = |reason| PluginError::Start {
                plugin: manifest.id.clone(),
                reason,
            };
            plugin.init(host.clone()).map_err(start)?;
            let calls = Arc::new(Semaphore::new(CALLS_AT_ONCE));
            loaded.push(Loaded {
                manifest,
                plugin: Arc::from(plugin),
                calls,
            });
        }
        Ok(Self {
            plugins: loaded,
            sentences,
            control,
        })
    }

    /// The plugins in their order.
    #[must_use]
    pub fn plugins(&self) -> &[Loaded] {
        &self.plugins
    }

    /// The plugin with this id.
    #[must_use]
    pub fn plugin(&self, id: &str) -> Option<&Loaded> {
        self.plugins.iter().find(|loaded| loaded.manifest.id == id)
    }

    /// The intent with this name; names are unique among all plugins.
    #[must_use]
    pub fn intent(&self, name: &str) -> Option<&Intent> {
        self.plugins
            .iter()
            .flat_map(|loaded| &loaded.manifest.intents)
            .find(|intent| intent.name == name)
    }

    /// What the user can ask for.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        self.plugins
            .iter()
            .flat_map(|loaded| loaded.manifest.capabilities())
            .collect()
    }

    /// The sentences of all plugins.
    #[must_use]
    pub fn sentences(&self) -> &Sentences {
        &self.sentences
    }

    /// The control words: the sentences of the plugins that may steer FAME.
    #[must_use]
    pub fn control(&self) -> &Sentences {
        &self.control
    }

    /// Sentences that the same words match, to be reported.
    #[must_use]
    pub fn clashes(&self) -> &[Clash] {
        self.sentences.clashes()
    }

    /// Tells every plugin that no request follows.
    pub fn shutdown(&self) {
        for loaded in &self.plugins {
            loaded.plugin.shutdown();
        }
    }
}

fn is_control(manifest: &Manifest) -> bool {
    manifest.permissions.contains(&Permission::Control)
}

fn check_names(manifests: &[Manifest]) -> Result<(), PluginError> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (at, manifest) in manifests.iter().enumerate() {
        if manifests[..at]
            .iter()
            .any(|earlier| earlier.id == manifest.id)
        {
            return Err(PluginError::TwoPlugins(manifest.id.clone()));
        }
        for intent in &manifest.intents {
            if let Some(first) = owners.insert(&intent.name, &manifest.id) {
                let (intent, first, second) =
                    (intent.name.clone(), first.into(), manifest.id.clone());
                return Err(PluginError::TwoIntents {
                    intent,
                    first,
                    second,
                });
            }
        }
    }
    Ok(())
}
