//! Why settings cannot be used, in words that lead to the line to correct.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// An environment variable.
    Variable(String),
    /// The command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(
                    formatter,
                    "`{}`, line {line}, column {column}",
                    path.display()
                )
            }
            Self::Variable(name) => write!(formatter, "the variable `{name}`"),
            Self::CommandLine => formatter.write_str("the command line"),
        }
    }
}

/// Why the settings cannot be used. Nothing is changed on disk, and a running daemon keeps what
/// it has.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The system does not say where the user lives.
    #[error("cannot find your home folder")]
    NoHome,
    /// A file named on purpose is not there.
    #[error("`{}` does not exist", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is there and cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is too long to be settings.
    #[error("`{}` is longer than {limit} bytes", .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What is read at most.
        limit: u64,
    },
    /// A file is not written in TOML; it may be half written.
    #[error("{origin}: {problem}")]
    Syntax {
        /// Where reading stopped.
        origin: Origin,
        /// What is wrong there.
        problem: String,
    },
    /// A setting is unknown or has a wrong value.
    #[error("{origin}: {problem}")]
    Setting {
        /// Where it is set.
        origin: Origin,
        /// The setting, such as `listen.endpoint_ms`.
        key: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
}

impl ConfigError {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoHome => "set the variable `HOME` to your home folder".into(),
            Self::Missing { path } => format!(
                "create `{}`, or unset `{}`",
                path.display(),
                super::paths::CONFIG_VARIABLE
            ),
            Self::Read { path, .. } => format!(
                "make `{}` a text file in UTF-8 that you may read",
                path.display()
            ),
            Self::TooLong { path, .. } => {
                format!(
                    "look into `{}`: it is hardly a settings file",
                    path.display()
                )
            }
            Self::Syntax { .. } => {
                "correct the line; `fame config check` reads it again and changes nothing".into()
            }
            Self::Setting { remedy, .. } => remedy.clone(),
        }
    }
}
