//! The recogniser's thread: with the real Whisper, and with engines that misbehave.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use fame::config;
use fame::speech::recognizer::{
    Engine, EngineError, Manner, Outcome, Purpose, QUEUE, Reading, Recognizer,
};

use crate::support::words::{plain_words, word_errors};
use crate::support::{project, shared};

const PATIENCE: Duration = Duration::from_secs(60);

fn settings(model: &str) -> config::Recognizer {
    config::Recognizer {
        model: model.into(),
        model_folder: Some(project("models")),
        ..config::Recognizer::default()
    }
}

fn whisper(settings: config::Recognizer) -> (Recognizer, Receiver<Outcome>) {
    let (sender, outcomes) = bounded(QUEUE);
    let recognizer = Recognizer::start(settings, "hey fame", sender).unwrap();
    let status = recognizer.wait_until_settled(PATIENCE);
    assert_eq!(status.error, None);
    (recognizer, outcomes)
}

fn samples(file: &Path) -> Vec<f32> {
    let mut source = fame::audio::FileSource::open(file).unwrap();
    let mut samples = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        samples.extend_from_slice(&frame);
    }
    samples
}

fn text(outcome: Outcome) -> String {
    outcome
        .result
        .unwrap()
        .map(|transcript| transcript.text)
        .unwrap_or_default()
}

/// Does what its name says instead of recognising.
struct Fake(Box<Behaviour>);

type Behaviour = dyn FnMut(&[f32], &AtomicBool) -> Result<Reading, EngineError> + Send;

impl Engine for Fake {
    fn read(
        &mut self,
        samples: &[f32],
        _: Manner,
        abort: &AtomicBool,
    ) -> Result<Reading, EngineError> {
        (self.0)(samples, abort)
    }
}

fn reading(text: &str) -> Result<Reading, EngineError> {
    Ok(Reading {
        text: text.into(),
        confidence: 0.9,
        no_speech: 0.0,
    })
}

