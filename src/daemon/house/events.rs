//! What happens, for clients that follow it over HTTP.

use std::collections::VecDeque;

use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;

use crate::api::{Events, Told};
use crate::bus::{Bus, Pattern, Published, Watch};

/// Events that wait for a slow client. When full, more are dropped and it is told how many.
const CAPACITY: usize = 1_024;

struct Following {
    waiting: VecDeque<Told>,
    watch: Watch,
    lost: u64,
    stop: watch::Receiver<bool>,
}

/// What happens from now on, and with `after` what is kept of what came after that event.
pub(super) fn stream(bus: &Bus, after: Option<u64>, stop: watch::Receiver<bool>) -> Events {
    let name = "rest";
    let (waiting, watch) = match after {
        Some(after) => {
            let (replay, watch) = bus.watch_after(after, Pattern::all(), name, CAPACITY);
            let missed = (!replay.complete).then_some(Told::Missed { events: 0 });
            let kept = replay.events.iter().map(|one| told(one));
            (missed.into_iter().chain(kept).collect(), watch)
        }
        None => (VecDeque::new(), bus.watch(Pattern::all(), name, CAPACITY)),
    };
    let following = Following {
        waiting,
        watch,
        lost: 0,
        stop,
    };
    Box::pin(stream::unfold(following, |mut following| async move {
        let next = following.next().await?;
        Some((next, following))
    }))
}

impl Following {
    async fn next(&mut self) -> Option<Told> {
        if let Some(told) = self.waiting.pop_front() {
            return Some(told);
        }
        let event = tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => return None,
            event = self.watch.recv() => event?,
        };
        let lost = self.watch.lost();
        if lost > self.lost {
            let events = lost - self.lost;
            self.lost = lost;
            self.waiting.push_back(told(&event));
            return Some(Told::Missed { events });
        }
        Some(told(&event))
    }
}

fn told(published: &Published) -> Told {
    let at = Timestamp::try_from(published.at).unwrap_or(Timestamp::UNIX_EPOCH);
    let json = json!({ "seq": published.seq, "at": at, "event": published.event });
    Told::Event {
        seq: published.seq,
        topic: published.event.topic().to_owned(),
        json: json.to_string(),
    }
}
