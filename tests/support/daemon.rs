//! The real daemon without devices, reached as programs reach it: over HTTP and through `fame`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::famed::{fame, famed};

/// How long anything that must happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon in a home of its own. Killed when dropped.
pub struct Daemon {
    home: tempfile::TempDir,
    child: Child,
    address: String,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Daemon {
    /// Starts one with these settings and waits until its API listens.
    pub fn start(settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), settings).unwrap();
        let child = spawn(home.path());
        let mut daemon = Self {
            home,
            child,
            address: String::new(),
        };
        daemon.wait();
        daemon
    }

    fn wait(&mut self) {
        let started = Instant::now();
        loop {
            let status = self.status();
            if let Some(address) = status["api"]["address"].as_str() {
                self.address = address.to_owned();
                return;
            }
            assert!(started.elapsed() < PATIENCE, "no API: {status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it without a word, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Has it end in order, and waits for that.
    pub fn stop(&mut self) {
        assert!(self.fame(&["shutdown"]).status.success());
        self.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.home.path());
        self.wait();
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data/fame")
    }

    /// What stands in its settings file.
    pub fn settings_file(&self) -> String {
        std::fs::read_to_string(self.home.path().join("config.toml")).unwrap()
    }

    /// Writes its settings file, as its user would in an editor.
    pub fn write_settings(&self, text: &str) {
        std::fs::write(self.home.path().join("config.toml"), text).unwrap();
    }

    /// `fame`, which talks to it.
    pub fn fame(&self, args: &[&str]) -> std::process::Output {
        command(&self.home).args(args).output().unwrap()
    }

    /// What `fame … --json` prints.
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.fame(&[args, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    pub fn status(&self) -> Value {
        let output = self.fame(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// A new key with these scopes.
    pub fn key(&self, scopes: &str) -> String {
        let made = self.json(&["keys", "create", "--name", "a test", "--scopes", scopes]);
        made["key"].as_str().unwrap().to_owned()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub fn get(&self, key: &str, path: &str) -> Answered {
        let request = agent()
            .get(self.url(path))
            .header("Authorization", bearer(key));
        answered(request.call())
    }

    pub fn post(&self, key: &str, path: &str, body: &Value) -> Answered {
        let request = agent()
            .post(self.url(path))
            .header("Authorization", bearer(key));
        answered(json_body(request).send(body.to_string()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(home: &Path) -> Child {
    famed(home)
        .arg("--config")
        .arg(home.join("config.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn command(home: &tempfile::TempDir) -> Command {
    let mut command = fame(home.path());
    command.env("FAME_CONFIG", home.path().join("config.toml"));
    command
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

/// A request whose body is JSON.
pub fn json_body<B>(request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
    request.header("Content-Type", "application/json")
}

/// Statuses are answers, not errors.
pub fn agent() -> ureq::Agent {
    let settings = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build();
    settings.into()
}

fn answered(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answered {
    let mut response = response.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    Answered {
        status: response.status().as_u16(),
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}
