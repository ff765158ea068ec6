//! The REST API of the real daemon: what a program sees of it. The crate `fame-api` tests by itself
//! how the server defends itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::daemon::{Daemon, agent, json_body};
use crate::support::project;

/// A daemon with a lamp that needs no more than a word, and one that needs an approval.
fn daemon() -> Daemon {
    Daemon::start("")
}

#[test]
fn a_question_is_answered_with_all_that_a_program_wants() {
    let daemon = daemon();
    let key = daemon.key("query");
    let answer = daemon.post(&key, "/query", &json!({ "text": "what is 23 + 19?" }));
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = &answer.body;
    assert_eq!(
        (&body["response"], &body["plugin"]),
        (&json!("23 plus 19 is 42."), &json!("calculator")),
        "{body}"
    );
    assert!(body["turn_id"].as_u64().unwrap() > 0);
    assert!(body["confidence"].as_f64().unwrap() > 0.5);
    assert!(body["session_id"].is_string() && body["processing_ms"].is_number());

    // What is asked back is answered in the same conversation, and in no other.
    let ask = |session: &str, text: &str| {
        let query = json!({ "text": text, "session_id": session });
        daemon.post(&key, "/query", &query).body["response"].clone()
    };
    assert_eq!(ask("kitchen", "set a timer"), "For how long?");
    assert_ne!(ask("cellar", "ten minutes"), "10 minutes from now.");
    assert_eq!(ask("kitchen", "ten minutes"), "10 minutes from now.");
    assert_eq!(ask("kitchen", "undo that"), "The 10 minute timer is gone.");
}

#[test]
fn scopes_are_kept_apart_and_refusals_say_what_to_do() {
    let daemon = daemon();
    let (query, read, admin) = (daemon.key("query"), daemon.key("read"), daemon.key("admin"));
    let problem = |answer: crate::support::daemon::Answered, status: u16, code: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.body["code"], code, "{answer:?}");
        assert!(
            answer.body["detail"].as_str().unwrap().ends_with('.'),
            "{answer:?}"
        );
        assert!(
            !answer.body["hint"].as_str().unwrap().is_empty(),
            "{answer:?}"
        );
    };
    let text = json!({ "text": "what time is it" });
    problem(
        daemon.post("fame_no", "/query", &text),
        401,
        "key_malformed",
    );
    problem(daemon.post(&read, "/query", &text), 403, "scope");
    problem(daemon.get(&query, "/audit"), 403, "scope");
    problem(
        daemon.post(&read, "/plugins/clock/disable", &json!({})),
        403,
        "scope",
    );
    problem(daemon.get(&read, "/turns/999999/why"), 404, "not_found");
    assert_eq!(
        daemon
            .post(&admin, "/plugins/clock/disable", &json!({}))
            .status,
        200
    );
    let gone = daemon.post(&query, "/query", &text);
    assert_ne!(gone.body["plugin"], "clock", "{gone:?}");
    assert_eq!(
        daemon
            .post(&admin, "/plugins/clock/enable", &json!({}))
            .status,
        200
    );
    assert_eq!(daemon.post(&query, "/query", &text).body["plugin"], "clock");
    let evolve = daemon.post(&admin, "/evolution/run", &json!({}));
    assert_eq!(evolve.status, 503, "{evolve:?}");
}

