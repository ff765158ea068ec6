//! Looking at the plugin folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::{Keeper, SECOND_LOOK};
use crate::plugins::Origin;
use crate::plugins::discovery::{self, Broken, Described, Sighting};
use crate::plugins::manager::entry::Entry;

/// How long nothing is done once looking has failed, which is a mistake of ours.
const RETRY: Duration = Duration::from_secs(3_600);

/// What makes no sense, and is believed when a second look shows the same: a folder may be
/// half-written or on its way to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The folder is gone.
    Gone,
    /// It is broken, and its fingerprint is this.
    Broken(Option<u64>),
}

impl Keeper {
    /// Looks at the folders and does what follows. What makes no sense is believed at once if
    /// `trust`. Gives when to look again.
    pub(super) async fn look(&mut self, trust: bool) -> Duration {
        let Some(mut watch) = self.watch.take() else {
            return RETRY;
        };
        let settings = self.settings.clone();
        let known: BTreeMap<PathBuf, u64> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.folder()?.to_owned(), entry.fingerprint?)))
            .collect();
        let looking = spawn_blocking(move || {
            // Before the look, so that what changes after it is told.
            watch.refresh(known.keys());
            let sightings = discovery::scan(&settings.folders, &settings.language, &known);
            watch.refresh(sightings.iter().map(|sighting| &sighting.folder));
            (watch, sightings)
        });
        let (watch, sightings) = match looking.await {
            Ok(looked) => looked,
            Err(crash) => {
                tracing::error!(%crash, "looking for plugins failed; restart FAME to look again");
                return RETRY;
            }
        };
        let interval = watch.interval();
        self.watch = Some(watch);
        self.take_in(sightings, trust);
        self.settle().await;
        if self.doubts.is_empty() {
            interval
        } else {
            SECOND_LOOK
        }
    }

    fn take_in(&mut self, sightings: Vec<Sighting>, trust: bool) {
        let own = self
            .entries
            .iter()
            .position(|entry| entry.origin != Origin::Builtin);
        let from_folders = self.entries.split_off(own.unwrap_or(self.entries.len()));
        let mut before: BTreeMap<PathBuf, Entry> = from_folders
            .into_iter()
            .filter_map(|entry| Some((entry.folder()?.to_owned(), entry)))
            .collect();
        let doubted = std::mem::take(&mut self.doubts);
        for sighting in sightings {
            let folder = sighting.folder;
            let entry = before.remove(&folder);
            let read = match sighting.read {
                None => {
                    self.entries.extend(entry);
                    continue;
                }
                Some(Err(_)) if !trust => {
                    let doubt = Doubt::Broken(sighting.fingerprint);
                    if doubted.get(&folder) != Some(&doubt) {
                        self.entries.extend(entry);
                        self.doubts.insert(folder, doubt);
                        continue;
                    }
                    sighting.read
                }
                read => read,
            };
            if let Some(read) = read {
                let entry = self.changed(folder, entry, read, sighting.fingerprint);
                self.entries.push(entry);
            }
        }
        for (folder, entry) in before {
            if trust || doubted.get(&folder) == Some(&Doubt::Gone) {
                if entry.loaded.is_some() {
                    self.went();
                }
            } else {
                self.entries.push(entry);
                self.doubts.insert(folder, Doubt::Gone);
            }
        }
    }

    /// The entry of a folder that is now what `read` says.
    fn changed(
        &mut self,
        folder: PathBuf,
        entry: Option<Entry>,
        read: Result<Described, Broken>,
        fingerprint: Option<u64>,
    ) -> Entry {
        let id = match (&read, &entry) {
            (Ok(described), _) => described.manifest.id.clone(),
            (Err(_), Some(entry)) => entry.id.clone(),
            (Err(_), None) => name_of(&folder),
        };
        let mut entry = match entry {
            Some(mut entry) if entry.id == id => {
                entry.described = read;
                entry
            }
            // Another id is another plugin.
            other => {
                if other.is_some_and(|other| other.loaded.is_some()) {
                    self.went();
                }
                Entry::new(id, Origin::Folder(folder), read)
            }
        };
        entry.fingerprint = fingerprint;
        entry
    }
}

/// What a plugin is called as long as it does not say so itself.
fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}
