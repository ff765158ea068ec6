//! `fame` against a daemon: what it prints and how it exits.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use fame::bus::{EndReason, Event, IgnoreReason, Latency, State};
use fame::cli::{Exit, Terminal, run};
use fame::ipc::Server;
use serde_json::{Value, json};

use super::support::{Daemon, runtime, until};

/// A writer that a test can look into.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs `fame` in this process: exit, stdout, stderr.
fn fame(socket: &Path, line: &str) -> (Exit, String, String) {
    let (data, notes) = (Paper::default(), Paper::default());
    let socket = format!("--socket={}", socket.display());
    let args = ["fame", &socket].into_iter().chain(line.split_whitespace());
    let exit = run(args, &mut Terminal::new(data.clone(), notes.clone()));
    (exit, data.text(), notes.text())
}

/// What a command that works prints.
fn prints(daemon: &Daemon, line: &str) -> String {
    let (exit, data, notes) = fame(&daemon.socket, line);
    assert_eq!((exit, notes.as_str()), (Exit::Ok, ""), "fame {line}");
    data
}

#[test]
fn people_get_words() {
    let daemon = Daemon::start();
    insta::assert_snapshot!(prints(&daemon, "status"));
    insta::assert_snapshot!(prints(&daemon, "devices"), @"
    microphones:
      Webcam (in use, the system's default)
      Headset
    loudspeakers: none
    ");
    for (line, words) in [
        ("ask what time is it", "It is noon\n"),
        ("say hello there", ""),
        ("say cut", "cut short\n"),
        ("listen", "listening\n"),
        ("listen release", "thinking\n"),
        ("stop", "stopped\n"),
        ("mute", "the microphone is closed\n"),
        ("mute off", "the microphone is open\n"),
        ("sleep", "asleep\n"),
        ("wake", "awake\n"),
        (
            "set --threads 1 --model base.en",
            "base.en, fitted window, 1 thread, en\n",
        ),
        // What comes from elsewhere does not steer the terminal.
        ("ask colour", "[31mred\n"),
    ] {
        assert_eq!(prints(&daemon, line), words, "fame {line}");
    }
}

#[test]
fn programs_get_one_line_of_json() {
    let daemon = Daemon::start();
    for (line, expected) in [
        (
            "ask --json the time",
            json!({"reply": "It is noon", "intent": "clock.time", "plugin": "clock", "turn": 0, "asks": false}),
        ),
        ("--json mute toggle", json!({"muted": true})),
        ("stop --json", json!({"stopped": true})),
        ("shutdown --json", json!({})),
    ] {
        let data = prints(&daemon, line);
        assert_eq!(data.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), expected);
    }
}

#[test]
fn failures_are_told_on_stderr_with_a_hint_and_a_code() {
    let daemon = Daemon::start();
    let (exit, data, notes) = fame(&daemon.socket, "ask deaf");
    assert_eq!((exit, data.as_str()), (Exit::Failed, ""));
    assert_eq!(
        notes,
        "error: no model is installed; run `fame models pull base.en`\n"
    );

    let nowhere = Path::new("/nowhere/famed.sock");
    let (exit, data, notes) = fame(nowhere, "status --json");
    assert_eq!((exit, data.as_str()), (Exit::NoDaemon, ""));
    insta::assert_snapshot!(notes, @"
    error: no FAME daemon is running (looked at `/nowhere/famed.sock`)

    hint: start it with `famed`, or `systemctl --user start famed`
    ");

    let (exit, data, notes) = fame(nowhere, "listen sideways");
    assert_eq!((exit, data.as_str()), (Exit::Usage, ""));
    assert!(
        notes.contains("possible values: open, toggle, press, release"),
        "{notes}"
    );
}

#[test]
fn shutdown_returns_when_the_daemon_is_gone() {
    let daemon = Daemon::start();
    assert_eq!(prints(&daemon, "shutdown"), "FAME has stopped\n");
    assert_eq!(fame(&daemon.socket, "stop").0, Exit::NoDaemon);
    let runtime = runtime();
    let _inside = runtime.enter();
    assert!(Server::bind(&daemon.socket).is_ok(), "its place is free");
}

#[test]
fn help_is_as_reviewed() {
    let nowhere = Path::new("/nowhere");
    for verb in [
        "",
        "ask",
        "say",
        "listen",
        "mute",
        "sleep",
        "events",
        "set",
        "why",
        "test",
        "teach",
        "approvals",
        "plugins",
        "plugins new",
        "intents eval",
        "models",
        "models pull",
        "config",
        "completions",
    ] {
        let (exit, data, _) = fame(nowhere, &format!("{verb} --help"));
        assert_eq!(exit, Exit::Ok);
        let name = format!("help {verb}").trim().replace(' ', "_");
        insta::assert_snapshot!(name, data);
    }
}

#[test]
fn a_decision_is_explained_in_words() {
    let daemon = Daemon::start();
    insta::assert_snapshot!(prints(&daemon, "why"));
    insta::assert_snapshot!(prints(&daemon, "test potatoes"));
    let (exit, _, notes) = fame(&daemon.socket, "why 99");
    assert_eq!(exit, Exit::Failed);
    assert!(notes.contains("there is no turn 99"), "{notes}");
    let json: Value = serde_json::from_str(&prints(&daemon, "why 12 --json")).unwrap();
    assert_eq!(json["decisions"][0]["stages"][1]["stage"], "near");
}

#[test]
fn approvals_and_lessons_are_told_in_words() {
    let daemon = Daemon::start();
    insta::assert_snapshot!(prints(&daemon, "approvals"));
    assert_eq!(prints(&daemon, "approvals yes 3"), "The safe is open.\n");
    assert_eq!(
        prints(&daemon, "approvals no 3"),
        "All right, it is not done.\n"
    );
    assert_eq!(prints(&daemon, "teach late time"), "\"late\" is `time`\n");
    assert_eq!(
        prints(&daemon, "teach late --forget"),
        "nothing is taught\n"
    );
}

#[test]
fn completions_know_the_verbs() {
    let nowhere = Path::new("/nowhere");
    for shell in ["bash", "zsh", "fish"] {
        let (exit, data, _) = fame(nowhere, &format!("completions {shell}"));
        assert_eq!(exit, Exit::Ok);
        assert!(data.contains("shutdown"), "{shell}");
    }
}

/// Starts `fame events`, lets everything happen that can, stops the daemon: stdout and stderr.
fn events(json: &str) -> (Exit, String, String) {
    let mut daemon = Daemon::start();
    let socket = daemon.socket.clone();
    let watching = std::thread::spawn({
        let line = format!("events {json}");
        move || fame(&socket, &line)
    });
    until("fame has subscribed", || {
        daemon.fake.subscribers.load(Ordering::SeqCst) > 0
    });
    for event in every_event() {
        daemon.fake.bus.publish(event);
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    daemon.stop();
    watching.join().unwrap()
}

fn every_event() -> Vec<Event> {
    vec![
        Event::StateChanged { state: State::Idle },
        Event::AudioLevel { dbfs: -42.0 },
        Event::MicrophoneChanged {
            available: false,
            device: Some("Webcam".into()),
            reason: Some("it is gone".into()),
        },
        Event::AudioOverrun { lost: 480 },
        Event::SpeechStarted {},
        Event::WakeDetected {
            phrase: "hey fame".into(),
            heard: "Hey, Thane".into(),
            score: 0.9,
        },
        Event::TranscriptPartial {
            committed: "what time".into(),
            tentative: "is it".into(),
        },
        Event::SpeechEnded {
            reason: EndReason::Silence,
        },
        Event::TranscriptFinal {
            text: "What time is it?".into(),
            start_ms: 0,
            end_ms: 900,
            confidence: 0.93,
        },
        Event::UtteranceIgnored {
            text: "the weather".into(),
            reason: IgnoreReason::NotAddressed,
        },
        Event::IntentMatched {
            intent: "time".into(),
            plugin: "clock".into(),
            confidence: 0.98,
            slots: serde_json::Map::new(),
            route: "template".into(),
            turn: Some(7),
            reason: Some("it matches".into()),
            stages: Value::Null.into(),
            verdict: Some("allow".into()),
        },
        Event::Reply {
            text: "It is noon".into(),
            wav: None,
            turn: Some(7),
            display: None,
            data: Value::Null,
            sources: Vec::new(),
        },
        Event::TurnFinished {
            latency_ms: Latency {
                total: 412.5,
                ..Latency::default()
            },
            cancelled: true,
            turn: Some(7),
        },
        Event::Error {
            code: "microphone".into(),
            message: "it is gone; plug it in".into(),
        },
    ]
}

#[test]
fn events_are_words_for_people() {
    let (exit, data, notes) = events("");
    assert_eq!((exit, notes.as_str()), (Exit::Ok, "FAME has stopped\n"));
    let without_times: Vec<&str> = data
        .lines()
        .map(|line| line.split_once("  ").map_or(line, |(_, rest)| rest))
        .collect();
    insta::assert_snapshot!(without_times.join("\n"));
}

#[test]
fn events_are_lines_of_json_for_programs() {
    let (exit, data, _) = events("--json");
    assert_eq!(exit, Exit::Ok);
    let lines: Vec<Value> = data
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["state"]["state"], "listening");
    for (line, event) in lines[1..].iter().zip(every_event()) {
        let event = serde_json::to_string(&event).unwrap();
        assert_eq!(
            line["event"],
            serde_json::from_str::<Value>(&event).unwrap()
        );
        assert!(line["seq"].is_u64() && line["at"].is_string());
    }
    let last = lines.last().unwrap();
    assert_eq!(last["dropped"]["reason"], "shutting_down");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let daemon = Daemon::start();
    let mut child = fame_process(&daemon, &["events"]);
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    assert_eq!(first, "FAME is listening\n");
    drop(stdout);
    for _ in 0..2 {
        daemon.fake.bus.publish(Event::SpeechStarted {});
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn ending_the_process_cancels_the_request() {
    let daemon = Daemon::start();
    let mut child = fame_process(&daemon, &["ask", "wait"]);
    until("the request is waiting", || {
        daemon.fake.waiting.load(Ordering::SeqCst) == 1
    });
    child.kill().unwrap();
    child.wait().unwrap();
    until("the request is cancelled", || {
        daemon.fake.cancelled.load(Ordering::SeqCst) == 1
    });
}

fn fame_process(daemon: &Daemon, args: &[&str]) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_fame"))
        .arg("--socket")
        .arg(&daemon.socket)
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
