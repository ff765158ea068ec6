//! Doing what the user says about a plugin.

use fame_plugin::Permission;

use super::Keeper;
use crate::plugins::Origin;
use crate::plugins::content::ContentHash;
use crate::plugins::grants::Grant;
use crate::plugins::manager::entry::Entry;
use crate::plugins::manager::{Done, ManageError};

/// What the keeper is told to do.
pub(in crate::plugins::manager) struct Command {
    pub(in crate::plugins::manager) id: String,
    pub(in crate::plugins::manager) action: Action,
    pub(in crate::plugins::manager) done: Done,
}

/// What is to be done about a plugin.
#[derive(Clone, Copy, Debug)]
pub(in crate::plugins::manager) enum Action {
    Enable,
    Disable,
    /// The content that the user looked at, if they did.
    Grant(Option<ContentHash>),
    Revoke,
    Reload,
}

impl Keeper {
    pub(super) async fn obey(&mut self, Command { id, action, done }: Command) {
        let outcome = self.act(&id, action).await;
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        match (outcome, entry) {
            (Ok(()), Some(entry)) => {
                entry.waiting.push(done);
                self.settle().await;
            }
            // Whoever asked may have gone.
            (Ok(()), None) => _ = done.send(Err(ManageError::Unknown(id))),
            (Err(error), _) => _ = done.send(Err(error)),
        }
    }

    async fn act(&mut self, id: &str, action: Action) -> Result<(), ManageError> {
        let known = self.entries.iter_mut().find(|entry| entry.id == id);
        let entry = known.ok_or_else(|| ManageError::Unknown(id.into()))?;
        let foreign = entry.origin != Origin::Builtin;
        let name = id.to_owned();
        match action {
            Action::Enable => {
                self.kept(move |kept| kept.set_disabled(&name, false))
                    .await?
            }
            Action::Disable => {
                if !foreign && asks_for_control(entry) {
                    return Err(ManageError::Needed(name));
                }
                self.kept(move |kept| kept.set_disabled(&name, true))
                    .await?;
            }
            Action::Grant(_) | Action::Revoke if !foreign => {
                return Err(ManageError::Builtin(name));
            }
            Action::Grant(hash) => {
                let grant = grant(entry, hash)?;
                entry.failed = None;
                self.kept(move |kept| kept.set_grant(&name, &grant)).await?;
            }
            Action::Revoke => {
                self.kept(move |kept| kept.remove_grant(&name)).await?;
            }
            Action::Reload => {
                entry.failed = None;
                entry.anew = true;
                entry.fingerprint = None;
                if foreign {
                    self.look(true).await;
                }
            }
        }
        Ok(())
    }
}

/// The grant for what `entry` is now, if that is what the user looked at.
fn grant(entry: &Entry, looked_at: Option<ContentHash>) -> Result<Grant, ManageError> {
    let described = entry
        .described
        .as_ref()
        .map_err(|broken| ManageError::Broken {
            plugin: entry.id.clone(),
            reason: broken.to_string(),
        })?;
    if looked_at.is_some_and(|hash| hash != described.hash) {
        return Err(ManageError::Changed(entry.id.clone()));
    }
    Ok(Grant {
        hash: described.hash,
        permissions: described.manifest.permissions.clone(),
    })
}

fn asks_for_control(entry: &Entry) -> bool {
    let permissions = entry
        .described
        .as_ref()
        .map(|described| &described.manifest.permissions);
    permissions.is_ok_and(|permissions| permissions.contains(&Permission::Control))
}
