//! Tells when something changes in the plugin folders.
//!
//! The system says so where it can. Where it cannot, and for what it may miss, the folders are
//! looked at from time to time: see [`Watch::interval`].

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
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
    /// What a change has to lie in or lead to. A folder that a root will be in may be the one that
    /// FAME keeps its database in, which changes with every request.
    sought: Arc<ArcSwap<Vec<PathBuf>>>,
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
        let sought = Arc::new(ArcSwap::from_pointee(Vec::new()));
        let seeking = sought.clone();
        let on_event = move |event: notify::Result<notify::Event>| {
            // An error may mean that events were lost.
            if event.map_or(true, |event| concerns(&event, &seeking.load())) {
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
            sought,
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
        let mut sought = Vec::new();
        let links = folders.into_iter().filter(|folder| folder.is_symlink());
        let roots = self.roots.iter().map(|root| nearest(root));
        for (path, next) in roots.chain(links.map(|link| nearest(link))) {
            let recursive = next.is_none();
            let target = Target {
                identity: identity(&path),
                recursive,
            };
            sought.push(match next {
                Some(next) => path.join(next),
                None => path.clone(),
            });
            // The same folder may be a root and the parent of another one.
            let known = wanted.entry(path).or_insert_with(|| target.clone());
            known.recursive |= recursive;
        }
        self.sought.store(Arc::new(sought));
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

/// `path` itself, links resolved, if it exists; else its nearest parent that does, and the name in
/// there that leads to it.
fn nearest(path: &Path) -> (PathBuf, Option<OsString>) {
    let mut next = None;
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return (real, next);
        }
        next = ancestor.file_name().map(Into::into);
    }
    (PathBuf::from("."), next)
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

/// Whether `event` is a change that lies in one of `sought`, leads to it, or may be anywhere.
fn concerns(event: &notify::Event, sought: &[PathBuf]) -> bool {
    let near = |path: &PathBuf| {
        let close = |one: &PathBuf| path.starts_with(one) || one.starts_with(path);
        sought.iter().any(close)
    };
    is_change(event.kind) && (event.paths.is_empty() || event.paths.iter().any(near))
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_lies_in_a_folder_or_leads_to_it_is_a_change() {
        let modified = |path: &str| {
            notify::Event::new(EventKind::Modify(notify::event::ModifyKind::Any))
                .add_path(path.into())
        };
        let sought = ["/data/fame/plugins".into(), "/etc/fame".into()];
        for (path, expected) in [
            ("/data/fame/plugins", true),
            ("/data/fame/plugins/dice/plugin.toml", true),
            ("/data/fame", true),
            ("/data/fame/fame.db", false),
            ("/data/fame/plugins.db", false),
            ("/etc/fame/x", true),
            ("/etc/passwd", false),
        ] {
            assert_eq!(concerns(&modified(path), &sought), expected, "{path}");
        }
        let lost = notify::Event::new(EventKind::Other);
        assert!(concerns(&lost, &sought), "it may be anywhere");
    }

    #[tokio::test]
    async fn a_neighbour_of_a_folder_that_is_not_there_yet_is_no_change() {
        let data = tempfile::tempdir().unwrap();
        let root = data.path().join("plugins");
        let mut watch = Watch::new(std::slice::from_ref(&root));
        watch.refresh([]);
        let changes = watch.changes();
        for round in 0..3 {
            fs::write(data.path().join("fame.db"), format!("{round}")).unwrap();
        }
        let quiet = tokio::time::timeout(2 * QUIET, changes.wait()).await;
        assert!(quiet.is_err(), "the database changed, not the plugins");
        fs::create_dir(&root).unwrap();
        tokio::time::timeout(10 * PATIENCE, changes.wait())
            .await
            .expect("the folder is there now");
        watch.refresh([]);
        fs::write(root.join("x"), "x").unwrap();
        tokio::time::timeout(10 * PATIENCE, changes.wait())
            .await
            .expect("something is in it");
    }
}
