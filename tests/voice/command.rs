//! The `command` voice, with espeak-ng and with programs that behave badly.

use std::time::{Duration, Instant};

use fame::audio::sink::{NullSink, Sink};
use fame::config::{VoiceCommand, VoiceOutput};
use fame::speech::voice::{CommandVoice, Prosody, Voice, VoiceError};

use super::{PacedSink, installed};

/// A voice that is a shell script writing raw samples.
fn shell(script: &str) -> CommandVoice {
    shell_writing(script, VoiceOutput::Raw)
}

fn shell_writing(script: &str, output: VoiceOutput) -> CommandVoice {
    let settings = VoiceCommand {
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        output,
        sample_rate: 16_000,
    };
    CommandVoice::new(settings).with_patience(Duration::from_millis(300))
}

/// Says a sentence, and returns how it went and how many samples came.
fn say(voice: &mut CommandVoice) -> (Result<(), VoiceError>, u64) {
    let mut sink = NullSink::new();
    let cut = sink.cutter();
    let said = voice.say("Hello there.", &Prosody::default(), &mut sink, &cut);
    (said, sink.samples())
}

/// The text of the error that a script ends in.
fn complaint(script: &str) -> String {
    say(&mut shell(script)).0.unwrap_err().to_string()
}

#[test]
fn espeak_speaks_at_any_speed_and_loudness() {
    if !installed("espeak-ng") {
        return;
    }
    let render = |rate: f32, volume: f32| {
        let mut sink = PacedSink::default();
        let cut = sink.cutter();
        let prosody = Prosody {
            rate,
            pitch: 1.0,
            volume,
        };
        let mut voice = CommandVoice::new(VoiceCommand::default());
        let begun = Instant::now();
        voice
            .say("What a fine day it is to day.", &prosody, &mut sink, &cut)
            .unwrap();
        eprintln!("espeak-ng took {:?}", begun.elapsed());
        let heard = sink.heard.lock().unwrap().clone();
        let peak = heard
            .iter()
            .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        (heard.len() as f32, peak)
    };
    let (normal, loud) = render(1.0, 1.0);
    assert!(
        normal > 22_050.0 && loud > 0.2,
        "{normal} samples, peak {loud}"
    );
    let (fast, quiet) = render(1.5, 0.5);
    assert!(
        fast < 0.85 * normal,
        "{fast} samples fast, {normal} normally"
    );
    assert!(
        quiet < 0.6 * loud,
        "peak {quiet} at half volume, {loud} at full"
    );
}

#[test]
fn raw_samples_arrive_whole() {
    let (said, samples) = say(&mut shell("head -c 4000 /dev/zero"));
    said.unwrap();
    assert_eq!(samples, 2_000);
}

#[test]
fn the_sentence_arrives_on_stdin_as_one_line() {
    let mut sink = PacedSink::default();
    let cut = sink.cutter();
    shell("cat")
        .say("ab\ncde", &Prosody::default(), &mut sink, &cut)
        .unwrap();
    let heard = sink.heard.lock().unwrap();
    let bytes = heard
        .iter()
        .flat_map(|sample| ((sample * 32_768.0) as i16).to_le_bytes());
    assert_eq!(bytes.collect::<Vec<u8>>(), b"ab cde".to_owned().map(|b| b));
}

#[test]
fn it_is_kept_from_the_sound_server() {
    say(&mut shell(
        "test \"$PULSE_SERVER\" = unix:/dev/null && head -c 400 /dev/zero",
    ))
    .0
    .unwrap();
}

#[test]
fn a_missing_program_is_named_with_its_remedy() {
    let mut voice = CommandVoice::new(VoiceCommand {
        program: "fame-has-no-such-voice".into(),
        ..VoiceCommand::default()
    });
    let error = say(&mut voice).0.unwrap_err();
    assert!(matches!(&error, VoiceError::Missing { .. }), "{error}");
    assert!(
        error.to_string().contains("voice.command.program"),
        "{error}"
    );
}

