//! FAME's recogniser beside whisper-rs with its default parameters.

use std::process::{Child, Command};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crossbeam_channel::bounded;
use fame::config;
use fame::models::{Model, Window};
use fame::speech::recognizer::{Engine, Manner, Prompts, Purpose, Recognizer, Whisper};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

use super::words::{plain_words, word_errors};
use super::{commands, ms, percentile, project, shared};

pub fn run() {
    let Some(commands) = commands() else { return };
    let Some(stock) = shared("models/ggml-tiny.en-q8_0.bin") else {
        return;
    };
    let seconds: f64 = commands
        .iter()
        .map(|sound| sound.len() as f64 / 16_000.0)
        .sum();
    println!(
        "## Recogniser: {} human commands of {:.1} s on average",
        commands.len(),
        seconds / commands.len() as f64
    );
    let model = |path, window| Model {
        name: "bench".into(),
        path,
        window,
        english_only: true,
    };
    let fitted = model(project("models/ggml-tiny.en-fit-q8_0.bin"), Window::Fitted);
    let whole = model(project("models/ggml-tiny.en-fit-q8_0.bin"), Window::Full);
    let safe = model(stock.clone(), Window::Full);

    let default = baseline(&stock, &commands);
    let fame = ours(&fitted, &commands);
    let stock = ours(&safe, &commands);
    let full = ours(&whole, &commands);
    let base = percentile(&default.times, 0.5);
    println!(
        "{:<44}{:>8}{:>8}{:>9}{:>16}",
        "", "p50", "p95", "× faster", "words changed"
    );
    for (name, run, against) in [
        (
            "whisper-rs defaults, stock tiny.en-q8_0",
            &default,
            &default,
        ),
        ("FAME, stock tiny.en-q8_0, safe window", &stock, &default),
        ("FAME, tiny.en-fit, safe window", &full, &default),
        ("FAME, tiny.en-fit, fitted window", &fame, &full),
    ] {
        let p50 = percentile(&run.times, 0.5);
        println!(
            "{name:<44}{p50:>8.0}{:>8.0}{:>9.1}{:>14.1} %",
            percentile(&run.times, 0.95),
            base / p50,
            changed(&against.texts, &run.texts) * 100.0
        );
    }
    println!("(the last row's words are compared with the row above it)\n");
    busy(&commands);
}

#[derive(Default)]
struct Run {
    times: Vec<f64>,
    texts: Vec<String>,
}

/// What anybody gets who calls the library as its example does.
fn baseline(model: &std::path::Path, commands: &[Vec<f32>]) -> Run {
    whisper_rs::install_logging_hooks();
    let context =
        WhisperContext::new_with_params(model, WhisperContextParameters::default()).unwrap();
    let mut state = context.create_state().unwrap();
    let mut run = Run::default();
    for sound in commands {
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_n_threads(threads() as i32);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        let started = Instant::now();
        state.full(params, sound).unwrap();
        run.times.push(ms(started.elapsed()));
        run.texts.push(
            state
                .as_iter()
                .map(|segment| segment.to_str_lossy().unwrap().into_owned())
                .collect(),
        );
    }
    run
}

fn ours(model: &Model, commands: &[Vec<f32>]) -> Run {
    let mut engine = Whisper::load(model, "en", &Prompts::default()).unwrap();
    let manner = Manner {
        threads: threads(),
        may_wake: false,
    };
    let mut run = Run::default();
    for sound in commands {
        let started = Instant::now();
        let reading = engine.read(sound, manner, &AtomicBool::new(false)).unwrap();
        run.times.push(ms(started.elapsed()));
        run.texts.push(reading.text);
    }
    run
}

fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4)
}

/// Share of the words that differ, over all texts.
fn changed(before: &[String], after: &[String]) -> f64 {
    let (mut errors, mut words) = (0, 0);
    for (before, after) in before.iter().zip(after) {
        let (before, after) = (plain_words(before), plain_words(after));
        errors += word_errors(&before, &after);
        words += before.len();
    }
    errors as f64 / words.max(1) as f64
}

/// The recogniser's thread, which chooses its number of threads, on an idle machine and with
/// every core taken by other programs.
fn busy(commands: &[Vec<f32>]) {
    let settings = config::Recognizer {
        model_folder: Some(project("models")),
        ..config::Recognizer::default()
    };
    let (sender, outcomes) = bounded(4);
    let recognizer = Recognizer::start(settings, "hey fame", sender).unwrap();
    let error = recognizer
        .wait_until_settled(std::time::Duration::from_secs(60))
        .error;
    assert_eq!(error, None);
    let measure = |commands: &[Vec<f32>]| -> (f64, usize) {
        let mut times = Vec::new();
        let mut threads = 0;
        for sound in commands {
            recognizer.speech_started();
            // Speech takes its time, during which the load is measured.
            std::thread::sleep(std::time::Duration::from_millis(300));
            let started = Instant::now();
            recognizer
                .submit(Purpose::Final, false, sound.clone())
                .unwrap();
            threads = outcomes.recv().unwrap().threads;
            times.push(ms(started.elapsed()));
        }
        (percentile(&times, 0.5), threads)
    };
    let few = &commands[..commands.len().min(20)];
    let (idle, idle_threads) = measure(few);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut others: Vec<Child> = (0..cores)
        .map(|_| {
            Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .spawn()
                .unwrap()
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (busy, busy_threads) = measure(few);
    for other in &mut others {
        let _ = other.kill();
        let _ = other.wait();
    }
    println!("## Busy machine: every core taken by another program");
    println!(
        "idle {idle:.0} ms on {idle_threads} threads, busy {busy:.0} ms on {busy_threads}: × {:.1}\n",
        busy / idle
    );
}