fn fake<F>(mut make: impl FnMut() -> F + Send + 'static) -> (Recognizer, Receiver<Outcome>)
where
    F: FnMut(&[f32], &AtomicBool) -> Result<Reading, EngineError> + Send + 'static,
{
    let (sender, outcomes) = bounded(2 * QUEUE);
    let loader = Box::new(move |_: &config::Recognizer, _: &_, _: &mut _| {
        Ok(Box::new(Fake(Box::new(make()))) as Box<dyn Engine>)
    });
    let recognizer = Recognizer::with_loader(settings("fake"), "hey fame", sender, loader).unwrap();
    recognizer.wait_until_settled(PATIENCE);
    (recognizer, outcomes)
}

#[test]
fn people_are_understood() {
    let Some(folder) = shared("audio/human") else {
        return;
    };
    let transcripts = std::fs::read_to_string(folder.join("transcripts.tsv")).unwrap();
    let (recognizer, outcomes) = whisper(settings("tiny.en-fit"));
    let (mut errors, mut words) = (0, 0);
    for line in transcripts.lines() {
        let (file, expected) = line.split_once('\t').unwrap();
        recognizer
            .submit(Purpose::Final, false, samples(&folder.join(file)))
            .unwrap();
        let heard = text(outcomes.recv_timeout(PATIENCE).unwrap());
        let expected = plain_words(&expected.replace("mister", "mr"));
        errors += word_errors(&expected, &plain_words(&heard));
        words += expected.len();
    }
    let rate = errors as f32 / words as f32;
    eprintln!("word error rate on people: {:.1} %", rate * 100.0);
    assert!(rate < 0.15, "{errors} of {words} words wrong");
}

#[test]
fn a_stock_model_hears_the_same_on_its_safe_window() {
    let (Some(model), Some(sound)) = (
        shared("models/ggml-tiny.en-q8_0.bin"),
        shared("audio/human/jfk.wav"),
    ) else {
        return;
    };
    let (recognizer, outcomes) = whisper(settings(&model.display().to_string()));
    assert_eq!(recognizer.status().window, Some(fame::models::Window::Full));
    recognizer
        .submit(Purpose::Final, false, samples(&sound))
        .unwrap();
    let heard = text(outcomes.recv_timeout(PATIENCE).unwrap());
    assert!(
        heard.contains("what you can do for your country"),
        "{heard}"
    );
}

#[test]
fn an_abandoned_job_stops_at_once_and_says_nothing() {
    let Some(sound) = shared("audio/human/jfk.wav") else {
        return;
    };
    let (recognizer, outcomes) = whisper(config::Recognizer {
        threads: 1,
        ..settings("tiny.en-fit")
    });
    let long = samples(&sound).repeat(2);
    let started = Instant::now();
    recognizer
        .submit(Purpose::Final, false, long.clone())
        .unwrap();
    outcomes.recv_timeout(PATIENCE).unwrap();
    let whole = started.elapsed();
    let ticket = recognizer.submit(Purpose::Final, false, long).unwrap();
    std::thread::sleep(whole / 10);
    let started = Instant::now();
    ticket.abandon();
    let next = recognizer
        .submit(Purpose::Final, false, samples(&sound)[..20_000].to_vec())
        .unwrap();
    let outcome = outcomes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(outcome.job, next.job, "the abandoned job had an outcome");
    assert!(
        started.elapsed() < whole,
        "the abandoned job ran to its end"
    );
}

#[test]
fn models_change_while_running_and_a_bad_one_changes_nothing() {
    let (Some(stock), Some(sound)) = (
        shared("models/ggml-tiny.en-q8_0.bin"),
        shared("audio/human/jfk.wav"),
    ) else {
        return;
    };
    let (recognizer, outcomes) = whisper(settings("tiny.en-fit"));
    recognizer.configure(settings("no-such-model")).unwrap();
    let status = recognizer.wait_until_settled(PATIENCE);
    assert!(status.error.unwrap().contains("no-such-model"));
    assert_eq!(status.model, "tiny.en-fit");
    recognizer
        .submit(Purpose::Final, false, samples(&sound))
        .unwrap();
    assert!(text(outcomes.recv_timeout(PATIENCE).unwrap()).contains("country"));

    recognizer
        .configure(settings(&stock.display().to_string()))
        .unwrap();
    let status = recognizer.wait_until_settled(PATIENCE);
    assert_eq!((status.error, status.path), (None, Some(stock)));
    recognizer
        .configure(config::Recognizer {
            threads: 1,
            ..settings("tiny.en-fit")
        })
        .unwrap();
    assert_eq!(recognizer.wait_until_settled(PATIENCE).error, None);
    recognizer
        .submit(Purpose::Final, false, samples(&sound))
        .unwrap();
    assert_eq!(outcomes.recv_timeout(PATIENCE).unwrap().threads, 1);
}

#[test]
fn too_little_sound_never_reaches_the_engine() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let (recognizer, outcomes) = fake(move || {
        let calls = counted.clone();
        move |_: &[f32], _: &AtomicBool| {
            calls.fetch_add(1, Ordering::SeqCst);
            reading("words")
        }
    });
    for samples in [0, 1, 1_599] {
        recognizer
            .submit(Purpose::Final, false, vec![0.1; samples])
            .unwrap();
        assert_eq!(outcomes.recv_timeout(PATIENCE).unwrap().result, Ok(None));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    recognizer
        .submit(Purpose::Final, false, vec![0.1; 1_600])
        .unwrap();
    assert_eq!(text(outcomes.recv_timeout(PATIENCE).unwrap()), "words");
}

#[test]
fn junk_is_no_text() {
    for junk in [
        "[BLANK_AUDIO]",
        "(water running)",
        "* * * * *",
        "Thank you. Thank you. Thank you.",
        "",
    ] {
        let (recognizer, outcomes) = fake(move || move |_: &[f32], _: &AtomicBool| reading(junk));
        recognizer
            .submit(Purpose::Final, false, vec![0.1; 16_000])
            .unwrap();
        assert_eq!(
            outcomes.recv_timeout(PATIENCE).unwrap().result,
            Ok(None),
            "{junk}"
        );
    }
    let (recognizer, outcomes) = fake(|| {
        |_: &[f32], _: &AtomicBool| {
            Ok(Reading {
                text: "Thank you.".into(),
                confidence: 0.3,
                no_speech: 0.9,
            })
        }
    });
    recognizer
        .submit(Purpose::Final, false, vec![0.1; 16_000])
        .unwrap();
    assert_eq!(outcomes.recv_timeout(PATIENCE).unwrap().result, Ok(None));
}

#[test]
fn a_panicking_engine_is_loaded_anew() {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = loads.clone();
    let (recognizer, outcomes) = fake(move || {
        let load = counted.fetch_add(1, Ordering::SeqCst);
        move |_: &[f32], _: &AtomicBool| {
            assert!(load > 0, "the first engine always panics");
            reading("fine")
        }
    });
    recognizer
        .submit(Purpose::Final, false, vec![0.1; 16_000])
        .unwrap();
    assert!(outcomes.recv_timeout(PATIENCE).unwrap().result.is_err());
    recognizer
        .submit(Purpose::Final, false, vec![0.1; 16_000])
        .unwrap();
    assert_eq!(text(outcomes.recv_timeout(PATIENCE).unwrap()), "fine");
}

#[test]
fn after_a_bad_change_a_panic_brings_the_good_model_back() {
    let (sender, outcomes) = bounded(QUEUE);
    let mut loads = 0;
    let loader = Box::new(move |settings: &config::Recognizer, _: &_, _: &mut _| {
        if settings.model == "bad" {
            let reason = "it is bad".into();
            return Err(EngineError::NoModel { reason });
        }
        loads += 1;
        let first = loads == 1;
        let behaviour: Box<Behaviour> = Box::new(move |_, _| {
            assert!(!first, "the first engine always panics");
            reading("back")
        });
        Ok(Box::new(Fake(behaviour)) as Box<dyn Engine>)
    });
    let recognizer = Recognizer::with_loader(settings("good"), "hey fame", sender, loader).unwrap();
    recognizer.wait_until_settled(PATIENCE);
    recognizer.configure(settings("bad")).unwrap();
    assert!(recognizer.wait_until_settled(PATIENCE).error.is_some());
    for expected in [None, Some("back")] {
        recognizer
            .submit(Purpose::Final, false, vec![0.1; 16_000])
            .unwrap();
        let result = outcomes.recv_timeout(PATIENCE).unwrap().result;
        let text = result.ok().flatten().map(|transcript| transcript.text);
        assert_eq!(text.as_deref(), expected);
    }
}

#[test]
fn a_stuck_engine_fills_the_queue_and_nothing_waits_for_it() {
    let (recognizer, outcomes) = fake(|| {
        |_: &[f32], abort: &AtomicBool| {
            while !abort.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(EngineError::Aborted)
        }
    });
    let mut accepted = Vec::new();
    let refused = loop {
        match recognizer.submit(Purpose::Final, false, vec![0.1; 16_000]) {
            Ok(ticket) => accepted.push(ticket),
            Err(error) => break error,
        }
        assert!(accepted.len() <= QUEUE + 2, "the queue has no bound");
    };
    assert_eq!(refused, EngineError::Busy);
    assert!(accepted.len() >= QUEUE);
    for ticket in &accepted {
        ticket.abandon();
    }
    // Dropping joins the thread, so this would hang if the engine did.
    drop(recognizer);
    assert_eq!(outcomes.try_iter().count(), 0);
}

#[test]
fn without_a_model_every_job_says_so() {
    let (sender, outcomes) = bounded(4);
    let recognizer = Recognizer::start(settings("no-such-model"), "hey fame", sender).unwrap();
    let error = recognizer.wait_until_settled(PATIENCE).error.unwrap();
    assert!(error.contains("no-such-model"), "{error}");
    recognizer
        .submit(Purpose::Final, false, vec![0.1; 16_000])
        .unwrap();
    let result = outcomes.recv_timeout(PATIENCE).unwrap().result;
    assert!(
        matches!(result, Err(EngineError::NoModel { .. })),
        "{result:?}"
    );
}
