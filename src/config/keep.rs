//! Keeps changed settings in the user's file, and leaves everything else in it as somebody wrote it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use atomic_write_file::AtomicWriteFile;
use toml_edit::{DocumentMut, Item, TableLike, TomlError, Value};

use super::document;
use super::error::{ConfigError, Origin};
use super::load::{MAX_FILE, Sources, read_text};

/// A setting's value, to be written.
pub type SettingValue = Value;

/// The user's settings file, in which one setting at a time is changed.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    /// Variables that win over the file at every start: the setting, and the variable's name.
    variables: Vec<(String, String)>,
    /// Held from reading to writing, or one change would undo another.
    writing: Mutex<()>,
}

/// Why a changed setting is not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file, as it is or as it would be, is none that FAME can start with; it is as it was.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be replaced; it is as it was.
    #[error("cannot write `{}`: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A variable sets it at every start, whatever the file says. The other changes are kept.
    #[error("the variable `{variable}` sets `{key}` at every start")]
    Overridden {
        /// The setting.
        key: String,
        /// The variable.
        variable: String,
    },
}

impl KeepError {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint(),
            Self::Write { path, .. } => format!(
                "let your user write `{}` and look for space on its disk, or write the setting there yourself",
                path.display()
            ),
            Self::Overridden { variable, .. } => {
                format!("change `{variable}` where it is set, or unset it")
            }
        }
    }
}

impl SettingsFile {
    /// The user's file among `sources`.
    pub fn of(sources: &Sources) -> Self {
        let variables = sources.variables().into_iter();
        Self {
            path: sources.paths.user_config.clone(),
            variables: variables.map(|(name, key, _)| (key, name)).collect(),
            writing: Mutex::default(),
        }
    }

    /// Sets each of `changes`, such as `listen.mode`, but for those that a variable sets anyway; makes
    /// the file if there is none. A crash leaves the old file or the new one.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn keep(&self, changes: &[(String, SettingValue)]) -> Result<(), KeepError> {
        let variable = |key: &str| self.variables.iter().find(|(known, _)| known == key);
        let open = changes.iter().filter(|(key, _)| variable(key).is_none());
        self.write(open)?;
        let overridden = changes.iter().find_map(|(key, _)| variable(key));
        match overridden.cloned() {
            Some((key, variable)) => Err(KeepError::Overridden { key, variable }),
            None => Ok(()),
        }
    }

    fn write<'a>(
        &self,
        changes: impl Iterator<Item = &'a (String, SettingValue)>,
    ) -> Result<(), KeepError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = read_text(&self.path)?.unwrap_or_default();
        // What cannot be read may be half of what somebody is writing just now.
        document::parse(&self.path, &text)?;
        let mut edited: DocumentMut = text.parse().map_err(|error| self.syntax(&error))?;
        for (key, value) in changes {
            set(edited.as_table_mut(), key, value.clone());
        }
        let changed = edited.to_string();
        if changed == text {
            return Ok(());
        }
        if changed.len() as u64 > MAX_FILE {
            return Err(KeepError::Config(ConfigError::TooLong {
                path: self.path.clone(),
                limit: MAX_FILE,
            }));
        }
        document::parse(&self.path, &changed)?;
        replace(&self.path, &changed).map_err(|source| KeepError::Write {
            path: self.path.clone(),
            source,
        })
    }

    fn syntax(&self, error: &TomlError) -> ConfigError {
        ConfigError::Syntax {
            origin: Origin::File {
                path: self.path.clone(),
                line: 1,
                column: 1,
            },
            problem: document::readable(error.message()),
        }
    }
}

/// Sets the setting that `key` names below `table`. A comment behind the old value stays.
fn set(table: &mut dyn TableLike, key: &str, value: SettingValue) {
    if let Some((section, rest)) = key.split_once('.') {
        let below = table.entry(section).or_insert_with(toml_edit::table);
        // The file was read as settings, so that a section is a table, however it is written.
        if let Some(below) = below.as_table_like_mut() {
            set(below, rest, value);
        }
        return;
    }
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        // Behind a link, as among files that are kept elsewhere, it is the file that changes.
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            path.to_owned()
        }
        Err(error) => return Err(error),
    };
    if fs::metadata(&path).is_ok_and(|file| file.permissions().readonly()) {
        // Its folder may be writable: somebody meant the file.
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut file = AtomicWriteFile::open(&path)?;
    file.write_all(text.as_bytes())?;
    file.commit()
}
