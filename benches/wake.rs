//! False accepts of the wake phrase over an hour of other speech.
//!
//! `cargo bench --bench wake` has four synthetic voices read sentences of the CLINC150 set, all
//! of them things people say to assistants, and counts how often FAME thinks it was called.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Speech to listen to, in seconds.
const HOUR: f64 = 3_600.0;

/// Sentences read into one file, with a pause after each.
const SENTENCES: usize = 40;

/// Silence after each sentence, in seconds. Each is an utterance of its own then, which is the
/// harder case: the phrase is looked for where a sentence begins.
const PAUSE: &str = "0.8";

const VOICES: [&str; 4] = ["slt", "rms", "awb", "kal16"];

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data/intents/clinc150_full.json");
    let Ok(text) = std::fs::read(&data) else {
        println!("left out: {} is not there", data.display());
        return;
    };
    let data: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let sentences: Vec<&str> = data["train"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row[0].as_str())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (mut seconds, mut woken, mut utterances) = (0.0, 0, 0);
    let started = Instant::now();
    // Every 37th sentence, so that all intents have their turn.
    let mut order = (0..).map(|index| sentences[index * 37 % sentences.len()]);
    for round in 0.. {
        let file = folder.path().join("speech.wav");
        let words: Vec<&str> = order.by_ref().take(SENTENCES).collect();
        read_aloud(VOICES[round % VOICES.len()], &words, folder.path(), &file);
        let output = Command::new(env!("CARGO_BIN_EXE_famed"))
            .env("FAME_RECOGNIZER__MODEL_FOLDER", root.join("models"))
            .args(["headless", "--json", "--wake", "hey fame"])
            .arg(&file)
            .output()
            .unwrap();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            match event["event"].as_str() {
                Some("wake.detected") => {
                    woken += 1;
                    println!(
                        "woken by {} ({:.2})",
                        event["heard"],
                        event["score"].as_f64().unwrap()
                    );
                }
                Some("speech.started") => utterances += 1,
                Some("feed.finished") => seconds += event["t_ms"].as_f64().unwrap() / 1_000.0,
                _ => {}
            }
        }
        if seconds >= HOUR {
            break;
        }
    }
    println!(
        "{woken} false accepts in {:.0} min of speech, {utterances} utterances, heard at {:.0} × real time",
        seconds / 60.0,
        seconds / started.elapsed().as_secs_f64()
    );
}

/// Renders sentences by one voice into one file, with a pause after each.
fn read_aloud(voice: &str, sentences: &[&str], folder: &Path, file: &Path) {
    let silence = folder.join("silence.wav");
    let made = Command::new("sox")
        .args(["-n", "-r", "16000", "-c", "1", "-b", "16"])
        .arg(&silence)
        .args(["trim", "0", PAUSE])
        .status();
    assert!(made.unwrap().success(), "sox makes silence");
    let mut join = Command::new("sox");
    for (index, sentence) in sentences.iter().enumerate() {
        let part = folder.join(format!("{index}.wav"));
        let rendered = Command::new("flite")
            .args(["-voice", voice, "-t", sentence, "-o"])
            .arg(&part)
            .status();
        assert!(rendered.unwrap().success(), "flite renders {sentence:?}");
        join.arg(part).arg(&silence);
    }
    assert!(
        join.arg(file).status().unwrap().success(),
        "sox joins speech"
    );
}
