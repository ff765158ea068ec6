//! What is said between a client and the daemon that both keep to the rules, or nearly.

use std::sync::atomic::Ordering;

use fame::ipc::protocol::{
    AskParams, Asked, Asleep, Devices, Done, ListenAction, ListenParams, Listening, METHODS, Muted,
    Recognizer, Request, Said, SayParams, SetParams, State, Status, Stopped, SwitchParams, code,
};
use fame::ipc::{Client, ClientError};
use serde_json::json;

use super::support::{Daemon, status, until};

fn ask(text: &str) -> Request {
    Request::Ask(AskParams {
        text: text.into(),
        ..AskParams::default()
    })
}

#[test]
fn every_method_comes_back_typed() {
    let mut daemon = Daemon::start();
    let mut client = daemon.client();
    assert_eq!(client.daemon().version, env!("CARGO_PKG_VERSION"));
    assert_eq!(client.daemon().pid, std::process::id());

    assert_eq!(client.call::<Status>(&Request::Status).unwrap(), status());
    let requests = vec![
        Request::Status,
        Request::Ask(AskParams {
            text: "what time is it".into(),
            speak: true,
            session: Some("kitchen".into()),
            ..AskParams::default()
        }),
        Request::Say(SayParams {
            text: "dinner is ready".into(),
        }),
        Request::Listen(ListenParams {
            action: ListenAction::Release,
        }),
        Request::Stop,
        Request::Mute(SwitchParams { on: Some(false) }),
        Request::Sleep(SwitchParams { on: None }),
        Request::Devices,
        Request::Set(SetParams {
            threads: Some(1),
            ..SetParams::default()
        }),
        Request::Shutdown,
    ];
    let asked: Asked = client.call(&requests[1]).unwrap();
    assert_eq!(asked.reply, "It is noon");
    assert!(client.call::<Said>(&requests[2]).unwrap().finished);
    let listening: Listening = client.call(&requests[3]).unwrap();
    assert_eq!(listening.state, State::Thinking);
    assert!(client.call::<Stopped>(&requests[4]).unwrap().stopped);
    assert!(!client.call::<Muted>(&requests[5]).unwrap().muted);
    assert!(client.call::<Asleep>(&requests[6]).unwrap().asleep);
    assert_eq!(
        client.call::<Devices>(&requests[7]).unwrap().inputs.len(),
        2
    );
    assert_eq!(client.call::<Recognizer>(&requests[8]).unwrap().threads, 1);
    client.call::<Done>(&requests[9]).unwrap();
    client.until_closed().unwrap();
    daemon.stop();
    assert_eq!(*daemon.fake.calls.lock().unwrap(), requests);
    assert!(!daemon.socket.exists());
}

#[test]
fn every_documented_example_is_accepted() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    for (method, params) in METHODS {
        peer.call(1, method, &serde_json::from_str(params).unwrap());
        let answer = peer.receive().unwrap();
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        if method == "subscribe" {
            assert_eq!(peer.receive().unwrap()["method"], "state");
        }
    }
}

#[test]
fn a_refusal_reaches_the_caller_and_the_connection_goes_on() {
    let daemon = Daemon::start();
    let mut client = daemon.client();
    for (text, expected) in [
        ("deaf", code::UNAVAILABLE),
        ("panic", code::INTERNAL),
        ("big", code::INTERNAL),
    ] {
        match client.call::<Asked>(&ask(text)).unwrap_err() {
            ClientError::Refused(error) => assert_eq!(error.code, expected, "{error}"),
            other => panic!("{other}"),
        }
    }
    assert!(client.call::<Asked>(&ask("the time")).is_ok());
}

#[test]
fn each_kind_of_wrong_call_has_its_own_code() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    for (line, expected) in [
        ("nonsense", code::PARSE),
        ("[1, 2]", code::INVALID_REQUEST),
        (r#"{"id": 1, "method": "status"}"#, code::INVALID_REQUEST),
        (
            r#"{"jsonrpc": "2.0", "method": "status"}"#,
            code::INVALID_REQUEST,
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1.5, "method": "status"}"#,
            code::INVALID_REQUEST,
        ),
        (r#"{"jsonrpc": "2.0", "id": 1}"#, code::INVALID_REQUEST),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "brew"}"#,
            code::UNKNOWN_METHOD,
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "ask"}"#,
            code::INVALID_PARAMS,
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "ask", "params": ["a"]}"#,
            code::INVALID_PARAMS,
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "mute", "params": {"on": 3}}"#,
            code::INVALID_PARAMS,
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 9, "client": "c"}}"#,
            code::WRONG_PROTOCOL,
        ),
    ] {
        peer.send(line.as_bytes());
        assert_eq!(peer.code(), i64::from(expected), "{line}");
    }
    // What a newer client adds is ignored.
    peer.call(7, "stop", &json!({"gently": true}));
    assert_eq!(peer.receive().unwrap()["result"]["stopped"], true);
}

