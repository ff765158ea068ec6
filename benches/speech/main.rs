//! How fast FAME hears and answers, and what it costs while nobody speaks.
//!
//! `cargo bench --bench speech` prints the figures of this machine with the baseline measured in
//! the same run. Recordings of people and the stock model are read from `../shared`; without
//! them the parts that need them are left out with a message.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod daemon;
mod recognizer;
mod stages;
#[path = "../../tests/support/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

fn main() {
    // `cargo test --benches` calls this to see that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores; times are wall time in ms unless said otherwise\n");
    recognizer::run();
    stages::run();
    daemon::run();
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Shared data; `None`, with a message, where it is missing.
fn shared(path: &str) -> Option<PathBuf> {
    let file = project("..").join("shared").join(path);
    if !file.exists() {
        println!("left out: {} is not there\n", file.display());
        return None;
    }
    Some(file)
}

fn samples(file: &Path) -> Vec<f32> {
    let mut source = fame::audio::FileSource::open(file).unwrap();
    let mut samples = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        samples.extend_from_slice(&frame);
    }
    samples
}

/// People's commands of 2 to 6 s.
fn commands() -> Option<Vec<Vec<f32>>> {
    let folder = shared("audio/commands")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "flac")
        })
        .collect();
    files.sort();
    let sounds = files.iter().map(|file| samples(file));
    Some(
        sounds
            .filter(|sound| (2.0..6.0).contains(&(sound.len() as f32 / 16_000.0)))
            .collect(),
    )
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The value below which this share of the values lies.
fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}
