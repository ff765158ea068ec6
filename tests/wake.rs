//! The wake phrase as heard by the real recogniser: accepted from many voices, and only then.

use std::path::PathBuf;

use crate::support::famed::{events, fixtures, headless, of_file, of_kind};
use crate::support::{shared, table};

#[test]
fn the_phrase_is_heard_from_many_voices() {
    let rows = table("tests/fixtures/audio/wake.tsv");
    let voices: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert!(
        rows.len() >= 100 && voices.len() >= 8,
        "{} by {} voices",
        rows.len(),
        voices.len()
    );
    let files = fixtures(rows.iter().map(|row| row[0].clone()));
    let home = tempfile::tempdir().unwrap();
    let mut args = vec![
        "--json".to_owned(),
        "--wake".to_owned(),
        "hey fame".to_owned(),
    ];
    args.extend(files.iter().map(|file| file.display().to_string()));
    let events = events(&headless(home.path(), args));
    let mut accepted = 0;
    for (row, file) in rows.iter().zip(&files) {
        let events = of_file(&events, file);
        if of_kind(&events, "wake.detected").is_empty() {
            eprintln!(
                "{} ({}) {:?}: {:?}",
                row[0],
                row[1],
                row[2],
                of_kind(&events, "utterance.ignored")
            );
        } else {
            accepted += 1;
        }
    }
    eprintln!("{accepted} of {} wake utterances accepted", rows.len());
    assert!(
        accepted * 100 >= rows.len() * 95,
        "{accepted} of {} accepted",
        rows.len()
    );
}

#[test]
fn other_speech_does_not_wake() {
    let (Some(people), Some(orders)) = (shared("audio/human"), shared("audio/commands")) else {
        return;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [people, orders] {
        let sounds = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files.extend(
            sounds.filter(|path| path.extension().is_some_and(|e| e == "wav" || e == "flac")),
        );
    }
    // Requests without the phrase, too.
    let rows = table("tests/fixtures/audio/requests.tsv");
    files.extend(fixtures(rows.iter().map(|row| row[0].clone())));
    let home = tempfile::tempdir().unwrap();
    let mut args = vec![
        "--json".to_owned(),
        "--wake".to_owned(),
        "hey fame".to_owned(),
    ];
    args.extend(files.iter().map(|file| file.display().to_string()));
    let events = events(&headless(home.path(), args));
    let woken = of_kind(&events, "wake.detected");
    for event in &woken {
        eprintln!("{event}");
    }
    eprintln!(
        "{} false accepts over {} recordings",
        woken.len(),
        files.len()
    );
    assert!(woken.len() <= 2);
}
