//! A working plugin to begin with.
//!
//! The files in `skeleton/` are themselves a plugin, `my_plugin`; only its names are replaced.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// The longest id of a new plugin, in bytes.
const NAME_BYTES: usize = 40;

const PYTHON: [(&str, &str); 3] = [
    ("plugin.toml", include_str!("skeleton/python/plugin.toml")),
    ("server.py", include_str!("skeleton/python/server.py")),
    ("README.md", include_str!("skeleton/python/README.md")),
];

const RUST: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("skeleton/rust/Cargo.toml.in")),
    ("plugin.toml", include_str!("skeleton/rust/plugin.toml")),
    ("src/lib.rs", include_str!("skeleton/rust/src/lib.rs")),
    ("README.md", include_str!("skeleton/rust/README.md")),
];

/// What a new plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Rust,
}

/// Writes a plugin `name` into a new folder of that name in `parent`, and gives the folder.
pub(super) fn write(name: &str, language: Language, parent: &Path) -> Result<PathBuf, Failure> {
    check_name(name)?;
    let folder = parent.join(name);
    let files: &[_] = match language {
        Language::Python => &PYTHON,
        Language::Rust => &RUST,
    };
    let mut made = fs::create_dir_all(parent).and_then(|()| fs::create_dir(&folder));
    for (file, text) in files {
        made = made.and_then(|()| {
            let path = folder.join(file);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, named(text, name))
        });
    }
    match made {
        Ok(()) => Ok(folder),
        Err(error) => Err(not_written(&folder, &error)),
    }
}

fn not_written(folder: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::AlreadyExists => "choose another name, or remove what is there",
        _ => "choose another place with `--dir`",
    };
    Failure::other(format!("cannot write {}: {error}", folder.display()), hint)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
        && !name.ends_with('_')
        && !name.contains("__")
        && name.len() <= NAME_BYTES;
    if good {
        return Ok(());
    }
    Err(Failure::other(
        format!("`{name}` is no name for a plugin"),
        format!(
            "use words of lower-case letters and digits with `_` between them, {NAME_BYTES} \
             characters at most, such as `bus_times`"
        ),
    ))
}

/// `text` with the names of the plugin `name` in the place of those of `my_plugin`.
fn named(text: &str, name: &str) -> String {
    let words = name.replace('_', " ");
    let capital = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    let camel: String = name.split('_').map(capital).collect();
    text.replace("my_plugin", name)
        .replace("my-plugin", &name.replace('_', "-"))
        .replace("MyPlugin", &camel)
        .replace("My plugin", &capital(&words))
        .replace("my plugin", &words)
}

/// The plugin that crates begin with, with its own test.
#[cfg(test)]
#[path = "skeleton/rust/src/lib.rs"]
mod rust;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use fame_plugin::Manifest;

    use super::*;

    #[test]
    fn a_new_plugin_has_its_own_names_and_a_good_manifest() {
        for language in [Language::Python, Language::Rust] {
            let place = tempfile::tempdir().unwrap();
            let parent = place.path().join("not/yet/there");
            let folder = write("bus_times", language, &parent).unwrap();
            let manifest = fs::read_to_string(folder.join("plugin.toml")).unwrap();
            let manifest = Manifest::parse(&manifest).unwrap();
            assert_eq!(
                (manifest.id.as_str(), manifest.name.as_str()),
                ("bus_times", "Bus times")
            );
            assert_eq!(
                manifest.intents[0].sentences[0],
                "ask bus times (about|for) {topic}"
            );
            let error = write("bus_times", language, &parent)
                .unwrap_err()
                .to_string();
            assert!(error.contains("bus_times"), "{error}");
        }
    }

    #[test]
    fn a_name_stands_where_the_examples_stood() {
        let text = "my_plugin my-plugin MyPlugin My plugin my plugin";
        assert_eq!(
            named(text, "bus_times"),
            "bus_times bus-times BusTimes Bus times bus times"
        );
        for (_, text) in PYTHON.iter().chain(&RUST) {
            let left = named(text, "x").to_lowercase().replace(['_', '-', ' '], "");
            assert!(!left.contains("myplugin"), "{left}");
        }
    }

    #[test]
    fn names_that_no_manifest_takes_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let long = "x".repeat(NAME_BYTES + 1);
        for name in [
            "", "Bus", "2nd", "../x", "a b", "a-b", "_a", "a_", "a__b", "é", &long,
        ] {
            assert!(
                write(name, Language::Python, place.path()).is_err(),
                "{name}"
            );
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