#[test]
fn messages_say_what_to_send_instead() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    let mut message = |line: &str| {
        peer.send(line.as_bytes());
        peer.receive().unwrap()["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    insta::assert_snapshot!(message(r#"{"jsonrpc":"2.0","id":1,"method":"brew"}"#), @"unknown method `brew`; call one of hello, status, ask, say, listen, stop, mute, sleep, devices, subscribe, set, why, test, approvals, approve, teach, plugins, checkpoint, shutdown, or update the daemon");
    insta::assert_snapshot!(message(r#"{"jsonrpc":"2.0","id":1,"method":"ask","params":{}}"#), @r#"bad parameters for `ask`: missing field `text`; send for example {"text": "what time is it", "speak": false}"#);
    insta::assert_snapshot!(message("?"), @"this is not JSON (expected value at line 1 column 1); send one JSON object a line");
}

#[test]
fn hello_comes_first_and_in_the_same_version() {
    let daemon = Daemon::start();
    for (line, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#,
            code::HELLO_REQUIRED,
        ),
        ("?", code::PARSE),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":2,"client":"new"}}"#,
            code::WRONG_PROTOCOL,
        ),
    ] {
        let mut peer = daemon.peer();
        peer.send(line.as_bytes());
        assert_eq!(peer.code(), i64::from(expected), "{line}");
        assert_eq!(peer.receive(), None, "the conversation is over");
    }
    let mut peer = daemon.peer();
    assert_eq!(peer.code(), i64::from(code::HELLO_TIMEOUT));
    assert_eq!(peer.receive(), None);
}

#[test]
fn a_long_call_holds_nothing_up() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    peer.call(1, "ask", &json!({"text": "soon"}));
    peer.call(2, "stop", &json!({}));
    assert_eq!(peer.receive().unwrap()["id"], 2);
    assert_eq!(peer.receive().unwrap()["id"], 1);
}

#[test]
fn one_call_too_many_is_told_so() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    for id in 1..=17 {
        peer.call(id, "ask", &json!({"text": "wait"}));
    }
    let answer = peer.receive().unwrap();
    assert_eq!(answer["id"], 17);
    assert_eq!(answer["error"]["code"], code::BUSY);
}

#[test]
fn hanging_up_cancels() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    peer.call(1, "ask", &json!({"text": "wait"}));
    until("the call is waiting", || {
        daemon.fake.waiting.load(Ordering::SeqCst) == 1
    });
    drop(peer);
    until("the call is cancelled", || {
        daemon.fake.cancelled.load(Ordering::SeqCst) == 1
    });
}

#[test]
fn stopping_lets_calls_end_and_answers_those_that_do_not() {
    let mut daemon = Daemon::start();
    let mut quick = daemon.peer().greeted();
    let mut endless = daemon.peer().greeted();
    quick.call(1, "ask", &json!({"text": "soon"}));
    endless.call(1, "ask", &json!({"text": "wait"}));
    until("both calls run", || {
        daemon.fake.waiting.load(Ordering::SeqCst) == 2
    });
    daemon.stop();
    assert!(quick.receive().unwrap()["result"].is_object());
    assert_eq!(endless.code(), i64::from(code::SHUTTING_DOWN));
    for mut peer in [quick, endless] {
        assert_eq!(peer.receive().unwrap()["params"]["reason"], "shutting_down");
        assert_eq!(peer.receive(), None);
    }
}

#[test]
fn without_a_daemon_the_client_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("famed.sock");
    let error = Client::connect(&socket, "test").unwrap_err();
    assert!(
        matches!(&error, ClientError::NotRunning { socket: looked_at } if *looked_at == socket)
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("systemctl --user start famed")
    );
}
