//! The loudspeaker on a real sound server. Skipped where `FAME_TEST_AUDIO` is not set.

use std::f32::consts::TAU;
use std::time::{Duration, Instant};

use fame::audio::loudspeaker::Loudspeaker;
use fame::audio::sink::{Sink, SinkError};

use crate::support::pulse::{Pulse, RATE};

/// The rate of espeak-ng, which is not the device's.
const VOICE_RATE: u32 = 22_050;

/// How soon a cut has to be silent.
const CUT_LIMIT: Duration = Duration::from_millis(50);

fn tone(seconds: f32) -> Vec<f32> {
    (0..(seconds * VOICE_RATE as f32) as usize)
        .map(|i| 0.5 * (TAU * 440.0 * i as f32 / VOICE_RATE as f32).sin())
        .collect()
}

/// Seconds of sound in a recording, and its peak.
fn sound(samples: &[f32]) -> (f32, f32) {
    let loud = samples
        .chunks(RATE as usize / 100)
        .filter(|chunk| peak(chunk) > 0.05);
    (loud.count() as f32 / 100.0, peak(samples))
}

fn peak(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[test]
fn what_is_written_is_heard_to_its_end() {
    let Some(pulse) = Pulse::start() else { return };
    let mut loudspeaker = Loudspeaker::start(None).unwrap();
    for volume in [1.0, 0.25] {
        loudspeaker.set_volume(volume);
        let recording = pulse.start_recording();
        let started = Instant::now();
        for piece in tone(1.0).chunks(3_000) {
            loudspeaker.write(piece, VOICE_RATE).unwrap();
        }
        assert!(
            started.elapsed() < Duration::from_millis(900),
            "it does not wait for the ear"
        );
        loudspeaker.drain().unwrap();
        let drained = started.elapsed();
        assert!(drained > Duration::from_millis(900), "{drained:?} for 1 s");
        std::thread::sleep(Duration::from_millis(200));
        let (seconds, peak) = sound(&recording.stop());
        assert!((seconds - 1.0).abs() < 0.05, "{seconds} s");
        assert!(
            (peak - 0.5 * volume).abs() < 0.02,
            "{peak} at volume {volume}"
        );
    }
}

#[test]
fn a_cut_is_silent_at_once_and_what_follows_is_heard() {
    let Some(pulse) = Pulse::start() else { return };
    let mut loudspeaker = Loudspeaker::start(None).unwrap();
    let cutter = loudspeaker.cutter();
    let mut delays = Vec::new();
    for _ in 0..5 {
        let recording = pulse.start_recording();
        let handle = cutter.clone();
        let cut = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            handle.cut();
            Instant::now()
        });
        loudspeaker.write(&tone(5.0), VOICE_RATE).unwrap();
        assert!(matches!(loudspeaker.drain(), Err(SinkError::Cut)));
        let returned = Instant::now();
        let cut = cut.join().unwrap();
        assert!(
            returned.duration_since(cut) < CUT_LIMIT,
            "the writer is told"
        );
        assert!(matches!(
            loudspeaker.write(&[0.0], VOICE_RATE),
            Err(SinkError::Cut)
        ));
        std::thread::sleep(Duration::from_millis(200));
        let last = recording.last_sound(0.02).expect("it was heard before");
        delays.push(last.saturating_duration_since(cut));
        cutter.reset();
        let recording = pulse.start_recording();
        loudspeaker.write(&tone(0.3), VOICE_RATE).unwrap();
        loudspeaker.drain().unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let (seconds, _) = sound(&recording.stop());
        assert!(
            (seconds - 0.3).abs() < 0.05,
            "{seconds} s: only the new sound"
        );
    }
    delays.sort();
    println!("silent after {delays:?}");
    // The median: the recorder, too, may be late on a busy machine.
    assert!(delays[delays.len() / 2] <= CUT_LIMIT, "{delays:?}");
}

#[test]
fn a_writer_that_is_far_ahead_waits_and_can_be_cut() {
    let Some(_pulse) = Pulse::start() else { return };
    let mut loudspeaker = Loudspeaker::start(None).unwrap();
    let cutter = loudspeaker.cutter();
    let cut = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        cutter.cut();
        Instant::now()
    });
    let result = loudspeaker.write(&tone(60.0), VOICE_RATE);
    let returned = Instant::now();
    assert!(matches!(result, Err(SinkError::Cut)));
    assert!(returned.saturating_duration_since(cut.join().unwrap()) < CUT_LIMIT);
}

#[test]
fn a_loudspeaker_that_vanishes_is_an_error_and_tried_again() {
    let Some(pulse) = Pulse::start() else { return };
    let mut loudspeaker = Loudspeaker::start(None).unwrap();
    loudspeaker.write(&tone(0.2), VOICE_RATE).unwrap();
    loudspeaker.drain().unwrap();
    loudspeaker.write(&tone(20.0), VOICE_RATE).unwrap();
    pulse.unload_sink("speaker");
    pulse.unload_mic();
    let started = Instant::now();
    let error = loudspeaker.drain().unwrap_err();
    println!("after {:?}: {error}", started.elapsed());
    assert!(matches!(error, SinkError::Device { .. }));
    assert!(started.elapsed() < Duration::from_secs(4));
    pulse.load_sink("speaker");
    let recording = pulse.start_recording();
    loudspeaker.write(&tone(0.3), VOICE_RATE).unwrap();
    loudspeaker.drain().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let (seconds, _) = sound(&recording.stop());
    assert!((seconds - 0.3).abs() < 0.05, "{seconds} s");
}

#[test]
fn it_is_closed_when_there_is_nothing_to_say() {
    let Some(pulse) = Pulse::start() else { return };
    let mut loudspeaker = Loudspeaker::start(None).unwrap();
    assert_eq!(pulse.players(), "", "nothing is opened before it is needed");
    loudspeaker.write(&tone(0.2), VOICE_RATE).unwrap();
    loudspeaker.drain().unwrap();
    assert_eq!(pulse.players().lines().count(), 1);
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(pulse.players(), "");
    let recording = pulse.start_recording();
    loudspeaker.write(&tone(0.2), VOICE_RATE).unwrap();
    loudspeaker.drain().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(sound(&recording.stop()).0 > 0.1, "and opened again");
}
