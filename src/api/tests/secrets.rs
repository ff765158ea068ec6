//! What must not come out.

use crate::support::{settings, start};

/// Everything that the server says to these, joined.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_holds_a_key_a_path_or_what_others_asked() {
    let server = start(settings()).await;
    let secret = "the-safe-is-behind-the-mirror";
    let asked = server
        .post(
            "/query",
            &server.query,
            "",
            &format!(r#"{{"text":"{secret}"}}"#),
        )
        .await;
    assert_eq!(asked.status, 200);
    let mut said = String::new();
    for path in [
        "/metrics",
        "/docs",
        "/openapi.json",
        "/",
        "/status",
        "/ready",
        "/nothing",
    ] {
        let reply = server.get(path, &server.admin).await;
        said += &reply.head;
        said += &reply.body;
    }
    let wrong = format!("{}0", server.admin);
    for key in [wrong.as_str(), "x", ""] {
        let reply = server.get("/status", key).await;
        said += &reply.head;
        said += &reply.body;
    }
    let in_url = server
        .raw("GET /status?key={admin} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
        .await;
    said += &in_url.head;
    said += &in_url.body;
    for body in [
        format!(r#"{{"text":{secret}}}"#),
        format!(r#"{{"text":"x","{secret}":1}}"#),
        format!(r#"{{"text":"x","speak":"{secret}"}}"#),
        format!(r#"{{"text":"x","intent":"{secret} "}}"#),
        r#"{"text":"break"}"#.into(),
        r#"{"text":"panic"}"#.into(),
    ] {
        let reply = server.post("/query", &server.query, "", &body).await;
        assert!(reply.status >= 400);
        said += &reply.head;
        said += &reply.body;
    }
    for path in [
        format!("/{secret}"),
        format!("/turns/{secret}/why"),
        format!("/turns?limit={secret}"),
        format!("/plugins/{secret}/enable"),
    ] {
        said += &server.get(&path, &server.admin).await.body;
    }
    let keys = [&server.query, &server.read, &server.admin];
    let secrets = keys.iter().map(|key| &key[16..40]);
    for needle in secrets.chain([secret, "/home", ".rs", "/root", "/tmp", "panicked"]) {
        assert!(!said.contains(needle), "`{needle}` was said");
    }
    let stack = server.get("/metrics", &server.read).await;
    assert!(stack.body.contains("fame_http_requests_total"));
    let routes = server.house.routes.lock().unwrap().clone();
    assert!(routes.contains("/turns/{id}/why") && routes.contains("other"));
    assert!(
        !routes.iter().any(|route| route.contains(secret)),
        "{routes:?}"
    );
}

/// What a client sends cannot become part of the pages.
#[tokio::test]
async fn nothing_that_was_sent_is_shown_as_html() {
    let server = start(settings()).await;
    let hostile = r#"{"text":"<script>alert(1)</script>"}"#;
    let reply = server.post("/query", &server.query, "", hostile).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let docs = server.get("/docs", &server.read).await;
    assert!(docs.body.starts_with("<!doctype html>"));
    assert!(!docs.body.contains("<script") && !docs.body.contains("http://"));
}