#[test]
fn a_program_that_fails_at_once_is_quoted() {
    let error = complaint("echo 'no voice called Bob' >&2; exit 3");
    assert!(
        error.contains("exit status: 3") && error.contains("no voice called Bob"),
        "{error}"
    );
}

#[test]
fn a_program_that_fails_half_way_has_failed() {
    let (said, samples) = say(&mut shell("head -c 4000 /dev/zero; exit 1"));
    assert!(matches!(said, Err(VoiceError::Failed { .. })), "{said:?}");
    assert_eq!(samples, 2_000);
}

#[test]
fn a_flood_is_stopped() {
    let begun = Instant::now();
    let (said, samples) = say(&mut shell("head -c 1000000000 /dev/zero"));
    assert!(matches!(said, Err(VoiceError::TooLong { .. })), "{said:?}");
    assert!(samples <= 16_000 * 15, "{samples} samples");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "after {:?}",
        begun.elapsed()
    );
}

#[test]
fn a_flood_of_complaints_does_no_harm() {
    let script = "head -c 1000000 /dev/zero | tr '\\0' x >&2; head -c 400 /dev/zero; exit 1";
    let error = complaint(script);
    assert!(
        error.contains("xxx") && error.len() < 1_000,
        "{} bytes",
        error.len()
    );
}

#[test]
fn a_hanging_program_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}; wait", file.display());
    let begun = Instant::now();
    let (said, _) = say(&mut shell(&script));
    assert!(matches!(said, Err(VoiceError::TimedOut { .. })), "{said:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "after {:?}",
        begun.elapsed()
    );
    let child = std::fs::read_to_string(&file).unwrap();
    assert!(gone(child.trim()), "its child {child} lives on");
}

/// Whether a process ends within a moment.
fn gone(pid: &str) -> bool {
    let status = format!("/proc/{pid}/stat");
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        // A zombie waits for its new parent.
        std::fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z"))
    })
}

#[test]
fn a_program_that_does_not_end_has_failed() {
    let error = complaint("head -c 400 /dev/zero; exec >&-; sleep 60");
    assert!(error.contains("does not end"), "{error}");
}

#[test]
fn what_is_no_sound_is_refused() {
    let mut voice = shell_writing("echo 'usage: voice TEXT'; echo oops >&2", VoiceOutput::Wav);
    let error = say(&mut voice).0.unwrap_err().to_string();
    assert!(error.contains("WAV") && error.contains("oops"), "{error}");
    let error = complaint("true");
    assert!(error.contains("no sound"), "{error}");
}

#[test]
fn a_cut_ends_it_within_milliseconds() {
    let mut voice = shell("sleep 60").with_patience(Duration::from_secs(60));
    let mut sink = NullSink::new();
    let cut = sink.cutter();
    // The best of three: other tests keep the machine busy.
    let took = (0..3).map(|_| {
        cut.reset();
        let from_another_thread = cut.clone();
        let cutting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            from_another_thread.cut();
            Instant::now()
        });
        let said = voice.say("Hello.", &Prosody::default(), &mut sink, &cut);
        let ended = Instant::now();
        assert!(matches!(said, Err(VoiceError::Cut)), "{said:?}");
        ended - cutting.join().unwrap()
    });
    let took = took.min().unwrap();
    eprintln!("ended {took:?} after the cut");
    assert!(took < Duration::from_millis(50), "only after {took:?}");
}

#[test]
fn a_program_that_starts_slowly_is_started_ahead() {
    let mut voice = shell("sleep 0.25; cat").with_patience(Duration::from_secs(5));
    let mut timed = || {
        let begun = Instant::now();
        say(&mut voice).0.unwrap();
        begun.elapsed()
    };
    let first = timed();
    std::thread::sleep(Duration::from_millis(400));
    let second = timed();
    assert!(first > Duration::from_millis(250), "{first:?}");
    assert!(second < Duration::from_millis(150), "{second:?}");
}
