//! The proxy of one run: `CONNECT` and plain HTTP, to hosts on the list only.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::Way as Grant;
use super::head::{self, Asked, Kind, MAX_HEAD_BYTES, Refusal};
use super::ledger::{Ledger, Line, Way};
use crate::limits::{MAX_CONNECTIONS, MAX_OPEN_CONNECTIONS};
use crate::report::NetworkUse;

/// Longest wait for a request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Longest wait for a name's addresses.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);

/// Longest wait for a connection to one address.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// A connection on which nothing moves for so long is closed.
const IDLE_WITHIN: Duration = Duration::from_secs(60);

/// Passed on at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// Pause after a connection could not be taken: descriptors may have run out.
const TAKE_AGAIN: Duration = Duration::from_millis(100);

/// A connection of a program's, of whatever kind.
trait Client: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Client for T {}

/// Where a program's connections come in.
#[derive(Debug)]
pub(crate) enum Listener {
    /// Through the folder that a container sees.
    Unix(UnixListener),
    /// On the loopback of the program's own namespace.
    Tcp(TcpListener),
}

impl Listener {
    async fn accept(&self) -> io::Result<Box<dyn Client>> {
        Ok(match self {
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// Serves one run; dropped, it closes all connections.
#[derive(Debug)]
pub(crate) struct Proxy {
    ledger: Arc<Ledger>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Begins to serve what comes in.
    pub(crate) fn serve(listener: Listener, grant: &Grant) -> Self {
        let ledger = Arc::new(Ledger::default());
        let desk = Desk {
            grant: grant.clone(),
            ledger: Arc::clone(&ledger),
        };
        Self {
            ledger,
            task: tokio::spawn(serve(listener, desk)),
        }
    }

    /// Closes everything and tells what there was.
    pub(crate) async fn finish(mut self) -> NetworkUse {
        self.task.abort();
        // It ends at its next wait, which is at once.
        let _ = (&mut self.task).await;
        self.ledger.told()
    }
}

async fn serve(listener: Listener, desk: Desk) {
    let open = Arc::new(Semaphore::new(MAX_OPEN_CONNECTIONS));
    let mut served = 0_usize;
    let mut connections = JoinSet::new();
    // Full: the next one waits until another ends.
    while let Ok(place) = Arc::clone(&open).acquire_owned().await {
        let Ok(client) = listener.accept().await else {
            sleep(TAKE_AGAIN).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        served = served.saturating_add(1);
        if served > MAX_CONNECTIONS {
            desk.ledger.turned_away();
            continue;
        }
        let desk = desk.clone();
        connections.spawn(async move {
            let _place = place;
            desk.serve(client).await;
        });
    }
}

/// Decides and passes on.
#[derive(Clone)]
struct Desk {
    grant: Grant,
    ledger: Arc<Ledger>,
}

impl Desk {
    async fn serve(&self, mut client: Box<dyn Client>) {
        let outcome = match timeout(HEAD_WITHIN, read_head(&mut client)).await {
            Ok(Ok((head, rest))) => self.request(&mut client, &head, &rest).await,
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(Refusal(408, "the request did not come").into()),
        };
        if let Err(Failed(status, why)) = outcome {
            // Whoever asked may be gone.
            let _ = timeout(IDLE_WITHIN, client.write_all(&answer(status, &why))).await;
            let _ = client.shutdown().await;
        }
    }

    /// Does what a head asks for. An error is told to the program.
    async fn request(
        &self,
        client: &mut Box<dyn Client>,
        head: &[u8],
        rest: &[u8],
    ) -> Result<(), Failed> {
        let asked = head::parse(head)?;
        let (server, line) = self.connect(&asked).await?;
        match asked.kind {
            Kind::Tunnel => {
                client
                    .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await
                    .map_err(|_| Failed(502, "the program is gone".into()))?;
                self.tunnel(client, server, rest, line).await;
            }
            Kind::Plain { head, body_bytes } => {
                self.plain(client, server, (&head, rest, body_bytes), line)
                    .await;
            }
        }
        Ok(())
    }

    /// Connects to an address that was checked, and notes the decision.
    async fn connect(&self, asked: &Asked) -> Result<(TcpStream, Line), Failed> {
        let (shown, port) = (asked.shown.as_str(), asked.port);
        let refused = |status: u16, allowed: bool, problem: &str| {
            self.ledger.decided(shown, port, allowed, Some(problem));
            Failed(status, format!("`{shown}:{port}` {problem}"))
        };
        let Some(host) = &asked.host else {
            return Err(refused(403, false, "is no host's name"));
        };
        if !self.grant.allow.allows(host, port) {
            return Err(refused(
                403,
                false,
                "is not on the allow-list of this profile",
            ));
        }
        let outside = &self.grant.outside;
        let found = timeout(RESOLVE_WITHIN, outside.resolve(host.as_str(), port)).await;
        let Ok(Ok(found)) = found else {
            return Err(refused(502, true, "cannot be resolved"));
        };
        let open: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| outside.may_connect(address.ip(), None))
            .take(MAX_ADDRESSES)
            .collect();
        if open.is_empty() {
            return Err(refused(403, false, "leads to no public address"));
        }
        for address in open {
            // The address, not the name: nothing can come between the check and this.
            let Ok(Ok(server)) = timeout(CONNECT_WITHIN, TcpStream::connect(address)).await else {
                continue;
            };
            let own = server.local_addr().ok().map(|own| own.ip());
            if own.is_none() || !outside.may_connect(address.ip(), own) {
                return Err(refused(403, false, "leads to this machine"));
            }
            return Ok((server, self.ledger.decided(shown, port, true, None)));
        }
        Err(refused(502, true, "does not answer"))
    }

    async fn tunnel(
        &self,
        client: &mut Box<dyn Client>,
        mut server: TcpStream,
        rest: &[u8],
        line: Line,
    ) {
        if !self.pass(&mut server, rest, line, Way::Out).await {
            return;
        }
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = server.split();
        let out = async {
            let whole = self
                .pour(&mut from_client, &mut to_server, u64::MAX, line, Way::Out)
                .await;
            // Half of it may be closed while the other goes on.
            whole && to_server.shutdown().await.is_ok()
        };
        let back = async {
            let whole = self
                .pour(&mut from_server, &mut to_client, u64::MAX, line, Way::In)
                .await;
            whole && to_client.shutdown().await.is_ok()
        };
        both(out, back).await;
    }

    /// One request and its answer. What follows the request is not passed on.
    async fn plain(
        &self,
        client: &mut Box<dyn Client>,
        mut server: TcpStream,
        (head, rest, body_bytes): (&[u8], &[u8], u64),
        line: Line,
    ) {
        let begun = usize::try_from(body_bytes).map_or(rest.len(), |body| rest.len().min(body));
        let begun = &rest[..begun];
        if !self.pass(&mut server, head, line, Way::Out).await
            || !self.pass(&mut server, begun, line, Way::Out).await
        {
            return;
        }
        let (mut from_client, mut to_client) = tokio::io::split(&mut *client);
        let (mut from_server, mut to_server) = server.split();
        let left = body_bytes - begun.len() as u64;
        let out = self.pour(&mut from_client, &mut to_server, left, line, Way::Out);
        let back = async {
            self.pour(&mut from_server, &mut to_client, u64::MAX, line, Way::In)
                .await;
            // Whoever asked may be gone.
            let _ = to_client.shutdown().await;
        };
        tokio::pin!(out, back);
        tokio::select! {
            () = &mut back => {}
            // Its body is sent: the answer is what is left.
            _ = &mut out => back.await,
        }
    }

    /// Passes on until the end, a bound or a failure; tells whether it was the end.
    async fn pour(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        mut left: u64,
        line: Line,
        way: Way,
    ) -> bool {
        let mut piece = vec![0; PIECE_BYTES];
        while left > 0 {
            let room = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
            let length = match timeout(IDLE_WITHIN, from.read(&mut piece[..room])).await {
                Ok(Ok(0)) => return true,
                Ok(Ok(length)) => length,
                Ok(Err(_)) | Err(_) => return false,
            };
            if !self.pass(to, &piece[..length], line, way).await {
                return false;
            }
            left -= length as u64;
        }
        true
    }

    /// Counts and writes; tells whether it may go on.
    async fn pass(
        &self,
        to: &mut (impl AsyncWrite + Unpin),
        bytes: &[u8],
        line: Line,
        way: Way,
    ) -> bool {
        self.ledger.may_pass(line, way, bytes.len())
            && matches!(timeout(IDLE_WITHIN, to.write_all(bytes)).await, Ok(Ok(())))
    }
}

/// Waits for both, but no longer for one when the other ended badly.
async fn both(one: impl Future<Output = bool>, other: impl Future<Output = bool>) {
    tokio::pin!(one, other);
    tokio::select! {
        whole = &mut one => if whole {
            other.await;
        },
        whole = &mut other => if whole {
            one.await;
        },
    }
}

/// What a program is told: a status and why.
struct Failed(u16, String);

impl From<Refusal> for Failed {
    fn from(Refusal(status, why): Refusal) -> Self {
        Self(status, why.to_owned())
    }
}

/// The head of a request, and what came after it.
async fn read_head(client: &mut Box<dyn Client>) -> Result<(Vec<u8>, Vec<u8>), Failed> {
    let mut bytes = Vec::with_capacity(1_024);
    loop {
        if let Some(end) = head::end(&bytes) {
            let rest = bytes.split_off(end);
            return Ok((bytes, rest));
        }
        if bytes.len() >= MAX_HEAD_BYTES {
            return Err(Refusal(431, "the request's head is too long").into());
        }
        match client.read_buf(&mut bytes).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Err(Refusal(400, "the request has no end").into()),
        }
    }
}

fn answer(status: u16, why: &str) -> Vec<u8> {
    let reason = match status {
        403 => "Forbidden",
        408 => "Request Timeout",
        411 => "Length Required",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        _ => "Bad Request",
    };
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{why}\n",
        why.len() + 1
    )
    .into_bytes()
}

#[cfg(test)]
mod tests;
