//! Finds plugins: every folder in a plugin folder that has a `plugin.toml`.

mod locate;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fame_plugin::sentence::{Lists, Sentences};
use fame_plugin::{Manifest, ManifestError, Runtime};
use serde::{Deserialize, Serialize};

use super::content::{self, ContentHash};
use super::error::PluginError;
use super::origin::Origin;

/// The name of the file that makes a folder a plugin.
pub const MANIFEST: &str = "plugin.toml";

/// The folder with the sentences in other languages.
const SENTENCES: &str = "sentences";

/// The longest `plugin.toml`, in bytes. A longer one is refused.
const MANIFEST_BYTES: u64 = 512 * 1024;

/// The most plugins that are looked for in folders. The rest is left out, by the order of names.
const MAX_PLUGINS: usize = 256;

/// Why a plugin does not work, and where to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The file at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The character in the line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl Broken {
    /// A fault of no file.
    pub(super) fn plain(reason: impl fmt::Display) -> Self {
        Self {
            file: None,
            line: None,
            column: None,
            reason: reason.to_string(),
        }
    }

    /// A plugin with the id of another one, which is at `first`.
    pub(super) fn rival(folder: &Path, text: &str, id: &str, first: &Origin) -> Self {
        let mut broken = Self::manifest(folder, text, &PluginError::TwoPlugins(id.into()));
        broken.reason = format!("another plugin has the id `{id}` ({first}); remove or rename one");
        broken
    }

    /// A fault of a plugin's folder as a whole.
    pub(super) fn folder(folder: &Path, reason: impl fmt::Display) -> Self {
        Self {
            file: Some(folder.to_owned()),
            line: None,
            column: None,
            reason: reason.to_string(),
        }
    }

    /// A fault of a manifest, at the place in `text` that `error` is about.
    pub(super) fn manifest(folder: &Path, text: &str, error: &PluginError) -> Self {
        let position = locate::find(text, error);
        let reason = match error {
            // Its own text draws the line and an arrow below it.
            PluginError::Manifest(ManifestError::Toml(error)) => error.message().to_owned(),
            other => other.to_string(),
        };
        Self {
            file: Some(folder.join(MANIFEST)),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            reason,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            for place in [self.line, self.column].into_iter().flatten() {
                write!(f, "{place}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.reason)
    }
}

/// What a folder holds.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) manifest: Manifest,
    /// The text of the manifest.
    pub(super) text: String,
    pub(super) hash: ContentHash,
}

/// A folder that is a plugin, or tries to be one.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) folder: PathBuf,
    /// What tells whether it changed; none if it cannot be taken.
    pub(super) fingerprint: Option<u64>,
    /// What it is, if that is not known yet.
    pub(super) read: Option<Result<Described, Broken>>,
}

/// Looks through `roots`, and reads the plugins whose fingerprint is not in `known`, with their
/// sentences in `language`.
pub(super) fn scan(
    roots: &[PathBuf],
    language: &str,
    known: &BTreeMap<PathBuf, u64>,
) -> Vec<Sighting> {
    let folders = folders(roots);
    folders
        .into_iter()
        .map(|folder| match content::fingerprint(&folder) {
            Ok(fingerprint) if known.get(&folder) == Some(&fingerprint) => Sighting {
                folder,
                fingerprint: Some(fingerprint),
                read: None,
            },
            Ok(fingerprint) => Sighting {
                read: Some(read(&folder, language)),
                folder,
                fingerprint: Some(fingerprint),
            },
            Err(error) => Sighting {
                read: Some(Err(Broken::folder(&folder, error))),
                folder,
                fingerprint: None,
            },
        })
        .collect()
}

/// The folders with a manifest, by root and name. What cannot be read has no plugins.
fn folders(roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for root in roots {
        let mut inside: Vec<PathBuf> = match fs::read_dir(root) {
            Ok(entries) => entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| !is_hidden(path) && path.join(MANIFEST).is_file())
                .collect(),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    let root = root.display();
                    tracing::warn!(%root, %error, "a plugin folder cannot be read");
                }
                continue;
            }
        };
        inside.sort_unstable();
        // One folder may be reached through two roots.
        inside.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
        found.append(&mut inside);
    }
    if found.len() > MAX_PLUGINS {
        let more = found.len() - MAX_PLUGINS;
        tracing::warn!(
            more,
            MAX_PLUGINS,
            "too many plugin folders; the rest is left out"
        );
        found.truncate(MAX_PLUGINS);
    }
    found
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn read(folder: &Path, language: &str) -> Result<Described, Broken> {
    let file = folder.join(MANIFEST);
    let text = read_text(&file).map_err(|reason| Broken {
        file: Some(file),
        line: None,
        column: None,
        reason,
    })?;
    let refused = |error: PluginError| Broken::manifest(folder, &text, &error);
    let mut manifest = Manifest::parse(&text).map_err(|error| refused(error.into()))?;
    add_language(folder, &mut manifest, language)?;
    check_runtime(folder, &manifest)?;
    let none = Lists::default();
    Sentences::compile([&manifest], &none)
        .and_then(|_| Sentences::compile_follow_ups([&manifest], &none))
        .map_err(|error| refused(error.into()))?;
    let hash = ContentHash::of_folder(folder).map_err(|error| Broken::folder(folder, error))?;
    Ok(Described {
        manifest,
        text,
        hash,
    })
}

/// Adds the sentences beside the manifest, `sentences/en.toml`, if there are any in `language`.
fn add_language(folder: &Path, manifest: &mut Manifest, language: &str) -> Result<(), Broken> {
    let file = folder.join(SENTENCES).join(format!("{language}.toml"));
    if !file.is_file() {
        return Ok(());
    }
    let broken = |line, reason| Broken {
        file: Some(file.clone()),
        line,
        column: None,
        reason,
    };
    let text = read_text(&file).map_err(|reason| broken(None, reason))?;
    manifest.with_sentences(&text).map_err(|error| {
        let line = match &error {
            ManifestError::Toml(error) => error.span().map(|span| line_at(&text, span.start)),
            _ => None,
        };
        broken(line, error.to_string())
    })
}

/// The line of the byte `at`, from 1.
fn line_at(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

fn check_runtime(folder: &Path, manifest: &Manifest) -> Result<(), Broken> {
    match &manifest.runtime {
        Runtime::Mcp(command) if !command.is_empty() => Ok(()),
        Runtime::Mcp(_) | Runtime::Builtin => Err(Broken {
            file: Some(folder.join(MANIFEST)),
            line: None,
            column: None,
            reason: "it does not say what runs it; add for example \
                     `runtime = { mcp = [\"python3\", \"server.py\"] }`"
                .into(),
        }),
    }
}

fn read_text(file: &Path) -> Result<String, String> {
    let read = || {
        let mut text = String::new();
        let file = File::open(file)?;
        file.take(MANIFEST_BYTES + 1).read_to_string(&mut text)?;
        Ok(text)
    };
    let text: String = read().map_err(|error: io::Error| format!("it cannot be read: {error}"))?;
    if text.len() as u64 > MANIFEST_BYTES {
        let limit = MANIFEST_BYTES / 1024;
        return Err(format!("it is longer than {limit} KiB; shorten it"));
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
