//! The language model's client against a stub server that behaves, and one that does not.

use std::time::Duration;

use fame::brain::llm::{
    Client, Completion, Finish, KeySource, LlmError, MAX_ANSWER_BYTES, MAX_BODY_BYTES,
    MAX_LINE_BYTES, Message, Piece, Settings, Tool, ToolCall,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::llm::{Llm, Reply};

/// Longer than any stub needs, so that a test which waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(server: &Llm) -> Settings {
    Settings {
        base_url: server.url.clone(),
        model: "stub".into(),
        ..Settings::default()
    }
}

fn question() -> Vec<Message> {
    vec![Message::User("How are you?".into())]
}

fn tools() -> Vec<Tool> {
    vec![Tool {
        name: "time".into(),
        description: "tells the time".into(),
        parameters: json!({ "type": "object", "properties": { "place": { "type": "string" } } }),
    }]
}

/// Asks with tools; gives what was handed on and what came of it.
async fn chat(settings: Settings) -> (Vec<Piece>, Result<Completion, LlmError>) {
    let client = Client::new(settings).unwrap();
    let (send, mut receive) = mpsc::channel(1);
    let take_all = async {
        let mut pieces = Vec::new();
        while let Some(piece) = receive.recv().await {
            pieces.push(piece);
        }
        pieces
    };
    let (messages, tools) = (question(), tools());
    let chat = async { tokio::join!(client.chat(&messages, &tools, send), take_all) };
    let (answer, pieces) = tokio::time::timeout(PATIENCE, chat)
        .await
        .expect("the client waits for ever");
    (pieces, answer)
}

/// The error that this one reply leads to, and how often the server was asked.
async fn error_of(reply: Reply) -> (LlmError, usize) {
    let server = Llm::start([reply]).await;
    let (_, answer) = chat(settings(&server)).await;
    let error = answer.unwrap_err();
    let (text, spoken) = (error.to_string(), error.spoken());
    assert!(text.contains("; "), "says what to do: {text}");
    assert!(spoken.ends_with('.') && !spoken.contains("127"), "{spoken}");
    (error, server.asked().len())
}

fn sentences(sentences: &[&str]) -> Vec<Piece> {
    let piece = |sentence: &&str| Piece::Sentence((*sentence).to_owned());
    sentences.iter().map(piece).collect()
}

#[tokio::test]
async fn an_answer_is_handed_on_sentence_by_sentence_while_it_comes() {
    // The server waits for ever: only what was handed on before can be seen.
    let reply = Reply::stream()
        .words(&["I am", " fine. ", "It is 3", ".5 o'clock. A"])
        .hang();
    let server = Llm::start([reply]).await;
    let client = Client::new(settings(&server)).unwrap();
    let (send, mut receive) = mpsc::channel(1);
    let (messages, tools) = (question(), tools());
    let mut chat = Box::pin(client.chat(&messages, &tools, send));
    let mut heard = Vec::new();
    while heard.len() < 2 {
        tokio::select! {
            answer = &mut chat => panic!("{answer:?}"),
            piece = receive.recv() => heard.extend(piece),
        }
    }
    assert_eq!(heard, sentences(&["I am fine.", "It is 3.5 o'clock."]));
    // Dropping the question ends the request.
    drop(chat);
    server.client_hung_up().await;
}

