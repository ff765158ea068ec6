//! A disk that fails in the middle of a write or a sync: nothing is acknowledged that is not there.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};

use super::*;
use crate::pending::Pending;
use crate::prepare::Raw;
use crate::recover;
use crate::redact::Redactor;
use crate::segment::Medium;
use crate::verify::{Options, Report, verify};

/// What goes wrong: the bits of [`WRITE`], [`SYNC`] and [`CUT`].
type Faults = Arc<AtomicU8>;
const WRITE: u8 = 1;
const SYNC: u8 = 2;
const CUT: u8 = 4;

/// A file on a disk with faults.
struct Faulty(File, Faults);

impl Faulty {
    fn fails(&self, what: u8) -> io::Result<()> {
        if self.1.load(Ordering::SeqCst) & what == 0 {
            Ok(())
        } else {
            Err(io::Error::other("the disk is broken"))
        }
    }
}

impl Medium for Faulty {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Half of it gets there, as on a disk that fills up.
        if let Err(error) = self.fails(WRITE) {
            self.0.write(offset, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.0.write(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.fails(SYNC)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.fails(CUT)?;
        self.0.cut(length)
    }
}

struct Running {
    queue: Arc<Queue>,
    health: Arc<Health>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn append(&self, record: &Record) -> Result<Receipt> {
        let (answer, pending) = Pending::pair();
        self.queue.push(Command::Append(own(record), answer))?;
        pending.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The log in `folder`, which is there already, on a disk with `faults`.
fn start(folder: &Path, faults: &Faults) -> Running {
    let mut opened = recover::open(Settings::new(folder)).unwrap();
    let (segment, _, length) = opened.last.take().unwrap();
    let file = File::options().write(true).open(&segment.path).unwrap();
    opened.last = Some((segment, Box::new(Faulty(file, Arc::clone(faults))), length));
    let (queue, health) = (Arc::new(Queue::default()), Arc::new(Health::default()));
    let (writer, _) = Writer::start(
        opened,
        Arc::clone(&queue),
        Arc::clone(&health),
        Redactor::new(b"key"),
    )
    .unwrap();
    Running {
        queue,
        health,
        thread: Some(thread::spawn(move || writer.run())),
    }
}

fn checked(folder: &Path) -> Report {
    verify(folder, &Options::default()).unwrap()
}

#[test]
fn a_disk_that_fails_refuses_until_it_works_again() {
    for wrong in [WRITE, SYNC, WRITE | CUT, SYNC | CUT] {
        let folder = tempfile::tempdir().unwrap();
        drop(crate::Log::open(Settings::new(folder.path())).unwrap());
        let faults = Faults::default();
        let log = start(folder.path(), &faults);
        let last = log.append(&Record::before()).unwrap().seq;
        faults.store(wrong, Ordering::SeqCst);
        for _ in 0..3 {
            assert!(matches!(
                log.append(&Record::before()),
                Err(AuditError::File { .. })
            ));
            assert!(log.health.failure().is_some());
        }
        if wrong & CUT == 0 {
            let report = checked(folder.path());
            assert_eq!((report.last, report.first_bad), (Some(last), None));
        }
        faults.store(0, Ordering::SeqCst);
        let next = log.append(&Record::note("on")).unwrap().seq;
        assert!(log.health.failure().is_none());
        assert_eq!(next, last + 2, "behind the note that tells of it");
        drop(log);
        let report = checked(folder.path());
        assert_eq!((report.first_bad, report.notices.len()), (None, 1));
    }
}

#[test]
fn nothing_follows_what_could_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::Log::open(Settings::new(folder.path())).unwrap());
    let faults = Faults::default();
    let log = start(folder.path(), &faults);
    let send = |record: Record, before: Option<Pending>| {
        let raw = Raw {
            before,
            ..Raw::small(record)
        };
        let (answer, pending) = Pending::pair();
        log.queue
            .push_unhurried(Command::AppendRaw(Box::new(raw), answer))
            .unwrap();
        pending
    };
    // Both in one batch, and the end in a later one, when the disk works again.
    faults.store(WRITE, Ordering::SeqCst);
    let before = send(Record::before(), None);
    let together = send(Record::following(), Some(before));
    let before = send(Record::before(), None);
    assert!(matches!(together.wait(), Err(AuditError::File { .. })));
    assert!(log.append(&Record::note("behind it")).is_err());
    faults.store(0, Ordering::SeqCst);
    let last = log.append(&Record::note("on")).unwrap().seq;
    let late = send(Record::following(), Some(before)).wait();
    assert!(matches!(late, Err(AuditError::File { .. })), "{late:?}");
    let before = send(Record::before(), None);
    let after = send(Record::following(), Some(before)).wait().unwrap();
    assert_eq!(after.seq, last + 2);
    drop(log);
    assert_eq!(checked(folder.path()).first_bad, None);
}

#[test]
fn it_is_tried_again_without_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::Log::open(Settings::new(folder.path())).unwrap());
    let faults = Faults::default();
    let log = start(folder.path(), &faults);
    faults.store(SYNC, Ordering::SeqCst);
    assert!(log.append(&Record::before()).is_err());
    faults.store(0, Ordering::SeqCst);
    for _ in 0..1_000 {
        if log.health.failure().is_none() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("nobody has tried");
}

#[test]
fn a_crash_after_a_failed_write_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::Log::open(Settings::new(folder.path())).unwrap());
    let faults = Faults::default();
    let log = start(folder.path(), &faults);
    let last = log.append(&Record::note("kept")).unwrap().seq;
    faults.store(WRITE | CUT, Ordering::SeqCst);
    assert!(log.append(&Record::note("refused")).is_err());
    drop(log);
    assert_eq!(
        checked(folder.path()).first_bad.unwrap().seq,
        last + 1,
        "half a record lies there"
    );
    let log = crate::Log::open(Settings::new(folder.path())).unwrap();
    assert!(log.recovery().torn_bytes > 0);
    drop(log);
    assert_eq!(checked(folder.path()).first_bad, None);
}

#[test]
fn of_too_many_unfinished_acts_the_oldest_stays_unknown() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::Log::open(Settings::new(folder.path())).unwrap());
    let log = start(folder.path(), &Faults::default());
    let mut waiting = Vec::new();
    for _ in 0..UNFINISHED {
        let (answer, pending) = Pending::pair();
        log.queue
            .push_blocking(Command::Append(own(&Record::before()), answer))
            .unwrap();
        waiting.push(pending);
    }
    let first = waiting
        .into_iter()
        .map(|pending| pending.wait().unwrap().seq)
        .min()
        .unwrap();
    log.append(&Record::before()).unwrap();
    log.append(&Record::note("next batch")).unwrap();
    let told = crate::Reader::new(folder.path()).tail(1_000).unwrap();
    assert!(told.iter().any(|entry| entry.record.of == Some(first)));
}

#[test]
fn a_log_is_shared_by_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    fn sent<T: Send>() {}
    shared::<crate::Log>();
    sent::<Pending>();
}
