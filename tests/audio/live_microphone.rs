//! The microphone on a real sound server. Skipped where `FAME_TEST_AUDIO` is not set.

use std::f64::consts::TAU;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use fame::audio::device::devices;
use fame::audio::microphone::{self, CaptureEvent, Microphone};
use fame::audio::{FRAME_SAMPLES, SAMPLE_RATE};

use crate::support::pulse::Pulse;

/// Room for two seconds of frames.
const EVENTS: usize = 128;

/// A sound system may take its time on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// How soon a microphone that is back has to be heard.
const RETURN_LIMIT: Duration = Duration::from_secs(2);

fn start(device: Option<&str>) -> (Microphone, Receiver<CaptureEvent>) {
    let (sender, events) = bounded(EVENTS);
    let microphone = Microphone::start(device.map(String::from), sender).unwrap();
    (microphone, events)
}

/// The next event that is not a frame.
fn notice(events: &Receiver<CaptureEvent>) -> CaptureEvent {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match events.recv_deadline(deadline).expect("an event in time") {
            CaptureEvent::Frame(_) => {}
            notice => return notice,
        }
    }
}

/// What the microphone in use is asked for instead of.
fn assert_available(events: &Receiver<CaptureEvent>) -> Option<String> {
    match notice(events) {
        CaptureEvent::Available { substitute_for, .. } => substitute_for,
        other => panic!("{other:?} instead of a microphone"),
    }
}

fn assert_lost(events: &Receiver<CaptureEvent>) -> String {
    match notice(events) {
        CaptureEvent::Lost { reason } => reason,
        other => panic!("{other:?} instead of a loss"),
    }
}

/// The frames of the next while, as one signal.
fn listen(events: &Receiver<CaptureEvent>, time: Duration) -> Vec<f32> {
    let deadline = Instant::now() + time;
    let mut samples = Vec::new();
    while let Ok(event) = events.recv_deadline(deadline) {
        if let CaptureEvent::Frame(frame) = event {
            samples.extend(frame);
        }
    }
    samples
}

/// How much of `samples` is a tone of `hz`, as its mean amplitude in the loudest half second.
fn tone_level(samples: &[f32], hz: f64) -> f64 {
    let amplitude = |window: &[f32]| {
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (i, &sample) in window.iter().enumerate() {
            let angle = TAU * hz * i as f64 / f64::from(SAMPLE_RATE);
            sine += f64::from(sample) * angle.sin();
            cosine += f64::from(sample) * angle.cos();
        }
        2.0 * f64::hypot(sine, cosine) / window.len() as f64
    };
    let half = SAMPLE_RATE as usize / 2;
    samples
        .windows(half)
        .step_by(half / 8)
        .map(amplitude)
        .fold(0.0, f64::max)
}

