//! Lists of values that plugins fill while they run.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::words::Words;

/// The most entries of one list, other ways of saying them included. More are cut off.
pub const MAX_ENTRIES: usize = 5_000;

/// The values of all dynamic slots, by plugin and list. Clones share them; what a plugin sets is
/// matched from the next utterance on.
#[derive(Clone, Debug, Default)]
pub struct Lists(Arc<RwLock<ByName>>);

/// By plugin and list.
type ByName = HashMap<(String, String), Arc<Entries>>;

/// What is said, as normalised words, and the entry that it stands for.
pub(crate) type Entries = HashMap<String, String>;

impl Lists {
    /// Makes `entries`, each with other ways of saying it, the values of `list`.
    pub fn set(&self, plugin: &str, list: &str, entries: Vec<(String, Vec<String>)>) {
        let said = entries
            .into_iter()
            .flat_map(|(entry, others)| {
                let ways: Vec<String> = others.into_iter().chain([entry.clone()]).collect();
                ways.into_iter().map(move |way| (way, entry.clone()))
            })
            .take(MAX_ENTRIES)
            .map(|(way, entry)| (Words::new(&way).texts().join(" "), entry))
            .collect();
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((plugin.into(), list.into()), Arc::new(said));
    }

    /// The values of `list`; none if the plugin has not set it yet.
    pub(crate) fn get(&self, plugin: &str, list: &str) -> Arc<Entries> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(plugin.into(), list.into()))
            .cloned()
            .unwrap_or_default()
    }
}
