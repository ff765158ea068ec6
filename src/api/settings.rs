//! How the server is set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes of a body, except recordings.
pub const MAX_BODY: usize = 1 << 20;

/// Bytes of a recording to be written down.
pub const MAX_RECORDING: usize = 25 << 20;

/// How the server is set up. The default is for this machine alone.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens. Port 0 means any free one.
    pub address: SocketAddr,
    /// Names under which it is reached besides `localhost` and its address, as in the header
    /// `Host`: `fame.home:8000`.
    pub hosts: Vec<String>,
    /// Other people's pages that may use it from a browser: `https://panel.home`.
    pub origins: Vec<String>,
    /// The certificate, without which it listens on this machine only.
    pub tls: Option<TlsFiles>,
    /// Requests with one key that look, and as many that change something.
    pub rate: Rate,
    /// Wrong keys from one address.
    pub wrong_keys: Rate,
    /// What there may be at once.
    pub room: Room,
    /// How long what is waited for.
    pub waits: Waits,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// So many a second for ever, more than 0.
    pub per_second: f64,
}

/// What there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Connections. One more is told so and closed.
    pub connections: usize,
    /// Clients of `/events`. One more is told that it is busy.
    pub streams: usize,
    /// Recordings on their way in or being written down, and texts being read aloud. One more is
    /// told that it is busy.
    pub sounds: usize,
}

/// How long what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For a request's head, a TLS handshake, and the next request on an open connection.
    pub head: Duration,
    /// For a body.
    pub body: Duration,
    /// For a recording.
    pub recording: Duration,
    /// For an answer.
    pub answer: Duration,
    /// For a client to take what is sent to it.
    pub taking: Duration,
    /// Between two signs of life on `/events`.
    pub beat: Duration,
    /// For what is going on, when the server stops.
    pub stop: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            hosts: Vec::new(),
            origins: Vec::new(),
            tls: None,
            rate: Rate {
                burst: 200,
                per_second: 100.0,
            },
            wrong_keys: Rate {
                burst: 20,
                per_second: 0.2,
            },
            room: Room {
                connections: 1_024,
                streams: 64,
                sounds: 4,
            },
            waits: Waits {
                head: Duration::from_secs(20),
                body: Duration::from_secs(20),
                recording: Duration::from_secs(60),
                answer: Duration::from_secs(160),
                taking: Duration::from_secs(30),
                beat: Duration::from_secs(15),
                stop: Duration::from_secs(5),
            },
        }
    }
}
