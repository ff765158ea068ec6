//! The event bus: who hears what, in which order, and that nobody harms anybody.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use fame::bus::{
    Bus, CALLBACK_CAPACITY, Event, HISTORY, MAX_CALLBACKS, MAX_PANICS, Pattern, Published,
    SubscribeError, Watch,
};

/// Longer than any of these things takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap()
}

/// An event that can be told from others by its number.
fn numbered(lost: u64) -> Event {
    Event::AudioOverrun { lost }
}

fn number(published: &Published) -> u64 {
    match published.event {
        Event::AudioOverrun { lost } => lost,
        ref other => panic!("not numbered: {other:?}"),
    }
}

fn seqs(events: &[Arc<Published>]) -> Vec<u64> {
    events.iter().map(|published| published.seq).collect()
}

async fn read(watch: &mut Watch) -> Arc<Published> {
    tokio::time::timeout(PATIENCE, watch.recv())
        .await
        .expect("an event in time")
        .expect("the bus is there")
}

/// What a callback tells the test.
fn teller() -> (SyncSender<String>, Receiver<String>) {
    sync_channel(10_000)
}

#[tokio::test]
async fn a_watch_hears_its_topics_in_order() {
    let bus = Bus::new();
    let mut watch = bus.watch(pattern("speech.*"), "test", 8);
    bus.publish(Event::SpeechStarted {});
    bus.publish(numbered(1));
    bus.publish(Event::SpeechEnded {
        reason: fame::bus::EndReason::Silence,
    });
    assert_eq!(read(&mut watch).await.seq, 1);
    let last = read(&mut watch).await;
    assert_eq!((last.seq, last.event.topic()), (3, "speech.ended"));
    drop(bus);
    assert!(watch.recv().await.is_none());
}

#[tokio::test]
async fn a_slow_watch_loses_the_oldest_and_goes_on() {
    let bus = Bus::new();
    let mut slow = bus.watch(pattern("#"), "slow", 3);
    let mut quick = bus.watch(pattern("#"), "quick", 16);
    for i in 1..=10 {
        bus.publish(numbered(i));
    }
    assert_eq!(slow.lost(), 7);
    for i in 8..=10 {
        assert_eq!(number(&*read(&mut slow).await), i);
    }
    for i in 1..=10 {
        assert_eq!(number(&*read(&mut quick).await), i);
    }
    let known = bus.subscribers();
    assert_eq!((known[0].name.as_str(), known[0].lost), ("slow", 7));
    assert_eq!((known[0].received, known[1].received), (3, 10));
    assert_eq!((known[1].pattern.as_str(), known[1].lost), ("#", 0));
    drop(slow);
    assert_eq!(bus.subscribers().len(), 1);
}

#[tokio::test]
async fn giving_up_a_wait_loses_nothing() {
    let bus = Bus::new();
    let mut watch = bus.watch(pattern("#"), "test", 8);
    let waited = tokio::time::timeout(Duration::from_millis(5), watch.recv()).await;
    assert!(waited.is_err());
    bus.publish(numbered(1));
    bus.publish(numbered(2));
    assert_eq!(number(&*read(&mut watch).await), 1);
    assert_eq!(number(&*read(&mut watch).await), 2);
}

#[test]
fn a_callback_hears_its_topics_on_its_own_thread_until_it_is_dropped() {
    let bus = Bus::new();
    let (tell, told) = teller();
    let subscription = bus
        .on(pattern("audio.*"), "ears", move |published| {
            let thread = std::thread::current();
            let line = format!("{} {}", thread.name().unwrap(), published.seq);
            tell.send(line).unwrap();
        })
        .unwrap();
    bus.publish(Event::SpeechStarted {});
    bus.publish(numbered(1));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "fame-on-ears 2");
    drop(subscription);
    assert!(bus.subscribers().is_empty());
    bus.publish(numbered(2));
    // The callback's own end of the channel goes with its thread.
    assert!(told.recv_timeout(PATIENCE).is_err());
}

#[test]
fn a_callback_that_hangs_harms_nobody_and_its_losses_are_counted() {
    let bus = Bus::new();
    let (let_go, held) = sync_channel::<()>(0);
    let (entered, inside) = sync_channel::<()>(1);
    let _hanging = bus
        .on(pattern("#"), "hanging", move |published| {
            if published.seq == 1 {
                entered.send(()).unwrap();
                let _ = held.recv();
            }
        })
        .unwrap();
    bus.publish(numbered(0));
    inside.recv_timeout(PATIENCE).unwrap();

    let (tell, told) = teller();
    let _other = bus
        .on(pattern("#"), "other", move |published| {
            tell.send(number(published).to_string()).unwrap();
        })
        .unwrap();
    let many = CALLBACK_CAPACITY as u64 + 5;
    for i in 1..=many {
        bus.publish(numbered(i));
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), i.to_string());
    }
    let hanging = &bus.subscribers()[0];
    assert_eq!((hanging.received, hanging.lost), (1, 5));
    drop(let_go);
}

