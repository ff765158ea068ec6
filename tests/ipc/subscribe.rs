//! Events: the state first, then everything, and nobody waits for those who do not read.

use std::sync::atomic::{AtomicU64, Ordering};

use fame::bus::{Event, State};
use fame::ipc::protocol::{DropReason, Notification, Status};
use serde_json::json;

use super::support::{Daemon, status, until};

fn event() -> Event {
    Event::TranscriptPartial {
        committed: "what time is it in a city with a long name".into(),
        tentative: "such as this one".into(),
    }
}

#[test]
fn the_state_comes_first_then_every_event_in_order() {
    let daemon = Daemon::start();
    daemon.fake.bus.publish(event());
    let mut subscription = daemon.client().subscribe().unwrap();
    let Some(Notification::State(state)) = subscription.read().unwrap() else {
        panic!("the state comes first");
    };
    assert_eq!(serde_json::from_value::<Status>(state).unwrap(), status());
    for _ in 0..3 {
        daemon.fake.bus.publish(Event::StateChanged {
            state: State::Thinking,
        });
    }
    for seq in 2..=4 {
        let Some(Notification::Event(note)) = subscription.read().unwrap() else {
            panic!("an event");
        };
        assert_eq!(note.seq, seq);
        assert_eq!(
            note.event,
            json!({"event": "state.changed", "state": "thinking"})
        );
        assert!(
            note.at.ends_with('Z') && note.at.contains('T'),
            "{}",
            note.at
        );
    }
}

#[test]
fn a_slow_subscriber_is_dropped_while_another_gets_everything() {
    const EVENTS: u64 = 5000;
    /// How far the attentive one may be behind while events are made.
    const BEHIND: u64 = 200;
    let daemon = Daemon::start();
    let mut slow = daemon.peer().greeted();
    slow.call(1, "subscribe", &json!({}));
    assert!(slow.receive().unwrap()["result"].is_object());
    assert_eq!(slow.receive().unwrap()["method"], "state");
    let mut attentive = daemon.client().subscribe().unwrap();
    assert!(matches!(
        attentive.read().unwrap(),
        Some(Notification::State(_))
    ));

    let received = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for expected in 1..=EVENTS {
                let Some(Notification::Event(note)) = attentive.read().unwrap() else {
                    panic!("an event");
                };
                assert_eq!(note.seq, expected);
                received.store(expected, Ordering::SeqCst);
            }
        });
        for made in 1..=EVENTS {
            daemon.fake.bus.publish(event());
            if made % BEHIND == 0 {
                until("the attentive one keeps up", || {
                    received.load(Ordering::SeqCst) == made
                });
            }
        }
    });
    assert_eq!(received.load(Ordering::SeqCst), EVENTS);

    let mut seen = 0;
    let last = loop {
        let line = slow.receive().expect("the reason comes before the end");
        if line["method"] == "dropped" {
            break line;
        }
        seen += 1;
        assert_eq!(line["params"]["seq"], seen);
    };
    assert_eq!(last["params"]["reason"], "slow");
    assert!(last["params"]["missed"].as_u64().unwrap() > 0);
    assert_eq!(slow.receive(), None);
}

#[test]
fn subscribers_learn_that_the_daemon_stops() {
    let mut daemon = Daemon::start();
    let mut subscription = daemon.client().subscribe().unwrap();
    subscription.read().unwrap();
    daemon.stop();
    let Some(Notification::Dropped(dropped)) = subscription.read().unwrap() else {
        panic!("a farewell");
    };
    assert_eq!(dropped.reason, DropReason::ShuttingDown);
    assert_eq!(subscription.read().unwrap(), None);
}

#[test]
fn a_subscriber_may_still_call_but_not_subscribe_twice() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    peer.call(1, "subscribe", &json!({}));
    peer.receive();
    peer.receive();
    peer.call(2, "subscribe", &json!({}));
    assert!(peer.receive().unwrap()["error"]["code"].is_i64());
    peer.call(3, "stop", &json!({}));
    assert_eq!(peer.receive().unwrap()["id"], 3);
}
