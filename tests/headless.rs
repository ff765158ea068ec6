//! `famed headless`: the whole pipeline with the real Whisper on recorded speech.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::famed::{events, fixtures, headless, of_file, of_kind};
use crate::support::words::{plain_words, word_errors};
use crate::support::{project, shared, table};

/// Runs that look at final texts only leave out the partial ones, which cost most of the time.
const FINAL_ONLY: &str = "[recognizer]\npartials = false\n";

fn final_texts(home: &Path, files: &[PathBuf]) -> (Vec<Value>, Option<i32>) {
    let config = home.join("final-only.toml");
    std::fs::write(&config, FINAL_ONLY).unwrap();
    json(home, &["--config", &config.display().to_string()], files)
}

fn json(home: &Path, args: &[&str], files: &[PathBuf]) -> (Vec<Value>, Option<i32>) {
    let mut all = vec!["--json".to_owned()];
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    all.extend(files.iter().map(|file| file.display().to_string()));
    let output = headless(home, all);
    (events(&output), output.status.code())
}

/// The texts and intents of a file's utterances, in order.
fn heard(events: &[Value]) -> (String, Vec<String>) {
    let texts: Vec<&str> = of_kind(events, "transcript.final")
        .iter()
        .filter_map(|e| e["text"].as_str())
        .collect();
    let intents = of_kind(events, "intent.matched")
        .iter()
        .filter_map(|e| {
            Some(format!(
                "{}.{}",
                e["plugin"].as_str()?,
                e["intent"].as_str()?
            ))
        })
        .collect();
    (texts.join(" "), intents)
}

#[test]
fn requests_by_many_voices_reach_the_right_intent() {
    let rows = table("tests/fixtures/audio/requests.tsv");
    let home = tempfile::tempdir().unwrap();
    let files = fixtures(rows.iter().map(|row| row[0].clone()));
    let (events, code) = final_texts(home.path(), &files);
    assert_eq!(code, Some(0));
    let voices: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert!(
        rows.len() >= 40 && voices.len() >= 6,
        "{} requests by {} voices",
        rows.len(),
        voices.len()
    );
    let (mut right, mut errors, mut words) = (0, 0, 0);
    for (row, file) in rows.iter().zip(&files) {
        let (text, intents) = heard(&of_file(&events, file));
        let expected = plain_words(&row[2]);
        words += expected.len();
        errors += word_errors(&expected, &plain_words(&text));
        if intents.len() == 1 && intents[0] == row[3] {
            right += 1;
        } else {
            eprintln!(
                "{} ({}): {:?} heard as {text:?} -> {intents:?}, not {}",
                row[0], row[1], row[2], row[3]
            );
        }
    }
    let wer = errors as f32 / words as f32;
    eprintln!(
        "{right} of {} intents right, word error rate {:.1} %",
        rows.len(),
        wer * 100.0
    );
    assert!(
        right * 100 >= rows.len() * 95,
        "{right} of {} intents right",
        rows.len()
    );
}

#[test]
fn people_ordering_coffee_are_understood() {
    let Some(folder) = shared("audio/commands") else {
        return;
    };
    let labels = std::fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let labels: Vec<Value> = labels
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let files: Vec<PathBuf> = labels
        .iter()
        .map(|label| folder.join(label["file"].as_str().unwrap()))
        .collect();
    let home = tempfile::tempdir().unwrap();
    let (events, _) = final_texts(home.path(), &files);
    let (mut heard_values, mut all) = (0, 0);
    for (label, file) in labels.iter().zip(&files) {
        let (text, _) = heard(&of_file(&events, file));
        let text = format!(" {} ", plain_words(&text).join(" "));
        for value in label["slots"].as_object().unwrap().values() {
            let value = format!(" {} ", plain_words(value.as_str().unwrap()).join(" "));
            all += 1;
            heard_values += usize::from(text.contains(&value));
        }
    }
    let share = heard_values as f32 / all as f32;
    eprintln!(
        "{heard_values} of {all} slot values heard: {:.1} %",
        share * 100.0
    );
    assert!(
        share >= 0.845,
        "{:.1} % of the slot values heard",
        share * 100.0
    );
}

#[test]
fn the_same_file_gives_the_same_events_on_every_run() {
    let rows = table("tests/fixtures/audio/requests.tsv");
    let home = tempfile::tempdir().unwrap();
    let files = fixtures(rows.iter().take(3).map(|row| row[0].clone()));
    let run = || {
        let (mut events, _) = json(home.path(), &[], &files);
        for event in &mut events {
            // Wall time differs, and so does the time of day that is told.
            event
                .as_object_mut()
                .unwrap()
                .retain(|key, _| key != "latency_ms");
            if event["event"] == "reply" {
                event.as_object_mut().unwrap().remove("text");
                event.as_object_mut().unwrap().remove("data");
            }
        }
        events
    };
    let first = run();
    assert!(!of_kind(&first, "reply").is_empty());
    assert_eq!(first, run());
}

