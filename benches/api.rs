//! What the REST API and the socket take and give: `cargo bench --bench api`.
//!
//! A real `famed` in a home of its own, without devices. The baseline of the API is its own
//! `GET /health`, which asks nothing of FAME; the baseline of the socket is `status`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fame::ipc::Client;
use fame::ipc::protocol::{AskParams, Request};
use serde_json::Value;

/// Connections that ask at the same time.
const CONNECTIONS: usize = 32;

/// How long each load lasts.
const LOAD: Duration = Duration::from_secs(8);

/// Connections that rest while others ask.
const IDLE: usize = 10_000;

/// Round trips on the socket.
const TRIPS: usize = 3_000;

struct Daemon {
    home: tempfile::TempDir,
    child: Child,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let child = command(env!("CARGO_BIN_EXE_famed"), home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let daemon = Daemon { home, child };
    let address = wait(&daemon);
    let made = run(
        &daemon,
        &[
            "keys", "create", "--name", "bench", "--scopes", "query", "--json",
        ],
    );
    let made: Value = serde_json::from_slice(&made).unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    learnt(&daemon);

    let health = format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let body = r#"{"text":"what time is it"}"#;
    let query = format!(
        "POST /query HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    println!("| what | requests/s | p50 ms | p99 ms | goal |");
    println!("| --- | --- | --- | --- | --- |");
    let baseline = load(&address, &health);
    baseline.row("GET /health, 32 connections", "");
    let asked = load(&address, &query);
    asked.row(
        "POST /query, a clock intent, 32 connections",
        "≥ 5,000/s, p99 ≤ 15 ms",
    );
    println!(
        "| that is of the baseline | {:.2} × | | | |",
        asked.rate / baseline.rate
    );
    idle(&address, &query);
    socket(&daemon);
}

/// How a load was served.
struct Served {
    rate: f64,
    times: Vec<Duration>,
}

impl Served {
    fn row(&self, what: &str, goal: &str) {
        println!(
            "| {what} | {:.0} | {:.2} | {:.2} | {goal} |",
            self.rate,
            ms(at(&self.times, 0.5)),
            ms(at(&self.times, 0.99))
        );
    }
}

fn load(address: &str, request: &str) -> Served {
    let stop = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (address, request, stop) = (address.to_owned(), request.to_owned(), stop.clone());
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    stream.write_all(request.as_bytes()).unwrap();
                    assert_eq!(answer(&mut stream), 200);
                    times.push(begun.elapsed());
                }
                times
            })
        })
        .collect();
    let begun = Instant::now();
    std::thread::sleep(LOAD);
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<_> = askers
        .into_iter()
        .flat_map(|asker| asker.join().unwrap())
        .collect();
    times.sort_unstable();
    Served {
        rate: times.len() as f64 / begun.elapsed().as_secs_f64(),
        times,
    }
}

/// One asker while thousands of connections rest.
fn idle(address: &str, request: &str) {
    let mut resting = Vec::new();
    while resting.len() < IDLE {
        match TcpStream::connect(address) {
            Ok(stream) => resting.push(stream),
            Err(error) => {
                println!("(only {} connections rest: {error})", resting.len());
                break;
            }
        }
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times: Vec<_> = (0..500)
        .map(|_| {
            let begun = Instant::now();
            stream.write_all(request.as_bytes()).unwrap();
            assert_eq!(answer(&mut stream), 200);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let served = Served { rate: 0.0, times };
    served.row(
        &format!("POST /query while {} connections rest", resting.len()),
        "p99 ≤ 30 ms",
    );
}

fn socket(daemon: &Daemon) {
    let path = daemon.home.path().join("run/fame/famed.sock");
    let mut client = Client::connect(&path, "bench").unwrap();
    let mut time = |request: &Request| {
        let mut times: Vec<_> = (0..TRIPS)
            .map(|_| {
                let begun = Instant::now();
                client.call_raw(request).unwrap();
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        times
    };
    let status = time(&Request::Status);
    let ask = time(&Request::Ask(AskParams {
        text: "what time is it".into(),
        ..AskParams::default()
    }));
    println!("\n| socket | p50 µs | p99 µs | goal |\n| --- | --- | --- | --- |");
    for (what, times, goal) in [("status", &status, ""), ("ask", &ask, "p50 ≤ 150 µs")] {
        let us = |share| at(times, share).as_secs_f64() * 1e6;
        println!("| {what} | {:.0} | {:.0} | {goal} |", us(0.5), us(0.99));
    }
}

/// Reads one answer and gives its status.
fn answer(stream: &mut TcpStream) -> u16 {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8_192];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(
            read > 0,
            "the server hung up: {}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&buffer[..read]);
        let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |value| value.trim().parse::<usize>().unwrap());
        if bytes.len() >= head + 4 + length {
            return text.split_whitespace().nth(1).unwrap().parse().unwrap();
        }
    }
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn wait(daemon: &Daemon) -> String {
    let begun = Instant::now();
    loop {
        let status = run(daemon, &["status", "--json"]);
        let status: Value = serde_json::from_slice(&status).unwrap_or_default();
        if let Some(address) = status["api"]["address"].as_str() {
            return address.trim_start_matches("http://").to_owned();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "no API: {status}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until what is trained at the start is trained.
fn learnt(daemon: &Daemon) {
    let begun = Instant::now();
    loop {
        let status = run(daemon, &["status", "--json"]);
        let status: Value = serde_json::from_slice(&status).unwrap_or_default();
        if status["understanding"]["classifier"] == "both" {
            return std::thread::sleep(Duration::from_secs(1));
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "nothing is learnt: {status}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn run(daemon: &Daemon, args: &[&str]) -> Vec<u8> {
    let mut fame = command(env!("CARGO_BIN_EXE_fame"), daemon.home.path());
    fame.args(args).output().unwrap().stdout
}

fn command(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env(
            "FAME_RECOGNIZER__MODEL_FOLDER",
            concat!(env!("CARGO_MANIFEST_DIR"), "/models"),
        )
        .env("FAME_API__PORT", "0")
        .env("FAME_API__REQUESTS_PER_SECOND", "100000");
    command
}
