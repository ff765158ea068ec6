//! The trait every plugin implements.

use crate::{HostError, HostRef, Reply, Request, Wakeup};

/// A skill. FAME owns it, calls [`handle`](Self::handle) from several threads, and reads its
/// intents from [`manifest`](Self::manifest).
pub trait Plugin: Send + Sync {
    /// The text of the plugin's `plugin.toml`, usually `include_str!("../plugin.toml")`.
    fn manifest(&self) -> &str;

    /// Called once, before the first request. Keep the host if you need the clock.
    ///
    /// # Errors
    /// A plugin that cannot work says why; it is then left out.
    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        let _ = host;
        Ok(())
    }

    /// Answers one request. May take its time (up to FAME's time limit), may not print.
    ///
    /// What the *user* did wrong (dividing by zero, an unknown city) is a reply, not an error.
    ///
    /// # Errors
    /// Whatever kept the plugin from answering; FAME says so in a sentence of its own.
    fn handle(&self, request: &Request) -> Result<Reply, PluginError>;

    /// Takes an act back. `token` is what the act's reply offered with [`Reply::undo`].
    ///
    /// # Errors
    /// Whatever kept the plugin from it; FAME says so.
    fn undo(&self, token: &str) -> Result<Reply, PluginError> {
        Err(PluginError::failed(
            format!("undoing `{token}`"),
            "this plugin offers no undo",
        ))
    }

    /// A time has come that the plugin scheduled. The reply is spoken.
    ///
    /// # Errors
    /// Whatever kept the plugin from it, for the log.
    fn wake(&self, wakeup: &Wakeup) -> Result<Reply, PluginError> {
        Err(PluginError::failed(
            format!("waking for `{}`", wakeup.id),
            "this plugin schedules nothing",
        ))
    }

    /// Facts for `fame plugins info`, such as the number of stored items.
    fn info(&self) -> Info {
        Info::default()
    }

    /// Called once, after the last request.
    fn shutdown(&self) {}
}

/// What a plugin tells about itself: label and value, in the order to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info(pub Vec<(String, String)>);

/// Why a plugin did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The manifest names an intent that the code does not handle.
    #[error("no handler for the intent `{0}`")]
    UnknownIntent(String),
    /// The sentence matched without a slot that the handler needs.
    #[error("the intent `{intent}` came without its slot `{slot}`")]
    MissingSlot {
        /// The intent being handled.
        intent: String,
        /// The slot that is missing or of another type.
        slot: String,
    },
    /// FAME did not do what the plugin asked of it.
    #[error(transparent)]
    Host(HostError),
    /// Something went wrong on the way.
    #[error("{action} failed: {reason}")]
    Failed {
        /// What was being done, such as `adding 2 and 2`.
        action: String,
        /// What went wrong, for a log.
        reason: String,
    },
}

impl PluginError {
    /// Shorthand for [`PluginError::Failed`].
    pub fn failed(action: impl Into<String>, reason: impl ToString) -> Self {
        Self::Failed {
            action: action.into(),
            reason: reason.to_string(),
        }
    }
}
