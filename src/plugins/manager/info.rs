//! What is told about plugins.

use std::collections::BTreeSet;
use std::time::Instant;

use fame_plugin::{Manifest, Permission};
use serde::Serialize;

use crate::plugins::content::ContentHash;
use crate::plugins::discovery::Broken;
use crate::plugins::mcp;
use crate::plugins::{Loaded, Origin, Runner};

/// A plugin, loaded or not. As JSON it is the protocol's `PluginInfo`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginInfo {
    /// Its id; of a folder whose manifest cannot be read, the folder's name.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The version that its manifest tells.
    pub version: String,
    /// What it is for.
    pub summary: String,
    /// The folder that it is in; none if it is built in.
    pub folder: Option<String>,
    /// How it is.
    #[serde(flatten)]
    pub state: State,
    /// Whether it answers. A plugin in another state than [`State::Loaded`] does so with its
    /// earlier version.
    pub answers: bool,
    /// The names of its intents.
    pub intents: Vec<String>,
    /// What it asks for, each with its meaning.
    pub permissions: Vec<Asked>,
    /// The web services that it asks to reach.
    pub hosts: BTreeSet<String>,
    /// What exactly it is, as hexadecimal digits; empty if it cannot be read.
    pub hash: String,
    /// What runs it.
    pub command: Vec<String>,
    /// What it tells about itself, label and value; only where one plugin is asked for.
    pub facts: Vec<(String, String)>,
}

/// How a plugin is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It is being started.
    Loading,
    /// It answers.
    Loaded,
    /// The user has switched it off.
    Disabled,
    /// It runs once the user grants it.
    NeedsGrant {
        /// The permissions that an earlier version had not been granted.
        new: BTreeSet<Permission>,
    },
    /// It cannot be loaded.
    Broken(Broken),
}

impl State {
    /// Its name in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Disabled => "disabled",
            Self::NeedsGrant { .. } => "needs_grant",
            Self::Broken(_) => "broken",
        }
    }

    /// Why it is so, or what to do.
    #[must_use]
    pub fn reason(&self, plugin: &str) -> Option<String> {
        match self {
            Self::Loading | Self::Loaded => None,
            Self::Disabled => Some(format!("switch it on with `fame plugins enable {plugin}`")),
            Self::NeedsGrant { .. } => {
                Some(format!("let it run with `fame plugins grant {plugin}`"))
            }
            Self::Broken(broken) => Some(broken.to_string()),
        }
    }
}

/// A permission that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its name.
    pub permission: Permission,
    /// What it allows, fit to follow "may".
    pub meaning: &'static str,
}

/// Something about a plugin changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub plugin: String,
    /// The name of its state, or `removed`.
    pub state: &'static str,
    /// Why it is so, or what to do.
    pub reason: Option<String>,
}

impl PluginInfo {
    /// A plugin whose manifest is not known.
    pub(super) fn unknown(id: &str, origin: &Origin, state: State) -> Self {
        let folder = match origin {
            Origin::Builtin => None,
            Origin::Folder(path) => Some(path.display().to_string()),
        };
        Self {
            id: id.into(),
            name: id.into(),
            version: String::new(),
            summary: String::new(),
            folder,
            state,
            answers: false,
            intents: Vec::new(),
            permissions: Vec::new(),
            hosts: BTreeSet::new(),
            hash: String::new(),
            command: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Fills in what `manifest` tells.
    pub(super) fn describe(&mut self, manifest: &Manifest, hash: ContentHash) {
        let asked = |permission: &Permission| Asked {
            permission: *permission,
            meaning: permission.meaning(),
        };
        self.name.clone_from(&manifest.name);
        self.version.clone_from(&manifest.version);
        self.summary.clone_from(&manifest.summary);
        self.intents = manifest
            .intents
            .iter()
            .map(|intent| intent.name.clone())
            .collect();
        self.permissions = manifest.permissions.iter().map(asked).collect();
        self.hosts.clone_from(&manifest.hosts);
        self.hash = hash.to_string();
        if let fame_plugin::Runtime::Mcp(command) = &manifest.runtime {
            self.command.clone_from(command);
        }
    }
}

/// What a loaded plugin tells about itself. May block.
pub(super) fn facts(loaded: &Loaded) -> Vec<(String, String)> {
    match &loaded.runner {
        Runner::Builtin(plugin) => plugin.info().0,
        Runner::Mcp(server) => {
            let tools: Vec<_> = loaded.tools.iter().map(|tool| tool.name.as_str()).collect();
            vec![
                ("process".into(), process(&server.state(), Instant::now())),
                ("tools".into(), tools.join(", ")),
            ]
        }
    }
}

fn process(state: &mcp::State, now: Instant) -> String {
    let seconds = |until: &Instant| until.saturating_duration_since(now).as_secs();
    match state {
        mcp::State::Stopped => "not running; the next request starts it".into(),
        mcp::State::Running { pid, since } => {
            let up = now.saturating_duration_since(*since).as_secs();
            format!("{pid}, up {up} s")
        }
        mcp::State::BackingOff { until, reason } => {
            format!(
                "restarted in {} s at the earliest: {reason}",
                seconds(until)
            )
        }
        mcp::State::Open { until, reason } => {
            format!(
                "failed repeatedly, left alone for {} s: {reason}",
                seconds(until)
            )
        }
    }
}
