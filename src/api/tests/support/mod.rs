//! A server with its house, and a client that sends exactly what it is told to.

pub mod house;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fame_api::{Asset, Rate, Server, Settings};
use fame_auth::{Keys, Scope};
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use self::house::SmallHouse;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub static ASSETS: &[Asset] = &[
    Asset {
        path: "index.html",
        bytes: b"<!doctype html><title>FAME</title>",
    },
    Asset {
        path: "pages/live.js",
        bytes: b"export {};",
    },
];

/// A running server.
pub struct Running {
    pub address: SocketAddr,
    pub house: Arc<SmallHouse>,
    pub keys: Arc<Keys>,
    /// Keys with one scope each.
    pub query: String,
    pub read: String,
    pub admin: String,
    stop: Option<oneshot::Sender<()>>,
    pub ended: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// Settings that no test runs into without wanting to.
pub fn settings() -> Settings {
    let plenty = Rate {
        burst: 1_000_000,
        per_second: 1e6,
    };
    Settings {
        address: ([127, 0, 0, 1], 0).into(),
        rate: plenty,
        wrong_keys: plenty,
        ..Settings::default()
    }
}

/// Keys in a folder of their own, one for each scope.
pub fn keys(folder: &tempfile::TempDir) -> (Arc<Keys>, [String; 3]) {
    let keys = Keys::open(folder.path().join("keys.json")).unwrap();
    let make = |scope: Scope| {
        let made = keys.create(scope.name(), [scope].into(), None).unwrap();
        made.key.expose_secret().to_owned()
    };
    let made = Scope::ALL.map(make);
    (Arc::new(keys), made)
}

pub async fn start(settings: Settings) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let (keys, [query, read, admin]) = keys(&folder);
    let house = Arc::new(SmallHouse::default());
    let server = Server::bind(settings, house.clone(), keys.clone(), ASSETS)
        .await
        .unwrap();
    let (stop, stops) = oneshot::channel();
    Running {
        address: server.address(),
        house,
        keys,
        query,
        read,
        admin,
        stop: Some(stop),
        ended: tokio::spawn(server.run(async {
            let _ = stops.await;
        })),
        _folder: folder,
    }
}

impl Running {
    /// Has the server stop.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Sends the bytes of a request in which `{port}`, `{query}`, `{read}` and `{admin}` stand for
    /// what they name, and reads the answer.
    pub async fn raw(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let bytes = self.fill(request);
        stream.write_all(bytes.as_bytes()).await.unwrap();
        tokio::time::timeout(PATIENCE, Reply::read(&mut stream))
            .await
            .expect("no answer")
    }

    pub fn fill(&self, request: &str) -> String {
        request
            .replace("{port}", &self.address.port().to_string())
            .replace("{query}", &self.query)
            .replace("{read}", &self.read)
            .replace("{admin}", &self.admin)
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, key: &str, headers: &str, body: &str) -> Reply {
        self.raw(&self.request("POST", path, key, headers, body))
            .await
    }

    pub async fn get(&self, path: &str, key: &str) -> Reply {
        self.raw(&self.request("GET", path, key, "", "")).await
    }

    /// A request as it should be.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        key: &str,
        headers: &str,
        body: &str,
    ) -> String {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        request += &format!("Authorization: Bearer {key}\r\n{headers}");
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        format!("{request}\r\n{body}")
    }
}

/// An answer, as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// The whole head.
    pub head: String,
    pub body: String,
}

impl Reply {
    /// Reads one answer; of one without an end, its head. A connection that is closed without one
    /// is status 0.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Self {
        let mut stream = BufReader::new(stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut reply = Self {
            status: head.get(9..12).map_or(0, |status| status.parse().unwrap()),
            head,
            body: String::new(),
        };
        let length = reply.header("content-length").map(str::parse);
        let endless = reply.header("content-type") == Some("text/event-stream");
        match length {
            _ if endless => {}
            Some(length) => {
                let mut body = vec![0; length.unwrap()];
                if stream.read_exact(&mut body).await.is_ok() {
                    reply.body = String::from_utf8_lossy(&body).into_owned();
                }
            }
            None => {
                let mut body = Vec::new();
                if reply.status >= 200 && reply.status != 204 {
                    let _ = stream.read_to_end(&mut body).await;
                }
                reply.body = String::from_utf8_lossy(&body).into_owned();
            }
        }
        reply
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The problem's code; empty if there is none.
    pub fn code(&self) -> String {
        match self.header("content-type") {
            Some("application/problem+json") => {
                self.json()["code"].as_str().unwrap_or_default().into()
            }
            _ => String::new(),
        }
    }
}
