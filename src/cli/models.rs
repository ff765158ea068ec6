//! `fame models`: list, pull, import, path. Works without a daemon.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::models::{Catalog, Entry, PullLimits, SearchPath, Window, import, pull, resolve};

#[derive(Debug, Subcommand)]
pub(super) enum Models {
    /// List the models FAME knows by name
    List,
    /// Fetch a model; what is there already is not fetched again
    Pull {
        /// Its name in `fame models list`
        name: String,
        /// Take the model as its authors published it, not the one tuned for short requests
        #[arg(long)]
        stock: bool,
    },
    /// Copy a model file into FAME's folder
    Import {
        /// A whisper.cpp model
        file: PathBuf,
    },
    /// Print the path of a model's file
    Path {
        /// Its name, or a path
        name: String,
    },
}

impl Models {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let config = Context::sources()?.load()?;
        let search = SearchPath::standard(config.recognizer.model_folder.as_deref());
        match self {
            Self::List => list(context, &search),
            Self::Pull { name, stock } => pull_model(context, &search, &name, stock),
            Self::Import { file } => import_file(context, &search, &file),
            Self::Path { name } => path(context, &search, &name),
        }
    }
}

fn list(context: &mut Context<'_>, search: &SearchPath) -> Result<(), Failure> {
    for entry in Catalog::built_in().entries() {
        let path = search.find(entry);
        if context.json {
            context.terminal.json(&json!({
                "name": entry.name,
                "summary": entry.summary,
                "bytes": entry.bytes,
                "window": window(entry),
                "licence": entry.licence,
                "languages": entry.languages,
                "path": path,
            }))?;
            continue;
        }
        let state = if path.is_some() { "here" } else { "" };
        let (name, megabytes) = (&entry.name, entry.bytes as f64 / 1e6);
        context.terminal.text(&format!(
            "{name:16}  {megabytes:5.0} MB  {:6}  {state:4}  {}",
            window(entry),
            entry.summary
        ))?;
    }
    Ok(())
}

fn pull_model(
    context: &mut Context<'_>,
    search: &SearchPath,
    name: &str,
    stock: bool,
) -> Result<(), Failure> {
    let catalog = Catalog::built_in();
    let entry = match stock {
        true => catalog.stock(name),
        false => catalog.by_name(name),
    };
    let entry = entry.ok_or_else(|| {
        let which = if stock { "stock model" } else { "model" };
        Failure::other(
            format!("the catalogue has no {which} `{name}`"),
            format!("choose one of {}", catalog.names()),
        )
    })?;
    let folder = install_folder(search)?;
    let bar = ProgressBar::new(entry.bytes).with_style(style());
    // Ctrl-C ends the process; what has come stays and the next pull goes on from there.
    let never = AtomicBool::new(false);
    let pulled = pull(
        entry,
        folder,
        PullLimits::default(),
        |progress| bar.set_position(progress.done),
        &never,
    );
    bar.finish_and_clear();
    let path = pulled?;
    installed(context, &entry.name, &path)
}

fn import_file(context: &mut Context<'_>, search: &SearchPath, file: &Path) -> Result<(), Failure> {
    let imported = import(file, install_folder(search)?)?;
    installed(context, &imported.name, &imported.path)
}

fn installed(context: &mut Context<'_>, name: &str, path: &Path) -> Result<(), Failure> {
    if context.json {
        return Ok(context
            .terminal
            .json(&json!({ "name": name, "path": path }))?);
    }
    context.terminal.text(&path.display().to_string())?;
    context.terminal.note(&format!(
        "use it with `fame set --model {name}`; with `--keep` also from the next start on"
    ));
    Ok(())
}

fn path(context: &mut Context<'_>, search: &SearchPath, name: &str) -> Result<(), Failure> {
    let model = resolve(name, search)?;
    if context.json {
        let model = json!({ "name": model.name, "path": model.path });
        return Ok(context.terminal.json(&model)?);
    }
    Ok(context.terminal.text(&model.path.display().to_string())?)
}

fn install_folder(search: &SearchPath) -> Result<&Path, Failure> {
    search.install_folder().ok_or_else(|| {
        Failure::other(
            "there is no folder to put models into",
            "set `model_folder` under `[recognizer]`",
        )
    })
}

fn window(entry: &Entry) -> &'static str {
    match entry.window {
        Window::Fitted => "fitted",
        Window::Full => "full",
    }
}

/// The bar draws itself on stderr, and only where a person looks.
fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{bytes} of {total_bytes} [{wide_bar}] {bytes_per_sec}, {eta} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
}
