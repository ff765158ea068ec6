//! The folder that a container sees of the host: it has one socket in it, behind which is the proxy.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::UnixListener;

use super::proxy::Listener;

/// Where a container sees it.
pub(crate) const DOOR_DIR: &str = "/run/fame";

/// The socket in it.
pub(crate) const DOOR_FILE: &str = "/run/fame/proxy";

/// The beginning of the folders' names; the owner's process follows.
const PREFIX: &str = "fame-sandbox-";

/// A private folder of this user's, with a folder in it that everyone may enter: an engine shows
/// only the inner one, and nobody else of this machine gets past the outer one. Removed when dropped.
#[derive(Debug)]
pub(crate) struct Door {
    outer: PathBuf,
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.outer) {
            tracing::warn!(%error, path = %self.outer.display(), "a socket's folder stays");
        }
    }
}

impl Door {
    /// Makes one, and the socket in it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open() -> io::Result<(Self, Listener)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let base = env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|folder| folder.is_dir())
            .unwrap_or_else(env::temp_dir);
        sweep(&base);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let outer = base.join(format!("{PREFIX}{}-{next}", std::process::id()));
        // Fails if it is there, whoever made it.
        fs::DirBuilder::new().mode(0o700).create(&outer)?;
        let door = Self { outer };
        let inner = door.folder();
        fs::create_dir(&inner)?;
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755))?;
        let socket = inner.join(name());
        let listener = UnixListener::bind(&socket)?;
        // The program is another user than FAME.
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666))?;
        Ok((door, Listener::Unix(listener)))
    }

    /// What a container is to see.
    pub(crate) fn folder(&self) -> PathBuf {
        self.outer.join("door")
    }
}

fn name() -> &'static str {
    DOOR_FILE.rsplit('/').next().unwrap_or_default()
}

/// Removes what processes of this user's left that are no more.
fn sweep(base: &Path) {
    let user = rustix::process::getuid().as_raw();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let left = entry.file_name();
        let owner = left.to_str().and_then(|name| {
            name.strip_prefix(PREFIX)?
                .split('-')
                .next()?
                .parse::<u32>()
                .ok()
        });
        let Some(owner) = owner else { continue };
        let ours = entry
            .metadata()
            .is_ok_and(|meta| meta.is_dir() && meta.uid() == user);
        if ours && !Path::new(&format!("/proc/{owner}")).exists() {
            // Another process may do the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_inner_folder_is_open_and_nothing_is_left() {
        let (door, _listener) = Door::open().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let outer = door.outer.clone();
        assert_eq!(mode(&outer), 0o700);
        assert_eq!(mode(&door.folder()), 0o755);
        assert_eq!(mode(&door.folder().join(name())), 0o666);
        drop(door);
        assert!(!outer.exists());
    }

    #[test]
    fn what_a_dead_process_left_is_removed() {
        let base = tempfile::tempdir().unwrap();
        // No process has so high a number.
        let dead = base.path().join(format!("{PREFIX}4294967295-0"));
        let ours = base
            .path()
            .join(format!("{PREFIX}{}-0", std::process::id()));
        let other = base.path().join("fame-else");
        for folder in [&dead, &ours, &other] {
            fs::create_dir_all(folder.join("door")).unwrap();
        }
        sweep(base.path());
        assert!(!dead.exists() && ours.exists() && other.exists());
    }
}
