//! Putting a model file into a folder: errors, and the last step that pull and import share.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use super::check::ModelError;
use super::digest;

/// Why a model was not installed. Each text names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A bundled model has no address.
    #[error("`{0}` comes with FAME and is not fetched; install FAME again if it is missing")]
    Bundled(String),
    /// The server cannot be reached.
    #[error(
        "cannot reach {host} ({reason}); connect to the network and run the command again, or `fame models import FILE` with a file from elsewhere"
    )]
    NoNetwork {
        /// Whom.
        host: String,
        /// Why.
        reason: String,
    },
    /// The server says no.
    #[error(
        "{url} answered {status}; try again later, or `fame models import FILE` with a file from elsewhere"
    )]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// Nothing came for too long.
    #[error(
        "nothing came from {host} for {seconds} s, after {done} of {total} bytes; run the command again, it goes on from there"
    )]
    Stalled {
        /// Who fell silent.
        host: String,
        /// For how long.
        seconds: u64,
        /// Bytes that are there.
        done: u64,
        /// Bytes that should be.
        total: u64,
    },
    /// The connection ended early.
    #[error(
        "{host} broke off after {done} of {total} bytes ({reason}); run the command again, it goes on from there"
    )]
    BrokenOff {
        /// Who broke off.
        host: String,
        /// Bytes that are there.
        done: u64,
        /// Bytes that should be.
        total: u64,
        /// The error below.
        reason: String,
    },
    /// The server has another file.
    #[error(
        "{url} offers {found} bytes where the catalogue has {expected}: not the same file, nothing was kept; report it, or `fame models import FILE` with a file from elsewhere"
    )]
    WrongSize {
        /// What was asked for.
        url: String,
        /// Bytes offered, or more than expected received.
        found: u64,
        /// Bytes of the catalogue.
        expected: u64,
    },
    /// The file is not the published one.
    #[error(
        "`{file}` is not the published file (SHA-256 {found}, not {expected}) and was not installed; get it again"
    )]
    WrongDigest {
        /// The file.
        file: String,
        /// Its digest.
        found: String,
        /// The catalogue's digest.
        expected: String,
    },
    /// No room.
    #[error("the disk with `{}` is full ({needed} bytes are needed); make room and run the command again", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
        /// Bytes of the whole file.
        needed: u64,
    },
    /// Another file has that name.
    #[error("`{}` is another file; move it away or rename yours", .0.display())]
    Exists(PathBuf),
    /// Somebody else installs it.
    #[error("another `fame models` is at work on `{}`; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// Asked to stop.
    #[error("stopped after {done} of {total} bytes; run the command again, it goes on from there")]
    Cancelled {
        /// Bytes that are there.
        done: u64,
        /// Bytes that should be.
        total: u64,
    },
    /// A file or folder cannot be used.
    #[error("cannot {action} `{}`: {source}; see to its permissions and run the command again", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file to import is no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Turns the system's word about `path` into an error that names both.
pub(super) fn at<'a>(
    action: &'static str,
    path: &'a Path,
    needed: u64,
) -> impl Fn(io::Error) -> InstallError + 'a {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => InstallError::DiskFull {
            path: path.to_owned(),
            needed,
        },
        _ => InstallError::Io {
            action,
            path: path.to_owned(),
            source,
        },
    }
}

/// A file that grows to be `target`, under the name `target.partial` until it is complete. While
/// it is held, no other process works on it.
pub(super) struct Partial {
    /// Open for reading and writing.
    pub(super) file: File,
    /// Where it is.
    pub(super) path: PathBuf,
    target: PathBuf,
    needed: u64,
}

impl Partial {
    /// Opens what an earlier attempt left, or an empty file.
    pub(super) fn open(target: &Path, needed: u64) -> Result<Self, InstallError> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(at("make the folder", folder, needed))?;
        }
        let mut name = target.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(at("write", &path, needed))?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                file,
                path,
                target: target.to_owned(),
                needed,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(InstallError::Busy(path)),
            Err(fs::TryLockError::Error(source)) => Err(InstallError::Io {
                action: "lock",
                path,
                source,
            }),
        }
    }

    /// Puts the file in its place if it has the digest `expected`; throws it away if not.
    pub(super) fn finish(mut self, expected: &str) -> Result<PathBuf, InstallError> {
        let found = self.digest()?;
        if found != expected {
            self.discard();
            let file = self.target.display().to_string();
            return Err(InstallError::WrongDigest {
                file,
                found,
                expected: expected.to_owned(),
            });
        }
        self.file
            .sync_all()
            .map_err(at("write", &self.path, self.needed))?;
        fs::rename(&self.path, &self.target).map_err(at("rename", &self.path, self.needed))?;
        Ok(self.target)
    }

    /// Removes the file.
    pub(super) fn discard(&self) {
        // What cannot be removed is found and truncated by the next attempt.
        let _ = fs::remove_file(&self.path);
    }

    fn digest(&mut self) -> Result<String, InstallError> {
        self.file
            .rewind()
            .and_then(|()| digest::sha256(&mut self.file))
            .map_err(at("read", &self.path, self.needed))
    }
}

/// Whether `path` is a file with this size and digest already.
pub(super) fn is_installed(path: &Path, bytes: u64, sha256: &str) -> bool {
    File::open(path).is_ok_and(|file| {
        file.metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes)
            && digest::sha256(file).is_ok_and(|found| found == sha256)
    })
}
