//! One task a connection that writes: answers in order, then events, never waiting for long.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

use super::codec::{EncodeError, encode};
use super::protocol::{
    Answer, DropReason, Dropped, EventNote, Id, Notification, NotificationFrame, RpcError,
};
use crate::bus::{CAPACITY, Event, Published};

/// Answers that wait for a client to read. With one more the client is dropped as slow.
pub(super) const QUEUE: usize = 64;

/// How long a client may leave a message unread once the system's buffers are full.
pub(super) const STALL: Duration = Duration::from_secs(5);

/// What the writer is told to do.
pub(super) enum Outgoing {
    /// Answers a call.
    Answer(Option<Id>, Result<Value, RpcError>),
    /// Tells the state, and from then on every event.
    ///
    /// Events need no queue here: a subscriber may fall [`CAPACITY`] events behind, which the
    /// bus keeps once for all.
    Subscribe(Value, broadcast::Receiver<Arc<Published>>),
    /// Says why it ends, and ends.
    Close(Dropped),
}

/// Writes until it is told to close, until `orders` ends, or until the client is gone or slow.
pub(super) async fn write(
    mut sink: impl AsyncWrite + Unpin,
    mut orders: mpsc::Receiver<Outgoing>,
) -> io::Result<()> {
    let mut events: Option<broadcast::Receiver<Arc<Published>>> = None;
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                None => return Ok(()),
                Some(Outgoing::Answer(id, result)) => answer(&mut sink, id, result).await?,
                Some(Outgoing::Subscribe(state, receiver)) => {
                    notify(&mut sink, Notification::State(state)).await?;
                    events = Some(receiver);
                }
                Some(Outgoing::Close(why)) => {
                    return notify(&mut sink, Notification::Dropped(why)).await;
                }
            },
            event = next(&mut events) => match event {
                Ok(event) => notify(&mut sink, note(&event)).await?,
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "dropped a subscriber that does not keep up");
                    return notify(&mut sink, Notification::Dropped(lagged(missed))).await;
                }
                Err(RecvError::Closed) => events = None,
            },
        }
    }
}

/// The next event; never, as long as nobody subscribed.
async fn next(
    events: &mut Option<broadcast::Receiver<Arc<Published>>>,
) -> Result<Arc<Published>, RecvError> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn answer(
    sink: &mut (impl AsyncWrite + Unpin),
    id: Option<Id>,
    result: Result<Value, RpcError>,
) -> io::Result<()> {
    match encode(&Answer::new(id.clone(), result)) {
        Ok(line) => put(sink, &line).await,
        Err(error) => {
            tracing::error!(%error, "an answer cannot be sent");
            let message = format!("{error}; please report this");
            send(sink, &Answer::new(id, Err(RpcError::internal(message)))).await
        }
    }
}

async fn notify(
    sink: &mut (impl AsyncWrite + Unpin),
    notification: Notification<&Event>,
) -> io::Result<()> {
    send(sink, &NotificationFrame::from(notification)).await
}

async fn send(sink: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    let line = encode(message).map_err(|error: EncodeError| {
        tracing::error!(%error, "a message cannot be sent");
        io::Error::other(error)
    })?;
    put(sink, &line).await
}

async fn put(sink: &mut (impl AsyncWrite + Unpin), line: &[u8]) -> io::Result<()> {
    tokio::time::timeout(STALL, sink.write_all(line))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn note(published: &Published) -> Notification<&Event> {
    Notification::Event(EventNote {
        seq: published.seq,
        at: Timestamp::try_from(published.at)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_string(),
        event: &published.event,
    })
}

fn lagged(missed: u64) -> Dropped {
    Dropped {
        reason: DropReason::Slow,
        message: format!(
            "you fell more than {CAPACITY} events behind; read faster and subscribe again"
        ),
        missed: Some(missed),
    }
}
