//! The promise of compatibility: frames that were once written are understood for ever.
//!
//! The fixtures are frozen. A change of the protocol adds files and never edits one.

use std::collections::BTreeMap;
use std::path::Path;

use fame::ipc::protocol::{
    Answer, Approvals, Approved, Asked, Asleep, Call, CallFrame, Checkpointed, Devices, Done,
    Explained, Hello, Listening, METHODS, Muted, Outcome, PluginInfo, Plugins, Recognizer, Said,
    ServerMessage, Status, Stopped, Taught, Tested, parse_call,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The frozen frames whose names begin with `kind`, by the rest of their names.
fn frozen(kind: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ipc");
    std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem()?.to_str()?.strip_prefix(kind)?.to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(
                text.trim_end().lines().count(),
                1,
                "{name}: a frame is one line"
            );
            Some((name, serde_json::from_str(&text).unwrap()))
        })
        .collect()
}

/// Whether all that `old` says is still said by `new`.
fn keeps(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => old
            .iter()
            .all(|(key, old)| new.get(key).is_some_and(|new| keeps(new, old))),
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| keeps(new, old))
        }
        _ => new == old,
    }
}

#[track_caller]
fn assert_keeps(name: &str, new: impl Serialize, old: &Value) {
    let new = serde_json::to_value(new).unwrap();
    assert!(keeps(&new, old), "{name}\n  was {old}\n  is  {new}");
}

#[test]
fn frozen_calls_are_still_understood_and_written() {
    let calls = frozen("call.");
    for (method, _) in METHODS {
        assert!(calls.contains_key(method), "no fixture for {method}");
    }
    for (name, old) in calls {
        let (id, call): (_, Call) = parse_call(old.to_string().as_bytes()).unwrap();
        assert_eq!(call.method(), name);
        assert_keeps(&name, CallFrame::new(id, &call), &old);
    }
}

#[test]
fn frozen_answers_are_still_understood_and_written() {
    fn check<T: DeserializeOwned + Serialize>(name: &str, answer: Answer, old: &Value) {
        let Outcome::Result(value) = answer.outcome else {
            panic!("{name} is an error");
        };
        let typed: T = serde_json::from_value(value).unwrap();
        assert_keeps(
            name,
            json!({"jsonrpc": "2.0", "id": answer.id, "result": typed}),
            old,
        );
    }
    for (name, old) in frozen("answer.") {
        let answer: Answer = serde_json::from_value(old.clone()).unwrap();
        match name.as_str() {
            "hello" => check::<Hello>(&name, answer, &old),
            "status" | "status.least" => check::<Status>(&name, answer, &old),
            "ask" | "ask.full" => check::<Asked>(&name, answer, &old),
            "why" => check::<Explained>(&name, answer, &old),
            "test" => check::<Tested>(&name, answer, &old),
            "approvals" => check::<Approvals>(&name, answer, &old),
            "approve" => check::<Approved>(&name, answer, &old),
            "teach" => check::<Taught>(&name, answer, &old),
            "plugins" => check::<Plugins>(&name, answer, &old),
            "plugins.one" => check::<PluginInfo>(&name, answer, &old),
            "say" => check::<Said>(&name, answer, &old),
            "listen" => check::<Listening>(&name, answer, &old),
            "stop" => check::<Stopped>(&name, answer, &old),
            "mute" => check::<Muted>(&name, answer, &old),
            "sleep" => check::<Asleep>(&name, answer, &old),
            "devices" => check::<Devices>(&name, answer, &old),
            "set" => check::<Recognizer>(&name, answer, &old),
            "checkpoint" => check::<Checkpointed>(&name, answer, &old),
            "shutdown" | "subscribe" => check::<Done>(&name, answer, &old),
            "error" => assert_keeps(&name, answer, &old),
            _ => panic!("no test for the fixture {name}"),
        }
    }
}

#[test]
fn frozen_notifications_are_still_understood() {
    for (name, old) in frozen("notification.") {
        let message = ServerMessage::parse(old.to_string().as_bytes()).unwrap();
        match (name.as_str(), message) {
            ("of_the_future", ServerMessage::Unknown) => {}
            (_, ServerMessage::Notification(notification)) => {
                assert_keeps(
                    &name,
                    notification,
                    &json!({"method": old["method"], "params": old["params"]}),
                );
            }
            (_, other) => panic!("{name} is read as {other:?}"),
        }
    }
}

#[test]
fn a_newer_daemon_is_understood_as_far_as_it_goes() {
    let mut old = frozen("answer.").remove("status").unwrap()["result"].take();
    old["state"] = json!("daydreaming");
    old["mood"] = json!("good");
    let status: Status = serde_json::from_value(old).unwrap();
    assert_eq!(status.state, fame::ipc::protocol::State::Unknown);
}
