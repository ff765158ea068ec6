//! The folders FAME uses.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

use super::{Config, ConfigError};

/// Names another file instead of the user's own, which then has to exist.
pub const CONFIG_VARIABLE: &str = "FAME_CONFIG";

/// Where things are. A test fills it in by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The user's home, which `~/` in a setting stands for.
    pub home: PathBuf,
    /// The settings of the whole machine, `/etc/fame/config.toml`.
    pub system_config: PathBuf,
    /// The user's settings, `~/.config/fame/config.toml`.
    pub user_config: PathBuf,
    /// Whether [`Paths::user_config`] was named on purpose, so that its absence is an error.
    pub user_config_named: bool,
    /// What is kept: models, plugins, the log of what was done. `~/.local/share/fame`.
    pub data: PathBuf,
    /// What lasts as long as the session: the socket. `$XDG_RUNTIME_DIR/fame`, or `run` in the
    /// data folder where the system has no such place. Whoever makes it gives it mode 0700.
    pub runtime: PathBuf,
}

impl Paths {
    /// The folders of this user on this system.
    pub fn discover() -> Result<Self, ConfigError> {
        Self::with_config(env::var_os(CONFIG_VARIABLE).filter(|name| !name.is_empty()))
    }

    /// The same, with the user's settings in another file if one is named.
    pub fn with_config(named: Option<OsString>) -> Result<Self, ConfigError> {
        let (Some(base), Some(project)) = (BaseDirs::new(), ProjectDirs::from("", "", "fame"))
        else {
            return Err(ConfigError::NoHome);
        };
        let data = project.data_dir().to_owned();
        Ok(Self {
            home: base.home_dir().to_owned(),
            system_config: PathBuf::from("/etc/fame/config.toml"),
            user_config_named: named.is_some(),
            user_config: named
                .map_or_else(|| project.config_dir().join("config.toml"), PathBuf::from),
            runtime: project
                .runtime_dir()
                .map_or_else(|| data.join("run"), PathBuf::from),
            data,
        })
    }

    /// The keys of the REST API.
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// The folder of the audit log.
    pub fn audit(&self) -> PathBuf {
        self.data.join("audit")
    }

    /// The daemon's socket.
    pub fn socket(&self, config: &Config) -> PathBuf {
        config
            .ipc
            .socket
            .clone()
            .unwrap_or_else(|| self.runtime.join("famed.sock"))
    }
}
