//! Plugins that speak MCP: the examples, and a server that misbehaves in every way we could think of.

mod calls;
mod examples;
mod life;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fame::plugins::mcp::{Limits, McpError, Output, Problem, Server, Spec, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::project;

/// Long enough for an interpreter on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with a home of its own.
struct Fixture {
    server: Arc<Server>,
    home: TempDir,
}

impl Fixture {
    fn new(command: &[&str], dir: PathBuf, limits: Limits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = Server::new(Spec {
            id: "fixture".into(),
            command: command.iter().map(|part| (*part).into()).collect(),
            dir,
            data_dir: home.path().join("data"),
            env: BTreeMap::from([("COLOUR".into(), "blue".into())]),
            limits,
        });
        Self { server, home }
    }

    /// The server that misbehaves, in this mode.
    fn hostile(mode: &str, limits: Limits) -> Self {
        let dir = project("tests/fixtures/mcp");
        Self::new(&["python3", "hostile.py", mode], dir, limits)
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<Output, McpError> {
        call(&self.server, tool, arguments).await
    }

    /// Its answer's text, which must come.
    async fn text(&self, tool: &str, arguments: Value) -> String {
        self.call(tool, arguments).await.unwrap().text
    }

    /// What went wrong, which something must.
    async fn problem(&self, tool: &str, arguments: Value) -> Problem {
        self.call(tool, arguments).await.unwrap_err().problem
    }

    /// It must still answer others.
    async fn echoes(&self) {
        assert_eq!(self.text("echo", json!({"text": "hello"})).await, "hello");
    }

    fn pid(&self) -> u32 {
        match self.server.state() {
            State::Running { pid, .. } => pid,
            other => panic!("not running: {other:?}"),
        }
    }
}

async fn call(server: &Server, tool: &str, arguments: Value) -> Result<Output, McpError> {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object");
    };
    server.call(tool, arguments).await
}

/// Limits for a server that is waited for only briefly.
fn hasty() -> Limits {
    Limits {
        call_timeout: Duration::from_secs(1),
        ..patient()
    }
}

fn patient() -> Limits {
    Limits {
        call_timeout: PATIENCE,
        start_timeout: PATIENCE,
        ..Limits::default()
    }
}

/// Whether a process is no more; one that nobody has reaped yet counts as gone.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| {
        stat.rsplit_once(')').unwrap().1.starts_with(" Z")
    })
}

async fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