/// What was asked can be looked up: the turn, why, and the audit with the key that asked.
#[test]
fn what_was_done_can_be_looked_up_and_proved() {
    let daemon = daemon();
    let key = daemon.key("admin");
    let asked = daemon.post(
        &key,
        "/query",
        &json!({ "text": "set a timer for ten minutes" }),
    );
    let turn = asked.body["turn_id"].as_u64().unwrap();
    let why = daemon.get(&key, &format!("/turns/{turn}/why"));
    assert_eq!(why.body["decisions"][0]["intent"], "set_timer", "{why:?}");
    let turns = daemon.get(&key, "/turns?limit=5");
    assert_eq!(
        turns.body["turns"][0]["text"], "set a timer for ten minutes",
        "{turns:?}"
    );
    let audit = daemon.get(&key, "/audit?intent=set_timer&source=rest");
    let record = &audit.body["records"][0];
    assert_eq!(
        (&record["kind"], &record["plugin"]),
        (&json!("before"), &json!("timer")),
        "{audit:?}"
    );
    let verified = daemon.get(&key, "/audit/verify");
    assert_eq!(verified.body["ok"], true, "{verified:?}");
    let approvals = daemon.get(&key, "/approvals");
    assert_eq!(approvals.body, json!({ "approvals": [] }));
    let metrics = daemon.get(&key, "/metrics");
    let text = metrics.body.as_str().unwrap();
    assert!(
        text.contains(r#"fame_queries_total{intent="set_timer",ok="true",plugin="timer"} 1"#),
        "{text}"
    );
    let loaded = daemon.get(&key, "/plugins").body["plugins"]
        .as_array()
        .unwrap()
        .len();
    assert!(
        text.contains(&format!("fame_plugins{{state=\"loaded\"}} {loaded}\n")),
        "{text}"
    );
    assert!(
        !text.contains("ten minutes") && !text.contains(&key),
        "{text}"
    );
}

#[test]
fn events_come_as_they_happen_and_are_taken_up_again() {
    let daemon = daemon();
    let key = daemon.key("query,read");
    let follow = |after: Option<&str>| {
        let request = agent()
            .get(daemon.url("/events"))
            .header("Authorization", format!("Bearer {key}"));
        let request = match after {
            Some(after) => request.header("Last-Event-ID", after),
            None => request,
        };
        let response = request.call().unwrap();
        assert_eq!(response.status(), 200);
        BufReader::new(response.into_body().into_reader()).lines()
    };
    // An event's id and its JSON.
    let next = |lines: &mut dyn Iterator<Item = std::io::Result<String>>, topic: &str| {
        let (mut id, mut event) = (String::new(), String::new());
        for line in lines.map_while(Result::ok) {
            if let Some(value) = line.strip_prefix("id: ") {
                id = value.to_owned();
            } else if let Some(value) = line.strip_prefix("event: ") {
                event = value.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ")
                && event == topic
            {
                return (id, serde_json::from_str::<Value>(data).unwrap());
            }
        }
        panic!("no {topic}");
    };
    let mut first = follow(None);
    daemon.post(&key, "/query", &json!({ "text": "what is 2 + 2" }));
    let (received, _) = next(&mut first, "query.received");
    let (_, reply) = next(&mut first, "reply");
    assert_eq!(reply["event"]["text"], "2 plus 2 is 4.");
    drop(first);
    // What came after the request is told again.
    let (_, reply) = next(&mut follow(Some(&received)), "reply");
    assert_eq!(reply["event"]["text"], "2 plus 2 is 4.");
}

#[test]
fn speech_is_written_down_and_read_aloud() {
    let daemon = daemon();
    let key = daemon.key("query");
    let file = std::fs::read(project("tests/fixtures/audio/spoken/write-ten-primes.flac")).unwrap();
    let mut body = Vec::new();
    for (name, value) in [("model", "whisper-1"), ("response_format", "verbose_json")] {
        let part =
            format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.flac\"\r\nContent-Type: audio/flac\r\n\r\n");
    body.extend_from_slice(&file);
    body.extend_from_slice(b"\r\n--X--\r\n");
    let mut response = agent()
        .post(daemon.url("/v1/audio/transcriptions"))
        .header("Authorization", format!("Bearer {key}"))
        .header("Content-Type", "multipart/form-data; boundary=X")
        .send(&body[..])
        .unwrap();
    let written = response.body_mut().read_to_string().unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(response.status(), 200, "{written}");
    let text = written["text"].as_str().unwrap().to_lowercase();
    assert!(
        text.contains("write a program") && text.contains("prime numbers"),
        "{written}"
    );
    assert!(written["duration"].as_f64().unwrap() > 2.0, "{written}");

    let request = agent()
        .post(daemon.url("/v1/audio/speech"))
        .header("Authorization", format!("Bearer {key}"));
    let text = json!({ "model": "tts-1", "voice": "alloy", "input": "It is noon." });
    let spoken = json_body(request).send(text.to_string()).unwrap();
    assert_eq!(spoken.status(), 200);
    let mut sound = Vec::new();
    spoken
        .into_body()
        .into_reader()
        .read_to_end(&mut sound)
        .unwrap();
    let reader = hound::WavReader::new(&sound[..]).unwrap();
    assert!(
        reader.duration() > reader.spec().sample_rate / 4,
        "{} samples",
        reader.duration()
    );
}

/// How a setting is.
fn setting(daemon: &Daemon, key: &str, name: &str) -> Value {
    let listed = daemon.get(key, "/settings");
    let all = listed.body["settings"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["key"] == name).unwrap()["value"].clone()
}

/// Changes settings; gives the status and the answer.
fn change(daemon: &Daemon, key: &str, changes: &Value) -> (u16, Value) {
    let request = agent().patch(daemon.url("/settings"));
    let request = request.header("Authorization", format!("Bearer {key}"));
    let mut answer = json_body(request).send(changes.to_string()).unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&body).unwrap(),
    )
}

