//! What a daemon costs that nobody speaks to: processor and memory, with a real sound server.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::project;

#[path = "../../tests/support/pulse.rs"]
#[allow(dead_code)]
mod pulse;

/// How long each kind of sound is listened to.
const LISTENED: Duration = Duration::from_secs(20);

pub fn run() {
    println!("## Listening, `famed` with a sound server");
    let Some(pulse) = pulse::Pulse::start() else {
        println!("left out: needs FAME_TEST_AUDIO=1 and PulseAudio\n");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_famed"))
        .env("HOME", home.path())
        .env("FAME_RECOGNIZER__MODEL_FOLDER", project("models"))
        .envs(pulse.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(3));
    println!("{:<34}{:>10}", "", "of a core");
    println!(
        "{:<34}{:>8.1} %",
        "silence",
        share(&daemon, || std::thread::sleep(LISTENED))
    );
    for (name, effect) in [
        ("white noise at -30 dBFS", "whitenoise"),
        ("babble-like brown noise at -30 dBFS", "brownnoise"),
    ] {
        let file = home.path().join(format!("{effect}.wav"));
        noise(&file, effect);
        println!("{name:<34}{:>8.1} %", share(&daemon, || pulse.play(&file)));
    }
    let speech = project("../shared/audio/human/librivox-0870.wav");
    if speech.exists() {
        let spoken = share(&daemon, || (0..3).for_each(|_| pulse.play(&speech)));
        println!("{:<34}{spoken:>8.1} %", "people talking to each other");
    }
    println!("\npeak memory {:.0} MiB\n", peak_mib(&daemon));
    let _ = daemon.kill();
    let _ = daemon.wait();
}

fn noise(file: &Path, effect: &str) {
    let length = LISTENED.as_secs().to_string();
    let status = Command::new("sox")
        .args(["-n", "-r", "16000", "-c", "1"])
        .arg(file)
        .args(["synth", &length, effect, "gain", "-30"])
        .status();
    assert!(status.unwrap().success(), "sox makes {effect}");
}

/// Processor time used meanwhile, in percent of one core.
fn share(daemon: &Child, meanwhile: impl FnOnce()) -> f64 {
    let (started, before) = (Instant::now(), cpu_seconds(daemon));
    meanwhile();
    (cpu_seconds(daemon) - before) / started.elapsed().as_secs_f64() * 100.0
}

fn cpu_seconds(daemon: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.id())).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // Linux counts in hundredths of a second on every machine that FAME runs on.
    ticks / 100.0
}

fn peak_mib(daemon: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.split_whitespace()
        .next()
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}
