//! The daemon's side of the socket: one listener, a bounded number of conversations.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::tokio::{Listener, Stream};
use interprocess::local_socket::traits::StreamCommon;
use interprocess::local_socket::traits::tokio::Listener as _;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::codec::encode;
use super::connection;
use super::handler::Handler;
use super::protocol::{Answer, RpcError, code};
use super::socket::{IpcError, Place};

/// Conversations at one time. One more waits [`ADMIT_WAIT`] for a place and is then refused
/// with [`code::TOO_MANY_CONNECTIONS`].
pub const MAX_CONNECTIONS: usize = 64;

/// How long a new client waits for a place when all are taken.
pub const ADMIT_WAIT: Duration = Duration::from_secs(1);

/// Rest after the system refused to accept a connection (it is out of file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a refusal may take to write.
const REFUSAL_WAIT: Duration = Duration::from_millis(100);

/// A socket that is ours. Dropping it removes the file.
pub struct Server {
    // Declared before the place: the file goes before somebody else may claim the path.
    listener: Listener,
    owner: u32,
    place: Place,
}

impl Server {
    /// Takes the socket at `path`: makes its folder (mode 0700) if there is none, removes the
    /// socket of a daemon that died, respects one that lives, and listens with mode 0600.
    ///
    /// Has to be called inside a tokio runtime.
    pub fn bind(path: &Path) -> Result<Self, IpcError> {
        let place = Place::claim(path)?;
        let listener = place.listen()?;
        let owner = place.owner()?;
        Ok(Self {
            listener,
            owner,
            place,
        })
    }

    /// Serves until `shutdown` holds true or its sender is gone, then lets the calls in flight
    /// end (each conversation bounds that), tells the clients and removes the socket. That the
    /// connections close comes last: a client that sees it can start another daemon at once.
    pub async fn run<H: Handler>(self, handler: Arc<H>, mut shutdown: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut conversations = JoinSet::new();
        loop {
            let stream = tokio::select! {
                biased;
                () = connection::stopped(&mut shutdown) => break,
                Some(_) = conversations.join_next() => continue,
                accepted = self.listener.accept() => match accepted {
                    Ok(stream) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection, trying again");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            if !self.may_speak(&stream) {
                continue;
            }
            let place = Arc::clone(&places).acquire_owned();
            let Ok(Ok(place)) = tokio::time::timeout(ADMIT_WAIT, place).await else {
                refuse(stream).await;
                continue;
            };
            let conversation = connection::serve(stream, Arc::clone(&handler), shutdown.clone());
            conversations.spawn(async move {
                let _place = place;
                conversation.await
            });
        }
        drop(self.listener);
        let mut held = Vec::new();
        while let Some(ended) = conversations.join_next().await {
            // A conversation that panicked has been reported by the panic itself.
            held.extend(ended.ok().flatten());
        }
        drop(self.place);
        drop(held);
    }

    /// Only the socket's owner is heard; the mode of the file says the same, but not on every
    /// system. Nobody else gets so much as an answer.
    fn may_speak(&self, stream: &Stream) -> bool {
        match stream.peer_creds().map(|creds| creds.euid()) {
            Ok(Some(uid)) if uid == self.owner => true,
            Ok(uid) => {
                tracing::warn!(?uid, "refused a connection of another user");
                false
            }
            Err(error) => {
                tracing::debug!(%error, "a client was gone before it was accepted");
                false
            }
        }
    }
}

async fn refuse(mut stream: Stream) {
    let message =
        format!("FAME talks to {MAX_CONNECTIONS} clients already; close one and try again");
    let error = RpcError::new(code::TOO_MANY_CONNECTIONS, message);
    if let Ok(line) = encode(&Answer::new(None, Err(error))) {
        // The client may be gone, and must not hold us up.
        let _ = tokio::time::timeout(REFUSAL_WAIT, stream.write_all(&line)).await;
    }
    tracing::warn!("refused a client: {MAX_CONNECTIONS} are connected");
}
