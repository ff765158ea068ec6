//! Engines that come later, and go.

use std::path::Path;
use std::time::Duration;

use fame_sandbox::{Sandbox, Settings, Tier, TierChoice};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::support::{Names, run, settings, start};

/// An engine that answers up to a container's start. Dropped, it is gone with its socket.
struct Engine {
    task: JoinHandle<()>,
    socket: std::path::PathBuf,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Engine {
    fn start(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(serve(connection));
            }
        });
        Self {
            task,
            socket: socket.to_owned(),
        }
    }
}

async fn serve(mut connection: UnixStream) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match connection.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let body = answer(path).to_string();
        let response = format!(
            "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if connection.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(path: &str) -> Value {
    if path.ends_with("/version") {
        json!({ "ApiVersion": "1.41", "Version": "20.10.24" })
    } else if path.ends_with("/info") {
        json!({ "ServerVersion": "20.10.24", "SecurityOptions": ["name=seccomp,profile=default"],
                "MemoryLimit": true, "PidsLimit": true })
    } else if path.contains("/images/") {
        json!({ "Id": format!("sha256:{}", "a".repeat(64)),
                "Config": { "Labels": { "fame.sandbox.profiles": "python,shell" } } })
    } else {
        json!([])
    }
}

/// Waits until the sandbox is on this tier, as long as it takes.
async fn until_on(sandbox: &Sandbox, tier: Tier) {
    let wait = async {
        while sandbox.status().tier != Some(tier) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    assert!(waited.is_ok(), "{:?}", sandbox.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_later_is_used_and_one_that_goes_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let settings = Settings {
        engine: Some(format!("unix://{}", socket.display())),
        ..settings(TierChoice::Auto)
    };
    let sandbox = start(settings, Names::default()).await.unwrap();
    let status = sandbox.status();
    assert_eq!(status.tier, Some(Tier::B));
    assert!(status.reasons[0].contains("tier A"), "{:?}", status.reasons);
    assert_eq!(run(&sandbox, "python", "print(1)").await.tier, Tier::B);

    for _ in 0..2 {
        let engine = Engine::start(&socket);
        until_on(&sandbox, Tier::A).await;
        let status = sandbox.status();
        assert!(status.reasons.is_empty(), "{:?}", status.reasons);
        assert!(
            status
                .engine
                .is_some_and(|engine| engine.contains("20.10.24"))
        );

        drop(engine);
        until_on(&sandbox, Tier::B).await;
        let status = sandbox.status();
        assert!(
            status.reasons[0].contains("is gone"),
            "{:?}",
            status.reasons
        );
        let report = run(&sandbox, "python", "print(2)").await;
        assert_eq!((report.tier, report.stdout.as_str()), (Tier::B, "2\n"));
    }
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_an_engine_will_do_a_program_that_comes_has_it_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let settings = Settings {
        engine: Some(format!("unix://{}", socket.display())),
        ..settings(TierChoice::A)
    };
    let helper = super::support::helper();
    // It would look by itself in 30 s only.
    let sandbox = Sandbox::with_helper(settings, helper).await;
    let request = super::support::request("python", "print(1)");
    let error = sandbox.run(&request, None).await.unwrap_err();
    assert!(
        error.to_string().contains("no sandbox can be had"),
        "{error}"
    );
    assert_eq!(sandbox.status().tier, None);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_engine_behind_a_door_that_closes_comes_back_and_nothing_is_left() {
    const REAL: &str = "/var/run/docker.sock";
    let Some(plain) = start(settings(TierChoice::A), Names::default()).await else {
        return;
    };
    plain.shutdown().await;
    let memory_mib = 300 + u64::from(std::process::id() % 1_000);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let settings = Settings {
        engine: Some(format!("unix://{}", socket.display())),
        warm: 1,
        memory_mib,
        ..settings(TierChoice::Auto)
    };
    let door = Door::open(&socket, REAL);
    let sandbox = start(settings, Names::default()).await.unwrap();
    assert_eq!(run(&sandbox, "python", "print(1)").await.tier, Tier::A);
    drop(door);
    until_on(&sandbox, Tier::B).await;
    assert_eq!(run(&sandbox, "python", "print(2)").await.tier, Tier::B);
    let _door = Door::open(&socket, REAL);
    until_on(&sandbox, Tier::A).await;
    assert_eq!(run(&sandbox, "python", "print(3)").await.tier, Tier::A);
    assert!(containers_with(memory_mib) > 0);
    // What could not be removed while the engine was away is removed by the one that came.
    sandbox.prune().await.unwrap();
    sandbox.shutdown().await;
    assert_eq!(containers_with(memory_mib), 0);
}

/// A real engine's socket at another place; closed when dropped.
struct Door {
    task: JoinHandle<()>,
    socket: std::path::PathBuf,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Door {
    fn open(socket: &Path, real: &'static str) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut connection, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut engine) = UnixStream::connect(real).await {
                        let _ = tokio::io::copy_bidirectional(&mut connection, &mut engine).await;
                    }
                });
            }
        });
        Self {
            task,
            socket: socket.to_owned(),
        }
    }
}

/// Containers with this much memory: no other test's have it.
fn containers_with(memory_mib: u64) -> usize {
    let docker = |arguments: &[&str]| {
        let said = std::process::Command::new("docker")
            .args(arguments)
            .output();
        String::from_utf8(said.unwrap().stdout).unwrap()
    };
    let listed = docker(&["ps", "--all", "--quiet", "--filter", "label=fame.sandbox"]);
    let bytes = (memory_mib << 20).to_string();
    listed
        .lines()
        // One that another test removes meanwhile has no memory.
        .map(|id| docker(&["inspect", "--format", "{{.HostConfig.Memory}}", id]))
        .filter(|memory| memory.trim() == bytes)
        .count()
}
