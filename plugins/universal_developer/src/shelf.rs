//! Programs that were written lately, and those that were saved.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fame_plugin::words::Words;
use fame_plugin::{HostError, HostRef, PluginError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Report;
use crate::phrases::telling;
use crate::source::Source;

/// The programs that are remembered without being saved; the oldest is forgotten first.
const MOST_RECENT: usize = 8;

/// The programs that can be saved.
pub(crate) const MOST_SAVED: usize = 100;

/// The longest name, in bytes.
pub(crate) const MAX_NAME: usize = 60;

/// Where saved programs are in the store.
const SAVED: &str = "program/";

/// Where what a saving replaced is in the store, until it is replaced itself.
const REPLACED: &str = "replaced/";

/// Where the recent ones are.
const RECENT: &str = "recent";

/// A program and what is known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// What it does, fit to follow "a program to".
    pub(crate) title: String,
    /// What it was saved as.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The catalogue's entry that it is.
    #[serde(default)]
    pub(crate) entry: Option<String>,
    /// What it was run on.
    #[serde(default)]
    pub(crate) values: Vec<Value>,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The program.
    pub(crate) source: Source,
    /// What its tests said last, if they were run.
    #[serde(default)]
    pub(crate) report: Option<Report>,
    /// What it gave last.
    #[serde(default)]
    pub(crate) result: Option<Value>,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// The catalogue.
    Catalogue,
    /// The configured language model.
    LanguageModel,
    /// The one who asked.
    Given,
}

impl Made {
    /// What to call it: its name, else what it does.
    pub(crate) fn label(&self) -> String {
        match (&self.name, self.origin) {
            (Some(name), _) => name.clone(),
            (None, Origin::Given) => "your code".into(),
            (None, _) => format!("the program to {}", self.title),
        }
    }
}

/// See the module's documentation.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Vec<Recent>>);

#[derive(Clone, Serialize, Deserialize)]
struct Recent {
    session: String,
    made: Made,
}

impl Shelf {
    /// What was written before FAME ended. What cannot be read is passed over.
    pub(crate) fn load(host: &HostRef) -> Self {
        let stored = host.get(RECENT).ok().flatten();
        let recent = stored.and_then(|value| serde_json::from_value(value).ok());
        Self(Mutex::new(recent.unwrap_or_default()))
    }

    /// Makes `made` the program that "it" is in `session`.
    pub(crate) fn remember(&self, host: &HostRef, session: &str, made: Made) {
        let mut recent = self.lock();
        recent.insert(
            0,
            Recent {
                session: session.into(),
                made,
            },
        );
        recent.truncate(MOST_RECENT);
        // Without a store it is remembered until FAME ends.
        let _ = host.put(RECENT, serde_json::json!(*recent));
    }

    /// What "it" is in `session`: the last program there, else the last one anywhere.
    pub(crate) fn last(&self, session: &str) -> Option<Made> {
        let recent = self.lock();
        let own = recent.iter().find(|recent| recent.session == session);
        own.or(recent.first()).map(|recent| recent.made.clone())
    }

    /// The program that `said` names: a saved one by its name, or the first saved or recent one
    /// with all words of it in its name or title.
    pub(crate) fn find(&self, host: &HostRef, said: &str) -> Result<Option<Made>, HostError> {
        if let Some(made) = read(host, &format!("{SAVED}{}", slug(said)))? {
            return Ok(Some(made));
        }
        let wanted = telling(said);
        if wanted.is_empty() {
            return Ok(None);
        }
        for key in host.keys(SAVED)? {
            if let Some(made) = read(host, &key)?.filter(|made| has(made, &wanted)) {
                return Ok(Some(made));
            }
        }
        let recent = self.lock();
        let found = recent.iter().find(|recent| has(&recent.made, &wanted));
        Ok(found.map(|recent| recent.made.clone()))
    }

    /// Saves `made` as `name`; gives the token that takes it back, or `None` if the shelf is full.
    pub(crate) fn save(
        &self,
        host: &HostRef,
        name: &str,
        made: Made,
    ) -> Result<Option<String>, PluginError> {
        let slug = slug(name);
        let key = format!("{SAVED}{slug}");
        let keys = host.keys(SAVED)?;
        if keys.contains(&key) {
            let before = host.get(&key)?.unwrap_or_default();
            host.put(&format!("{REPLACED}{slug}"), before)?;
        } else if keys.len() >= MOST_SAVED {
            return Ok(None);
        } else {
            host.delete(&format!("{REPLACED}{slug}"))?;
        }
        let made = Made {
            name: Some(name.into()),
            ..made
        };
        put(host, &key, &made)?;
        Ok(Some(slug))
    }

    /// Writes a saved program's last report and result down; others are only remembered.
    pub(crate) fn update(&self, host: &HostRef, made: &Made) -> Result<(), PluginError> {
        match &made.name {
            Some(name) => put(host, &format!("{SAVED}{}", slug(name)), made),
            None => Ok(()),
        }
    }

    /// Takes a saving back; gives whether another program of that name is there again.
    pub(crate) fn unsave(&self, host: &HostRef, token: &str) -> Result<bool, PluginError> {
        let (key, replaced) = (format!("{SAVED}{token}"), format!("{REPLACED}{token}"));
        match host.get(&replaced)? {
            Some(before) => {
                host.put(&key, before)?;
                host.delete(&replaced)?;
                Ok(true)
            }
            None => {
                host.delete(&key)?;
                Ok(false)
            }
        }
    }

    /// The names of all saved programs.
    pub(crate) fn names(&self, host: &HostRef) -> Result<Vec<String>, HostError> {
        let mut names = Vec::new();
        for key in host.keys(SAVED)? {
            names.extend(read(host, &key)?.and_then(|made| made.name));
        }
        Ok(names)
    }

    /// How many are saved.
    pub(crate) fn saved(&self, host: &HostRef) -> usize {
        host.keys(SAVED).map_or(0, |keys| keys.len())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recent>> {
        // A program is put in whole under this lock, so a poisoned list is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name as a key: its words, whatever their case and punctuation.
pub(crate) fn slug(name: &str) -> String {
    Words::new(name).texts().join("-")
}

fn has(made: &Made, wanted: &HashSet<String>) -> bool {
    let name = made.name.clone().unwrap_or_default();
    let entry = made.entry.as_deref().unwrap_or_default().replace('_', " ");
    let words = telling(&format!("{name} {} {entry}", made.title));
    wanted.is_subset(&words)
}

/// What is stored under `key`; what cannot be read counts as not there.
fn read(host: &HostRef, key: &str) -> Result<Option<Made>, HostError> {
    let stored = host.get(key)?.map(serde_json::from_value);
    Ok(stored.and_then(Result::ok))
}

fn put(host: &HostRef, key: &str, made: &Made) -> Result<(), PluginError> {
    let value = serde_json::to_value(made)
        .map_err(|error| PluginError::failed("keeping the program", error))?;
    Ok(host.put(key, value)?)
}
