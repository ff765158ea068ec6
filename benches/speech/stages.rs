//! Where the time goes between a person's last word and the first sound of the reply.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use fame::audio::{FRAME_SAMPLES, NullSink};
use fame::brain::{Brain, Query, Source};
use fame::config::{Config, Listen};
use fame::models::{Model, Window};
use fame::skills;
use fame::speech::endpoint::Endpointer;
use fame::speech::recognizer::{Engine, Manner, Prompts, Whisper};
use fame::speech::vad::Vad;
use fame::speech::voice::{self, Prosody, VoiceChain};
use fame_plugin::SystemClock;

use super::{commands, ms, percentile, project, shared};

const ROUNDS: usize = 15;

pub fn run() {
    utterances();
    answers();
    latency();
}

/// Detection and recognition by the length of what is said.
fn utterances() {
    let Some(file) = shared("audio/human/librivox-0920.wav") else {
        return;
    };
    let speech = super::samples(&file).repeat(2);
    let model = Model {
        name: "bench".into(),
        path: project("models/ggml-tiny.en-fit-q8_0.bin"),
        window: Window::Fitted,
        english_only: true,
    };
    let mut engine = Whisper::load(&model, "en", &Prompts::default()).unwrap();
    println!("## Stages by length of the utterance, p50 of {ROUNDS}");
    println!(
        "{:<12}{:>22}{:>16}{:>16}",
        "", "detection, all frames", "text, 1 thread", "text, all cores"
    );
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    for seconds in [1, 2, 4, 8] {
        let sound = &speech[..seconds * 16_000];
        let detect = p50(|| {
            let (mut vad, mut endpointer) = (Vad::new(), Endpointer::new(&Listen::default()));
            for frame in sound.chunks_exact(FRAME_SAMPLES) {
                let frame = frame.try_into().unwrap();
                let score = vad.score(&frame);
                endpointer.push(&frame, score);
            }
        });
        let mut read = |threads| {
            p50(|| {
                engine
                    .read(
                        sound,
                        Manner {
                            threads,
                            may_wake: false,
                        },
                        &AtomicBool::new(false),
                    )
                    .unwrap();
            })
        };
        let (one, all) = (read(1), read(threads));
        println!(
            "{:<12}{detect:>22.2}{one:>16.0}{all:>16.0}",
            format!("{seconds} s")
        );
    }
    println!();
}

/// Routing, plugin and the first sound of the voice.
fn answers() {
    let brain = Brain::new(skills::builtin(Arc::new(SystemClock), None).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config::default();
    println!("## Answering, p50 of {ROUNDS}");
    println!(
        "{:<40}{:>10}{:>10}{:>22}",
        "", "route", "plugin", "reply rendered"
    );
    for text in [
        "What time is it?",
        "What is 23+19?",
        "How many days until Christmas?",
        "Make me a sandwich.",
    ] {
        let mut answers = Vec::new();
        for _ in 0..ROUNDS {
            let query = Query {
                text: text.into(),
                confidence: None,
                source: Source::Headless,
                session: "bench".into(),
                ..Query::default()
            };
            answers.push(runtime.block_on(brain.answer(query, None)));
        }
        let of = |value: fn(&fame::brain::Answer) -> f64| -> f64 {
            percentile(&answers.iter().map(value).collect::<Vec<_>>(), 0.5)
        };
        let mut chain = VoiceChain::from_config(&config.voice, false);
        let speech = &answers[0].reply.speech;
        let rendered = p50(|| {
            voice::render(speech, Prosody::default(), &mut chain, &mut NullSink::new()).unwrap();
        });
        println!(
            "{text:<40}{:>10.2}{:>10.2}{rendered:>22.1}",
            of(|a| a.route_ms),
            of(|a| a.plugin_ms)
        );
    }
    println!();
}

/// The figure a person feels, from `famed headless` on people's commands.
fn latency() {
    if commands().is_none() {
        return;
    }
    let folder = project("../shared/audio/commands");
    let mut command = Command::new(env!("CARGO_BIN_EXE_famed"));
    command
        .env("FAME_RECOGNIZER__MODEL_FOLDER", project("models"))
        .args(["headless", "--json"]);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "flac")
        {
            command.arg(path);
        }
    }
    let output = command.output().unwrap();
    let turns: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &serde_json::Value| event["event"] == "turn.finished")
        .collect();
    println!(
        "## From the endpoint (600 ms of silence) on, {} human commands",
        turns.len()
    );
    for stage in ["recognise", "route", "plugin", "first_sound", "total"] {
        let values: Vec<f64> = turns
            .iter()
            .filter_map(|turn| turn["latency_ms"][stage].as_f64())
            .collect();
        println!(
            "{stage:<14} p50 {:>7.1}   p95 {:>7.1}",
            percentile(&values, 0.5),
            percentile(&values, 0.95)
        );
    }
    println!();
}

fn p50(mut work: impl FnMut()) -> f64 {
    let times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            ms(started.elapsed())
        })
        .collect();
    percentile(&times, 0.5)
}