#[test]
fn events_come_in_order_with_their_fields() {
    let rows = table("tests/fixtures/audio/wake.tsv");
    let one_breath = rows.iter().find(|row| row[3] == "breath").unwrap();
    let home = tempfile::tempdir().unwrap();
    let files = fixtures([one_breath[0].clone()]);
    let out = home.path().join("replies");
    let (events, code) = json(
        home.path(),
        &["--out", &out.display().to_string(), "--wake"],
        &files,
    );
    assert_eq!(code, Some(0));
    let mut kinds: Vec<&str> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    kinds.retain(|kind| *kind != "transcript.partial");
    kinds.dedup();
    let position = |kind: &str| {
        kinds
            .iter()
            .position(|other| *other == kind)
            .unwrap_or_else(|| panic!("{kind} in {kinds:?}"))
    };
    assert_eq!(position("speech.started"), 0);
    for pair in [
        ("speech.started", "speech.ended"),
        ("wake.detected", "transcript.final"),
        ("speech.ended", "transcript.final"),
        ("transcript.final", "intent.matched"),
        ("intent.matched", "reply"),
        ("reply", "turn.finished"),
    ] {
        assert!(position(pair.0) < position(pair.1), "{pair:?} in {kinds:?}");
    }
    let only = |kind: &str| of_kind(&events, kind)[0].clone();
    assert!(only("wake.detected")["score"].as_f64().unwrap() > 0.7);
    let transcript = only("transcript.final");
    assert!(transcript["end_ms"].as_u64() > transcript["start_ms"].as_u64());
    assert!(transcript["confidence"].as_f64().unwrap() > 0.3);
    for field in [
        "endpoint",
        "recognise",
        "route",
        "plugin",
        "first_sound",
        "total",
    ] {
        assert!(
            only("turn.finished")["latency_ms"][field].is_f64(),
            "{field}"
        );
    }
    let wav = only("reply")["wav"].as_str().unwrap().to_owned();
    let reply = hound::WavReader::open(wav).unwrap();
    assert!(
        reply.duration() > reply.spec().sample_rate / 4,
        "a reply of less than a quarter second"
    );
}

#[test]
fn texts_and_files_share_a_session_only_on_request() {
    let home = tempfile::tempdir().unwrap();
    let args = [
        "--json",
        "--session",
        "--text",
        "what is two plus two",
        "--text",
        "repeat that",
    ];
    let replies = |args: &[&str]| -> Vec<String> {
        let events = events(&headless(home.path(), args));
        of_kind(&events, "reply")
            .iter()
            .map(|event| event["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let together = replies(&args);
    assert_eq!(together[0], together[1]);
    let apart = replies(&[
        "--json",
        "--text",
        "what is two plus two",
        "--text",
        "repeat that",
    ]);
    assert_ne!(apart[0], apart[1]);
}

#[test]
fn a_broken_file_fails_alone() {
    let home = tempfile::tempdir().unwrap();
    let bad = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let good =
        project("tests/fixtures/audio").join(&table("tests/fixtures/audio/requests.tsv")[0][0]);
    let files = vec![
        bad("empty.wav", b""),
        bad("text.wav", b"this is not a sound"),
        bad("header.wav", b"RIFF\x24\x00\x00\x00WAVEfmt "),
        home.path().join("missing.wav"),
        good.clone(),
    ];
    let (events, code) = json(home.path(), &[], &files);
    assert_eq!(code, Some(1));
    for file in &files[..4] {
        let of_file = of_file(&events, file);
        let errors = of_kind(&of_file, "error");
        assert_eq!(errors.len(), 1, "{}: {of_file:?}", file.display());
        let message = errors[0]["message"].as_str().unwrap();
        assert!(
            message.contains(&*file.file_name().unwrap().to_string_lossy()),
            "{message}"
        );
    }
    assert_eq!(of_kind(&of_file(&events, &good), "reply").len(), 1);
}

#[test]
fn silence_and_noise_are_no_requests() {
    let home = tempfile::tempdir().unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut seed = 1u32;
    let mut noise = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as f32 / 32_768.0 - 1.0
    };
    let sounds: BTreeMap<&str, Box<dyn FnMut(u32) -> f32>> = BTreeMap::from([
        (
            "silence",
            Box::new(|_| 0.0_f32) as Box<dyn FnMut(u32) -> f32>,
        ),
        (
            "tone",
            Box::new(|n| (n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() * 0.3),
        ),
        ("noise", Box::new(move |_| noise() * 0.2)),
        (
            "clicks",
            Box::new(|n| if n % 8_000 < 20 { 0.8 } else { 0.0 }),
        ),
    ]);
    for (name, mut sample) in sounds {
        let path = home.path().join(format!("{name}.wav"));
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..80_000 {
            writer.write_sample((sample(n) * 32_000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        let (events, code) = json(home.path(), &[], &[path]);
        assert_eq!(code, Some(0), "{name}");
        assert!(
            of_kind(&events, "transcript.final").is_empty(),
            "{name}: {events:?}"
        );
        assert_eq!(of_kind(&events, "feed.finished").len(), 1);
    }
}

#[test]
fn usage_mistakes_exit_with_2_and_a_missing_model_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(headless(home.path(), ["--json"]).status.code(), Some(2));
    assert_eq!(headless(home.path(), ["--nonsense"]).status.code(), Some(2));
    let good =
        project("tests/fixtures/audio").join(&table("tests/fixtures/audio/requests.tsv")[0][0]);
    let output = headless(
        home.path(),
        ["--model", "no-such-model", &good.display().to_string()],
    );
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("no-such-model") && message.contains("fame models"),
        "{message}"
    );
}
