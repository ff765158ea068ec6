//! What plugins may use outside of themselves, against real servers and programs.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use fame::plugins::services::{Access, Desktop, FETCH_BYTES, Notifier, POST_BYTES, Web};
use fame_plugin::{Fetch, Fetched, HostError, Method, Notification};
use tokio::runtime::Runtime;

/// A server that answers every request with what `answer` makes of it, and keeps the requests.
struct Server {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read_request(&stream) else {
                    continue;
                };
                let answer = answer(&request);
                kept.lock().unwrap().push(request);
                // The client may hang up in the middle of too much.
                let _ = (&stream).write_all(&answer);
            }
        });
        Self { address, heard }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Head and body as one text.
fn read_request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    let mut length = 0;
    loop {
        let start = text.len();
        reader.read_line(&mut text).ok()?;
        let line = text[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8(body).unwrap())
}

/// An answer that ends with the connection.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

struct Client {
    web: Web,
    hosts: BTreeSet<String>,
    _runtime: Runtime,
}

impl Client {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            web: Web::new(runtime.handle().clone()).unwrap(),
            hosts: ["127.0.0.1".into(), "localhost".into()].into(),
            _runtime: runtime,
        }
    }

    fn fetch(&self, request: Fetch) -> Result<Fetched, HostError> {
        let access = Access {
            allow_network: false,
            hosts: &self.hosts,
        };
        self.web.fetch(access, request)
    }
}

#[test]
fn a_service_is_asked_and_its_answer_given_whatever_the_status() {
    let server = Server::new(|request| {
        if request.starts_with("GET /missing") {
            answer("404 Not Found", b"nothing here")
        } else {
            answer("200 OK", b"\x00\xff bytes")
        }
    });
    let client = Client::new();
    let mut request = Fetch::get(server.url("/here?q=1"));
    request.headers.insert("X-Kind".into(), "test".into());
    let fetched = client.fetch(request).unwrap();
    assert_eq!(
        (fetched.status, &*fetched.body),
        (200, &b"\x00\xff bytes"[..])
    );
    let fetched = client.fetch(Fetch::get(server.url("/missing"))).unwrap();
    assert_eq!(
        (fetched.status, &*fetched.body),
        (404, &b"nothing here"[..])
    );

    let by_name = server.url("/named").replace("127.0.0.1", "localhost");
    let sent = Fetch {
        method: Method::Post,
        body: b"{\"a\": 1}".to_vec(),
        ..Fetch::get(by_name)
    };
    assert_eq!(client.fetch(sent).unwrap().status, 200);

    let heard = server.heard();
    assert!(
        heard[0].starts_with("GET /here?q=1 HTTP/1.1\r\n"),
        "{heard:?}"
    );
    assert!(heard[0].contains("x-kind: test\r\n"), "{heard:?}");
    assert!(heard[0].contains("user-agent: fame/"), "{heard:?}");
    assert!(heard[2].starts_with("POST /named"), "{heard:?}");
    assert!(heard[2].ends_with("\r\n\r\n{\"a\": 1}"), "{heard:?}");
}

#[test]
fn a_redirect_stays_in_its_place() {
    let other = Server::new(|_| answer("200 OK", b"elsewhere"));
    let elsewhere = other.url("/");
    let server = Server::new(move |request| {
        let path = request.split(' ').nth(1).unwrap();
        match path {
            "/start" => answer("302 Found\r\nLocation: /end", b""),
            "/end" => answer("200 OK", b"arrived"),
            "/away" => answer(
                &format!("307 Temporary Redirect\r\nLocation: {elsewhere}"),
                b"",
            ),
            _ => answer("302 Found\r\nLocation: /loop", b""),
        }
    });
    let client = Client::new();
    let fetched = client.fetch(Fetch::get(server.url("/start"))).unwrap();
    assert_eq!(fetched.body, b"arrived");
    for path in ["/away", "/loop"] {
        let error = client.fetch(Fetch::get(server.url(path))).unwrap_err();
        assert!(error.to_string().contains("redirects"), "{path}: {error}");
    }
    assert!(other.heard().is_empty());
}

#[test]
fn too_much_is_neither_sent_nor_read() {
    let server = Server::new(|request| match request.split(' ').nth(1).unwrap() {
        "/announced" => answer(
            &format!("200 OK\r\nContent-Length: {}", FETCH_BYTES + 1),
            b"x",
        ),
        "/most" => answer("200 OK", &vec![b'x'; FETCH_BYTES]),
        _ => answer("200 OK", &vec![b'x'; FETCH_BYTES + 1]),
    });
    let client = Client::new();
    for path in ["/announced", "/not-announced"] {
        let error = client.fetch(Fetch::get(server.url(path))).unwrap_err();
        assert!(
            matches!(error, HostError::TooMuch { .. }),
            "{path}: {error}"
        );
    }
    let most = client.fetch(Fetch::get(server.url("/most"))).unwrap();
    assert_eq!(most.body.len(), FETCH_BYTES);
    let sent = Fetch {
        method: Method::Post,
        body: vec![b'x'; POST_BYTES + 1],
        ..Fetch::get(server.url("/sent"))
    };
    let error = client.fetch(sent).unwrap_err();
    assert!(matches!(error, HostError::TooMuch { .. }), "{error}");
    assert_eq!(server.heard().len(), 3, "nothing was sent");
}

#[test]
fn a_service_that_is_not_there_is_an_error() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let error = Client::new().fetch(Fetch::get(url)).unwrap_err();
    assert!(matches!(error, HostError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

/// A test of this file in a process of its own, whose environment can be chosen.
#[cfg(target_os = "linux")]
fn other_process(test: &str) -> Command {
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--ignored", "--nocapture"])
        .arg(format!("{module}::{test}"));
    command
}

#[cfg(target_os = "linux")]
#[test]
fn the_desktops_opener_is_given_the_address_as_one_argument() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let opener = folder.path().join("xdg-open");
    let script = "#!/bin/sh\nprintf '%s|%s' \"$#\" \"$1\" > \"$FAME_TEST_OPENED\"\n";
    std::fs::write(&opener, script).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let opened = folder.path().join("opened");
    let mut command = other_process("opens_an_address");
    let status = command
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .env("FAME_TEST_OPENED", &opened)
        .env("DISPLAY", ":99")
        .status()
        .unwrap();
    assert!(status.success());
    let opened = std::fs::read_to_string(opened).unwrap();
    assert_eq!(opened, "1|https://example.org/?a=$(id)&b=;%20c");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the other process of `the_desktops_opener_is_given_the_address_as_one_argument`"]
fn opens_an_address() {
    Desktop.open("https://example.org/?a=$(id)&b=; c").unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_desktop_it_says_what_to_do() {
    let mut command = other_process("finds_no_desktop");
    let status = command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .status()
        .unwrap();
    assert!(status.success());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the other process of `without_a_desktop_it_says_what_to_do`"]
fn finds_no_desktop() {
    let error = Desktop.open("https://example.org/").unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("desktop session"), "{error}");
    let notification = Notification {
        title: "Tea".into(),
        ..Notification::default()
    };
    let notifier = Notifier::start().unwrap();
    let error = notifier.notify("timer", &notification).unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("desktop session"), "{error}");
}
