//! The system's voice, where a private speech-dispatcher is set up for the tests.

use std::time::{Duration, Instant};

use fame::audio::sink::Sink;
use fame::speech::voice::{Prosody, SystemVoice, Voice, VoiceError};

use super::PacedSink;

/// Whether there is a speech-dispatcher that belongs to the tests: starting the user's own would
/// leave it behind.
fn prepared() -> bool {
    let prepared = std::env::var_os("SPEECHD_ADDRESS").is_some();
    if !prepared {
        eprintln!("skipped: SPEECHD_ADDRESS names no speech-dispatcher for the tests");
    }
    prepared
}

#[test]
fn it_speaks_and_is_cut() {
    if !prepared() {
        return;
    }
    let mut voice = SystemVoice::new();
    let mut sink = PacedSink::default();
    let cut = sink.cutter();
    for sentence in ["Hello there.", "And once more\0."] {
        let begun = Instant::now();
        voice
            .say(sentence, &Prosody::default(), &mut sink, &cut)
            .unwrap();
        eprintln!("said in {:?}", begun.elapsed());
        assert!(
            begun.elapsed() > Duration::from_millis(300),
            "{:?}",
            begun.elapsed()
        );
    }
    for _ in 0..3 {
        cut.reset();
        let (from_another_thread, begun) = (cut.clone(), Instant::now());
        let cutting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            from_another_thread.cut();
        });
        let long = "This sentence is far too long to be heard in four tenths of a second.";
        let said = voice.say(long, &Prosody::default(), &mut sink, &cut);
        let took = begun.elapsed().saturating_sub(Duration::from_millis(400));
        cutting.join().unwrap();
        assert!(matches!(said, Err(VoiceError::Cut)), "{said:?}");
        assert!(took < Duration::from_millis(50), "only after {took:?}");
    }
}
