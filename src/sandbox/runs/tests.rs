#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::*;
use crate::report::OutputFile;
use crate::request::Caller;

fn request() -> Request {
    Request {
        profile: "python".into(),
        code: String::new(),
        stdin: Vec::new(),
        timeout: Duration::from_secs(1),
        caller: Caller::Api,
    }
}

fn report(id: &str, stdout: String) -> Report {
    Report {
        ok: true,
        exit_code: Some(0),
        signal: None,
        timed_out: false,
        oom: false,
        stdout_bytes: stdout.len() as u64,
        stdout,
        stderr: String::new(),
        stderr_bytes: 0,
        truncated: false,
        wall_ms: 1,
        cpu_ms: 1,
        peak_memory_bytes: 1,
        tier: Tier::B,
        profile: "python".into(),
        image: None,
        files: vec![OutputFile {
            name: "large".into(),
            bytes: 4,
            sha256: String::new(),
            content: vec![1; 4],
        }],
        id: id.into(),
        network: None,
    }
}

#[tokio::test]
async fn a_run_is_heard_from_start_to_end() {
    let runs = Runs::new();
    let mut observer = runs.observe();
    let entry = runs.enter(&request(), "1".into());
    assert_eq!(runs.newest(10)[0].state, RunState::Waiting);
    entry.started(&request(), Tier::B);
    assert_eq!(runs.newest(10)[0].state, RunState::Running);
    assert!(entry.tap().is_heard());
    let long = "ä".repeat(MAX_EVENT_TEXT_BYTES);
    entry.tap().tell(Output::Stderr, &long);
    entry.ended(&Ok(report("1", "out".into())));
    let mut text = String::new();
    loop {
        match observer.next().await.unwrap() {
            Heard::Event(RunEvent::Started {
                id, caller, tier, ..
            }) => {
                assert_eq!((id.as_str(), caller, tier), ("1", Caller::Api, Tier::B));
            }
            Heard::Event(RunEvent::Output {
                output,
                text: piece,
                ..
            }) => {
                assert_eq!(output, Output::Stderr);
                assert!(piece.len() <= MAX_EVENT_TEXT_BYTES);
                text.push_str(&piece);
            }
            Heard::Event(RunEvent::Finished { summary }) => {
                assert!(summary.ok && summary.id == "1");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(text, long);
    drop(runs);
    assert_eq!(observer.next().await, None);
}

#[tokio::test]
async fn who_is_slow_is_told_how_much_it_missed() {
    let runs = Runs::new();
    let mut observer = runs.observe();
    let entry = runs.enter(&request(), "1".into());
    for _ in 0..MAX_EVENTS + 7 {
        entry.tap().tell(Output::Stdout, "x");
    }
    assert_eq!(observer.next().await, Some(Heard::Missed { missed: 7 }));
    assert!(matches!(
        observer.next().await,
        Some(Heard::Event(RunEvent::Output { .. }))
    ));
}

#[test]
fn the_history_is_bounded_in_number_and_size() {
    let runs = Runs::new();
    for index in 0..MAX_HISTORY + 3 {
        let id = index.to_string();
        let entry = runs.enter(&request(), id.clone());
        entry.ended(&Ok(report(&id, "ö".repeat(100_000))));
    }
    let waits = runs.enter(&request(), "waits".into());
    let all = runs.newest(usize::MAX);
    assert_eq!(all.len(), MAX_HISTORY + 1);
    assert_eq!((all[0].id.as_str(), all[1].id.as_str()), ("waits", "52"));
    let kept = all[1].report.as_ref().unwrap();
    assert!(kept.stdout.len() <= 2 * MAX_HISTORY_TEXT_BYTES + 100 && kept.truncated);
    assert_eq!(kept.stdout_bytes, 200_000);
    assert!(kept.files[0].content.is_empty() && kept.files[0].bytes == 4);
    assert_eq!(runs.newest(3).len(), 3);
    drop(waits);
    assert_eq!(runs.newest(1)[0].state, RunState::Abandoned);
}

#[test]
fn what_failed_says_why() {
    let runs = Runs::new();
    let entry = runs.enter(&request(), "1".into());
    entry.ended(&Err(SandboxError::ShutDown));
    let record = &runs.newest(1)[0];
    assert_eq!(record.state, RunState::Failed);
    assert!(record.error.as_ref().unwrap().contains("shut down"));
}
