//! The server: binds, accepts so many, and stops within a time.

mod patient;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use fame_auth::Keys;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use self::patient::Patient;
pub use self::tls::TlsError;
use crate::api::Api;
use crate::assets::Asset;
use crate::docs;
use crate::front::Front;
use crate::guard::host::Hosts;
use crate::house::House;
use crate::routes;
use crate::settings::{Settings, Waits};

/// Bytes of a request's head.
const MAX_HEAD: usize = 16 << 10;

/// Headers of a request.
const MAX_HEADERS: usize = 64;

/// How long accepting rests after the system refused a connection, as it does without descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What a client is told for which there is no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\nretry-after: 1\r\nconnection: close\r\n\
content-length: 195\r\n\r\n\
{\"type\":\"urn:fame:problem:busy\",\"title\":\"Service Unavailable\",\"status\":503,\"code\":\"busy\",\
\"detail\":\"There are as many connections as there may be.\",\"hint\":\"Close some, or try again in a moment.\"}\n";

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others could reach it, and it would not be safe.
    #[error(
        "{0} can be reached by others, and there is no certificate; set one, or listen on 127.0.0.1"
    )]
    NoTls(SocketAddr),
    /// Others could reach it, and nobody could use it.
    #[error("{0} can be reached by others, and there is no key; make one with `fame keys create`")]
    NoKey(SocketAddr),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A rate of nothing.
    #[error("a rate needs a number above 0 a second; correct it in the settings")]
    Rate,
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another address or stop who has it")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    front: Arc<Front>,
    tls: Option<TlsAcceptor>,
    waits: Waits,
    connections: usize,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Listens at the address of the settings.
    ///
    /// # Errors
    /// If the address cannot be had, the certificate cannot be used, or others could reach it and
    /// there is no certificate or no key.
    pub async fn bind(
        settings: Settings,
        house: Arc<dyn House>,
        keys: Arc<Keys>,
        assets: &'static [Asset],
    ) -> Result<Self, ServeError> {
        let wanted = settings.address;
        let exposed = !wanted.ip().to_canonical().is_loopback();
        if exposed && settings.tls.is_none() {
            return Err(ServeError::NoTls(wanted));
        }
        if exposed && !keys.any_good() {
            return Err(ServeError::NoKey(wanted));
        }
        for rate in [settings.rate, settings.wrong_keys] {
            if !rate.per_second.is_finite() || rate.per_second <= 0.0 {
                return Err(ServeError::Rate);
            }
        }
        let tls = match &settings.tls {
            Some(files) => Some(tls::acceptor(files)?),
            None => None,
        };
        let bind = |error| ServeError::Bind {
            address: wanted,
            error,
        };
        let listener = TcpListener::bind(wanted).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (stopping, stops) = watch::channel(false);
        let (router, document) = routes::all();
        let paths: Vec<String> = document.paths.paths.keys().cloned().collect();
        let json = serde_json::to_value(&document).unwrap_or_default();
        let hosts = Hosts::new(address, tls.is_some(), &settings.hosts);
        let (waits, room) = (settings.waits, settings.room);
        let api = Arc::new(Api {
            settings,
            house,
            keys,
            assets,
            docs: docs::page(&json).into(),
            document: json.to_string().into(),
            streams: Arc::new(Semaphore::new(room.streams)),
            sounds: Semaphore::new(room.sounds),
            stopping: stops,
        });
        let router = router.with_state(api.clone());
        let paths = paths.iter().map(String::as_str);
        Ok(Self {
            front: Arc::new(Front::new(api, router, hosts, paths)),
            listener,
            address,
            tls,
            waits,
            connections: room.connections,
            stopping,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` comes. Then what is going on may end, within the settings' time; what
    /// has not by then is dropped.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let room = Arc::new(Semaphore::new(self.connections));
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    tokio::time::sleep(ACCEPT_REST).await;
                    continue;
                }
            };
            match room.clone().try_acquire_owned() {
                Ok(permit) => {
                    connections.spawn(self.connection(stream, peer, permit));
                }
                Err(_) if self.tls.is_none() => {
                    // What does not fit the socket's buffer is not worth a wait.
                    let _ = stream.try_write(NO_ROOM);
                }
                Err(_) => drop(stream),
            }
        }
        drop(self.listener);
        self.stopping.send_replace(true);
        let ended = async {
            while connections.join_next().await.is_some() {}
            self.front.finished().await;
        };
        if tokio::time::timeout(self.waits.stop, ended).await.is_err() {
            tracing::warn!("requests were still being answered and are dropped");
            connections.shutdown().await;
        }
    }

    /// Serves one connection.
    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + use<> {
        let front = self.front.clone();
        let tls = self.tls.clone();
        let waits = self.waits;
        let stops = self.stopping.subscribe();
        async move {
            let _permit = permit;
            // Answers are small and awaited.
            let _ = stream.set_nodelay(true);
            match tls {
                None => serve(stream, peer, front, waits, stops).await,
                Some(tls) => match tokio::time::timeout(waits.head, tls.accept(stream)).await {
                    Ok(Ok(stream)) => serve(stream, peer, front, waits, stops).await,
                    Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                },
            }
        }
    }
}

async fn serve<S>(
    stream: S,
    peer: SocketAddr,
    front: Arc<Front>,
    waits: Waits,
    mut stops: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request: Request<Incoming>| {
        let front = &front;
        async move {
            let request = request.map(Body::new);
            Ok::<_, std::convert::Infallible>(front.answer(request, peer.ip()).await)
        }
    });
    let stream = TokioIo::new(Patient::new(stream, waits.taking));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(waits.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    let stopping = async { drop(stops.wait_for(|stopping| *stopping).await) };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopping => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended early: {error}");
    }
}