#[tokio::test]
async fn the_whole_answer_comes_at_the_end() {
    let reply = Reply::stream()
        .send(": ping\n\n")
        .delta(json!({ "role": "assistant", "content": "" }))
        .words(&["Fine. ", "And", " you?"])
        .done("stop");
    let server = Llm::start([reply]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    assert_eq!(pieces, sentences(&["Fine.", "And you?"]));
    let answer = answer.unwrap();
    assert_eq!(answer.text, "Fine. And you?");
    assert_eq!(answer.finish, Finish::Done);
    assert!(answer.first_token.unwrap() <= answer.total);
    let asked = &server.asked()[0];
    assert!(
        asked.head.starts_with("POST /v1/chat/completions "),
        "{}",
        asked.head
    );
    assert!(!asked.head.to_lowercase().contains("authorization"));
    assert_eq!(asked.body["stream"], true);
    assert_eq!(asked.body["model"], "stub");
    assert_eq!(asked.body["tools"][0]["function"]["name"], "time");
}

#[tokio::test]
async fn tool_calls_are_handed_on_whole() {
    let call = |function: Value| json!({ "tool_calls": [{ "index": 0, "id": "c7", "function": function }] });
    let reply = Reply::stream()
        .words(&["Let me look."])
        .delta(call(json!({ "name": "time", "arguments": "" })))
        .delta(call(json!({ "arguments": "{\"place\": \"Par" })))
        .delta(call(json!({ "arguments": "is\"}" })))
        .done("tool_calls");
    let server = Llm::start([reply]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    let expected = ToolCall {
        id: "c7".into(),
        name: "time".into(),
        arguments: json!({ "place": "Paris" }).as_object().unwrap().clone(),
    };
    assert_eq!(
        pieces,
        [
            Piece::Sentence("Let me look.".into()),
            Piece::Call(expected.clone())
        ]
    );
    assert_eq!(answer.unwrap().calls, [expected]);
}

#[tokio::test]
async fn a_tool_that_was_not_offered_is_never_called() {
    let delta = json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "sh", "arguments": "{}" } }] });
    let only_that = Reply::stream().delta(delta.clone()).done("tool_calls");
    let (error, asked) = error_of(only_that).await;
    assert!(matches!(error, LlmError::Empty { .. }), "{error}");
    assert_eq!(asked, 1);
    let server = Llm::start([Reply::stream().words(&["No."]).delta(delta).done("stop")]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    assert_eq!(pieces, sentences(&["No."]));
    assert_eq!(answer.unwrap().dropped.len(), 1);
}

