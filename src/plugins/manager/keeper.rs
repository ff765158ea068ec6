//! The one task that owns what is known of the plugins.

mod compose;
mod look;
mod obey;
mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use fame_plugin::sentence::TemplateError;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::copies::Copies;
use super::entry::{Decided, Entry, Next};
use super::info::{Change, PluginInfo, State};
use super::{Services, Settings};
use crate::plugins::discovery::Broken;
use crate::plugins::grants::{Grants, GrantsError};
use crate::plugins::registry::Reaper;
use crate::plugins::watch::Watch;
use look::Doubt;
pub(super) use obey::{Action, Command};
use start::Started;

/// Plugins that are started at the same time; others wait.
const STARTS_AT_ONCE: usize = 4;

/// When something that makes no sense is looked at again, to see whether it was half-written.
const SECOND_LOOK: Duration = Duration::from_millis(500);

/// See the module's documentation.
pub(super) struct Keeper {
    settings: Arc<Settings>,
    services: Services,
    reaper: Reaper,
    listing: Arc<ArcSwap<Vec<PluginInfo>>>,
    generations: watch::Sender<u64>,
    /// FAME's own first, then those from folders.
    entries: Vec<Entry>,
    doubts: BTreeMap<PathBuf, Doubt>,
    watch: Option<Watch>,
    copies: Option<Copies>,
    starts: JoinSet<Started>,
    started: u64,
    gate: Arc<Semaphore>,
    /// Whether what answers is no longer what the registry of now says.
    dirty: bool,
    /// Whether names or words that a plugin had may be free now.
    freed: bool,
}

impl Keeper {
    /// Loads FAME's own plugins.
    pub(super) fn new(
        settings: Arc<Settings>,
        services: Services,
        reaper: Reaper,
        listing: Arc<ArcSwap<Vec<PluginInfo>>>,
        generations: watch::Sender<u64>,
    ) -> Result<Self, TemplateError> {
        let entries = start::builtin(&services, &reaper);
        let composed = compose::compose(compose::answering(&entries), &services.lists)?;
        let mut keeper = Self {
            settings,
            services,
            reaper,
            listing,
            generations,
            entries,
            doubts: BTreeMap::new(),
            watch: None,
            copies: None,
            starts: JoinSet::new(),
            started: 0,
            gate: Arc::new(Semaphore::new(STARTS_AT_ONCE)),
            dirty: false,
            freed: false,
        };
        keeper.reject(composed.rejected);
        keeper.publish(composed.registry);
        keeper.announce();
        Ok(keeper)
    }

