//! The real daemon with a real sound server: spoken to through a virtual microphone, its answers
//! recorded from a virtual loudspeaker.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::famed::{events, fame, famed, headless, of_kind};
use crate::support::pulse::{Pulse, RATE};
use crate::support::{project, table};

/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something FAME says for long enough to be interrupted.
const SPEECH: &str = "Here is a long story about a lighthouse. It stands on a rock in the sea. \
    Every evening the keeper climbs the stairs, and every morning he climbs down again. \
    The ships go by, and the birds sit on the railing, and nothing else happens at all.";

/// A sound server, a daemon and everything the daemon tells.
struct Live {
    pulse: Pulse,
    home: tempfile::TempDir,
    daemon: Child,
    listener: Child,
    told: Arc<Mutex<Vec<(Instant, Value)>>>,
}

impl Live {
    /// `None`, with a message, where live tests do not run.
    fn start(settings: &str) -> Option<Self> {
        let pulse = Pulse::start()?;
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config.toml");
        // A voice that the recogniser understands well, so that replies can be checked by ear.
        let voice = r#"
            [voice]
            order = ["command"]
            [voice.command]
            program = "sh"
            args = ["-c", "f=$(mktemp) && flite -voice rms -f /dev/stdin -o $f && cat $f; rm -f $f"]
        "#;
        std::fs::write(&config, format!("{settings}\n{voice}")).unwrap();
        let daemon = famed(home.path())
            .envs(pulse.environment())
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let told = Arc::default();
        let listener = Self::listen(&pulse, home.path(), &told);
        let live = Self {
            pulse,
            home,
            daemon,
            listener,
            told,
        };
        let started = Instant::now();
        while !live.status()["microphone"]["available"]
            .as_bool()
            .unwrap_or(false)
        {
            assert!(
                started.elapsed() < PATIENCE,
                "no microphone: {}",
                live.status()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(live)
    }

    fn listen(pulse: &Pulse, home: &Path, told: &Arc<Mutex<Vec<(Instant, Value)>>>) -> Child {
        let started = Instant::now();
        loop {
            let mut listener = fame(home)
                .envs(pulse.environment())
                .args(["events", "--json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(listener.stdout.take().unwrap()).lines();
            // The first line is the state; without a daemon there is none.
            if lines.next().is_some() {
                let told = told.clone();
                std::thread::spawn(move || {
                    for line in lines.map_while(Result::ok) {
                        let note: Value = serde_json::from_str(&line).unwrap();
                        told.lock()
                            .unwrap()
                            .push((Instant::now(), note["event"].clone()));
                    }
                });
                return listener;
            }
            let _ = listener.wait();
            assert!(started.elapsed() < PATIENCE, "famed does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn fame(&self, args: &[&str]) -> std::process::Output {
        fame(self.home.path())
            .envs(self.pulse.environment())
            .args(args)
            .output()
            .unwrap()
    }

    fn status(&self) -> Value {
        serde_json::from_slice(&self.fame(&["status", "--json"]).stdout).unwrap_or_default()
    }

    /// How many events there are so far: where to look for the next one from.
    fn mark(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    /// Waits for an event after `mark`.
    fn expect(&self, mark: usize, what: &str, is_it: impl Fn(&Value) -> bool) -> (Instant, Value) {
        let started = Instant::now();
        loop {
            let told = self.told.lock().unwrap();
            if let Some(found) = told.iter().skip(mark).find(|(_, event)| is_it(event)) {
                return found.clone();
            }
            let heard: Vec<&Value> = told
                .iter()
                .skip(mark)
                .map(|(_, e)| e)
                .filter(|e| e["event"] != "audio.level")
                .collect();
            assert!(
                started.elapsed() < PATIENCE,
                "{what} did not happen; but {heard:#?}"
            );
            drop(told);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn expect_kind(&self, mark: usize, kind: &str) -> Value {
        self.expect(mark, kind, |event| event["event"] == kind).1
    }

    fn expect_state(&self, mark: usize, state: &str) -> Instant {
        self.expect(mark, state, |event| {
            event["event"] == "state.changed" && event["state"] == state
        })
        .0
    }

    fn all(&self, mark: usize, kind: &str) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter()
            .skip(mark)
            .map(|(_, e)| e.clone())
            .filter(|e| e["event"] == kind)
            .collect()
    }

    /// Says a sentence into the microphone.
    fn say(&self, words: &str) {
        let file = self.home.path().join("said.wav");
        let status = Command::new("flite")
            .args(["-voice", "rms", "-t", words, "-o"])
            .arg(&file)
            .status();
        assert!(status.unwrap().success(), "flite renders {words:?}");
        self.pulse.play(&file);
    }

    /// Plays a recorded question that begins with the wake phrase and is known to be heard.
    fn ask_the_time(&self) {
        self.pulse
            .play(&as_wav(&wake_fixture("what time is it"), self.home.path()));
    }

    /// What a person would hear from the loudspeaker.
    fn transcribe(&self, samples: &[f32]) -> String {
        let file = self.home.path().join("recorded.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&file, spec).unwrap();
        for sample in samples {
            writer.write_sample((sample * 32_000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        let file = file.display().to_string();
        let events = events(&headless(self.home.path(), ["--json", &file]));
        let texts = of_kind(&events, "transcript.final");
        texts
            .iter()
            .filter_map(|event| event["text"].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for child in [&mut self.listener, &mut self.daemon] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A recording by the natural voice, in one breath with the wake phrase.
fn wake_fixture(words: &str) -> PathBuf {
    let rows = table("tests/fixtures/audio/wake.tsv");
    let row = rows
        .iter()
        .find(|row| row[1] == "piper-joe" && row[2].to_lowercase().contains(words))
        .unwrap_or_else(|| panic!("no recording of {words:?}"));
    project("tests/fixtures/audio").join(&row[0])
}

/// The same sound in a form that `paplay` takes.
fn as_wav(flac: &Path, folder: &Path) -> PathBuf {
    let wav = folder.join("fixture.wav");
    let status = Command::new("sox").arg(flac).arg(&wav).status();
    assert!(status.unwrap().success(), "sox converts {}", flac.display());
    wav
}

/// The digits of a time. Zeros do not count: "three fifty-six" may be written "3:50 6".
fn digits(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '1'..='9')).collect()
}

#[test]
fn a_spoken_question_is_answered_aloud() {
    let Some(live) = Live::start("") else { return };
    let recording = live.pulse.start_recording();
    let mark = live.mark();
    live.ask_the_time();
    assert!(
        live.expect_kind(mark, "wake.detected")["score"]
            .as_f64()
            .unwrap()
            > 0.7
    );
    assert_eq!(live.expect_kind(mark, "intent.matched")["intent"], "time");
    let reply = live.expect_kind(mark, "reply")["text"]
        .as_str()
        .unwrap()
        .to_owned();
    let finished = live.expect_kind(mark, "turn.finished");
    assert_eq!(finished["cancelled"], false);
    let heard = live.transcribe(&recording.stop());
    assert!(!digits(&reply).is_empty());
    assert!(
        digits(&heard).contains(&digits(&reply)),
        "{reply:?} was heard as {heard:?}"
    );
    assert_eq!(live.status()["last_turn"]["reply"], reply.as_str());
}

#[test]
fn a_question_of_fames_is_answered_without_the_phrase() {
    let Some(live) = Live::start("") else { return };
    let mark = live.mark();
    live.fame(&["ask", "--speak", "set a timer"]);
    live.expect_state(mark, "listening");
    let mark = live.mark();
    live.say("Ten minutes.");
    let matched = live.expect_kind(mark, "intent.matched");
    assert_eq!(
        (&matched["intent"], &matched["route"]),
        (&"set_timer".into(), &"question".into())
    );
    let reply = live.expect_kind(mark, "reply");
    assert_eq!(reply["text"], "10 minutes from now.");
    live.expect_kind(mark, "turn.finished");
    // The conversation goes on at the keyboard, and what was done there can be explained.
    let asked = |text: &str| String::from_utf8(live.fame(&["ask", text]).stdout).unwrap();
    assert_eq!(asked("make it twenty"), "20 minutes from now.\n");
    assert_eq!(asked("undo that"), "The 20 minute timer is gone.\n");
    let why = live.fame(&["why", "--json"]);
    let why: Value = serde_json::from_slice(&why.stdout).unwrap();
    assert_eq!(why["decisions"][0]["intent"], "undo");
}

/// From the microphone through a program that is written, tested and run in the sandbox, to its
/// result from the loudspeaker.
#[test]
fn a_spoken_program_is_written_and_run_and_its_result_is_told() {
    let Some(live) = Live::start("") else { return };
    let recording = live.pulse.start_recording();
    let mark = live.mark();
    let asked = project("tests/fixtures/audio/spoken/write-ten-primes.flac");
    live.pulse.play(&as_wav(&asked, live.home.path()));
    let matched = live.expect_kind(mark, "intent.matched");
    assert_eq!(matched["plugin"], "universal_developer", "{matched}");
    let reply = live.expect_kind(mark, "reply");
    let told = reply["text"].as_str().unwrap();
    assert!(
        told.contains("2, 3, 5, 7, 11, 13, 17, 19, 23, and 29"),
        "{told}"
    );
    assert_eq!(reply["data"]["test_report"]["failed"], 0, "{reply}");
    live.expect_kind(mark, "turn.finished");
    let heard = digits(&live.transcribe(&recording.stop()));
    assert!(
        heard.contains("1317192329"),
        "{told:?} was heard as {heard:?}"
    );
}

#[test]
fn the_phrase_alone_opens_the_ear_with_a_tone() {
    let Some(live) = Live::start("") else { return };
    let recording = live.pulse.start_recording();
    let mark = live.mark();
    live.say("hey fame");
    live.expect_kind(mark, "wake.detected");
    live.expect_state(mark, "listening");
    std::thread::sleep(Duration::from_millis(700));
    assert!(
        recording.stop().iter().any(|sample| sample.abs() > 0.02),
        "no tone was played"
    );
    live.say("what is two plus two");
    assert!(
        live.expect_kind(mark, "reply")["text"]
            .as_str()
            .unwrap()
            .contains('4')
    );
}

#[test]
fn stop_in_mid_sentence_silences_it() {
    let Some(live) = Live::start("") else { return };
    let recording = live.pulse.start_recording();
    let mark = live.mark();
    let mut say = fame(live.home.path())
        .envs(live.pulse.environment())
        .args(["say", SPEECH])
        .spawn()
        .unwrap();
    live.expect_state(mark, "speaking");
    std::thread::sleep(Duration::from_millis(2_500));
    live.say("stop");
    let (stopped, event) = live.expect(mark, "an end", |event| event["event"] == "turn.finished");
    assert_eq!(event["cancelled"], true);
    std::thread::sleep(Duration::from_millis(500));
    let last = recording.last_sound(0.01).unwrap();
    let late = last.saturating_duration_since(stopped);
    assert!(
        late < Duration::from_millis(200),
        "sound {late:?} after the stop"
    );
    // It was cut short and not just over.
    let heard = live.transcribe(&recording.stop());
    assert!(!heard.to_lowercase().contains("nothing else"), "{heard}");
    say.wait().unwrap();
}

#[test]
fn its_own_voice_is_not_answered() {
    for mode in ["wake", "conversation"] {
        let Some(live) = Live::start(&format!("[listen]\nmode = \"{mode}\"")) else {
            return;
        };
        live.pulse.loop_back();
        let mark = live.mark();
        // Words that would be a request if a person said them.
        live.fame(&[
            "say",
            "Hey Fame, what time is it? Hey Fame, tell me a joke. What day is it today?",
        ]);
        // Long enough for an open ear to take what is left in the room for a follow-up.
        std::thread::sleep(Duration::from_secs(4));
        assert!(
            !live.all(mark, "speech.started").is_empty(),
            "the loop does not work"
        );
        assert_eq!(
            live.all(mark, "intent.matched"),
            Vec::<Value>::new(),
            "{mode}"
        );
        assert_eq!(live.all(mark, "reply").len(), 1, "{mode}");
        // It is not deaf to people afterwards.
        let mark = live.mark();
        live.ask_the_time();
        assert_eq!(live.expect_kind(mark, "intent.matched")["intent"], "time");
    }
}

#[test]
fn a_microphone_that_returns_is_picked_up_again() {
    let Some(live) = Live::start("") else { return };
    let mark = live.mark();
    live.pulse.unload_mic();
    // That it was found at the start may be told just now.
    let (_, lost) = live.expect(mark, "its loss", |event| {
        event["event"] == "microphone.changed" && event["available"] == false
    });
    assert!(!lost["reason"].as_str().unwrap().is_empty());
    let listen = live.fame(&["listen"]);
    assert_eq!(listen.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&listen.stderr).contains("microphone"));
    // What needs no microphone still works.
    assert!(live.fame(&["ask", "what is two plus two"]).status.success());

    let mark = live.mark();
    live.pulse.reload_mic();
    let back = Instant::now();
    let (at, found) = live.expect(mark, "its return", |event| {
        event["event"] == "microphone.changed"
    });
    assert_eq!(found["available"], true);
    let took = at.saturating_duration_since(back);
    assert!(took < Duration::from_secs(2), "picked up after {took:?}");
    let mark = live.mark();
    live.ask_the_time();
    live.expect_kind(mark, "reply");
}

#[test]
fn the_talk_key_needs_no_phrase() {
    let Some(live) = Live::start("[listen]\nmode = \"push_to_talk\"") else {
        return;
    };
    let mark = live.mark();
    live.say("what time is it");
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(
        live.all(mark, "speech.started").is_empty(),
        "listened without the key"
    );
    assert!(live.fame(&["listen", "press"]).status.success());
    live.say("what is two plus two");
    assert!(live.fame(&["listen", "release"]).status.success());
    assert!(
        live.expect_kind(mark, "reply")["text"]
            .as_str()
            .unwrap()
            .contains('4')
    );
}

#[test]
fn a_muted_microphone_is_closed() {
    let Some(live) = Live::start("") else { return };
    let mark = live.mark();
    assert!(live.fame(&["mute"]).status.success());
    live.expect_state(mark, "muted");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(live.pulse.recorders(), "", "the stream is still open");
    live.ask_the_time();
    assert!(live.all(mark, "speech.started").is_empty());
    assert!(live.fame(&["mute", "off"]).status.success());
    live.expect(mark, "the microphone", |e| {
        e["event"] == "microphone.changed" && e["available"] == true
    });
    let mark = live.mark();
    live.ask_the_time();
    live.expect_kind(mark, "reply");
}

#[test]
fn the_daemon_stops_cleanly_in_mid_sentence() {
    let Some(mut live) = Live::start("") else {
        return;
    };
    let mark = live.mark();
    let socket = live.pulse.environment()[0].1.join("fame/famed.sock");
    assert!(socket.exists());
    // A second one respects the first.
    let second = famed(live.home.path())
        .envs(live.pulse.environment())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("fame shutdown"));
    let mut say = fame(live.home.path())
        .envs(live.pulse.environment())
        .args(["say", SPEECH])
        .spawn()
        .unwrap();
    live.expect_state(mark, "speaking");
    let pid = live.daemon.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let asked = Instant::now();
    let code = live.daemon.wait().unwrap();
    assert!(code.success(), "{code}");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "took {:?}",
        asked.elapsed()
    );
    assert!(!socket.exists(), "the socket is left behind");
    say.wait().unwrap();
    assert_eq!(live.fame(&["status"]).status.code(), Some(3));
}
