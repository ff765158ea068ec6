//! Time and what is dropped with it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fame_audit::{Clock, Log, Now, Options, Reader, Record, Settings, SystemClock, verify};
use jiff::{SignedDuration, Timestamp};

use crate::sound;

/// The system's clocks, with the wall clock wrong by so many ms.
#[derive(Default)]
struct Wrong(AtomicI64);

impl Clock for Wrong {
    fn now(&self) -> Now {
        let now = SystemClock.now();
        let wrong = SignedDuration::from_millis(self.0.load(Ordering::SeqCst));
        Now {
            wall: now.wall + wrong,
            ..now
        }
    }
}

#[test]
fn a_clock_set_back_is_told_and_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Wrong::default());
    let log = Log::open(Settings {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Settings::new(folder.path())
    })
    .unwrap();
    log.append(Record::note("right")).unwrap();
    clock.0.store(-3_600_000, Ordering::SeqCst);
    let back = log.append(Record::note("an hour earlier")).unwrap();
    log.append(Record::note("and on")).unwrap();
    assert!(back.time < Timestamp::now());
    drop(log);
    let report = sound(folder.path());
    assert_eq!(report.notices.len(), 1, "{:?}", report.notices);
    assert_eq!(report.notices[0].seq, back.seq);
    let reader = Reader::new(folder.path());
    let told = reader.show(back.seq).unwrap().unwrap().set_back_ms.unwrap();
    assert!((3_590_000..=3_600_000).contains(&told));
    assert_eq!(
        reader.show(back.seq + 1).unwrap().unwrap().set_back_ms,
        None
    );
}

#[test]
fn old_segments_are_dropped_and_that_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings {
        segment_bytes: 4096,
        keep_bytes: 5 * 4096,
        ..Settings::new(folder.path())
    };
    let log = Log::open(settings()).unwrap();
    for n in 0..400 {
        log.append(Record::note(format!("{n}"))).unwrap();
    }
    log.rotate_key().unwrap();
    for n in 0..200 {
        log.append(Record::note(format!("{n}"))).unwrap();
    }
    drop(log);
    let report = sound(folder.path());
    let pruned = report.pruned.unwrap().through;
    assert!(pruned > 100 && report.first == Some(pruned + 1));
    assert!(report.segments <= 8, "{}", report.segments);
    assert_eq!(Reader::new(folder.path()).show(1).unwrap(), None);

    // What is taken away beyond that is found, and not signed as dropped by the next start.
    let first = format!("{:020}.jsonl", pruned + 1);
    fs::remove_file(folder.path().join(first)).unwrap();
    let options = Options::default();
    assert!(verify(folder.path(), &options).unwrap().first_bad.is_some());
    let log = Log::open(settings()).unwrap();
    for n in 0..200 {
        log.append(Record::note(format!("{n}"))).unwrap();
    }
    drop(log);
    assert!(verify(folder.path(), &options).unwrap().first_bad.is_some());
    let tail = Reader::new(folder.path()).tail(100).unwrap();
    assert!(
        tail.iter()
            .any(|entry| entry.record.event.as_deref() == Some("log.not_pruned"))
    );
}

#[test]
fn what_is_too_old_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Wrong::default());
    let settings = || Settings {
        segment_bytes: 4096,
        keep_age: Duration::from_secs(3_600),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Settings::new(folder.path())
    };
    let log = Log::open(settings()).unwrap();
    for n in 0..60 {
        log.append(Record::note(format!("{n}"))).unwrap();
    }
    drop(log);
    assert_eq!(sound(folder.path()).pruned, None);
    clock.0.store(2 * 3_600_000, Ordering::SeqCst);
    drop(Log::open(settings()).unwrap());
    let report = sound(folder.path());
    assert!(report.pruned.is_some() && report.first > Some(1));
}
