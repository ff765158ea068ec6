//! What plugins there are, and how they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All plugins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plugins {
    /// In the order in which equal sentences win.
    pub plugins: Vec<PluginInfo>,
}

/// One plugin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PluginInfo {
    /// Its id; of a folder whose manifest cannot be read, the folder's name.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its own version.
    #[serde(default)]
    pub version: String,
    /// What it is for.
    #[serde(default)]
    pub summary: String,
    /// The folder that it is in; none if it is part of FAME.
    #[serde(default)]
    pub folder: Option<String>,
    /// How it is.
    pub state: PluginState,
    /// Whether it answers. One that is not `loaded` does so with an earlier version.
    #[serde(default)]
    pub answers: bool,
    /// If it needs a grant: the permissions that an earlier version did not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<String>,
    /// If it is broken: the file at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The character in the line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The names of its intents.
    #[serde(default)]
    pub intents: Vec<String>,
    /// What it asks for.
    #[serde(default)]
    pub permissions: Vec<PluginPermission>,
    /// The web services that it asks to reach.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What exactly it is; empty if it cannot be read.
    #[serde(default)]
    pub hash: String,
    /// What runs it; empty if it is part of FAME.
    #[serde(default)]
    pub command: Vec<String>,
    /// What it tells about itself, label and value. Not in a list of plugins.
    #[serde(default)]
    #[schema(value_type = Vec<Vec<String>>)]
    pub facts: Vec<(String, String)>,
}

/// How a plugin is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PluginState {
    /// It is being started.
    Loading,
    /// It answers.
    Loaded,
    /// The user has switched it off.
    Disabled,
    /// It runs once the user grants it.
    NeedsGrant,
    /// It cannot be loaded.
    Broken,
    /// A state that a newer daemon has added.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A permission that a plugin asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginPermission {
    /// Its name.
    pub permission: String,
    /// What it allows, fit to follow "may".
    #[serde(default)]
    pub meaning: String,
}
