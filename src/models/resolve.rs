//! From what is configured to a model file that can be opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalog::{Catalog, Entry, Window};
use super::check::{ModelError, check, entry_of, remedy};
use super::search::SearchPath;

/// The longest sidecar that is read.
const LONGEST_SIDECAR_BYTES: u64 = 4096;

/// A model file that was found and looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name in the catalogue, else its file's name without the ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What its encoder has to be given.
    pub window: Window,
    /// Whether it hears English only.
    pub english_only: bool,
}

/// Finds the model `wanted`: a name of the catalogue, the name of a file in one of the folders, or
/// a path (`~/` stands for the home folder).
///
/// The first file found counts, and it is looked through (see [`check`]) before it is given out.
pub fn resolve(wanted: &str, search: &SearchPath) -> Result<Model, ModelError> {
    if let Some(entry) = Catalog::built_in().by_name(wanted) {
        return by_entry(entry, search);
    }
    if is_path(wanted) {
        return by_path(expand_home(wanted));
    }
    match installed_as(wanted, search) {
        Some(path) => by_path(path),
        None => Err(ModelError::UnknownName {
            name: wanted.to_owned(),
            known: Catalog::built_in().names(),
        }),
    }
}

fn by_entry(entry: &Entry, search: &SearchPath) -> Result<Model, ModelError> {
    let path = search.find(entry).ok_or_else(|| ModelError::NotInstalled {
        name: entry.name.clone(),
        folders: list(search.folders()),
        remedy: remedy(Some(entry)),
    })?;
    let facts = check(&path)?;
    Ok(Model {
        name: entry.name.clone(),
        path,
        window: entry.window,
        english_only: facts.english_only,
    })
}

fn by_path(path: PathBuf) -> Result<Model, ModelError> {
    let facts = check(&path)?;
    // A file with a name of the catalogue and another size did not pass the check.
    let (name, window) = match entry_of(&path) {
        Some(entry) => (entry.name.clone(), entry.window),
        None => (stem(&path), sidecar_window(&path)?),
    };
    Ok(Model {
        name,
        path,
        window,
        english_only: facts.english_only,
    })
}

fn is_path(wanted: &str) -> bool {
    wanted.contains(std::path::is_separator) || Path::new(wanted).is_file()
}

/// A file that was imported under its own name.
fn installed_as(wanted: &str, search: &SearchPath) -> Option<PathBuf> {
    [
        wanted.to_owned(),
        format!("{wanted}.bin"),
        format!("ggml-{wanted}.bin"),
    ]
    .iter()
    .find_map(|file| search.find_file(file))
}

fn expand_home(wanted: &str) -> PathBuf {
    match (wanted.strip_prefix("~/"), directories::BaseDirs::new()) {
        (Some(rest), Some(base)) => base.home_dir().join(rest),
        _ => PathBuf::from(wanted),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn list(folders: &[PathBuf]) -> String {
    let folders: Vec<String> = folders
        .iter()
        .map(|f| format!("`{}`", f.display()))
        .collect();
    folders.join(", ")
}

/// What lies beside a model that the catalogue does not know: `NAME.bin.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sidecar {
    window: Window,
}

/// The sidecar of this model file.
pub(super) fn sidecar_of(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(".toml");
    PathBuf::from(name)
}

fn sidecar_window(model: &Path) -> Result<Window, ModelError> {
    let path = sidecar_of(model);
    let wrong = |reason: String| ModelError::Sidecar {
        path: path.clone(),
        reason,
    };
    let bytes = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Window::Full),
        Err(error) => return Err(wrong(error.to_string())),
    };
    if bytes > LONGEST_SIDECAR_BYTES {
        return Err(wrong(format!("it has {bytes} bytes")));
    }
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let sidecar: Sidecar =
        toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    Ok(sidecar.window)
}
