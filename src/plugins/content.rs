//! What exactly a plugin is: a hash of its manifest and all its code.
//!
//! A grant is bound to it, and what runs is a copy whose bytes were hashed while they were copied.
//! So neither a change between the look and the start nor one under a running plugin makes code
//! run that nobody granted, and an old version goes on as it was while a new one is written.

mod folder;

use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

use folder::{Kind, list};

/// The most bytes of all files of a plugin. One with more is refused.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How much of a file is copied at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// The variable that has Python keep compiled code in another folder than `__pycache__`.
pub(super) const PYTHON_CACHE: &str = "PYTHONPYCACHEPREFIX";

/// The SHA-256 over the relative paths and bytes of a plugin's files, in the order of the paths.
/// Links count with where they point to and are not followed; what is neither file nor link does
/// not count. It is written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a content hash has 64 hexadecimal digits; copy it from `fame plugins info`")]
pub struct NoHash;

/// Why a folder cannot be a plugin.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A file or folder cannot be read or copied.
    #[error("{action} {}: {source}; check that it may be read and the disk is not full", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Too much of something.
    #[error("the folder has {0}; move what is no code out of it")]
    TooMuch(String),
}

impl ContentHash {
    /// The hash of a plugin that is part of FAME, whose code is FAME's own.
    #[must_use]
    pub fn of_text(manifest: &str) -> Self {
        Self(Sha256::digest(manifest).into())
    }

    /// The hash of the plugin in `folder`.
    ///
    /// # Errors
    /// If something in it cannot be read, or it is too large.
    pub fn of_folder(folder: &Path) -> Result<Self, ContentError> {
        let mut sum = Sum::default();
        for entry in list(folder)? {
            match entry.kind {
                Kind::File => sum.file(folder, &entry.path, &mut io::sink())?,
                Kind::Link => sum.link(folder, &entry.path).map(drop)?,
                Kind::Folder => {}
            }
        }
        Ok(sum.finish())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContentHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| NoHash)?;
        bytes.try_into().map(Self).map_err(|_| NoHash)
    }
}

/// A number that is another one after any usual change of `folder`: of names, sizes or times. It
/// is cheap, and tells only when to look closer.
pub(super) fn fingerprint(folder: &Path) -> Result<u64, ContentError> {
    let mut hasher = DefaultHasher::new();
    for entry in list(folder)? {
        if matches!(entry.kind, Kind::Folder) {
            continue;
        }
        (&entry.path, entry.metadata.len()).hash(&mut hasher);
        entry.metadata.modified().ok().hash(&mut hasher);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = &entry.metadata;
            (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// A copy of a plugin's folder. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Copied {
    folder: PathBuf,
    hash: ContentHash,
}

impl Copied {
    /// Copies `from` to `to`, which must not exist.
    pub(super) fn new(from: &Path, to: PathBuf) -> Result<Self, ContentError> {
        let entries = list(from)?;
        make_folder(&to)?;
        // From here on the copy is removed if it is not finished.
        let mut copied = Self {
            folder: to,
            hash: ContentHash([0; 32]),
        };
        let mut sum = Sum::default();
        for entry in entries {
            let target = copied.folder.join(&entry.path);
            match entry.kind {
                Kind::Folder => make_folder(&target)?,
                Kind::Link => make_link(&sum.link(from, &entry.path)?, &target)?,
                Kind::File => {
                    let mut file =
                        File::create_new(&target).map_err(io_error("making", &target))?;
                    sum.file(from, &entry.path, &mut file)?;
                    let permissions = entry.metadata.permissions();
                    file.set_permissions(permissions)
                        .map_err(io_error("making", &target))?;
                }
            }
        }
        copied.hash = sum.finish();
        Ok(copied)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The hash of what was copied.
    pub(super) fn hash(&self) -> ContentHash {
        self.hash
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            let path = self.folder.display();
            tracing::warn!(%path, %error, "a plugin's old copy cannot be removed");
        }
    }
}

/// The hash in the making.
#[derive(Default)]
struct Sum {
    hasher: Sha256,
    bytes: u64,
}

impl Sum {
    /// Adds a file, and writes what was added to `to`.
    fn file(&mut self, root: &Path, path: &Path, to: &mut impl Write) -> Result<(), ContentError> {
        let full = root.join(path);
        let mut file = File::open(&full).map_err(io_error("reading", &full))?;
        let mut inner = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk).map_err(io_error("reading", &full))?;
            if read == 0 {
                break;
            }
            self.bytes += read as u64;
            if self.bytes > MAX_BYTES {
                return Err(too_many_bytes());
            }
            inner.update(&chunk[..read]);
            to.write_all(&chunk[..read])
                .map_err(io_error("copying", &full))?;
        }
        self.add(path, b'f', inner);
        Ok(())
    }

    /// Adds a link, and gives where it points to.
    fn link(&mut self, root: &Path, path: &Path) -> Result<PathBuf, ContentError> {
        let full = root.join(path);
        let target = fs::read_link(&full).map_err(io_error("reading", &full))?;
        let inner = Sha256::new_with_prefix(target.as_os_str().as_encoded_bytes());
        self.add(path, b'l', inner);
        Ok(target)
    }

    /// Each part has a length that is known or told, so that no two folders give the same bytes.
    fn add(&mut self, path: &Path, kind: u8, content: Sha256) {
        let path = path.as_os_str().as_encoded_bytes();
        self.hasher.update((path.len() as u64).to_le_bytes());
        self.hasher.update(path);
        self.hasher.update([kind]);
        self.hasher.update(content.finalize());
    }

    fn finish(self) -> ContentHash {
        ContentHash(self.hasher.finalize().into())
    }
}

fn make_folder(path: &Path) -> Result<(), ContentError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(io_error("making", path))
}

#[cfg(unix)]
fn make_link(target: &Path, path: &Path) -> Result<(), ContentError> {
    std::os::unix::fs::symlink(target, path).map_err(io_error("making", path))
}

/// Making links takes rights that users do not have on other systems.
#[cfg(not(unix))]
fn make_link(_: &Path, path: &Path) -> Result<(), ContentError> {
    Err(io_error("copying the link", path)(
        io::ErrorKind::Unsupported.into(),
    ))
}

fn too_many_bytes() -> ContentError {
    let limit = MAX_BYTES / (1024 * 1024);
    ContentError::TooMuch(format!("more than {limit} MiB"))
}

fn io_error(action: &'static str, path: &Path) -> impl Fn(io::Error) -> ContentError {
    move |source| ContentError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
