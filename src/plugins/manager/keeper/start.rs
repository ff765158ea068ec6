//! Starting plugins.

use std::collections::BTreeSet;
use std::sync::Arc;

use fame_plugin::Manifest;
use tokio::task::spawn_blocking;

use super::Keeper;
use crate::plugins::content::ContentHash;
use crate::plugins::discovery::{Broken, Described};
use crate::plugins::manager::Services;
use crate::plugins::manager::entry::{Entry, Failure, Start};
use crate::plugins::manager::info::State;
use crate::plugins::manager::load::{self, Failed, Order};
use crate::plugins::registry::Reaper;
use crate::plugins::{Loaded, Origin};

/// What came of a start.
pub(super) struct Started {
    number: u64,
    outcome: Result<Arc<Loaded>, Failed>,
}

/// FAME's own plugins, started unless they are switched off.
pub(super) fn builtin(services: &Services, reaper: &Reaper) -> Vec<Entry> {
    let plugins = (services.builtin)();
    let entries = plugins.into_iter().enumerate().map(|(at, plugin)| {
        let text = plugin.manifest().to_owned();
        let described = Manifest::parse(&text).map(|manifest| Described {
            manifest,
            hash: ContentHash::of_text(&text),
            text,
        });
        let id = match &described {
            Ok(described) => described.manifest.id.clone(),
            Err(_) => format!("builtin_{at}"),
        };
        let described = described.map_err(Broken::plain);
        let mut entry = Entry::new(id, Origin::Builtin, described);
        if let Ok(described) = &entry.described {
            let hash = described.hash;
            let outcome = match services.grants.is_disabled(&entry.id) {
                Ok(true) => Ok(None),
                Ok(false) => Loaded::builtin(plugin, &services.host, reaper)
                    .map(Some)
                    .map_err(Broken::plain),
                Err(error) => Err(Broken::plain(error)),
            };
            take(&mut entry, hash, outcome);
        } else if let Err(broken) = &entry.described {
            entry.state = State::Broken(broken.clone());
        }
        entry
    });
    entries.collect()
}

fn take(entry: &mut Entry, hash: ContentHash, outcome: Result<Option<Arc<Loaded>>, Broken>) {
    match outcome {
        Ok(None) => entry.state = State::Disabled,
        Ok(Some(loaded)) => {
            entry.state = State::Loaded;
            entry.loaded = Some(loaded);
            entry.fresh = true;
        }
        Err(broken) => {
            entry.state = State::Broken(broken.clone());
            entry.failed = Some(Failure {
                hash,
                broken,
                clash: false,
            });
        }
    }
}

impl Keeper {
    /// Begins to start a plugin whose manifest is known. One of FAME's own is made anew.
    pub(super) fn start(&mut self, at: usize) {
        let taken = self.intents_of_others(at);
        self.started += 1;
        let number = self.started;
        let entry = &mut self.entries[at];
        let Ok(described) = entry.described.clone() else {
            return;
        };
        entry.state = State::Loading;
        entry.starting = Some(Start {
            number,
            hash: described.hash,
        });
        let (reaper, gate) = (self.reaper.clone(), self.gate.clone());
        match (&entry.origin, &self.copies) {
            (Origin::Folder(folder), Some(copies)) => {
                let order = Order {
                    folder: folder.clone(),
                    copy: copies.place(&entry.id),
                    described,
                    taken,
                };
                let settings = self.settings.clone();
                self.starts.spawn(async move {
                    // The gate is never closed.
                    let _turn = gate.acquire().await;
                    let outcome = load::load(order, settings, reaper).await;
                    Started { number, outcome }
                });
            }
            _ => {
                let (services, id) = (self.services.clone(), entry.id.clone());
                self.starts.spawn(async move {
                    let made = spawn_blocking(move || make(&id, &services, &reaper)).await;
                    let crashed = |crash| Err(Failed::Broken(Broken::plain(crash)));
                    let outcome = made.unwrap_or_else(crashed);
                    Started { number, outcome }
                });
            }
        }
    }

    /// Takes in what came of a start. Tells whether the folder has to be looked at again.
    pub(super) async fn finish(&mut self, Started { number, outcome }: Started) -> bool {
        let begun = |entry: &&mut Entry| entry.starting.is_some_and(|start| start.number == number);
        // One that is not wanted any more is dropped, and so ended.
        let Some(entry) = self.entries.iter_mut().find(begun) else {
            return false;
        };
        let hash = entry.starting.take().map(|start| start.hash);
        let mut look = false;
        match (outcome, hash) {
            (Ok(loaded), _) => {
                entry.failed = None;
                entry.earlier = entry.loaded.replace(loaded);
                entry.fresh = true;
                self.freed |= entry.earlier.is_some();
                self.dirty = true;
            }
            (Err(Failed::Changed), _) => {
                entry.fingerprint = None;
                look = true;
            }
            (Err(Failed::Broken(broken)), Some(hash)) => {
                entry.failed = Some(Failure {
                    hash,
                    broken,
                    clash: false,
                });
            }
            (Err(Failed::Broken(_)), None) => {}
        }
        if look {
            // Until then it is not started again.
            self.announce();
        } else {
            self.settle().await;
        }
        look
    }

    fn intents_of_others(&self, at: usize) -> BTreeSet<String> {
        let others = self
            .entries
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at);
        others
            .filter_map(|(_, entry)| entry.loaded.as_ref())
            .flat_map(|loaded| &loaded.manifest.intents)
            .map(|intent| intent.name.clone())
            .collect()
    }
}

/// Makes one of FAME's own plugins again.
fn make(id: &str, services: &Services, reaper: &Reaper) -> Result<Arc<Loaded>, Failed> {
    let plugin = (services.builtin)()
        .into_iter()
        .find(|plugin| Manifest::parse(plugin.manifest()).is_ok_and(|manifest| manifest.id == id));
    let plugin = plugin.ok_or_else(|| Failed::Broken(Broken::plain("it is no part of FAME")))?;
    let loaded = Loaded::builtin(plugin, &services.host, reaper);
    loaded.map_err(|error| Failed::Broken(Broken::plain(error)))
}
