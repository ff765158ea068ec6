//! Taking in a model file that the user already has.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use super::catalog::{Catalog, Entry};
use super::check::{check_structure, entry_of};
use super::digest;
use super::install::{InstallError, Partial, at, is_installed};
use super::resolve::sidecar_of;

/// What became of an imported file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Where it is now.
    pub path: PathBuf,
    /// What to write for `recognizer.model`.
    pub name: String,
    /// The model of the catalogue that it is, byte for byte. None: it is used with the full window
    /// unless a sidecar says otherwise.
    pub entry: Option<&'static Entry>,
}

/// Copies a model file into `folder`.
///
/// A file that the catalogue knows by its digest gets the catalogue's name; any other model keeps
/// its own, and its sidecar comes along. The copy is verified before it takes its place.
pub fn import(file: &Path, folder: &Path) -> Result<Imported, InstallError> {
    let (_, bytes) = check_structure(file)?;
    let mut source = File::open(file).map_err(at("read", file, 0))?;
    let sha256 = digest::sha256(&mut source).map_err(at("read", file, 0))?;
    let entry = Catalog::built_in().by_digest(&sha256);
    if let (None, Some(namesake)) = (entry, entry_of(file)) {
        return Err(InstallError::WrongDigest {
            file: file.display().to_string(),
            found: sha256,
            expected: namesake.sha256.clone(),
        });
    }

    let own_name = PathBuf::from(file.file_name().unwrap_or(file.as_os_str()));
    let target = folder.join(entry.map_or(own_name.as_path(), |entry| Path::new(&entry.file)));
    let imported = Imported {
        name: entry.map_or_else(
            || own_name.to_string_lossy().into_owned(),
            |e| e.name.clone(),
        ),
        path: target.clone(),
        entry,
    };
    if is_installed(&target, bytes, &sha256) {
        return Ok(imported);
    }
    if entry.is_none() && target.exists() {
        return Err(InstallError::Exists(target));
    }

    let mut partial = Partial::open(&target, bytes)?;
    partial
        .file
        .set_len(0)
        .and_then(|()| source.rewind())
        .and_then(|()| io::copy(&mut source, &mut partial.file))
        .map_err(at("write", &target, bytes))?;
    partial.finish(&sha256)?;
    let sidecar = sidecar_of(file);
    if entry.is_none() && sidecar.is_file() {
        let target = sidecar_of(&target);
        fs::copy(&sidecar, &target).map_err(at("write", &target, 0))?;
    }
    Ok(imported)
}