#[tokio::test]
async fn servers_that_do_not_stream_are_understood() {
    let reply = Reply::json(&json!({
        "object": "chat.completion",
        "choices": [{ "finish_reason": "length", "message": {
            "role": "assistant",
            "content": "One. Two.",
            "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "time", "arguments": "{}" } }],
        }}],
        "error": null,
    }));
    let server = Llm::start([reply]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    assert_eq!(pieces[..2], sentences(&["One.", "Two."]));
    assert!(matches!(&pieces[2], Piece::Call(call) if call.name == "time"));
    assert_eq!(answer.unwrap().finish, Finish::Length);
}

#[tokio::test]
async fn characters_may_be_cut_anywhere() {
    let stream =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Größe: 5 €.\"}}]}\r\n\r\ndata: [DONE]";
    let reply = stream
        .as_bytes()
        .chunks(5)
        .fold(Reply::stream(), |reply, bytes| reply.bytes(bytes).pause(1));
    let server = Llm::start([reply]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    assert_eq!(pieces, sentences(&["Größe: 5 €."]));
    answer.unwrap();
}

#[tokio::test]
async fn a_busy_server_is_asked_once_more() {
    let fine = Reply::stream().words(&["Fine."]).done("stop");
    for bad in [
        Reply::status("503 Service Unavailable", "Retry-After: 0\r\n", "loading"),
        Reply::status("429 Too Many Requests", "", "{}"),
        Reply::status("500 Internal Server Error", "", ""),
        Reply::hang_up(),
        Reply::stream(),
        Reply::stream().delta(json!({ "role": "assistant" })),
    ] {
        let server = Llm::start([bad.clone(), fine.clone()]).await;
        let (pieces, answer) = chat(settings(&server)).await;
        assert_eq!(answer.unwrap().text, "Fine.", "{bad:?}");
        assert_eq!(pieces, sentences(&["Fine."]), "{bad:?}");
        assert_eq!(server.asked().len(), 2);
    }
    let (error, asked) = error_of(Reply::status("502 Bad Gateway", "", "")).await;
    assert!(
        matches!(error, LlmError::Busy { status: 502, .. }),
        "{error}"
    );
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn a_server_that_wants_a_long_pause_is_left_alone() {
    for wait in [
        "60",
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "99999999999999999999",
    ] {
        let headers = format!("Retry-After: {wait}\r\n");
        let (error, asked) = error_of(Reply::status("429 Slow Down", &headers, "")).await;
        assert!(
            matches!(error, LlmError::Busy { status: 429, .. }),
            "{error}"
        );
        assert_eq!(asked, 1, "{wait}");
    }
}

#[tokio::test]
async fn nothing_is_said_twice() {
    for end in [
        Reply::stream().words(&["Half. B"]),
        Reply::stream()
            .words(&["Half. B"])
            .send("data: {\"error\":{\"message\":\"out of memory\"}}\n\n"),
        Reply::stream().words(&["Half. B"]).send("data: <html>\n\n"),
        Reply::stream()
            .words(&["Half. B"])
            .bytes(b"data: \xff\xfe\n\n"),
    ] {
        let server = Llm::start([end.clone()]).await;
        let (pieces, answer) = chat(settings(&server)).await;
        answer.unwrap_err();
        assert_eq!(pieces, sentences(&["Half."]), "{end:?}");
        assert_eq!(server.asked().len(), 1, "{end:?}");
    }
}

#[tokio::test]
async fn answers_that_are_no_answers_are_named() {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    let garbled = |error: &LlmError| matches!(error, LlmError::Garbled { .. });
    for (reply, part) in [
        (
            Reply::status("200 OK", html, "<html>hello</html>"),
            "text/html",
        ),
        (
            Reply::status("200 OK", "Content-Type: application/json\r\n", "nonsense"),
            "unreadable",
        ),
        (
            Reply::status("200 OK", "Content-Type: application/json\r\n", "[1]"),
            "unreadable",
        ),
        (Reply::stream().send("data: nonsense\n\n"), "unreadable"),
        (
            Reply::stream().send("data: {\"choices\": 7}\n\n"),
            "unreadable",
        ),
        (Reply::stream().bytes(b"data: \xf0\x28\n\n"), "no text"),
        (
            Reply::stream().delta(json!({ "tool_calls": [{ "index": -1 }] })),
            "unreadable",
        ),
    ] {
        let (error, asked) = error_of(reply).await;
        assert!(
            garbled(&error) && error.to_string().contains(part),
            "{part}: {error}"
        );
        assert_eq!(asked, 1);
    }
    for (reply, part) in [
        (
            Reply::status(
                "400 Bad Request",
                "",
                "{\"error\":{\"message\":\"no such\\nthing\"}}",
            ),
            "no such thing",
        ),
        (
            Reply::status("418 Teapot", "", "plain words"),
            "plain words",
        ),
        (
            Reply::status("302 Found", "Location: http://192.0.2.1/\r\n", ""),
            "302",
        ),
        (Reply::status("404 Not Found", "", ""), "`stub`"),
        (
            Reply::stream().send("data: {\"error\": \"out of memory\"}\n\n"),
            "out of memory",
        ),
        (Reply::stream().done("stop"), "without a word"),
        (Reply::json(&json!({})), "without a word"),
    ] {
        let (error, asked) = error_of(reply).await;
        assert!(error.to_string().contains(part), "{part}: {error}");
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn endless_answers_are_cut_off() {
    let line = Reply::stream()
        .send(&format!("data: {}", "x".repeat(MAX_LINE_BYTES + 1)))
        .hang();
    // Pings keep a stream alive for ever without a word.
    let pings = format!(": ping {}\n", "x".repeat(1_000)).repeat(MAX_BODY_BYTES / 1_000);
    let text: String = (0..MAX_ANSWER_BYTES / 4).map(|n| format!("{n} ")).collect();
    let texts: Vec<&str> = text.split_inclusive("00 ").collect();
    let body = "x".repeat(MAX_BODY_BYTES + 1);
    for (reply, what) in [
        (line, "of one event"),
        (Reply::stream().send(&pings).hang(), "of stream"),
        (Reply::stream().words(&texts).hang(), "of text"),
        (
            Reply::status("200 OK", "Content-Type: application/json\r\n", &body).hang(),
            "of body",
        ),
    ] {
        let (error, asked) = error_of(reply).await;
        assert!(matches!(error, LlmError::TooLong { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(asked, 1);
    }
}

/// Small models do, until their tokens are used up: nobody wants to hear that, or to wait for it.
#[tokio::test]
async fn a_model_that_goes_round_in_circles_is_cut_off() {
    let circle = "The moon is far away. It is very far away. ";
    let server = Llm::start([Reply::stream().words(&[circle; 100]).hang()]).await;
    let (pieces, answer) = chat(settings(&server)).await;
    let completion = answer.unwrap();
    assert_eq!(completion.finish, Finish::Circling);
    assert!((2..=7).contains(&pieces.len()), "{pieces:?}");
    server.client_hung_up().await;
}

#[tokio::test]
async fn a_silent_server_is_asked_once_more_and_given_up() {
    let fine = Reply::stream().words(&["Fine."]).done("stop");
    let silent = [
        Reply::default().hang(),
        Reply::stream().delta(json!({ "role": "assistant" })).hang(),
    ];
    for silence in silent {
        let server = Llm::start([silence.clone(), fine.clone()]).await;
        let impatient = Settings {
            first_token_seconds: 1.5,
            ..settings(&server)
        };
        assert_eq!(chat(impatient).await.1.unwrap().text, "Fine.");
        let server = Llm::start([silence]).await;
        let impatient = Settings {
            first_token_seconds: 1.5,
            ..settings(&server)
        };
        let error = chat(impatient).await.1.unwrap_err();
        assert!(matches!(error, LlmError::NoFirstToken { .. }), "{error}");
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_total_limit() {
    let drip = (0..200).fold(Reply::stream(), |reply, n| {
        reply.words(&[&format!("Number {n} is. ")]).pause(50)
    });
    let server = Llm::start([drip]).await;
    let (pieces, answer) = chat(Settings {
        total_seconds: 2.0,
        ..settings(&server)
    })
    .await;
    let error = answer.unwrap_err();
    assert!(matches!(error, LlmError::TooSlow { .. }), "{error}");
    assert!(!pieces.is_empty() && pieces.len() < 200, "{}", pieces.len());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = Llm::start([Reply::stream().words(&["One. Two. Three."]).hang()]).await;
    let client = Client::new(settings(&server)).unwrap();
    let (send, receive) = mpsc::channel(1);
    drop(receive);
    let error = client.chat(&question(), &[], send).await.unwrap_err();
    assert!(matches!(error, LlmError::Abandoned), "{error}");
    server.client_hung_up().await;
}

#[tokio::test]
async fn a_server_that_refuses_tools_is_asked_without() {
    for status in ["400 Bad Request", "500 Internal Server Error"] {
        let refusal = Reply::status(
            status,
            "",
            "{\"error\":{\"message\":\"stub does not support tools\"}}",
        );
        let server = Llm::start([refusal, Reply::stream().words(&["Fine."]).done("stop")]).await;
        let (_, answer) = chat(settings(&server)).await;
        assert!(answer.unwrap().tools_refused);
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].body.get("tools"), None);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let server = Llm::start([Reply::hang_up()]).await;
    let gone = settings(&server);
    drop(server);
    let (_, answer) = chat(gone.clone()).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, LlmError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("start its server"), "{error}");
    assert!(error.spoken().contains("server runs"), "{}", error.spoken());
    let error = Client::new(gone).unwrap().probe().await.unwrap_err();
    assert!(matches!(error, LlmError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn the_name_localhost_works_without_a_resolver() {
    let server = Llm::start([Reply::stream().words(&["Fine."]).done("stop")]).await;
    let mut by_name = settings(&server);
    by_name.base_url = by_name.base_url.replace("127.0.0.1", "localhost");
    assert_eq!(chat(by_name).await.1.unwrap().text, "Fine.");
}

#[cfg(unix)]
mod keys {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const KEY: &str = "sk-0123456789";

    fn key_file(mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{KEY}\n")).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[tokio::test]
    async fn the_key_is_sent_and_never_shown() {
        let file = key_file(0o600);
        for status in [
            "401 Unauthorized",
            "403 Forbidden",
            "400 Bad Request",
            "503 Busy",
        ] {
            let echo = format!("{{\"error\":{{\"message\":\"the key {KEY} is wrong\"}}}}");
            let server = Llm::start([Reply::status(status, "", &echo)]).await;
            let settings = Settings {
                api_key: KeySource::File(file.path().into()),
                ..settings(&server)
            };
            let client = Client::new(settings.clone()).unwrap();
            let (_, answer) = chat(settings).await;
            let error = answer.unwrap_err();
            let head = &server.asked()[0].head;
            assert!(head.contains(&format!("Bearer {KEY}")), "{head}");
            for shown in [format!("{error} {error:?}"), format!("{client:?}")] {
                assert!(!shown.contains(KEY), "{shown}");
            }
        }
    }

    #[test]
    fn an_open_key_file_is_refused() {
        let file = key_file(0o644);
        let settings = Settings {
            api_key: KeySource::File(file.path().into()),
            ..Settings::default()
        };
        let error = Client::new(settings).unwrap_err();
        assert!(
            matches!(error, LlmError::OpenKeyFile { mode: 0o644, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_key_does_not_go_over_the_network_in_the_clear() {
        let file = key_file(0o600);
        let settings = Settings {
            base_url: "http://192.0.2.1/v1".into(),
            api_key: KeySource::File(file.path().into()),
            allow_network: true,
            ..Settings::default()
        };
        let error = Client::new(settings).unwrap_err();
        assert!(matches!(error, LlmError::KeyInTheClear { .. }), "{error}");
    }
}

#[test]
fn other_machines_are_refused_unless_the_network_is_on() {
    let settings = Settings {
        base_url: "http://192.0.2.1:8080/v1".into(),
        ..Settings::default()
    };
    let error = Client::new(settings.clone()).unwrap_err();
    assert!(error.to_string().contains("192.0.2.1"), "{error}");
    assert!(error.to_string().contains("allow_network"), "{error}");
    Client::new(Settings {
        allow_network: true,
        ..settings
    })
    .unwrap();
}

#[tokio::test]
async fn plugins_get_the_text_alone() {
    let server = Llm::start([Reply::stream().words(&["A. ", "B."]).done("length")]).await;
    let client = Client::new(settings(&server)).unwrap();
    let text = client.complete("Be brief.", "Go on.", 7).await.unwrap();
    assert_eq!(text, "A. B.");
    client
        .complete("Be brief.", "Go on.", u32::MAX)
        .await
        .unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].body["max_tokens"], 7);
    assert_eq!(asked[1].body["max_tokens"], Settings::default().max_tokens);
    assert_eq!(asked[0].body.get("tools"), None);
    assert_eq!(asked[0].body["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_probe_tells_whether_the_model_is_there() {
    let list = |id: &str| Reply::json(&json!({ "object": "list", "data": [{ "id": id }] }));
    for (reply, listed) in [
        (list("stub"), Some(true)),
        (list("other"), Some(false)),
        (Reply::status("404 Not Found", "", ""), None),
    ] {
        let server = Llm::start([reply]).await;
        let report = Client::new(settings(&server))
            .unwrap()
            .probe()
            .await
            .unwrap();
        assert_eq!(report.model_listed, listed);
        assert!(server.asked()[0].head.starts_with("GET /v1/models "));
    }
    for (reply, part) in [
        (Reply::status("401 Unauthorized", "", ""), "key"),
        (Reply::status("503 Busy", "", ""), "503"),
        (Reply::status("200 OK", "", "<html>"), "no list of models"),
        (Reply::hang_up(), "broke off"),
    ] {
        let server = Llm::start([reply]).await;
        let error = Client::new(settings(&server))
            .unwrap()
            .probe()
            .await
            .unwrap_err();
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    let server = Llm::start([Reply::default().hang()]).await;
    let impatient = Settings {
        first_token_seconds: 0.2,
        ..settings(&server)
    };
    let error = Client::new(impatient).unwrap().probe().await.unwrap_err();
    assert!(matches!(error, LlmError::NoFirstToken { .. }), "{error}");
}
