//! Engines that are not there, lie or go away. (21, 22, 23)

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fame::sandbox::{SandboxError, Settings, TierChoice};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::fake::{Mode, Proxy, Server, address, polite};
use super::support::{helper, python, run, settings, start};

/// The engine that tests may use.
const ENGINE: &str = "/var/run/docker.sock";

/// How long a lost engine may stay unnoticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(2);

async fn sandbox(server: &Server) -> fame::sandbox::Sandbox {
    let settings = Settings {
        engine: address(&server.socket),
        ..settings(TierChoice::A)
    };
    fame::sandbox::Sandbox::with_helper(settings, helper()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_talks_nonsense_or_nothing_is_none() {
    let silent = Server::start(|connection| async move {
        let _open = connection;
        std::future::pending().await
    });
    let garbage = Server::start(|mut connection| async move {
        let _ = connection
            .write_all(b"\x00\xff not HTTP at all\r\n\r\n")
            .await;
    });
    let trickle = Server::start(|mut connection| async move {
        let _ = connection.read(&mut [0; 1_024]).await;
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
            .iter()
            .cycle()
        {
            if connection.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let old = Server::answering(|_, _| Some((200, json!({ "ApiVersion": "1.24" }))));
    let broken = Server::answering(|_, _| Some((500, json!({ "message": "\u{1b}[2Jno" }))));
    for (server, word) in [
        (&silent, "no answer"),
        (&garbage, "client error"),
        (&trickle, "no answer"),
        (&old, "older than 1.41"),
        (&broken, "500"),
    ] {
        let started = Instant::now();
        let sandbox = sandbox(server).await;
        let reasons = sandbox.status().reasons.join("; ");
        assert_eq!(sandbox.status().tier, None);
        assert!(reasons.contains(word), "{word}: {reasons}");
        assert!(!reasons.contains('\u{1b}'), "{reasons}");
        assert!(started.elapsed() < Duration::from_secs(6));
        let error = sandbox.run(&python("", 1.0), None).await.unwrap_err();
        assert!(matches!(error, SandboxError::Unavailable { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_weakens_the_policy_gets_nothing_to_run() {
    static STARTED: AtomicBool = AtomicBool::new(false);
    let weak = Server::answering(|method, path| match (method, path) {
        ("GET", "/containers/c1/json") => Some((
            200,
            json!({ "Id": "c1", "Image": format!("sha256:{}", "a".repeat(64)),
                    "HostConfig": { "NetworkMode": "bridge", "Memory": 0, "PidsLimit": 0 } }),
        )),
        ("POST", path) if path.ends_with("/start") => {
            STARTED.store(true, Ordering::SeqCst);
            None
        }
        _ => polite(method, path),
    });
    let sandbox = sandbox(&weak).await;
    let error = sandbox
        .run(&python("print(1)", 5.0), None)
        .await
        .unwrap_err();
    assert!(
        matches!(error, SandboxError::PolicyMismatch { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("`NetworkMode`"), "{error}");
    assert!(!error.is_infrastructure());
    assert!(!STARTED.load(Ordering::SeqCst));
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_refuses_is_quoted() {
    let full = Server::answering(|method, path| match (method, path) {
        ("POST", "/containers/create") => Some((507, json!({ "message": "no space left" }))),
        _ => polite(method, path),
    });
    let sandbox = sandbox(&full).await;
    let error = sandbox
        .run(&python("print(1)", 5.0), None)
        .await
        .unwrap_err();
    assert!(
        error.is_infrastructure() && error.to_string().contains("no space left"),
        "{error}"
    );
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_missing_or_another_one_is_not_used() {
    static PULLED: AtomicBool = AtomicBool::new(false);
    let missing = Server::answering(|method, path| {
        PULLED.fetch_or(
            method == "POST" && path.starts_with("/images"),
            Ordering::SeqCst,
        );
        match path.starts_with("/images/") {
            true => Some((404, json!({ "message": "No such image" }))),
            false => polite(method, path),
        }
    });
    let reasons = sandbox(&missing).await.status().reasons.join("; ");
    assert!(reasons.contains("fame sandbox build"), "{reasons}");
    assert!(!PULLED.load(Ordering::SeqCst));

    let plain = Server::answering(|method, path| match path.starts_with("/images/") {
        true => Some((
            200,
            json!({ "Id": format!("sha256:{}", "b".repeat(64)), "Config": {} }),
        )),
        false => polite(method, path),
    });
    let reasons = sandbox(&plain).await.status().reasons.join("; ");
    assert!(reasons.contains("no image for the sandbox"), "{reasons}");

    let moved = Server::answering(polite);
    let pinned = Settings {
        engine: address(&moved.socket),
        image_id: Some(format!("sha256:{}", "c".repeat(64))),
        ..settings(TierChoice::A)
    };
    let sandbox = fame::sandbox::Sandbox::with_helper(pinned, helper()).await;
    let reasons = sandbox.status().reasons.join("; ");
    assert!(reasons.contains("not the pinned"), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stops_in_each_step_is_lost_by_the_deadline() {
    for stops_at in ["/containers/create", "/containers/c1/json"] {
        let server = Server::answering(move |method, path| match path == stops_at {
            true => None,
            false => polite(method, path),
        });
        let sandbox = sandbox(&server).await;
        let started = Instant::now();
        let error = sandbox
            .run(&python("print(1)", 5.0), None)
            .await
            .unwrap_err();
        assert!(
            matches!(error, SandboxError::EngineLost { .. }),
            "{stops_at}: {error}"
        );
        assert!(error.is_infrastructure());
        assert!(started.elapsed() < Duration::from_secs(25));
        assert_eq!(sandbox.status().running, 0);
    }
    let liar = Server::answering(|method, path| match (method, path) {
        ("GET", "/containers/c1/json") => Some((200, Value::String("x".repeat(1_000)))),
        _ => polite(method, path),
    });
    let sandbox = sandbox(&liar).await;
    let error = sandbox
        .run(&python("print(1)", 5.0), None)
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::EngineLost { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_lost_in_mid_run_is_never_the_programs_fault() {
    if start(settings(TierChoice::A)).await.is_none() {
        return;
    }
    for mode in [Mode::Stall, Mode::Close] {
        let proxy = Proxy::of(ENGINE);
        let sandbox = sandbox(&proxy.server).await;
        // The policy is proved; what follows is one container's.
        assert_eq!(run(&sandbox, "print(1)", 20.0).await.stdout, "1\n");
        let (told, mut heard) = tokio::sync::mpsc::channel(16);
        let runs = {
            let sandbox = sandbox.clone();
            let request = python("import time\nprint('runs')\ntime.sleep(30)", 40.0);
            tokio::spawn(async move { sandbox.run(&request, Some(told)).await })
        };
        while let Some(progress) = heard.recv().await {
            if matches!(progress, fame::sandbox::Progress::Stdout { .. }) {
                break;
            }
        }
        let started = Instant::now();
        proxy.set(mode);
        let error = runs.await.unwrap().unwrap_err();
        assert!(matches!(error, SandboxError::EngineLost { .. }), "{error}");
        assert!(
            started.elapsed() <= NOTICED_WITHIN,
            "{:?}",
            started.elapsed()
        );
        proxy.set(Mode::Forward);
        // It is back, and so is the sandbox.
        assert_eq!(run(&sandbox, "print(2)", 20.0).await.stdout, "2\n");
        sandbox.shutdown().await;
    }
}
