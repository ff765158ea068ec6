//! Why plugins are not loaded.

use fame_plugin::ManifestError;
use fame_plugin::sentence::TemplateError;

/// Why a plugin is not loaded.
#[derive(Clone, Debug, thiserror::Error)]
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
    /// A sentence that is a control word of another plugin.
    #[error(
        "loading plugins: the sentence `{sentence}` of `{plugin}` claims \"{words}\", a control \
         word of `{owner}`; take these words out of it"
    )]
    ControlWord {
        /// The plugin that claims it.
        plugin: String,
        /// Its sentence.
        sentence: String,
        /// The words that both match.
        words: String,
        /// The plugin whose control word it is.
        owner: String,
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