#[tokio::test]
async fn a_callback_that_panics_is_called_again_and_at_last_given_up() {
    let bus = Bus::new();
    let mut errors = bus.watch(pattern("error"), "errors", 8);
    let (tell, told) = teller();
    let _subscription = bus
        .on(pattern("audio.overrun"), "clumsy", move |published| {
            tell.send(number(published).to_string()).unwrap();
            if number(published) > 0 {
                panic!("a test's own panic");
            }
        })
        .unwrap();
    for i in [0, 1, 0, 2] {
        bus.publish(numbered(i));
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), i.to_string());
    }
    bus.publish(numbered(MAX_PANICS));
    let error = read(&mut errors).await;
    let Event::Error { code, message } = &error.event else {
        panic!("{error:?}");
    };
    assert_eq!(code, "subscriber");
    assert!(message.contains("`clumsy`"), "{message}");
    let left = bus.subscribers();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].name, "errors");
}

#[test]
fn a_callback_may_publish_and_unsubscribe() {
    let bus = Bus::new();
    let (tell, told) = teller();
    let (again, teller) = (bus.clone(), tell.clone());
    let _echo = bus.on(pattern("audio.overrun"), "echo", move |published| {
        if number(published) < 5 {
            again.publish(numbered(number(published) + 1));
        } else {
            teller.send("done".into()).unwrap();
        }
    });
    bus.publish(numbered(0));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "done");

    let inner = bus.clone();
    let mut once = Some(bus.on(pattern("#"), "inner", |_| {}).unwrap());
    let _outer = bus.on(pattern("speech.started"), "outer", move |_| {
        once.take();
        tell.send(inner.subscribers().len().to_string()).unwrap();
    });
    bus.publish(Event::SpeechStarted {});
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "2");
}

#[test]
fn callbacks_are_bounded_and_a_place_comes_free() {
    let bus = Bus::new();
    let subscribe = || bus.on(pattern("wake.detected"), "one of many", |_| {});
    let mut all: Vec<_> = (0..MAX_CALLBACKS).map(|_| subscribe().unwrap()).collect();
    assert!(matches!(subscribe(), Err(SubscribeError::TooMany(_))));
    all.pop();
    all.push(subscribe().unwrap());
}

#[test]
fn the_history_keeps_the_last_ones_and_no_levels() {
    let bus = Bus::new();
    for i in 0..HISTORY as u64 + 10 {
        bus.publish(Event::AudioLevel { dbfs: -30.0 });
        bus.publish(numbered(i));
    }
    bus.publish(Event::SpeechStarted {});
    let all = bus.history(None, None, usize::MAX);
    assert_eq!(all.len(), HISTORY);
    assert_eq!(number(&all[0]), 11);
    let latest = all.last().unwrap().seq;
    let last = bus.history(None, Some(&pattern("audio.*")), 2);
    assert_eq!(seqs(&last), [latest - 3, latest - 1]);
    let after = bus.history(Some(latest - 3), None, usize::MAX);
    assert_eq!(seqs(&after), [latest - 1, latest]);
    assert!(bus.history(Some(latest), None, usize::MAX).is_empty());
}

#[tokio::test]
async fn one_that_comes_back_is_told_what_it_missed_or_that_more_is_gone() {
    let bus = Bus::new();
    for i in 1..=3 {
        bus.publish(numbered(i));
    }
    let (missed, mut watch) = bus.watch_after(1, pattern("audio.*"), "back", 8);
    assert_eq!((seqs(&missed.events), missed.complete), (vec![2, 3], true));
    bus.publish(numbered(4));
    assert_eq!(read(&mut watch).await.seq, 4);

    // It counts on from another run of the daemon.
    let (missed, _) = bus.watch_after(99, Pattern::all(), "stranger", 8);
    assert_eq!(
        (seqs(&missed.events), missed.complete),
        (vec![1, 2, 3, 4], false)
    );

    for i in 5..=HISTORY as u64 + 5 {
        bus.publish(numbered(i));
    }
    let complete = |after| bus.watch_after(after, Pattern::all(), "late", 8).0.complete;
    assert!(!complete(4), "5 is no longer kept");
    assert!(complete(5));
}

#[test]
fn resuming_is_gapless_while_others_publish() {
    const EACH: u64 = 200;
    const THREADS: u64 = 4;
    let bus = Bus::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..EACH).for_each(|i| bus.publish(numbered(i))));
        }
        runtime.block_on(async {
            let mut seen = Vec::new();
            // Comes and goes, taking up where it was.
            while (seen.len() as u64) < EACH * THREADS {
                let after = seen.last().copied().unwrap_or(0);
                let (missed, mut watch) = bus.watch_after(after, Pattern::all(), "resumer", 1024);
                assert!(missed.complete);
                seen.extend(seqs(&missed.events));
                for _ in 0..7 {
                    if (seen.len() as u64) < EACH * THREADS {
                        seen.push(read(&mut watch).await.seq);
                    }
                }
            }
            let all: Vec<u64> = (1..=EACH * THREADS).collect();
            assert_eq!(seen, all);
        });
    });
}

#[tokio::test]
async fn whoever_reads_all_sees_the_same_order() {
    let bus = Bus::new();
    let mut all = bus.subscribe();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|i| bus.publish(numbered(i))));
        }
    });
    for seq in 1..=400 {
        assert_eq!(all.recv().await.unwrap().seq, seq);
    }
}
