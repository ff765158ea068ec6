//! What several areas share: where things are, and how to compare what was heard.

pub mod famed;
pub mod pulse;

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

/// Words in one spelling: lower case, no punctuation, small numbers as words.
pub fn plain_words(text: &str) -> Vec<String> {
    const NUMBERS: [(&str, &str); 12] = [
        ("1", "one"),
        ("2", "two"),
        ("3", "three"),
        ("4", "four"),
        ("5", "five"),
        ("6", "six"),
        ("7", "seven"),
        ("8", "eight"),
        ("10", "ten"),
        ("12", "twelve"),
        ("16", "sixteen"),
        ("20", "twenty"),
    ];
    text.to_lowercase()
        .replace('\'', "")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            NUMBERS
                .iter()
                .find(|(digits, _)| *digits == word)
                .map_or(word, |(_, name)| name)
                .to_owned()
        })
        .collect()
}

/// Words to insert, delete or replace to get from one text to the other.
pub fn word_errors(expected: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, want) in expected.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, have) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(want != have);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}
