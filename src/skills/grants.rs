//! What the user has allowed, kept in the store.

use fame_plugin::Clock as _;
use fame_plugin::SystemClock;

use crate::plugins::grants::{Grant, Grants, GrantsError};
use crate::store::{self, Store, StoreError};

/// See the module's documentation. Without a store nothing is granted and nothing can be.
pub(super) struct StoredGrants(pub(super) Option<Store>);

impl StoredGrants {
    fn with<T>(
        &self,
        action: impl Fn() -> String,
        work: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, GrantsError> {
        let failed = |reason: String| GrantsError {
            action: action(),
            reason,
        };
        match &self.0 {
            Some(store) => work(store).map_err(|error| failed(error.to_string())),
            None => Err(failed("FAME runs without its store".into())),
        }
    }
}

impl Grants for StoredGrants {
    fn grant(&self, plugin: &str) -> Result<Option<Grant>, GrantsError> {
        if self.0.is_none() {
            return Ok(None);
        }
        let kept = self.with(
            || format!("reading the grant of `{plugin}`"),
            |store| store.grant(plugin),
        )?;
        // A hash that cannot be read is that of nothing there is, so it grants nothing.
        Ok(kept.and_then(|kept| {
            Some(Grant {
                hash: kept.hash.parse().ok()?,
                permissions: kept.permissions.into_iter().collect(),
            })
        }))
    }

    fn set_grant(&self, plugin: &str, grant: &Grant) -> Result<(), GrantsError> {
        self.with(
            || format!("keeping the grant of `{plugin}`"),
            |store| {
                store.set_grant(store::Grant {
                    plugin: plugin.into(),
                    hash: grant.hash.to_string(),
                    permissions: grant.permissions.iter().copied().collect(),
                    at: SystemClock.now().timestamp(),
                })
            },
        )
    }

    fn remove_grant(&self, plugin: &str) -> Result<bool, GrantsError> {
        self.with(
            || format!("forgetting the grant of `{plugin}`"),
            |store| store.remove_grant(plugin),
        )
    }

    fn is_disabled(&self, plugin: &str) -> Result<bool, GrantsError> {
        if self.0.is_none() {
            return Ok(false);
        }
        let disabled = self.with(
            || format!("reading whether `{plugin}` is off"),
            Store::disabled,
        )?;
        Ok(disabled.iter().any(|one| one == plugin))
    }

    fn set_disabled(&self, plugin: &str, disabled: bool) -> Result<(), GrantsError> {
        self.with(
            || format!("switching `{plugin}`"),
            |store| match disabled {
                true => store.disable(plugin),
                false => store.enable(plugin),
            },
        )
    }
}
