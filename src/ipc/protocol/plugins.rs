//! `plugins`: the method and its parameters.

use serde::{Deserialize, Serialize};

/// `plugins`: looks at plugins, or changes what they may do. `list` is answered with a
/// [`Plugins`](super::Plugins), all others with a [`PluginInfo`](super::PluginInfo).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum PluginsParams {
    /// All plugins, loaded or not.
    #[default]
    List,
    /// One plugin, with what it tells about itself.
    Info {
        /// Its id.
        plugin: String,
    },
    /// Switches a plugin on again.
    Enable {
        /// Its id.
        plugin: String,
    },
    /// Switches a plugin off.
    Disable {
        /// Its id.
        plugin: String,
    },
    /// Lets a plugin run with the permissions that it asks for.
    Grant {
        /// Its id.
        plugin: String,
        /// The [`PluginInfo::hash`](super::PluginInfo::hash) that was looked at; refused if it is another one by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// Takes a grant back.
    Revoke {
        /// Its id.
        plugin: String,
    },
    /// Starts a plugin anew.
    Reload {
        /// Its id.
        plugin: String,
    },
}
