//! Where the socket lies and who may hold it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::ConnectWaitMode;
use interprocess::local_socket::traits::StreamCommon;
use interprocess::local_socket::{ConnectOptions, GenericFilePath, ListenerOptions, Name};
use interprocess::local_socket::{Stream, ToFsName, tokio::Listener};
use interprocess::os::unix::local_socket::ListenerOptionsExt;

/// How long connecting may take when the daemon's queue of new connections is full.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// Only the user may enter the socket's folder.
const FOLDER_MODE: u32 = 0o700;
/// Only the user may connect.
const SOCKET_MODE: u32 = 0o600;

/// Why the daemon cannot have its socket.
#[derive(Debug, thiserror::Error)]
pub enum IpcError {
    /// Another daemon of this user holds the socket.
    #[error(
        "FAME is already running{} (it holds `{}`)",
        .pid.map(|pid| format!(" as process {pid}")).unwrap_or_default(),
        .socket.display()
    )]
    AlreadyRunning {
        /// The socket.
        socket: PathBuf,
        /// The other daemon, where the system tells.
        pid: Option<i32>,
    },
    /// Something else lies where the socket should be.
    #[error("`{}` is not a socket", .socket.display())]
    NotASocket {
        /// The path.
        socket: PathBuf,
    },
    /// Somebody else could put a socket of theirs in its place.
    #[error("`{}` is no place for the socket: {problem}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The system refused.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl IpcError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyRunning { .. } => "talk to it with `fame`, or stop it: `fame shutdown`",
            Self::NotASocket { .. } => "move it away, or set `ipc.socket` to another path",
            Self::Folder { .. } => {
                "make it yours alone (`chmod 700`), or set `ipc.socket` to a path in another folder"
            }
            Self::Io { .. } => {
                "make the folder yours, or set `ipc.socket` to another path of at most 107 bytes"
            }
        }
    }
}

/// A path that is held by this process alone, as long as the value lives.
///
/// The lock file beside the socket decides between two daemons that start at once. It stays
/// where it is: removing it would let a third one lock a file that nobody else sees.
pub(super) struct Place {
    path: PathBuf,
    _lock: File,
}

impl Place {
    /// Makes the folder, takes the lock and clears away the socket of a daemon that died.
    pub(super) fn claim(path: &Path) -> Result<Self, IpcError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(folder)
                .map_err(|source| failed("create the folder", folder, source))?;
        }
        if let Some(folder) = path.parent() {
            trust(folder)?;
        }
        let place = Self {
            path: path.to_owned(),
            _lock: lock(path)?,
        };
        place.clear_stale()?;
        Ok(place)
    }

    /// Listens, readable and writable by this user only from the first moment on.
    ///
    /// The file is removed when the listener is dropped.
    pub(super) fn listen(&self) -> Result<Listener, IpcError> {
        name(&self.path)
            .and_then(|name| {
                ListenerOptions::new()
                    .name(name)
                    .mode(SOCKET_MODE as _)
                    .create_tokio()
            })
            .map_err(|source| failed("listen on", &self.path, source))
    }

    /// The user who owns the socket, and therefore the only one who may speak to it.
    pub(super) fn owner(&self) -> Result<u32, IpcError> {
        fs::metadata(&self.path)
            .map(|metadata| metadata.uid())
            .map_err(|source| failed("look at", &self.path, source))
    }

    fn clear_stale(&self) -> Result<(), IpcError> {
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(failed("look at", &self.path, source)),
            Ok(metadata) if !metadata.file_type().is_socket() => {
                return Err(IpcError::NotASocket {
                    socket: self.path.clone(),
                });
            }
            Ok(_) => {}
        }
        match connect(&self.path) {
            Ok(peer) => Err(already_running(&self.path, Some(&peer))),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(&self.path)
                    .map_err(|source| failed("remove the stale socket", &self.path, source))
            }
            Err(source) => Err(failed("try the socket", &self.path, source)),
        }
    }
}

/// Whether nobody but this user (and root) can put something in the socket's place.
fn trust(folder: &Path) -> Result<(), IpcError> {
    let refused = |problem| {
        Err(IpcError::Folder {
            folder: folder.to_owned(),
            problem,
        })
    };
    let look = |metadata: io::Result<fs::Metadata>| {
        metadata.map_err(|source| failed("look at", folder, source))
    };
    let ours = |metadata: &fs::Metadata| {
        [0, rustix::process::geteuid().as_raw()].contains(&metadata.uid())
    };
    if !ours(&look(fs::symlink_metadata(folder))?) {
        return refused("it belongs to somebody else");
    }
    let metadata = look(fs::metadata(folder))?;
    if !ours(&metadata) {
        return refused("it leads to a folder of somebody else");
    }
    // Where only owners may remove, others can make files but not replace ours.
    let (others_write, sticky) = (metadata.mode() & 0o022 != 0, metadata.mode() & 0o1000 != 0);
    if others_write && !sticky {
        return refused("others may write to it");
    }
    Ok(())
}

/// Connects, waiting at most [`CONNECT_WAIT`].
pub(super) fn connect(path: &Path) -> io::Result<Stream> {
    ConnectOptions::new()
        .name(name(path)?)
        .wait_mode(ConnectWaitMode::Timeout(CONNECT_WAIT))
        .connect_sync()
}

fn name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<GenericFilePath>()
}

fn lock(socket: &Path) -> Result<File, IpcError> {
    let mut path = socket.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(SOCKET_MODE)
        .open(&path)
        .map_err(|source| failed("open the lock", &path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(already_running(socket, connect(socket).ok().as_ref()))
        }
        Err(TryLockError::Error(source)) => Err(failed("lock", &path, source)),
    }
}

fn already_running(socket: &Path, peer: Option<&Stream>) -> IpcError {
    IpcError::AlreadyRunning {
        socket: socket.to_owned(),
        pid: peer
            .and_then(|peer| peer.peer_creds().ok())
            .and_then(|creds| creds.pid()),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> IpcError {
    IpcError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