fn tone_file(folder: &tempfile::TempDir, seconds: u32) -> PathBuf {
    let path = folder.path().join("tone.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for i in 0..seconds * 44_100 {
        let sample = (TAU * 440.0 * f64::from(i) / 44_100.0).sin() * 0.5;
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    path
}

#[test]
fn what_is_played_into_the_microphone_is_heard() {
    let Some(pulse) = Pulse::start() else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let tone = tone_file(&folder, 1);
    let (_microphone, events) = start(None);
    assert_eq!(assert_available(&events), None);
    let mut player = pulse.play_on("mic_in", &tone);
    let samples = listen(&events, Duration::from_secs(2));
    player.wait().unwrap();
    let level = tone_level(&samples, 440.0);
    assert!((level - 0.5).abs() < 0.02, "{level}");
    // Neither more nor less than real time.
    let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
    assert!((seconds - 2.0).abs() < 0.3, "{seconds} s in 2");
}

#[test]
fn a_microphone_that_vanishes_is_told_and_found_again() {
    let Some(pulse) = Pulse::start() else { return };
    let (_microphone, events) = start(None);
    assert_available(&events);
    for _ in 0..3 {
        pulse.unload_mic();
        let reason = assert_lost(&events);
        println!("lost: {reason}");
        assert!(listen(&events, Duration::from_millis(700)).is_empty());
        pulse.reload_mic();
        let back = Instant::now();
        assert_available(&events);
        println!("found again after {:?}", back.elapsed());
        assert!(back.elapsed() < RETURN_LIMIT);
        assert!(!listen(&events, Duration::from_millis(300)).is_empty());
    }
}

#[test]
fn another_microphone_stands_in_for_the_named_one() {
    let Some(pulse) = Pulse::start() else { return };
    pulse.load_sink("headset");
    let (microphone, events) = start(Some("headset.monitor"));
    assert_eq!(assert_available(&events), None);
    pulse.unload_sink("headset");
    assert_lost(&events);
    assert_eq!(assert_available(&events), Some("headset.monitor".into()));
    pulse.load_sink("headset");
    let back = Instant::now();
    assert_eq!(assert_available(&events), None);
    println!("changed back after {:?}", back.elapsed());
    assert!(back.elapsed() < RETURN_LIMIT);
    microphone.set_device(None);
    assert_eq!(assert_available(&events), None);
    assert!(
        pulse.recorders().lines().count() == 1,
        "the other stream is closed"
    );
}

#[test]
fn a_closed_microphone_is_given_back() {
    let Some(pulse) = Pulse::start() else { return };
    let (microphone, events) = start(None);
    assert_available(&events);
    assert_eq!(pulse.recorders().lines().count(), 1);
    microphone.close();
    listen(&events, Duration::from_millis(500));
    assert_eq!(pulse.recorders(), "", "nobody records");
    assert!(listen(&events, Duration::from_millis(300)).is_empty());
    microphone.set_device(None);
    assert!(
        listen(&events, Duration::from_millis(300)).is_empty(),
        "it stays closed"
    );
    microphone.open();
    assert_available(&events);
    drop(microphone);
    assert_eq!(pulse.recorders(), "", "nobody records");
}

#[test]
fn a_listener_that_is_stuck_loses_frames_and_nothing_else() {
    let Some(pulse) = Pulse::start() else { return };
    let (sender, events) = bounded(8);
    let _microphone = Microphone::start(None, sender).unwrap();
    assert_available(&events);
    std::thread::sleep(Duration::from_millis(1_500));
    pulse.unload_mic();
    std::thread::sleep(Duration::from_millis(500));
    assert_lost(&events);
    pulse.reload_mic();
    assert_available(&events);
    let CaptureEvent::Overrun { lost } = notice(&events) else {
        panic!("no overrun is told");
    };
    println!("{lost} frames of the device lost");
    assert!(
        lost >= 48_000,
        "about 1.5 s of 48 kHz less 8 frames of 16 ms"
    );
    assert_eq!(
        lost % (FRAME_SAMPLES as u64 * 3),
        0,
        "whole frames, counted at the device's rate"
    );
}

#[test]
fn a_server_that_hangs_is_told_and_used_again() {
    let Some(pulse) = Pulse::start() else { return };
    let (microphone, events) = start(None);
    assert_available(&events);
    pulse.signal("STOP");
    let reason = assert_lost(&events);
    println!("lost: {reason}");
    std::thread::sleep(Duration::from_secs(1));
    pulse.signal("CONT");
    assert_available(&events);
    pulse.signal("STOP");
    let started = Instant::now();
    drop(microphone);
    println!("dropped in {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(6), "bounded");
    pulse.signal("CONT");
}

#[test]
fn a_check_names_the_microphone_or_the_reason() {
    let Some(pulse) = Pulse::start() else { return };
    let name = microphone::available(PATIENCE).unwrap();
    let listed = devices().unwrap();
    let default = listed.inputs.iter().find(|device| device.default).unwrap();
    assert_eq!(name, default.name);
    assert_eq!(default.id, "mic_in.monitor");
    assert!(
        listed
            .outputs
            .iter()
            .any(|device| device.default && device.id == "speaker")
    );

    // What is left is what the loudspeaker plays, and that is no microphone.
    pulse.unload_mic();
    let reason = microphone::available(PATIENCE).unwrap_err();
    assert!(reason.contains("no microphone"), "{reason}");
}
