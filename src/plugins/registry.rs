//! The plugins that are loaded, at one moment.

mod loaded;

use std::sync::Arc;

use fame_plugin::sentence::{Clash, Lists, Sentences, TemplateError, Unused};
use fame_plugin::{Capability, Intent};

pub use loaded::{HostFactory, Loaded, Reaper, Runner};

use super::error::PluginError;

/// The loaded plugins, their sentences compiled. It never changes: what is loaded later makes
/// another registry, and a request keeps the one that it began with.
#[derive(Debug)]
pub struct Registry {
    plugins: Vec<Arc<Loaded>>,
    sentences: Sentences,
    control: Sentences,
    follow_ups: Sentences,
    lists: Lists,
}

/// A plugin that does not get along with those before it.
#[derive(Debug)]
pub struct Rejected {
    /// The plugin.
    pub plugin: Arc<Loaded>,
    /// What is wrong.
    pub error: PluginError,
}

impl Registry {
    /// A registry of `plugins`, in their order: where two get into each other's way, the later
    /// one is left out. `lists` hold the values of their dynamic slots.
    ///
    /// # Errors
    /// If sentences that were compiled one plugin at a time do not compile together, which would
    /// be a mistake of ours.
    pub fn of(
        plugins: impl IntoIterator<Item = Arc<Loaded>>,
        lists: &Lists,
    ) -> Result<(Self, Vec<Rejected>), TemplateError> {
        let mut kept: Vec<Arc<Loaded>> = Vec::new();
        let mut rejected = Vec::new();
        for plugin in plugins {
            match Self::admit(&plugin, &kept, lists) {
                Ok(()) => kept.push(plugin),
                Err(error) => rejected.push(Rejected { plugin, error }),
            }
        }
        let manifests = || kept.iter().map(|loaded| &loaded.manifest);
        let control = kept.iter().filter(|loaded| loaded.is_control());
        let registry = Self {
            lists: lists.clone(),
            sentences: Sentences::compile(manifests(), lists)?,
            control: Sentences::compile(control.map(|loaded| &loaded.manifest), lists)?,
            follow_ups: Sentences::compile_follow_ups(manifests(), lists)?,
            plugins: kept,
        };
        Ok((registry, rejected))
    }

    /// Whether `plugin` gets along with `others`.
    ///
    /// # Errors
    /// If it has the id or an intent of one of them, claims a control word, or has a malformed
    /// sentence.
    pub fn admit(
        plugin: &Loaded,
        others: &[Arc<Loaded>],
        lists: &Lists,
    ) -> Result<(), PluginError> {
        let id = &plugin.manifest.id;
        if others.iter().any(|other| other.manifest.id == *id) {
            return Err(PluginError::TwoPlugins(id.clone()));
        }
        for intent in &plugin.manifest.intents {
            let has_it = |other: &&Arc<Loaded>| {
                let mut intents = other.manifest.intents.iter();
                intents.any(|theirs| theirs.name == intent.name)
            };
            if let Some(first) = others.iter().find(has_it) {
                return Err(PluginError::TwoIntents {
                    intent: intent.name.clone(),
                    first: first.manifest.id.clone(),
                    second: id.clone(),
                });
            }
        }
        check_control_words(plugin, others, lists)?;
        Sentences::compile_follow_ups([&plugin.manifest], lists)?;
        Ok(())
    }

    /// The plugins in their order.
    #[must_use]
    pub fn plugins(&self) -> &[Arc<Loaded>] {
        &self.plugins
    }

    /// The plugin with this id.
    #[must_use]
    pub fn plugin(&self, id: &str) -> Option<&Arc<Loaded>> {
        self.plugins.iter().find(|loaded| loaded.manifest.id == id)
    }

    /// The plugin that owns the intent with this name.
    #[must_use]
    pub fn owner(&self, intent: &str) -> Option<&Arc<Loaded>> {
        let has_it = |loaded: &&Arc<Loaded>| {
            let mut intents = loaded.manifest.intents.iter();
            intents.any(|one| one.name == intent)
        };
        self.plugins.iter().find(has_it)
    }

    /// The values of dynamic slots.
    #[must_use]
    pub fn lists(&self) -> &Lists {
        &self.lists
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

    /// The sentences that count only while the conversation is about the plugin of the match.
    #[must_use]
    pub fn follow_ups(&self) -> &Sentences {
        &self.follow_ups
    }

    /// What manifests declare and no sentence uses, to be reported.
    #[must_use]
    pub fn unused(&self) -> &[Unused] {
        self.sentences.unused()
    }

    /// Sentences that the same words match, to be reported.
    #[must_use]
    pub fn clashes(&self) -> &[Clash] {
        self.sentences.clashes()
    }
}

/// Control words win over all others, so a sentence that claims one would never be reached; and
/// whoever says "stop" must be able to rely on it.
fn check_control_words(
    plugin: &Loaded,
    others: &[Arc<Loaded>],
    lists: &Lists,
) -> Result<(), PluginError> {
    let control = others.iter().filter(|other| other.is_control());
    let both = control
        .map(|other| &other.manifest)
        .chain([&plugin.manifest]);
    let together = Sentences::compile(both, lists)?;
    let id = &plugin.manifest.id;
    let claim = together
        .clashes()
        .iter()
        .find(|clash| clash.second.plugin == *id && clash.first.plugin != *id);
    match claim {
        None => Ok(()),
        Some(claim) => Err(PluginError::ControlWord {
            plugin: id.clone(),
            sentence: claim.second.text.clone(),
            words: claim.words.clone(),
            owner: claim.first.plugin.clone(),
        }),
    }
}
