//! `fame plugins`: list, info, enable, disable, grant, revoke, reload, new.

mod skeleton;
mod words;

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{self, PluginInfo, PluginState, PluginsParams, Request};
use skeleton::Language;

#[derive(Debug, Subcommand)]
pub(super) enum Plugins {
    /// List the plugins and how they are
    List,
    /// Show one plugin: what it can be asked, what it may do, what is wrong with it
    Info(Named),
    /// Switch a plugin on again
    Enable(Named),
    /// Switch a plugin off
    Disable(Named),
    /// Let a plugin run, with the permissions that it asks for
    Grant {
        #[command(flatten)]
        named: Named,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take a grant back and end the plugin
    Revoke(Named),
    /// Start a plugin anew
    Reload(Named),
    /// Write a working plugin to begin with
    New(New),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its id in `fame plugins list`
    #[arg(value_name = "ID")]
    plugin: String,
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// Its id: lower-case letters, digits and `_`
    name: String,
    /// A server in Python, for any FAME (this is the default)
    #[arg(long, conflicts_with = "rust")]
    python: bool,
    /// A crate in Rust, to be built into FAME
    #[arg(long)]
    rust: bool,
    /// Where its folder goes. By default where FAME finds it; a crate goes into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Plugins {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Self::List => {
                let request = Request::Plugins(PluginsParams::List);
                context.call(&request, |all: &protocol::Plugins| {
                    words::table(&all.plugins)
                })
            }
            Self::Info(Named { plugin }) => {
                let request = Request::Plugins(PluginsParams::Info { plugin });
                context.call(&request, words::details)
            }
            Self::Enable(Named { plugin }) => change(context, PluginsParams::Enable { plugin }),
            Self::Disable(Named { plugin }) => change(context, PluginsParams::Disable { plugin }),
            Self::Grant { named, yes } => grant(context, named.plugin, yes),
            Self::Revoke(Named { plugin }) => change(context, PluginsParams::Revoke { plugin }),
            Self::Reload(Named { plugin }) => change(context, PluginsParams::Reload { plugin }),
            Self::New(new) => new.run(context),
        }
    }
}

fn change(context: &mut Context<'_>, params: PluginsParams) -> Result<(), Failure> {
    context.call(&Request::Plugins(params), words::outcome)
}

/// Shows what a plugin may do, asks, and grants just that.
fn grant(context: &mut Context<'_>, plugin: String, yes: bool) -> Result<(), Failure> {
    let mut client = context.connect()?;
    let look = PluginsParams::Info {
        plugin: plugin.clone(),
    };
    let info: PluginInfo = client.call(&Request::Plugins(look))?;
    if info.state == PluginState::Broken && info.hash.is_empty() {
        return Err(Failure::other(
            format!("`{plugin}` is broken: {}", words::fault(&info)),
            "mend it first",
        ));
    }
    context.terminal.note(&words::request(&info));
    if !yes && !confirmed(context, &plugin)? {
        context.terminal.note("Nothing is changed.");
        return Ok(());
    }
    let request = Request::Plugins(PluginsParams::Grant {
        plugin,
        hash: Some(info.hash),
    });
    let answer = client.call_raw(&request)?;
    context.print(request.method(), answer, words::outcome)
}

/// Asks the person at the terminal.
fn confirmed(context: &mut Context<'_>, plugin: &str) -> Result<bool, Failure> {
    /// The longest answer that is read, in bytes.
    const ANSWER: u64 = 100;
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::other(
            "nobody is there to ask",
            format!("if that is what it may do, say `fame plugins grant {plugin} --yes`"),
        ));
    }
    context.terminal.note("Let it run? (yes or no)");
    let mut answer = String::new();
    io::Read::take(stdin.lock(), ANSWER).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

impl New {
    /// Needs no daemon.
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let language = if self.rust {
            Language::Rust
        } else {
            Language::Python
        };
        let parent = match (self.dir, language) {
            (Some(dir), _) => dir,
            (None, Language::Rust) => PathBuf::from("."),
            (None, Language::Python) => Context::sources()?.paths.data.join("plugins"),
        };
        let folder = skeleton::write(&self.name, language, &parent)?;
        if context.json {
            let written = json!({ "plugin": self.name, "path": folder });
            return Ok(context.terminal.json(&written)?);
        }
        context.terminal.text(&folder.display().to_string())?;
        context
            .terminal
            .note(&format!("read {}", folder.join("README.md").display()));
        Ok(())
    }
}
