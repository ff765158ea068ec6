//! Packs what a program left, when everything that could change it is dead.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::limits::{MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES, MAX_NAME_BYTES};

/// Files and folders that are looked at; there may be many more than are taken.
const MAX_LOOKED_AT: usize = 8_192;

/// An archive of the regular files of a folder.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// A tar archive; empty if there are no files.
    pub(super) archive: Vec<u8>,
    /// Whether something was left out for its kind, number or size.
    pub(super) left_out: bool,
}

/// Packs the regular files of `folder`. Links are not followed; a file with two names is taken for
/// neither, since one of them may be elsewhere. What cannot be read is left out.
pub(super) fn pack(folder: &Path) -> Packed {
    let mut packer = Packer {
        archive: tar::Builder::new(Vec::new()),
        files: 0,
        bytes: 0,
        looked_at: 0,
        left_out: false,
    };
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir());
    if !is_folder || packer.folder(folder, "", 0).is_err() {
        packer.left_out = true;
    }
    let archive = match packer.files {
        0 => Vec::new(),
        // To end an archive in memory cannot fail.
        _ => packer.archive.into_inner().unwrap_or_default(),
    };
    Packed {
        archive,
        left_out: packer.left_out,
    }
}

struct Packer {
    archive: tar::Builder<Vec<u8>>,
    files: usize,
    bytes: u64,
    looked_at: usize,
    left_out: bool,
}

impl Packer {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            self.looked_at += 1;
            if self.looked_at > MAX_LOOKED_AT {
                self.left_out = true;
                return Ok(());
            }
            let kind = entry.file_type()?;
            let name = entry
                .file_name()
                .into_string()
                .ok()
                .map(|name| format!("{prefix}{name}"));
            let taken = match name {
                Some(name) if kind.is_dir() && depth < MAX_DEPTH => self
                    .folder(&entry.path(), &format!("{name}/"), depth + 1)
                    .is_ok(),
                Some(name) if kind.is_file() && name.len() <= MAX_NAME_BYTES => {
                    self.file(&entry.path(), &name).unwrap_or(false)
                }
                _ => false,
            };
            self.left_out |= !taken;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) -> io::Result<bool> {
        let mut options = File::options();
        // Never a link, and never a wait, as for a pipe.
        options
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let file = options.open(path)?;
        let meta = file.metadata()?;
        let fits = meta.is_file()
            && meta.nlink() == 1
            && meta.len() <= MAX_FILE_BYTES
            && self.files < MAX_FILES
            && self.bytes + meta.len() <= MAX_FILES_BYTES;
        if !fits {
            return Ok(false);
        }
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(meta.len());
        header.set_mode(0o600);
        self.archive
            .append_data(&mut header, name, file.take(meta.len()))?;
        self.files += 1;
        self.bytes += meta.len();
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::files;

    #[test]
    fn regular_files_come_through_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/b")).unwrap();
        fs::write(path("a/b/c.txt"), "deep").unwrap();
        fs::write(path(&"x".repeat(200)), "long").unwrap();
        let packed = pack(folder.path());
        assert!(!packed.left_out);
        let read = files::read(&packed.archive);
        assert!(!read.left_out);
        let contents: Vec<_> = read
            .files
            .iter()
            .map(|file| file.content.as_slice())
            .collect();
        assert_eq!(contents, [b"deep".as_slice(), b"long"]);

        symlink("/etc/passwd", path("link")).unwrap();
        fs::hard_link(path("a/b/c.txt"), path("twin")).unwrap();
        let packed = pack(folder.path());
        assert!(packed.left_out && pack(&path("link")).archive.is_empty());
        assert_eq!(files::read(&packed.archive).files.len(), 1);
    }

    #[test]
    fn an_empty_folder_is_no_archive() {
        let folder = tempfile::tempdir().unwrap();
        assert!(pack(folder.path()).archive.is_empty());
    }

    #[test]
    fn folders_without_end_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..MAX_DEPTH + 2).fold(folder.path().to_owned(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "").unwrap();
        assert!(pack(folder.path()).left_out);
    }
}
