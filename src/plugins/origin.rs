//! Where plugins come from.

use std::fmt;
use std::path::PathBuf;

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is part of FAME.
    Builtin,
    /// The folder that its `plugin.toml` is in.
    Folder(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("built in"),
            Self::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}