/// What was changed is so after the power failed, and the file is the user's all the same.
#[test]
fn changed_settings_are_kept() {
    let mut daemon =
        Daemon::start("# mine\n[listen]\nmode = \"wake\" # by name\nendpoint_ms = 700\n");
    let key = daemon.key("admin");
    let changes = json!({
        "listen.mode": "conversation", "listen.open_seconds": 7.5, "recognizer.language": "en",
        "muted": true, "voice.volume": 0.5,
    });
    let (status, answer) = change(&daemon, &key, &changes);
    assert_eq!((status, &answer["unkept"]), (200, &Value::Null), "{answer}");
    assert_eq!(
        daemon.settings_file(),
        "# mine\n[listen]\nmode = \"conversation\" # by name\nendpoint_ms = 700\nopen_seconds = 7.5\n\n\
         [recognizer]\nlanguage = \"en\"\n"
    );
    // What FAME remembers by itself is written a moment later.
    let state = daemon.data().join("state.json");
    let remembered = || std::fs::read_to_string(&state).is_ok_and(|text| text.contains("0.5"));
    let written = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        remembered()
    });
    assert!(written, "{:?}", std::fs::read_to_string(&state));
    daemon.restart();
    for (name, value) in changes.as_object().unwrap() {
        assert_eq!(setting(&daemon, &key, name), *value, "{name}");
    }

    let model = project("models/ggml-tiny.en-fit-q8_0.bin");
    let set =
        |more: &[&str]| daemon.fame(&[&["set", "--model", model.to_str().unwrap()], more].concat());
    assert!(set(&[]).status.success());
    assert!(!daemon.settings_file().contains("model"));
    assert!(set(&["--keep"]).status.success());
    assert!(
        daemon.settings_file().contains("model = "),
        "{}",
        daemon.settings_file()
    );
}

#[test]
fn what_cannot_be_kept_counts_and_is_told() {
    let daemon = daemon();
    let key = daemon.key("admin");
    let half = "[listen\nmode = ";
    daemon.write_settings(half);
    let (status, answer) = change(&daemon, &key, &json!({ "listen.mode": "conversation" }));
    assert_eq!(status, 200, "{answer}");
    let reason = answer["unkept"].as_str().unwrap();
    assert!(
        reason.contains("line 1") && reason.contains("fame config check"),
        "{reason}"
    );
    assert_eq!(setting(&daemon, &key, "listen.mode"), "conversation");
    assert_eq!(daemon.settings_file(), half);
    let set = daemon.fame(&["set", "--threads", "2", "--keep"]);
    let said = String::from_utf8_lossy(&set.stderr);
    assert!(
        !set.status.success() && said.contains("until FAME is started again"),
        "{said}"
    );
}

#[test]
fn settings_are_changed_together_or_not_at_all() {
    let daemon = daemon();
    let key = daemon.key("admin");
    let value = |name: &str| setting(&daemon, &key, name);
    let patch = |changes: Value| change(&daemon, &key, &changes).0;
    assert_eq!(
        patch(json!({ "muted": true, "listen.mode": "conversation" })),
        200
    );
    assert_eq!(
        (value("muted"), value("listen.mode")),
        (json!(true), json!("conversation"))
    );
    for bad in [
        json!({ "muted": false, "voice.volume": 7 }),
        json!({ "muted": false, "api.address": "0.0.0.0" }),
        json!({ "muted": "no" }),
    ] {
        assert_eq!(patch(bad.clone()), 422, "{bad}");
        assert_eq!(value("muted"), true, "{bad}");
    }
}

/// What the sandbox knows of a run is what the API tells of it, its name apart, which stands beside it.
#[test]
fn the_report_of_a_run_is_told_whole() {
    use fame::sandbox::{Contact, NetworkUse, OutputFile, Report, Tier};
    let report = Report {
        ok: false,
        exit_code: Some(3),
        signal: Some(9),
        timed_out: true,
        oom: true,
        stdout: "out".into(),
        stderr: "err".into(),
        stdout_bytes: 3,
        stderr_bytes: 4,
        truncated: true,
        wall_ms: 5,
        cpu_ms: 6,
        peak_memory_bytes: 7,
        tier: Tier::A,
        profile: "python".into(),
        image: Some("sha256:0".into()),
        files: vec![OutputFile {
            name: "a".into(),
            bytes: 8,
            sha256: "00".into(),
            content: Vec::new(),
        }],
        id: String::new(),
        network: Some(NetworkUse {
            contacts: vec![Contact {
                host: "example.org".into(),
                port: 443,
                allowed: true,
                problem: Some("no answer".into()),
                times: 9,
                sent_bytes: 10,
                received_bytes: 11,
            }],
            left_out: 12,
            cut: true,
        }),
    };
    let known = serde_json::to_value(report).unwrap();
    let told: fame::api::types::Report = serde_json::from_value(known.clone()).unwrap();
    assert_eq!(serde_json::to_value(told).unwrap(), known);
}

