//! The same request twice.

use std::sync::atomic::Ordering;

use crate::support::{settings, start};

#[tokio::test]
async fn the_same_key_and_request_have_one_effect_and_one_answer() {
    let server = start(settings()).await;
    let name = "Idempotency-Key: a-b_c\r\n";
    let body = r#"{"text":"hello"}"#;
    let first = server.post("/query", &server.query, name, body).await;
    let again = server.post("/query", &server.query, name, body).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body, "to the letter, its time included");
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 1);

    let other = server
        .post("/query", &server.query, name, r#"{"text":"hello!"}"#)
        .await;
    assert_eq!((other.status, other.code()), (422, "key_reused".into()));
    let elsewhere = server
        .post("/test", &server.query, name, r#"{"text":"hello"}"#)
        .await;
    assert_eq!(elsewhere.code(), "key_reused");
    let somebody_else = server.post("/query", &server.admin, name, body).await;
    assert_eq!(somebody_else.status, 200);
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_was_refused_and_not_done_can_be_asked_again() {
    let server = start(settings()).await;
    let name = "Idempotency-Key: x\r\n";
    let bad = server.post("/query", &server.query, name, "{}").await;
    assert_eq!(bad.status, 422);
    let good = server
        .post("/query", &server.query, name, r#"{"text":"hello"}"#)
        .await;
    assert_eq!(good.status, 200);
}

#[tokio::test]
async fn a_long_answer_is_not_given_twice_and_not_done_twice() {
    let server = start(settings()).await;
    let name = "Idempotency-Key: x\r\n";
    let body = r#"{"text":"talk"}"#;
    let first = server.post("/query", &server.query, name, body).await;
    assert_eq!(first.status, 200);
    let again = server.post("/query", &server.query, name, body).await;
    assert_eq!((again.status, again.code()), (409, "conflict".into()));
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn names_of_requests_are_words() {
    let server = start(settings()).await;
    let long = format!("Idempotency-Key: {}\r\n", "x".repeat(65));
    for name in [
        "Idempotency-Key: \r\n",
        "Idempotency-Key: a b\r\n",
        "Idempotency-Key: a\r\nIdempotency-Key: a\r\n",
        &long,
    ] {
        let reply = server
            .post("/query", &server.query, name, r#"{"text":"x"}"#)
            .await;
        assert_eq!((reply.status, reply.code()), (400, "malformed".into()));
    }
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_have_one_effect() {
    let server = std::sync::Arc::new(start(settings()).await);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let server = server.clone();
        all.spawn(async move {
            server
                .post(
                    "/plugins/clock/disable",
                    &server.admin,
                    "Idempotency-Key: once\r\n",
                    "",
                )
                .await
                .status
        });
    }
    let statuses = all.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)));
    assert!(statuses.contains(&200));
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 1);
}
