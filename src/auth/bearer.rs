//! What comes of showing a key.

use std::fmt;
use std::sync::Arc;

use crate::scope::{Scope, Scopes};
use crate::table::Known;
use crate::text::TextError;

/// Why a key opens nothing. Only the last two tell anything about a key that exists, and only to
/// those who hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not a key at all, or mistyped.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No such key.
    #[error("the key is not known here; `fame keys create` makes one")]
    Wrong,
    /// It was revoked.
    #[error("the key was revoked; `fame keys create` makes a new one")]
    Revoked,
    /// Its time is over.
    #[error("the key has expired; `fame keys create` makes a new one")]
    Expired,
}

/// Somebody who showed a good key.
#[derive(Clone)]
pub struct Bearer(pub(crate) Arc<Known>);

impl Bearer {
    /// The key's public id.
    pub fn id(&self) -> &str {
        &self.0.record.info.id
    }

    /// What the key is for, in its owner's words.
    pub fn name(&self) -> &str {
        &self.0.record.info.name
    }

    /// What the key is good for.
    pub fn scopes(&self) -> Scopes {
        self.0.record.info.scopes
    }

    /// Whether the key may do what `needed` allows.
    pub fn may(&self, needed: Scope) -> bool {
        self.scopes().allow(needed)
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bearer")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("scopes", &self.scopes())
            .finish()
    }
}