/// No key in a log, an event, a metric, the audit, or a page.
#[test]
fn keys_are_told_nowhere() {
    let daemon = daemon();
    let key = daemon.key("admin");
    let secret = key.rsplit('_').next().unwrap().to_owned();
    daemon.post(
        &key,
        "/query",
        &json!({ "text": format!("my key is {key}") }),
    );
    let pages = [
        "/audit?limit=100",
        "/metrics",
        "/status",
        "/openapi.json",
        "/docs",
        "/settings",
    ];
    for page in pages {
        let text = daemon.get(&key, page).body.to_string();
        assert!(!text.contains(&secret), "{page}");
    }
    for file in walk(&daemon.data()) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        // Turns are the user's own and kept as they were said, in a file of theirs.
        if !file.to_string_lossy().contains("fame.db") {
            assert!(!text.contains(&secret), "{}", file.display());
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// A page of another site that the user looks at must not reach FAME, whatever the browser sends.
#[test]
fn other_sites_are_kept_out() {
    let daemon = daemon();
    let key = daemon.key("query");
    let address = daemon.url("").trim_start_matches("http://").to_owned();
    let ask = |head: &str| -> String {
        let mut stream = TcpStream::connect(&address).unwrap();
        let body = r#"{"text":"what time is it"}"#;
        let request = format!(
            "POST /query HTTP/1.1\r\n{head}Authorization: Bearer {key}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
            .split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_owned()
    };
    let json = "Content-Type: application/json\r\n";
    let own = format!("Host: {address}\r\n");
    assert_eq!(ask(&format!("{own}{json}")), "200");
    assert_eq!(ask(&format!("Host: evil.example\r\n{json}")), "403");
    assert_eq!(
        ask(&format!("{own}{json}Origin: https://evil.example\r\n")),
        "403"
    );
    assert_eq!(
        ask(&format!("{own}{json}Sec-Fetch-Site: cross-site\r\n")),
        "403"
    );
    assert_eq!(ask(&format!("{own}Content-Type: text/plain\r\n")), "415");
}

/// A program from PyPI that takes the API at its word; none, with a message, where there is none.
fn tool(name: &str) -> Option<std::path::PathBuf> {
    let found = std::env::var_os("FAME_TEST_API_TOOLS");
    if found.is_none() {
        eprintln!("skipped: {name} is not there; packaging/test.sh installs it");
    }
    Some(std::path::PathBuf::from(found?).join(name))
}

/// What the description of the API says is what the real daemon does: no answer of another shape,
/// and none that is an error of ours.
#[test]
fn the_description_is_true() {
    let Some(program) = tool("schemathesis") else {
        return;
    };
    let daemon = Daemon::start("[api]\nrequests_per_second = 100000\n");
    let output = std::process::Command::new("sh")
        .arg(project("src/api/tests/schemathesis.sh"))
        .args([daemon.url("").as_str(), "12"])
        .env("SCHEMATHESIS", program)
        .env("FAME_KEY", daemon.key("admin"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert_eq!(daemon.status()["api"]["address"], daemon.url(""));
}

/// A client that nobody wrote, made from the description, understands every answer.
#[test]
fn a_client_made_from_the_description_works() {
    let Some(maker) = tool("openapi-python-client") else {
        return;
    };
    let daemon = Daemon::start("");
    let key = daemon.key("admin");
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("openapi.json");
    let description = daemon.get(&key, "/openapi.json").body;
    std::fs::write(&document, description.to_string()).unwrap();
    let run = |command: &mut std::process::Command| {
        let output = command.current_dir(&folder).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    };
    let mut make = std::process::Command::new(&maker);
    make.args([
        "generate",
        "--meta",
        "none",
        "--output-path",
        "fame_client",
        "--path",
    ]);
    run(make.arg(&document));
    let mut ask = std::process::Command::new(maker.with_file_name("python"));
    ask.arg(project("tests/fixtures/api/client.py"));
    let told = run(ask
        .env("PYTHONPATH", folder.path())
        .args([daemon.url(""), key]));
    assert_eq!(told, "23 plus 19 is 42.\n");
}
