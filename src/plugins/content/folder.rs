//! What is in a plugin's folder.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::{ContentError, MAX_BYTES, io_error, too_many_bytes};

/// Folders that are no part of a plugin. Python's cache is none because plugins run with
/// [`PYTHON_CACHE`](super::PYTHON_CACHE) elsewhere: what lies in it never runs.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// The deepest folder inside a plugin. One with a deeper one is refused.
pub(super) const MAX_DEPTH: usize = 32;

/// The most files and folders of a plugin. One with more is refused.
const MAX_ENTRIES: usize = 20_000;

/// Something in a plugin's folder.
pub(super) struct Entry {
    /// Relative to the plugin's folder.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) metadata: Metadata,
}

/// What it is.
pub(super) enum Kind {
    File,
    Folder,
    Link,
}

/// All that is in `folder`, each folder before what is in it, in the order of the paths.
pub(super) fn list(folder: &Path) -> Result<Vec<Entry>, ContentError> {
    let mut entries = Vec::new();
    let mut bytes = 0;
    walk(folder, Path::new(""), 0, &mut entries, &mut bytes)?;
    Ok(entries)
}

fn walk(
    root: &Path,
    within: &Path,
    depth: usize,
    entries: &mut Vec<Entry>,
    bytes: &mut u64,
) -> Result<(), ContentError> {
    if depth > MAX_DEPTH {
        return Err(ContentError::TooMuch(format!(
            "folders more than {MAX_DEPTH} deep"
        )));
    }
    let folder = root.join(within);
    let failed = io_error("reading", &folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(&failed)? {
        names.push(entry.map_err(&failed)?.file_name());
        if entries.len() + names.len() > MAX_ENTRIES {
            return Err(ContentError::TooMuch(format!(
                "more than {MAX_ENTRIES} files"
            )));
        }
    }
    names.sort_unstable();
    for name in names {
        let path = within.join(&name);
        let full = root.join(&path);
        let metadata = fs::symlink_metadata(&full).map_err(io_error("reading", &full))?;
        let kind = if metadata.is_symlink() {
            Kind::Link
        } else if metadata.is_dir() {
            if LEFT_OUT.iter().any(|left_out| name == *left_out) {
                continue;
            }
            Kind::Folder
        } else if metadata.is_file() {
            *bytes += metadata.len();
            if *bytes > MAX_BYTES {
                return Err(too_many_bytes());
            }
            Kind::File
        } else {
            continue;
        };
        let inner = matches!(kind, Kind::Folder).then(|| path.clone());
        entries.push(Entry {
            path,
            kind,
            metadata,
        });
        if let Some(inner) = inner {
            walk(root, &inner, depth + 1, entries, bytes)?;
        }
    }
    Ok(())
}
