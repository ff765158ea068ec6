//! One registry of all that answer.

use std::sync::Arc;

use fame_plugin::sentence::{Lists, TemplateError};
use tokio::task::spawn_blocking;

use super::Keeper;
use crate::plugins::discovery::Broken;
use crate::plugins::manager::entry::{Entry, Failure};
use crate::plugins::registry::Rejected;
use crate::plugins::{Loaded, Registry};

/// A plugin that is to answer, and whether it is new.
pub(super) type Candidate = (Arc<Loaded>, bool);

/// A registry, and what could not be part of it.
pub(super) struct Composed {
    pub(super) registry: Registry,
    pub(super) rejected: Vec<Rejected>,
}

/// The plugins that answer, in their order.
pub(super) fn answering(entries: &[Entry]) -> Vec<Candidate> {
    let candidate = |entry: &Entry| Some((entry.loaded.clone()?, entry.fresh));
    entries.iter().filter_map(candidate).collect()
}

/// A registry of `candidates` in their order. Where two get into each other's way, a new one is
/// left out before an old one, whatever their order.
pub(super) fn compose(
    candidates: Vec<Candidate>,
    lists: &Lists,
) -> Result<Composed, TemplateError> {
    let old: Vec<_> = candidates
        .iter()
        .filter(|(_, fresh)| !fresh)
        .map(|(loaded, _)| loaded.clone())
        .collect();
    let mut rejected = Vec::new();
    let mut kept = Vec::new();
    for (plugin, fresh) in candidates {
        match Registry::admit(&plugin, &old, lists) {
            Err(error) if fresh => rejected.push(Rejected { plugin, error }),
            _ => kept.push(plugin),
        }
    }
    let (registry, more) = Registry::of(kept, lists)?;
    rejected.extend(more);
    Ok(Composed { registry, rejected })
}

impl Keeper {
    /// Publishes a registry of all that answer now. A new version that does not get along with
    /// the others gives way to the one before it.
    pub(super) async fn recompose(&mut self) {
        loop {
            let candidates = answering(&self.entries);
            let lists = self.services.lists.clone();
            let composed = match spawn_blocking(move || compose(candidates, &lists)).await {
                Ok(Ok(composed)) => composed,
                Ok(Err(error)) => return self.undo(&error.to_string()),
                Err(crash) => return self.undo(&crash.to_string()),
            };
            if !self.reject(composed.rejected) {
                return self.publish(composed.registry);
            }
        }
    }

    /// Notes what could not be part of a registry. Tells whether an earlier version answers again,
    /// so that another registry is needed.
    pub(super) fn reject(&mut self, rejected: Vec<Rejected>) -> bool {
        let mut again = false;
        for Rejected { plugin, error } in rejected {
            let loaded_here = |entry: &&mut Entry| {
                let loaded = entry.loaded.as_ref();
                loaded.is_some_and(|loaded| Arc::ptr_eq(loaded, &plugin))
            };
            let Some(entry) = self.entries.iter_mut().find(loaded_here) else {
                continue;
            };
            let broken = match (entry.folder(), &entry.described) {
                (Some(folder), Ok(described)) => Broken::manifest(folder, &described.text, &error),
                _ => Broken::plain(error),
            };
            again |= entry.reject(Failure {
                hash: plugin.hash,
                broken,
                clash: true,
            });
        }
        again
    }

    pub(super) fn publish(&mut self, registry: Registry) {
        let fresh = |plugin: &str| {
            let mut entries = self.entries.iter();
            entries.any(|entry| entry.fresh && entry.id == plugin)
        };
        let clashes = registry.clashes().iter();
        for clash in clashes.filter(|clash| fresh(&clash.second.plugin)) {
            tracing::warn!(%clash, "two sentences are the same");
        }
        let unused = registry.unused().iter();
        for unused in unused.filter(|unused| fresh(unused.plugin())) {
            tracing::warn!(%unused, "a plugin declares something in vain");
        }
        for entry in &mut self.entries {
            entry.fresh = false;
            entry.earlier = None;
        }
        self.services.current.set(Arc::new(registry));
        self.generations.send_modify(|generation| *generation += 1);
    }

    /// Goes back to what answered before. Each plugin was compiled by itself already, so this is
    /// a mistake of ours.
    fn undo(&mut self, reason: &str) {
        tracing::error!(reason, "the plugins do not compile together");
        for entry in self.entries.iter_mut().filter(|entry| entry.fresh) {
            let Some(loaded) = &entry.loaded else {
                continue;
            };
            let failure = Failure {
                hash: loaded.hash,
                broken: Broken::plain(reason),
                clash: true,
            };
            entry.reject(failure);
        }
    }
}
