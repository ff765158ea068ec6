//! What the user has allowed: which plugins may run, bound to what exactly they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fame_plugin::Permission;

use super::content::ContentHash;

/// A plugin from a folder may run as long as it is this content and asks for these permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The content that was granted.
    pub hash: ContentHash,
    /// The permissions that were granted with it.
    pub permissions: BTreeSet<Permission>,
}

/// Where grants are kept. Calls may block.
pub trait Grants: Send + Sync {
    /// The grant of a plugin.
    ///
    /// # Errors
    /// If it cannot be read.
    fn grant(&self, plugin: &str) -> Result<Option<Grant>, GrantsError>;

    /// Keeps the grant of a plugin, in the place of an earlier one.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn set_grant(&self, plugin: &str, grant: &Grant) -> Result<(), GrantsError>;

    /// Forgets the grant of a plugin; gives whether there was one.
    ///
    /// # Errors
    /// If that cannot be kept.
    fn remove_grant(&self, plugin: &str) -> Result<bool, GrantsError>;

    /// Whether the user has switched a plugin off.
    ///
    /// # Errors
    /// If it cannot be read.
    fn is_disabled(&self, plugin: &str) -> Result<bool, GrantsError>;

    /// Switches a plugin off, or on again.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn set_disabled(&self, plugin: &str, disabled: bool) -> Result<(), GrantsError>;
}

/// Grants cannot be read or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {reason}; check that the data folder can be written and the disk is not full")]
pub struct GrantsError {
    /// What was being done, such as `keeping the grant of `dice``.
    pub action: String,
    /// What went wrong.
    pub reason: String,
}

/// Grants that last as long as the process, for a FAME that keeps nothing.
#[derive(Debug, Default)]
pub struct MemoryGrants(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    grants: BTreeMap<String, Grant>,
    disabled: BTreeSet<String>,
}

impl MemoryGrants {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grants for MemoryGrants {
    fn grant(&self, plugin: &str) -> Result<Option<Grant>, GrantsError> {
        Ok(self.kept().grants.get(plugin).cloned())
    }

    fn set_grant(&self, plugin: &str, grant: &Grant) -> Result<(), GrantsError> {
        self.kept().grants.insert(plugin.into(), grant.clone());
        Ok(())
    }

    fn remove_grant(&self, plugin: &str) -> Result<bool, GrantsError> {
        Ok(self.kept().grants.remove(plugin).is_some())
    }

    fn is_disabled(&self, plugin: &str) -> Result<bool, GrantsError> {
        Ok(self.kept().disabled.contains(plugin))
    }

    fn set_disabled(&self, plugin: &str, disabled: bool) -> Result<(), GrantsError> {
        let mut kept = self.kept();
        if disabled {
            kept.disabled.insert(plugin.into());
        } else {
            kept.disabled.remove(plugin);
        }
        Ok(())
    }
}
