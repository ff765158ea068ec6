//! From layers to one configuration: defaults, system, user, environment, command line.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;
use super::document::{self, mistyped_remedy, readable};
use super::error::{ConfigError, Origin};
use super::paths::Paths;
use super::validate::validate;

/// What is read of a settings file; a longer one is refused.
pub const MAX_FILE: u64 = 1024 * 1024;

/// `FAME_LISTEN__ENDPOINT_MS=800` sets `listen.endpoint_ms`.
const PREFIX: &str = "FAME_";
/// Between a section and its setting in a variable's name.
const SEPARATOR: &str = "__";

/// Settings from the command line, which come last and win.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    settings: Vec<(String, Value)>,
}

impl Overrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`, such as `recognizer.model`.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.settings.push((key.into(), value.into()));
        self
    }
}

/// Everything that decides what the settings are.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Where the files are.
    pub paths: Paths,
    /// The environment; what does not begin with `FAME_` is passed over.
    pub environment: Vec<(OsString, OsString)>,
    /// The command line.
    pub overrides: Overrides,
}

impl Sources {
    /// This process's own.
    pub fn of_process(overrides: Overrides) -> Result<Self, ConfigError> {
        Ok(Self {
            paths: Paths::discover()?,
            environment: env::vars_os().collect(),
            overrides,
        })
    }

    /// Reads and checks every layer and puts them on top of each other. Tables are merged
    /// setting by setting; anything else, lists too, is replaced.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut merged = Table::new();
        merge(&mut merged, read_file(&self.paths.system_config, false)?);
        merge(
            &mut merged,
            read_file(&self.paths.user_config, self.paths.user_config_named)?,
        );
        for (name, key, text) in self.variables() {
            let layer = match text.to_str() {
                Some(text) => from_text(&key, text, Origin::Variable(name))?,
                None => return Err(not_utf8(Origin::Variable(name), key)),
            };
            merge(&mut merged, layer);
        }
        for (key, value) in &self.overrides.settings {
            merge(
                &mut merged,
                checked(key, value.clone(), Origin::CommandLine)?,
            );
        }
        let mut config = configure(merged, "", &Origin::CommandLine)?;
        self.expand(&mut config.recognizer.model_folder);
        self.expand(&mut config.ipc.socket);
        for folder in &mut config.plugins.folders {
            if let Ok(rest) = folder.strip_prefix("~") {
                *folder = self.paths.home.join(rest);
            }
        }
        Ok(config)
    }

    /// The variables that name a setting, in the order of their names.
    pub(super) fn variables(&self) -> Vec<(String, String, &OsString)> {
        let mut variables: Vec<_> = self
            .environment
            .iter()
            .filter_map(|(name, value)| {
                let name = name.to_str()?;
                let key = name.strip_prefix(PREFIX)?;
                let key = key
                    .contains(SEPARATOR)
                    .then(|| key.to_ascii_lowercase().replace(SEPARATOR, "."))?;
                Some((name.to_owned(), key, value))
            })
            .collect();
        variables.sort();
        variables
    }

    fn expand(&self, path: &mut Option<PathBuf>) {
        if let Some(path) = path
            && let Ok(rest) = path.strip_prefix("~")
        {
            *path = self.paths.home.join(rest);
        }
    }
}

impl Config {
    /// Checks every bound of the schema, for settings that were changed while running.
    pub fn validate(&self) -> Result<(), ConfigError> {
        validate(self).map_err(|violation| violation.at(Origin::CommandLine))
    }
}

/// This process's settings. See [`Sources::load`].
pub fn load(overrides: Overrides) -> Result<Config, ConfigError> {
    Sources::of_process(overrides)?.load()
}

fn read_file(path: &Path, required: bool) -> Result<Table, ConfigError> {
    match read_text(path)? {
        Some(text) => document::parse(path, &text),
        None if required => Err(ConfigError::Missing { path: path.into() }),
        None => Ok(Table::new()),
    }
}

/// What is written in a settings file; none if there is no file.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unreadable(path, source)),
    };
    let mut text = String::new();
    file.take(MAX_FILE + 1)
        .read_to_string(&mut text)
        .map_err(|source| unreadable(path, source))?;
    if text.len() as u64 > MAX_FILE {
        return Err(ConfigError::TooLong {
            path: path.into(),
            limit: MAX_FILE,
        });
    }
    Ok(Some(text))
}

fn unreadable(path: &Path, source: io::Error) -> ConfigError {
    ConfigError::Read {
        path: path.into(),
        source,
    }
}

/// A setting out of a variable: TOML if it reads as such, otherwise the text itself.
fn from_text(key: &str, text: &str, origin: Origin) -> Result<Table, ConfigError> {
    let as_text = || Value::String(text.into());
    let value = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"));
    match value {
        Some(value) => checked(key, value, origin.clone())
            // A wake phrase `true` is a text, whatever it looks like.
            .or_else(|error| checked(key, as_text(), origin).map_err(|_| error)),
        None => checked(key, as_text(), origin),
    }
}

/// A layer of one setting that is known and within its bounds.
fn checked(key: &str, value: Value, origin: Origin) -> Result<Table, ConfigError> {
    let layer = nested(key, value);
    let config = configure(layer.clone(), key, &origin)?;
    validate(&config).map_err(|violation| violation.at(origin))?;
    Ok(layer)
}

fn configure(table: Table, key: &str, origin: &Origin) -> Result<Config, ConfigError> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Setting {
            origin: origin.clone(),
            key: key.into(),
            problem: format!("`{key}`: {}", readable(error.message())),
            remedy: mistyped_remedy(key),
        })
}

fn not_utf8(origin: Origin, key: String) -> ConfigError {
    ConfigError::Setting {
        origin,
        problem: format!("`{key}` is not written in UTF-8"),
        remedy: mistyped_remedy(&key),
        key,
    }
}

/// `a.b` and a value as the table `a` that holds `b`.
fn nested(key: &str, value: Value) -> Table {
    let (name, value) = match key.split_once('.') {
        Some((name, rest)) => (name, Value::Table(nested(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(name.to_owned(), value)])
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
