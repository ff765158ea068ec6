//! The shapes of OpenAI's clients.

use fame_api::MAX_RECORDING;

use crate::support::{Reply, Running, settings, start};

fn part(name: &str, value: &str) -> String {
    format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(content: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n{content}\r\n"
    )
}

async fn send(server: &Running, parts: &str) -> Reply {
    let body = format!("{parts}--x--\r\n");
    let request = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        server.query,
        body.len()
    );
    server.raw(&request).await
}

#[tokio::test]
async fn recordings_are_written_down_in_the_format_asked_for() {
    let server = start(settings()).await;
    let sound = file("RIFF1234");
    let plain = send(&server, &format!("{}{sound}", part("model", "whisper-1"))).await;
    assert_eq!(
        (plain.status, plain.body.as_str()),
        (200, r#"{"text":"8 bytes"}"#)
    );
    let text = send(
        &server,
        &format!("{sound}{}", part("response_format", "text")),
    )
    .await;
    assert_eq!((text.status, text.body.as_str()), (200, "8 bytes"));
    let more = part("response_format", "verbose_json") + &part("language", "de");
    let verbose = send(&server, &format!("{sound}{more}")).await.json();
    assert_eq!(verbose["language"], "de");
    assert_eq!(verbose["duration"], 1.0);
}

#[tokio::test]
async fn bad_forms_are_refused() {
    let server = start(settings()).await;
    let sound = file("RIFF1234");
    let many: String = (0..20)
        .map(|number| part(&format!("f{number}"), "x"))
        .collect();
    for (parts, status) in [
        (String::new(), 422),
        (part("model", "x"), 422),
        (file(""), 422),
        (format!("{sound}{sound}"), 422),
        (format!("{sound}{}", part("response_format", "srt")), 422),
        (format!("{sound}{}", part("temperature", "hot")), 422),
        (format!("{sound}{}", part("language", &"x".repeat(21))), 422),
        (
            format!("{sound}{}", part("prompt", &"x".repeat(5_000))),
            413,
        ),
        (format!("{many}{sound}"), 422),
        ("--x\r\n\0: nonsense\r\n\r\nx\r\n".into(), 400),
    ] {
        let reply = send(&server, &parts).await;
        assert_eq!(reply.status, status, "{parts:.80}: {}", reply.body);
        assert!(!reply.code().is_empty());
    }
    let request = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
        Authorization: Bearer {query}\r\nContent-Type: multipart/form-data\r\n\
        Content-Length: 1\r\n\r\nx";
    assert_eq!(server.raw(request).await.code(), "media_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_may_be_so_large_and_no_larger() {
    let server = start(settings()).await;
    let largest = send(&server, &file(&"x".repeat(MAX_RECORDING))).await;
    assert_eq!(largest.json()["text"], format!("{MAX_RECORDING} bytes"));
    let larger = send(&server, &file(&"x".repeat(MAX_RECORDING + 1))).await;
    assert_eq!((larger.status, larger.code()), (413, "too_large".into()));
}

#[tokio::test]
async fn texts_are_read_aloud() {
    let server = start(settings()).await;
    for (body, status, kind) in [
        (
            r#"{"input":"hi","model":"tts-1","voice":"alloy"}"#,
            200,
            "audio/wav",
        ),
        (
            r#"{"input":"hi","response_format":"pcm","speed":2}"#,
            200,
            "audio/pcm",
        ),
        (
            r#"{"input":"hi","response_format":"mp3"}"#,
            422,
            "application/problem+json",
        ),
        (
            r#"{"input":"hi","speed":9}"#,
            422,
            "application/problem+json",
        ),
        (r#"{"input":" "}"#, 422, "application/problem+json"),
    ] {
        let reply = server
            .post("/v1/audio/speech", &server.query, "", body)
            .await;
        assert_eq!(reply.status, status, "{body}");
        assert_eq!(reply.header("content-type"), Some(kind), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many() {
    let mut settings = settings();
    settings.room.sounds = 0;
    let server = start(settings).await;
    let reply = send(&server, &file("RIFF1234")).await;
    assert_eq!((reply.status, reply.code()), (503, "busy".into()));
}
