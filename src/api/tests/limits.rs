//! Too slow, too large, too many.

use std::time::Duration;

use fame_api::{MAX_BODY, Rate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Reply, Running, settings, start};

async fn connect(server: &Running, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let text = server.fill(text);
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Waits until the server closes the connection; gives what it said before.
async fn closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    assert!(end.is_ok(), "the connection is still open");
    String::from_utf8_lossy(&said).into_owned()
}

const HEAD: &str = "POST /query HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
    Authorization: Bearer {query}\r\nContent-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_idle_connections_are_closed() {
    let mut settings = settings();
    settings.waits.head = Duration::from_millis(200);
    let server = start(settings).await;
    for start in ["", "GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-"] {
        let said = closed(connect(&server, start).await).await;
        assert!(!said.contains("200 OK"), "{said}");
    }
    // One byte at a time never gets to the end either.
    let mut drip = connect(&server, "GET /health HTTP/1.1\r\n").await;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if drip.write_all(b"X").await.is_err() {
                break;
            }
        }
    };
    assert!(tokio::time::timeout(PATIENCE, dripping).await.is_ok());
    let idle = "GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n";
    let said = closed(connect(&server, idle).await).await;
    assert!(said.contains("200 OK"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_are_given_up() {
    let mut settings = settings();
    settings.waits.body = Duration::from_millis(200);
    settings.waits.recording = Duration::from_millis(200);
    let server = start(settings).await;
    let form = HEAD
        .replace("/query", "/v1/audio/transcriptions")
        .replace("application/json", "multipart/form-data; boundary=x");
    for request in [
        format!("{HEAD}Content-Length: 100\r\n\r\n{{\"text\":"),
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"tex"),
        format!("{HEAD}Idempotency-Key: x\r\nContent-Length: 100\r\n\r\n"),
        format!(
            "{form}Content-Length: 1000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nRIFF"
        ),
    ] {
        let reply = server.raw(&request).await;
        assert_eq!(
            (reply.status, reply.code()),
            (408, "slow_body".into()),
            "{request}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_before_and_while_they_are_read() {
    let server = start(settings()).await;
    let gigabyte = server
        .raw(&format!("{HEAD}Content-Length: 1000000000\r\n\r\n"))
        .await;
    assert_eq!(
        (gigabyte.status, gigabyte.code()),
        (413, "too_large".into())
    );
    let chunk = "x".repeat(64 << 10);
    let mut request = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    for _ in 0..=MAX_BODY / chunk.len() {
        request += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    let reply = server.raw(&request).await;
    assert_eq!((reply.status, reply.code()), (413, "too_large".into()));

    // Just below it is read, and found too long a request.
    let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(MAX_BODY - 11));
    let reply = server.post("/query", &server.query, "", &body).await;
    assert_eq!((reply.status, reply.code()), (422, "invalid".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_heads_are_refused() {
    let server = start(settings()).await;
    let host = "Host: 127.0.0.1:{port}\r\n";
    let many: String = (0..100)
        .map(|number| format!("X-{number}: x\r\n"))
        .collect();
    let parameters: String = (0..200_000).map(|number| format!("&a{number}=1")).collect();
    for request in [
        format!(
            "GET /health HTTP/1.1\r\n{host}X: {}\r\n\r\n",
            "x".repeat(100_000)
        ),
        format!("GET /health HTTP/1.1\r\n{host}{many}\r\n"),
        format!("GET /turns?{parameters} HTTP/1.1\r\n{host}\r\n"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may close before it has read all.
        let _ = stream.write_all(server.fill(&request).as_bytes()).await;
        let reply = tokio::time::timeout(PATIENCE, Reply::read(&mut stream)).await;
        let status = reply.unwrap().status;
        assert!(matches!(status, 0 | 414 | 431), "{status}");
    }
    assert_eq!(server.get("/status", &server.read).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_smuggled_requests_get_nowhere() {
    let server = start(settings()).await;
    let body = r#"{"text":"x"}"#;
    for request in [
        "\r\n\r\n\r\n".to_owned(),
        "\0\0\0\0".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET /health HTTP/9.9\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\nHost: a\r\n b\r\n\r\n".to_owned(),
        format!("{HEAD}Content-Length: 12\r\nContent-Length: 13\r\n\r\n{body}"),
        format!("{HEAD}Content-Length: -1\r\n\r\n{body}"),
        format!("{HEAD}Content-Length: 99999999999999999999\r\n\r\n{body}"),
        format!("{HEAD}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{HEAD}Transfer-Encoding: gzip, chunked, identity\r\n\r\n0\r\n\r\n"),
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
    ] {
        let mut stream = connect(&server, &request).await;
        stream.shutdown().await.unwrap();
        let said = closed(stream).await;
        let bad =
            said.is_empty() || said.starts_with("HTTP/1.1 4") || said.starts_with("HTTP/1.0 4");
        assert!(bad, "{request:?} is answered with {said}");
    }
    assert_eq!(server.get("/status", &server.read).await.status, 200);
    assert_eq!(
        server.house.asked.load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[tokio::test]
async fn deep_and_garbled_json_is_refused() {
    let server = start(settings()).await;
    let deep = format!("{{\"text\":\"x\",\"context\":{}", "{\"a\":".repeat(100_000));
    for (body, status) in [
        (deep.as_str(), 400),
        ("{", 400),
        ("nonsense", 400),
        (r#"{"text":"x"} {}"#, 400),
        (r#"{"text":"x",}"#, 400),
        (r#"{"text":"\ud800"}"#, 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"text":"x","text":"y"}"#, 422),
        (r#"{"text":""}"#, 422),
        (r#"{"text":" \n\t"}"#, 422),
        (r#"{"text":"x","speak":1}"#, 422),
        (r#"{"text":"x","session_id":"a b"}"#, 422),
        (r#"{"text":"x","context":[]}"#, 422),
    ] {
        let reply = server.post("/query", &server.query, "", body).await;
        assert_eq!(
            reply.status,
            status,
            "{}: {}",
            &body[..body.len().min(60)],
            reply.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_so() {
    let mut settings = settings();
    settings.room.connections = 2;
    let server = start(settings).await;
    let held = [connect(&server, "").await, connect(&server, "").await];
    // The server takes connections in their order, so that by now both have their place.
    let reply = server.raw("").await;
    assert_eq!((reply.status, reply.code()), (503, "busy".into()));
    assert!(reply.json()["hint"].is_string(), "{}", reply.body);
    drop(held);
    let waited = tokio::time::timeout(PATIENCE, async {
        while server.get("/status", &server.read).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "places are not given back");
}

#[tokio::test]
async fn a_key_that_asks_too_often_waits_and_others_do_not() {
    let mut settings = settings();
    settings.rate = Rate {
        burst: 3,
        per_second: 0.01,
    };
    let server = start(settings).await;
    for _ in 0..3 {
        assert_eq!(server.get("/status", &server.read).await.status, 200);
    }
    let reply = server.get("/status", &server.read).await;
    assert_eq!((reply.status, reply.code()), (429, "too_many".into()));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=100).contains(&wait), "{wait}");
    let disguised = server
        .raw(
            "GET /status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {read}\r\n\
             X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.2\r\nX-Real-Ip: 10.0.0.3\r\n\r\n",
        )
        .await;
    assert_eq!(disguised.status, 429);
    assert_eq!(server.get("/status", &server.query).await.status, 200);
    // What changes something has a bucket of its own.
    let change = server
        .post("/plugins/clock/reload", &server.read, "", "")
        .await;
    assert_eq!(change.code(), "scope");
}
