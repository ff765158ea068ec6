//! The invariants of ARCHITECTURE.md that a machine can check.

use std::path::{Path, PathBuf};

use crate::support::project;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&project(folder), &mut found);
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// Whether a folder between the source and `src` has a manifest.
fn in_a_crate_of_its_own(path: &Path) -> bool {
    path.ancestors()
        .take_while(|folder| !folder.ends_with("src"))
        .any(|folder| folder.join("Cargo.toml").exists())
}

/// Lines of code that use a path, comments left out.
fn uses<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter(move |line| line.contains(path) && !line.trim_start().starts_with("//"))
}

#[test]
fn sound_and_dialogue_know_no_async_runtime() {
    for folder in ["src/audio", "src/dialogue", "src/speech"] {
        for (path, text) in sources(folder) {
            let found = uses(&text, "tokio").next();
            assert_eq!(found, None, "{} imports tokio", path.display());
        }
    }
}

#[test]
fn the_protocol_imports_nothing_of_fame() {
    let mut files = sources("src/ipc/protocol");
    let root = project("src/ipc/protocol.rs");
    files.push((root.clone(), std::fs::read_to_string(&root).unwrap()));
    for (path, text) in files {
        assert_eq!(uses(&text, "crate::").next(), None, "{}", path.display());
    }
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    // Each room with the rooms it may know. `bus`, `config` are data that all may name. A room that
    // is a crate of its own knows none of these: the compiler sees to that.
    let allowed: &[(&str, &[&str])] = &[
        ("audio", &[]),
        ("models", &[]),
        ("bus", &[]),
        ("config", &["sandbox"]),
        ("store", &[]),
        ("metrics", &["bus"]),
        ("plugins", &["bus", "store"]),
        ("speech", &["audio", "models", "bus", "config"]),
        ("brain", &["plugins", "bus", "config", "audit"]),
        (
            "skills",
            &[
                "brain", "plugins", "sandbox", "store", "models", "bus", "config",
            ],
        ),
        ("dialogue", &["audio", "speech", "brain", "bus", "config"]),
        (
            "headless",
            &["audio", "speech", "brain", "bus", "config", "dialogue"],
        ),
        ("ipc", &["bus", "config"]),
        // `fame intents eval` needs no daemon, so it has the classifier itself.
        (
            "cli",
            &[
                "bus", "config", "ipc", "models", "brain", "sandbox", "audit", "auth",
            ],
        ),
    ];
    for (room, may) in allowed {
        for (path, text) in sources(&format!("src/{room}")) {
            if in_a_crate_of_its_own(&path) {
                continue;
            }
            for line in uses(&text, "crate::") {
                for part in line.split("crate::").skip(1) {
                    let other: String = part
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    let known = other == *room || may.contains(&other.as_str());
                    assert!(
                        known,
                        "{}: {room} must not know {other}: {line}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    for folder in ["src", "plugins", "tests"] {
        for (path, text) in sources(folder) {
            if path.ends_with("tests/tidy.rs") {
                continue;
            }
            for word in ["TODO", "FIXME", "todo!(", "unimplemented!("] {
                assert!(!text.contains(word), "{word} in {}", path.display());
            }
        }
    }
}

#[test]
fn the_readme_is_true_about_settings() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let mut examples = 0;
    for block in readme.split("```toml").skip(1) {
        let block = block.split("```").next().unwrap();
        let config: Result<fame::config::Config, _> = toml::from_str(block);
        assert!(config.is_ok(), "{:?} in\n{block}", config.err());
        examples += 1;
    }
    assert!(examples > 0, "README.md shows no settings");
}