    /// Works until `closing` or until nobody can give orders any more, then ends all plugins.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Command>,
        closing: CancellationToken,
    ) {
        let settings = self.settings.clone();
        let prepare = move || {
            let copies = Copies::new(settings.copies.clone());
            (Watch::new(&settings.folders), copies)
        };
        let Ok((watch, copies)) = spawn_blocking(prepare).await else {
            tracing::error!("plugin folders cannot be watched; only FAME's own plugins are there");
            return self.end();
        };
        let changes = watch.changes();
        let mut changed = Box::pin(changes.wait());
        self.watch = Some(watch);
        self.copies = Some(copies);
        let mut next_look = Instant::now();
        let mut trust = true;
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => break,
                },
                Some(started) = self.starts.join_next() => match started {
                    Ok(started) => {
                        if self.finish(started).await {
                            next_look = Instant::now() + SECOND_LOOK;
                        }
                    }
                    Err(error) => tracing::error!(%error, "starting a plugin failed"),
                },
                () = &mut changed => {
                    changed = Box::pin(changes.wait());
                    next_look = Instant::now() + self.look(false).await;
                }
                () = sleep_until(next_look) => {
                    next_look = Instant::now() + self.look(trust).await;
                    trust = false;
                }
            }
        }
        self.end();
    }

    /// Does for every plugin what follows from what it is and what the user decided.
    async fn settle(&mut self) {
        loop {
            let decided = self.decided().await;
            for (at, decided) in decided.into_iter().enumerate() {
                self.settle_one(at, decided);
            }
            if !std::mem::take(&mut self.dirty) {
                break;
            }
            if std::mem::take(&mut self.freed) {
                for entry in &mut self.entries {
                    entry.failed.take_if(|failure| failure.clash);
                }
            }
            self.recompose().await;
        }
        self.announce();
    }

    fn settle_one(&mut self, at: usize, decided: Result<Decided, GrantsError>) {
        let next = match (self.rival(at), decided) {
            (Some(broken), _) => Next::End(State::Broken(broken)),
            (None, Ok(decided)) => self.entries[at].next(&decided),
            (None, Err(error)) => Next::Stay(State::Broken(Broken::plain(error))),
        };
        let entry = &mut self.entries[at];
        match next {
            Next::Stay(state) => entry.state = state,
            Next::End(state) => {
                entry.state = state;
                entry.starting = None;
                entry.earlier = None;
                if entry.loaded.take().is_some() {
                    self.went();
                }
            }
            Next::Start => self.start(at),
        }
        self.entries[at].anew = false;
    }

    /// Notes that something that answered does not any more.
    fn went(&mut self) {
        self.dirty = true;
        self.freed = true;
    }

    /// Why the plugin cannot have its id, if another one before it has it.
    fn rival(&self, at: usize) -> Option<Broken> {
        let entry = &self.entries[at];
        let described = entry.described.as_ref().ok()?;
        let first = self.entries[..at]
            .iter()
            .find(|other| other.id == entry.id)?;
        Some(Broken::rival(
            entry.folder()?,
            &described.text,
            &entry.id,
            &first.origin,
        ))
    }

    /// What the user decided about each plugin.
    async fn decided(&self) -> Vec<Result<Decided, GrantsError>> {
        let ids: Vec<String> = self.entries.iter().map(|entry| entry.id.clone()).collect();
        let read = move |kept: &dyn Grants| {
            let decided = ids.iter().map(|id| {
                Ok(Decided {
                    disabled: kept.is_disabled(id)?,
                    grant: kept.grant(id)?,
                })
            });
            Ok(decided.collect())
        };
        let all = self.kept(read).await;
        all.unwrap_or_else(|error| vec![Err(error); self.entries.len()])
    }

    /// Reads or writes what the user decided.
    async fn kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Grants) -> Result<T, GrantsError> + Send + 'static,
    ) -> Result<T, GrantsError> {
        let grants = self.services.grants.clone();
        let done = spawn_blocking(move || work(&*grants)).await;
        done.unwrap_or_else(|crash| {
            Err(GrantsError {
                action: "using the plugins' grants".into(),
                reason: crash.to_string(),
            })
        })
    }

    /// Tells everybody what is the case now.
    fn announce(&mut self) {
        let now: Vec<PluginInfo> = self.entries.iter().map(Entry::info).collect();
        for entry in self
            .entries
            .iter_mut()
            .filter(|entry| entry.starting.is_none())
        {
            for done in std::mem::take(&mut entry.waiting) {
                // Whoever asked may have gone.
                let _ = done.send(Ok(entry.info()));
            }
        }
        let before = self.listing.swap(Arc::new(now.clone()));
        for info in now.iter().filter(|info| !before.contains(info)) {
            let reason = info.state.reason(&info.id);
            if let State::Broken(broken) = &info.state {
                tracing::warn!(plugin = info.id, reason = %broken, "a plugin is not loaded");
            }
            self.tell(info.id.clone(), info.state.name(), reason);
        }
        for gone in before
            .iter()
            .filter(|info| now.iter().all(|other| other.id != info.id))
        {
            self.tell(gone.id.clone(), "removed", None);
        }
    }

    fn tell(&self, plugin: String, state: &'static str, reason: Option<String>) {
        (self.services.on_change)(&Change {
            plugin,
            state,
            reason,
        });
    }

    fn end(mut self) {
        self.starts.abort_all();
        self.entries.clear();
        match compose::compose(Vec::new(), &self.services.lists) {
            Ok(composed) => self.publish(composed.registry),
            Err(error) => tracing::error!(%error, "plugins stay loaded"),
        }
        self.listing.store(Arc::default());
    }
}
