//! Whether a file can be given to whisper.cpp, and the errors of finding a model.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::catalog::{Catalog, Entry};
use super::format::{self, Flaw};

/// What is known of a model file that was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Whether it hears English only.
    pub english_only: bool,
}

/// Why there is no usable model. Each text names the file or the name, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A name that is neither in the catalogue nor a file.
    #[error(
        "there is no model `{name}`; known ones are {known} (`fame models list` tells more), or give the path of a file"
    )]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The catalogue's names.
        known: String,
    },
    /// A name of the catalogue whose file is in none of the folders.
    #[error("the model `{name}` is not installed (looked in {folders}); {remedy}")]
    NotInstalled {
        /// The model's name.
        name: String,
        /// Where it was looked for.
        folders: String,
        /// What to do.
        remedy: String,
    },
    /// A path with nothing there.
    #[error("there is no model file at `{}`; {remedy}", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// The file cannot be opened or read.
    #[error("cannot read the model `{}`: {source}; see to its permissions or name another", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file ends too early.
    #[error("the model `{}` is cut short ({}); {remedy}", path.display(), size_text(*bytes, *expected))]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The size that the catalogue tells.
        expected: Option<u64>,
        /// What to do.
        remedy: String,
    },
    /// The file is of another kind.
    #[error("`{}` is {what}, not a whisper.cpp model; {remedy}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: &'static str,
        /// What to do.
        remedy: String,
    },
    /// A number in the file is impossible.
    #[error("the model `{}` is damaged ({what}: {value}); {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which number.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What to do.
        remedy: String,
    },
    /// The file that tells the model's window cannot be read.
    #[error("`{}` does not tell the model's window: {reason}; it should hold `window = \"fitted\"` or `window = \"full\"`", path.display())]
    Sidecar {
        /// The sidecar.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

fn size_text(bytes: u64, expected: Option<u64>) -> String {
    match expected {
        Some(expected) => format!("{bytes} of {expected} bytes"),
        None => format!("after {bytes} bytes"),
    }
}

/// Whether whisper.cpp can open the file at `path`.
///
/// The whole structure is walked, the weights are not read: a few milliseconds for any size. A file
/// with a name of the catalogue must have the catalogue's size, too.
pub fn check(path: &Path) -> Result<ModelFacts, ModelError> {
    let (facts, bytes) = check_structure(path)?;
    match entry_of(path) {
        Some(entry) if bytes != entry.bytes => Err(ModelError::Damaged {
            path: path.to_owned(),
            what: "size in bytes",
            value: bytes,
            remedy: remedy(Some(entry)),
        }),
        _ => Ok(facts),
    }
}

/// [`check`] without the catalogue; also gives the file's size.
pub(super) fn check_structure(path: &Path) -> Result<(ModelFacts, u64), ModelError> {
    let entry = entry_of(path);
    let unreadable = |source| ModelError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ModelError::Missing {
                path: path.to_owned(),
                remedy: remedy(entry),
            });
        }
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(ModelError::Foreign {
            path: path.to_owned(),
            what,
            remedy: remedy(entry),
        });
    }
    let bytes = metadata.len();
    let header = format::walk(&mut BufReader::new(file), bytes)
        .map_err(|flaw| explain(flaw, path, bytes, entry))?;
    Ok((
        ModelFacts {
            english_only: header.english_only,
        },
        bytes,
    ))
}

/// The entry of the catalogue that has this file name.
pub(super) fn entry_of(path: &Path) -> Option<&'static Entry> {
    Catalog::built_in().by_file(path.file_name()?.to_str()?)
}

fn explain(flaw: Flaw, path: &Path, bytes: u64, entry: Option<&Entry>) -> ModelError {
    let path = path.to_owned();
    let remedy = remedy(entry);
    match flaw {
        Flaw::Io(source) => ModelError::Unreadable { path, source },
        Flaw::CutShort => ModelError::CutShort {
            path,
            bytes,
            expected: entry.map(|entry| entry.bytes),
            remedy,
        },
        Flaw::Foreign(what) => ModelError::Foreign { path, what, remedy },
        Flaw::Implausible { what, value } => ModelError::Damaged {
            path,
            what,
            value,
            remedy,
        },
    }
}

/// What to do about a model that is missing or unusable.
pub(super) fn remedy(entry: Option<&Entry>) -> String {
    match entry {
        Some(entry) if entry.bundled => {
            format!(
                "`{}` comes with FAME: install it again, or restore it in the checkout",
                entry.file
            )
        }
        Some(entry) => format!("fetch it with `fame models pull {}`", entry.name),
        None => "get it again from where it came, or set `recognizer.model` to another one \
                 (`fame models list` shows them)"
            .to_owned(),
    }
}
