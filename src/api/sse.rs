//! What happens, as it happens: server-sent events.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::api::Api;
use crate::house::{Caller, Events, Told};
use crate::problem::{Code, Problem};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Milliseconds after which a client that lost us comes back.
const COME_BACK_MS: u32 = 2_000;

/// The last event that the client has seen, if it says so.
pub(crate) fn last_event(parts: &Parts) -> Result<Option<u64>, Problem> {
    let Some(value) = parts.headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let problem = || Problem::new(Code::Malformed, "`Last-Event-ID` is not a number.");
    number.map(Some).ok_or_else(problem)
}

/// A client that is told.
struct Listener {
    events: Events,
    beat: Interval,
    stopping: watch::Receiver<bool>,
    api: Arc<Api>,
    caller: Caller,
    _room: OwnedSemaphorePermit,
}

/// Tells a client what happens, until it leaves, its key ends or the server stops.
pub(crate) fn tell(
    api: &Arc<Api>,
    caller: Caller,
    after: Option<u64>,
) -> Result<Response, Problem> {
    let room = api.streams.clone().try_acquire_owned().map_err(|_| {
        Problem::new(
            Code::Busy,
            "As many clients as may be are being told already.",
        )
    })?;
    let every = api.settings.waits.beat;
    let mut beat = tokio::time::interval_at(Instant::now() + every, every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener {
        events: api.house.events(&caller, after),
        beat,
        stopping: api.stopping.clone(),
        api: api.clone(),
        caller,
        _room: room,
    };
    let hello = Bytes::from(format!("retry: {COME_BACK_MS}\n\n"));
    let hello = stream::once(async { Ok::<_, std::convert::Infallible>(hello) });
    let told = stream::unfold(listener, |mut listener| async {
        listener.next().await.map(|text| (Ok(text), listener))
    });
    let body = Body::from_stream(hello.chain(told));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}

impl Listener {
    /// What to send next; nothing if it is over.
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            _ = self.beat.tick() => {
                let good = self.api.keys.still_good(&self.caller.key);
                good.then(|| Bytes::from_static(b": still here\n\n"))
            }
            told = self.events.next() => told.map(|told| write(&told)),
        }
    }
}

/// One event as it is sent. Nothing in it can begin another one.
fn write(told: &Told) -> Bytes {
    let mut text = String::new();
    match told {
        Told::Event { seq, topic, json } => {
            text.push_str(&format!("id: {seq}\nevent: "));
            text.extend(topic.chars().filter(|letter| !letter.is_control()));
            for line in json.split(['\n', '\r']) {
                text.push_str("\ndata: ");
                text.push_str(line);
            }
            text.push_str("\n\n");
        }
        Told::Missed { events } => {
            text.push_str(&format!("event: missed\ndata: {{\"events\":{events}}}\n\n"));
        }
    }
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_cannot_begin_another() {
        let told = Told::Event {
            seq: 7,
            topic: "a\nevent: b".into(),
            json: "{\n\"x\":1}\r\rid: 9".into(),
        };
        assert_eq!(
            write(&told),
            "id: 7\nevent: aevent: b\ndata: {\ndata: \"x\":1}\ndata: \ndata: id: 9\n\n"
        );
        let missed = write(&Told::Missed { events: 3 });
        assert_eq!(missed, "event: missed\ndata: {\"events\":3}\n\n");
    }
}
