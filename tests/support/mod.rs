//! What several areas share.

pub mod brain;
pub mod daemon;
pub mod famed;
pub mod llm;
pub mod pulse;
pub mod words;

use std::path::{Path, PathBuf};

/// A file of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the shared test data beside the project; `None`, with a message, where it is
/// missing.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = project("..").join("shared").join(path);
    if !file.exists() {
        eprintln!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

/// The rows of a table of fixtures.
pub fn table(path: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(project(path)).unwrap();
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}
