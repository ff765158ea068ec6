//! `fame config`: show, path, check. Works without a daemon and changes nothing.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::config::{Paths, Sources};

#[derive(Debug, Subcommand)]
pub(super) enum Settings {
    /// Print the settings that count, from all places together
    Show,
    /// Print where settings, data and the socket are
    Path,
    /// Check the settings, or those of one file
    Check {
        /// The file, instead of all that count
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

impl Settings {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Show => show(context),
            Self::Path => path(context),
            Self::Check { file } => check(context, file),
        }
    }
}

fn show(context: &mut Context<'_>) -> Result<(), Failure> {
    let config = Context::sources()?.load()?;
    if context.json {
        return Ok(context.terminal.json(&config)?);
    }
    let text = toml::to_string(&config).map_err(|error| {
        Failure::other(
            format!("cannot write the settings as TOML: {error}"),
            "use `fame config show --json`, and report this",
        )
    })?;
    Ok(context.terminal.text(text.trim_end())?)
}

fn path(context: &mut Context<'_>) -> Result<(), Failure> {
    let sources = Context::sources()?;
    let paths = &sources.paths;
    // Without readable settings the socket is where it would be without any.
    let socket = Paths::socket(paths, &sources.load().unwrap_or_default());
    if context.json {
        return Ok(context.terminal.json(&json!({
            "user": paths.user_config,
            "system": paths.system_config,
            "data": paths.data,
            "socket": socket,
        }))?);
    }
    let lines = [
        ("user", &paths.user_config),
        ("system", &paths.system_config),
        ("data", &paths.data),
        ("socket", &socket),
    ]
    .map(|(name, path)| format!("{name:6}  {}{}", path.display(), absence(path)));
    Ok(context.terminal.text(&lines.join("\n"))?)
}

fn check(context: &mut Context<'_>, file: Option<PathBuf>) -> Result<(), Failure> {
    let mut sources = Context::sources()?;
    if let Some(file) = file {
        sources = only(sources, file);
    }
    sources.load()?;
    if context.json {
        return Ok(context.terminal.json(&json!({ "ok": true }))?);
    }
    let read: Vec<_> = [&sources.paths.system_config, &sources.paths.user_config]
        .into_iter()
        .filter(|path| path.exists())
        .map(|path| format!("`{}`", path.display()))
        .collect();
    let read = if read.is_empty() {
        "there is no file, the defaults count".into()
    } else {
        read.join(", ")
    };
    Ok(context
        .terminal
        .text(&format!("the settings are fine: {read}"))?)
}

/// The one file and nothing else.
fn only(sources: Sources, file: PathBuf) -> Sources {
    Sources {
        paths: Paths {
            system_config: PathBuf::new(),
            user_config: file,
            user_config_named: true,
            ..sources.paths
        },
        environment: Vec::new(),
        ..sources
    }
}

fn absence(path: &Path) -> &'static str {
    if path.exists() { "" } else { " (not there)" }
}
