//! Tells when something changes in the plugin folders.
//!
//! The system says so where it can. Where it cannot, and for what it may miss, the folders are
//! looked at from time to time: see [`Watch::interval`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long it must be quiet before a change is looked at.
const QUIET: Duration = Duration::from_millis(300);

/// How long a change waits at most for quiet.
const PATIENCE: Duration = Duration::from_millis(900);

/// How often the folders are looked at where the system does not tell of changes.
const POLL: Duration = Duration::from_secs(1);

/// How often they are looked at although it does: network folders change unseen.
const LOOK: Duration = Duration::from_secs(30);

/// Watches folders, also ones that do not exist yet.
pub(super) struct Watch {
    roots: Vec<PathBuf>,
    watcher: Option<RecommendedWatcher>,
    changed: Arc<Notify>,
    /// What is watched: the folder itself or, until it exists, the one that it will be in.
    watched: BTreeMap<PathBuf, Target>,
    /// Those of them that the system refuses to watch.
    refused: BTreeSet<PathBuf>,
}

/// Tells of changes.
pub(super) struct Changes(Arc<Notify>);

/// A watched folder. One that was removed and made again is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    identity: Option<(u64, u64)>,
    recursive: bool,
}

impl Watch {
    /// Watches the plugin folders `roots`.
    pub(super) fn new(roots: &[PathBuf]) -> Self {
        let changed = Arc::new(Notify::new());
        let bell = changed.clone();
        let on_event = move |event: notify::Result<notify::Event>| {
            // An error may mean that events were lost.
            if event.map_or(true, |event| is_change(event.kind)) {
                bell.notify_one();
            }
        };
        // A link to a large folder elsewhere would have all of that watched.
        let config = notify::Config::default().with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(on_event, config)
            .inspect_err(|error| {
                tracing::warn!(%error, "plugin folders are polled: changes cannot be watched");
            })
            .ok();
        Self {
            roots: roots.to_vec(),
            watcher,
            changed,
            watched: BTreeMap::new(),
            refused: BTreeSet::new(),
        }
    }

    /// What tells of changes.
    pub(super) fn changes(&self) -> Changes {
        Changes(self.changed.clone())
    }

    /// How often the folders are to be looked at without being told.
    pub(super) fn interval(&self) -> Duration {
        if self.watcher.is_some() && self.refused.is_empty() {
            LOOK
        } else {
            POLL
        }
    }

    /// Watches what there is now: roots that exist, and plugins in `folders` that are links. May
    /// block.
    pub(super) fn refresh<'a>(&mut self, folders: impl IntoIterator<Item = &'a PathBuf>) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let mut wanted = BTreeMap::new();
        let links = folders.into_iter().filter(|folder| folder.is_symlink());
        let roots = self.roots.iter().map(|root| nearest(root));
        for (path, recursive) in roots.chain(links.map(|link| nearest(link))) {
            let target = Target {
                identity: identity(&path),
                recursive,
            };
            // The same folder may be a root and the parent of another one.
            let known = wanted.entry(path).or_insert_with(|| target.clone());
            known.recursive |= recursive;
        }
        for (path, target) in &wanted {
            if self.watched.get(path) == Some(target) {
                continue;
            }
            let mode = match target.recursive {
                true => RecursiveMode::Recursive,
                false => RecursiveMode::NonRecursive,
            };
            self.refused.remove(path);
            if let Err(error) = watcher.watch(path, mode) {
                let shown = path.display();
                tracing::warn!(path = %shown, %error, "a plugin folder is polled: it cannot be watched");
                self.refused.insert(path.clone());
            }
        }
        for path in self
            .watched
            .keys()
            .filter(|path| !wanted.contains_key(*path))
        {
            // It may be gone, and its watch with it.
            let _ = watcher.unwatch(path);
            self.refused.remove(path);
        }
        self.watched = wanted;
    }
}

impl Changes {
    /// Waits until something changed and it is quiet again. Not cancel-safe.
    pub(super) async fn wait(&self) {
        self.0.notified().await;
        let latest = Instant::now() + PATIENCE;
        while Instant::now() < latest {
            let quiet = latest.min(Instant::now() + QUIET);
            if timeout_at(quiet, self.0.notified()).await.is_err() {
                break;
            }
        }
    }
}

/// `path` itself, links resolved, if it exists; else its nearest parent that does.
fn nearest(path: &Path) -> (PathBuf, bool) {
    for (up, ancestor) in path.ancestors().enumerate() {
        if let Ok(real) = ancestor.canonicalize() {
            return (real, up == 0);
        }
    }
    (PathBuf::from("."), false)
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Our own reading is no change.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}
