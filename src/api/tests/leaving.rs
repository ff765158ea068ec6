//! A client that leaves, and a house that breaks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Running, settings, start};

/// Sends a request and leaves once the house works on it.
async fn leave_during(server: &Running, text: &str, headers: &str) {
    let body = format!(r#"{{"text":"{text}"}}"#);
    let request = server.request("POST", "/query", &server.query, headers, &body);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::timeout(PATIENCE, server.house.waiting.notified())
        .await
        .expect("the house was not asked");
    drop(stream);
    // The request is counted when it is answered or dropped; nothing else tells that it was.
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn acts(server: &Running, expected: usize) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while server.house.acts.load(Ordering::SeqCst) < expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "it was not done");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.house.acts.load(Ordering::SeqCst), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_leaves_before_anything_is_done_calls_it_off() {
    let server = start(settings()).await;
    leave_during(&server, "think", "").await;
    server.house.go_on.notify_waiters();
    server.house.go_on.notify_one();
    acts(&server, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_done_once_and_its_answer_kept() {
    let server = start(settings()).await;
    let name = "Idempotency-Key: one\r\n";
    leave_during(&server, "act slowly", name).await;
    let body = r#"{"text":"act slowly"}"#;
    let again = server.post("/query", &server.query, name, body).await;
    assert_eq!((again.status, again.code()), (409, "in_flight".into()));
    server.house.go_on.notify_one();
    acts(&server, 1).await;
    let again = server.post("/query", &server.query, name, body).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    acts(&server, 1).await;
    assert_eq!(server.house.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_called_off_can_be_asked_again() {
    let server = start(settings()).await;
    let name = "Idempotency-Key: one\r\n";
    leave_during(&server, "think", name).await;
    server.house.go_on.notify_one();
    let again = server
        .post("/query", &server.query, name, r#"{"text":"think"}"#)
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(again.header("idempotent-replayed"), None);
    acts(&server, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_breaks_takes_nobody_with_it() {
    let server = start(settings()).await;
    for text in ["break", "panic"] {
        let body = format!(r#"{{"text":"{text}"}}"#);
        let reply = server.post("/query", &server.query, "", &body).await;
        assert_eq!((reply.status, reply.code()), (500, "internal".into()));
        assert!(!reply.body.contains("/home"), "{}", reply.body);
    }
    let reply = server
        .post("/query", &server.query, "", r#"{"text":"x"}"#)
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_given_up_unless_it_has_begun() {
    let mut settings = settings();
    settings.waits.answer = Duration::from_millis(200);
    let server = start(settings).await;
    let think = r#"{"text":"think"}"#;
    let reply = server.post("/query", &server.query, "", think).await;
    assert_eq!((reply.status, reply.code()), (504, "timeout".into()));
    server.house.go_on.notify_waiters();
    let slow = r#"{"text":"act slowly"}"#;
    let reply = server.post("/query", &server.query, "", slow).await;
    assert_eq!((reply.status, reply.code()), (504, "timeout".into()));
    server.house.go_on.notify_one();
    acts(&server, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_what_has_begun_end_and_drops_the_rest_in_time() {
    let mut settings = settings();
    settings.waits.stop = Duration::from_secs(20);
    let mut server = start(settings).await;
    leave_during(&server, "act slowly", "").await;
    server.stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!server.ended.is_finished(), "an act was left half done");
    server.house.go_on.notify_one();
    tokio::time::timeout(PATIENCE, &mut server.ended)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 1);
    assert!(TcpStream::connect(server.address).await.is_err());
}
