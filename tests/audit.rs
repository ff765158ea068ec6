//! What the real daemon writes into its audit log. The crate `fame-audit` tests the log itself.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::daemon::{Daemon, PATIENCE};

fn records(daemon: &Daemon) -> Vec<Value> {
    let told = daemon.json(&["audit", "tail", "-n", "200"]);
    told["records"].as_array().unwrap().clone()
}

/// The records, once one of them is as wanted.
fn until(daemon: &Daemon, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let started = std::time::Instant::now();
    loop {
        let records = records(daemon);
        if records.iter().any(&wanted) {
            return records;
        }
        assert!(started.elapsed() < PATIENCE, "{records:#?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn verifies(daemon: &Daemon) -> bool {
    daemon.fame(&["audit", "verify"]).status.success()
}

#[test]
fn every_act_is_recorded_before_and_after_with_what_decided_it() {
    let daemon = Daemon::start("");
    daemon.fame(&["ask", "set a timer for ten minutes"]);
    daemon.fame(&["ask", "undo that"]);
    daemon.fame(&["ask", "colourless green ideas sleep furiously"]);
    // What led to no act is on its way to the disk when the answer is there.
    let records = until(&daemon, |record| record["event"] == "request.no_act");
    let of = |kind: &str, text: &str| {
        let found = records
            .iter()
            .find(|record| record["kind"] == kind && record["heard"]["text"] == text);
        found
            .cloned()
            .unwrap_or_else(|| panic!("no {kind} of {text:?} in {records:#?}"))
    };
    let before = of("before", "set a timer for ten minutes");
    assert_eq!(before["source"]["via"], "ipc");
    assert_eq!(before["route"]["intent"], "set_timer");
    assert_eq!(before["plugin"]["name"], "timer");
    assert_eq!(before["plugin"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        before["decision"],
        json!({ "verdict": "allow", "risk": "write" })
    );
    let after = records
        .iter()
        .find(|record| record["of"] == before["seq"])
        .unwrap();
    assert_eq!(after["outcome"]["status"], "done");
    assert!(after["latency_us"].as_u64().unwrap() > 0);
    let loaded = records
        .iter()
        .filter(|record| record["event"] == "plugin.changed");
    assert!(
        loaded
            .clone()
            .any(|record| record["plugin"]["name"] == "timer"),
        "{records:#?}"
    );
    let undone = of("before", "undo that");
    assert_eq!(undone["event"], "undo");
    assert_eq!(
        of("note", "colourless green ideas sleep furiously")["event"],
        "request.no_act"
    );
    assert!(verifies(&daemon));
}

#[test]
fn a_daemon_that_is_killed_loses_nothing_that_it_answered() {
    let mut daemon = Daemon::start("");
    for minutes in 1..=5 {
        daemon.fame(&["ask", &format!("set a timer for {minutes} minutes")]);
    }
    daemon.restart();
    let records = records(&daemon);
    let done = records
        .iter()
        .filter(|record| record["outcome"]["status"] == "done");
    assert!(done.count() >= 5, "{records:#?}");
    let started = records
        .iter()
        .filter(|record| record["event"] == "daemon.started");
    assert_eq!(started.count(), 2);
    assert!(verifies(&daemon));
}

/// Whoever changes a record is found out, and where.
#[test]
fn a_changed_record_is_named() {
    let mut daemon = Daemon::start("");
    daemon.fame(&["ask", "set a timer for ten minutes"]);
    daemon.stop();
    assert!(verifies(&daemon));
    let asked = records(&daemon);
    let asked = asked
        .iter()
        .find(|record| record["kind"] == "before")
        .unwrap();
    let folder = daemon.data().join("audit");
    let files = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let segment = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .max()
        .unwrap();
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replace("ten minutes", "six minutes")).unwrap();
    let verified = daemon.fame(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(1));
    let told = String::from_utf8(verified.stderr).unwrap();
    let named = format!("record {} is not as it was written", asked["seq"]);
    assert!(told.contains(&named), "{told}");
}

/// What cannot be recorded is not done; what is only looked up is.
#[test]
fn nothing_is_changed_that_cannot_be_recorded() {
    let mut daemon = Daemon::start("");
    daemon.kill();
    std::fs::write(daemon.data().join("audit/key"), "no key").unwrap();
    daemon.restart();
    let asked = |text: &str| String::from_utf8(daemon.fame(&["ask", text]).stdout).unwrap();
    assert_eq!(asked("what is 2 + 2"), "2 plus 2 is 4.\n");
    let refused = asked("set a timer for ten minutes");
    assert!(refused.contains("cannot be recorded"), "{refused}");
    let none = asked("what timers are there");
    assert!(!none.contains("10 minute"), "{none}");
    let status = daemon.status();
    assert!(
        status["audit_trouble"].as_str().unwrap().contains("key"),
        "{status}"
    );
}

#[test]
fn keys_made_beside_the_daemon_are_recorded() {
    let daemon = Daemon::start("");
    let key = daemon.key("query");
    assert_eq!(daemon.get(&key, "/").status, 200);
    until(&daemon, |record| record["event"] == "key.created");
}

#[test]
fn keys_are_made_without_a_daemon_and_that_is_recorded() {
    let home = tempfile::tempdir().unwrap();
    let fame = |args: &[&str]| -> std::process::Output {
        let mut command: Command = crate::support::famed::fame(home.path());
        command.args(args).output().unwrap()
    };
    let made = fame(&[
        "keys",
        "create",
        "--name",
        "panel",
        "--scopes",
        "query,read",
        "--json",
    ]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["scopes"], json!(["query", "read"]));
    let listed = fame(&["keys", "list", "--json"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    let secret = made["key"]
        .as_str()
        .unwrap()
        .rsplit('_')
        .next()
        .unwrap()
        .to_owned();
    assert!(text.contains("panel") && !text.contains(&secret), "{text}");
    let id = made["id"].as_str().unwrap();
    assert!(fame(&["keys", "revoke", id]).status.success());
    assert_eq!(fame(&["keys", "revoke", "nobody"]).status.code(), Some(1));
    let log = fame(&["audit", "tail"]);
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(
        log.contains("key.created") && log.contains("key.revoked"),
        "{log}"
    );
    assert!(fame(&["audit", "checkpoint"]).status.success());
    assert!(fame(&["audit", "verify"]).status.success());
    let exported = fame(&["audit", "export", "--format", "csv"]);
    assert!(String::from_utf8(exported.stdout).unwrap().lines().count() > 2);
}
