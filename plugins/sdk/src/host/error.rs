//! Why FAME does not do what a plugin asks of it.

use crate::{Permission, PluginError};

/// A refusal or a failure of a [`Host`](crate::Host) call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The plugin has no grant for it.
    #[error("`{plugin}` may not use `{permission}`; allow it with `fame plugins grant {plugin}`")]
    NotPermitted {
        /// The plugin's id.
        plugin: String,
        /// What it would need.
        permission: Permission,
    },
    /// This FAME cannot do it: a part is missing or switched off.
    #[error("{what} is not available: {hint}")]
    Unavailable {
        /// What is missing.
        what: String,
        /// Why, and what the user can do about it.
        hint: String,
    },
    /// More than FAME keeps or sends.
    #[error("{what} is more than {limit}; use less")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The most there may be.
        limit: String,
    },
    /// It was tried and did not work.
    #[error("{action} failed: {reason}")]
    Failed {
        /// What was being done.
        action: String,
        /// What went wrong.
        reason: String,
    },
}

impl HostError {
    /// Shorthand for [`HostError::Unavailable`].
    pub fn unavailable(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unavailable {
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// Shorthand for [`HostError::Failed`].
    pub fn failed(action: impl Into<String>, reason: impl ToString) -> Self {
        Self::Failed {
            action: action.into(),
            reason: reason.to_string(),
        }
    }
}

impl From<HostError> for PluginError {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}
