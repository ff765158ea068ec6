//! Engines that lie, stall and go away, on a Unix socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The address of a socket.
pub fn address(socket: &Path) -> Option<String> {
    Some(format!("unix://{}", socket.display()))
}

/// A server of these connections; it ends when this is dropped.
pub struct Server {
    pub socket: PathBuf,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves each connection with `serve`.
    pub fn start<F>(serve: impl Fn(UnixStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(serve(connection));
            }
        });
        Self {
            socket,
            task,
            _folder: folder,
        }
    }

    /// An engine that has answers from `answer`, by method and path.
    pub fn answering(
        answer: impl Fn(&str, &str) -> Option<(u16, Value)> + Send + Sync + Clone + 'static,
    ) -> Self {
        Self::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                while let Some((method, path)) = request(&mut connection).await {
                    let Some((status, body)) = answer(&method, &path) else {
                        // Never answers.
                        return std::future::pending().await;
                    };
                    let body = body.to_string();
                    let response = format!(
                        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    if connection.write_all(response.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        })
    }
}

/// The next request's method and path without its version; its body is read and left.
async fn request(connection: &mut UnixStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    let mut words = head.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let path = path.split('?').next()?.to_owned();
    let path = match path.strip_prefix("/v") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            rest.split_once('/').map(|(_, rest)| format!("/{rest}"))?
        }
        _ => path,
    };
    Some((method, path))
}

/// The answers of an engine up to a container's start.
pub fn polite(method: &str, path: &str) -> Option<(u16, Value)> {
    Some(match (method, path) {
        ("GET", "/version") => (200, json!({ "ApiVersion": "1.41", "Version": "20.10.24" })),
        ("GET", "/info") => (
            200,
            json!({ "ServerVersion": "20.10.24", "SecurityOptions": ["name=seccomp,profile=default"],
                    "MemoryLimit": true, "PidsLimit": true }),
        ),
        ("GET", path) if path.starts_with("/images/") => (
            200,
            json!({ "Id": format!("sha256:{}", "a".repeat(64)),
                    "Config": { "Labels": { "fame.sandbox.profiles": "python,shell" } } }),
        ),
        ("POST", "/containers/create") => (201, json!({ "Id": "c1", "Warnings": [] })),
        ("GET", "/containers/json") => (200, json!([])),
        ("DELETE", _) => (204, Value::Null),
        _ => return None,
    })
}

/// What a proxy does with what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Passes it on.
    Forward,
    /// Keeps connections open and passes nothing on, as a stopped engine.
    Stall,
    /// Closes everything, as an engine that is gone.
    Close,
}

/// A real engine behind a door.
pub struct Proxy {
    pub server: Server,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    pub fn of(engine: &'static str) -> Self {
        let mode = Arc::new(AtomicU8::new(Mode::Forward as u8));
        let seen = Arc::clone(&mode);
        let server = Server::start(move |client| {
            let mode = Arc::clone(&seen);
            async move {
                if is(&mode, Mode::Close) {
                    return;
                }
                let Ok(engine) = UnixStream::connect(engine).await else {
                    return;
                };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_engine, mut to_engine) = engine.into_split();
                let closed = async {
                    while !is(&mode, Mode::Close) {
                        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    }
                };
                let answers = async {
                    let mut piece = [0; 4096];
                    while let Ok(length @ 1..) = from_engine.read(&mut piece).await {
                        while is(&mode, Mode::Stall) {
                            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                        }
                        if to_client.write_all(&piece[..length]).await.is_err() {
                            return;
                        }
                    }
                };
                let requests = async {
                    let _ = copy(&mut from_client, &mut to_engine).await;
                    std::future::pending::<()>().await;
                };
                tokio::select! {
                    () = closed => {}
                    () = answers => {}
                    () = requests => {}
                }
            }
        });
        Self { server, mode }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }
}

fn is(mode: &AtomicU8, wanted: Mode) -> bool {
    mode.load(Ordering::SeqCst) == wanted as u8
}
