//! How long a record takes until it is on the disk, alone and under load, and how long a million take
//! to verify. Beside each, in the same run, what the disk itself takes: a file appended and synced.
//! `FAME_BENCH_FOLDER` chooses the disk.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot be taken is none"
)]

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fame_audit::{
    AuditError, Decision, Heard, Log, Options, PluginUsed, Record, Route, Settings, Source,
    Verdict, Via, verify,
};
use serde_json::json;

const APPENDS: usize = 4_000;
const MILLION: u64 = 1_000_000;

fn record(n: usize) -> Record {
    let mut record = Record::before();
    record.session = Some("kitchen".into());
    record.source = Some(Source {
        via: Via::Voice,
        id: None,
    });
    record.heard = Some(Heard {
        text: format!("set a timer for {n} minutes"),
        confidence: Some(0.94),
    });
    record.route = Some(Route {
        stage: Some("sentence".into()),
        intent: Some("timer.set".into()),
        confidence: Some(1.0),
        why: Some("the sentence `set a timer for {duration}` fits".into()),
    });
    record.plugin = Some(PluginUsed {
        name: "timer".into(),
        version: Some("0.1.0".into()),
        sha256: Some("5f".repeat(32)),
    });
    record.arguments = Some(json!({ "duration": n * 60 }));
    record.decision = Some(Decision {
        verdict: Verdict::Allow,
        risk: Some("write".into()),
        why: None,
    });
    record
}

/// Runs `append` from `writers` threads, and tells what each call took.
fn measure(what: &str, writers: usize, append: impl Fn(usize) + Sync) {
    let started = Instant::now();
    let each = APPENDS / writers;
    let mut took: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                let append = &append;
                scope.spawn(move || -> Vec<Duration> {
                    let time = |n: usize| {
                        let begun = Instant::now();
                        append(writer * each + n);
                        begun.elapsed()
                    };
                    (0..each).map(time).collect()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let rate = took.len() as f64 / started.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what:<34} {writers:>3} writers   p50 {:>8.3} ms   p99 {:>8.3} ms   max {:>8.3} ms   {rate:>9.0} records/s",
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

fn file(path: &Path) -> File {
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap()
}

fn main() {
    let chosen =
        std::env::var_os("FAME_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(chosen).unwrap();
    let line = [b'x'; 700];

    for writers in [1, 16] {
        let log = Log::open(Settings::new(folder.path().join(format!("log{writers}")))).unwrap();
        measure("a record (this crate)", writers, |n| {
            log.append(record(n)).unwrap();
        });
        let path = folder.path().join(format!("plain{writers}"));
        let plain = std::sync::Mutex::new(file(&path));
        measure("a line and a sync (one file)", writers, |_| {
            let mut plain = plain.lock().unwrap();
            plain.write_all(&line).unwrap();
            plain.sync_data().unwrap();
        });
    }

    let million = folder.path().join("million");
    let log = Log::open(Settings {
        segment_bytes: 64 * 1024 * 1024,
        keep_bytes: 1 << 40,
        ..Settings::new(&million)
    })
    .unwrap();
    let started = Instant::now();
    let mut waiting = VecDeque::new();
    for n in 0..MILLION {
        let record = record(n as usize);
        loop {
            match log.submit(record.clone()) {
                Ok(pending) => break waiting.push_back(pending),
                Err(AuditError::Busy { .. }) => {
                    waiting.pop_front().unwrap().wait().unwrap();
                }
                Err(error) => panic!("{error}"),
            }
        }
        if waiting.len() > 1_000 {
            waiting.pop_front().unwrap().wait().unwrap();
        }
    }
    drop(waiting);
    drop(log);
    let took = started.elapsed().as_secs_f64();
    println!(
        "writing {MILLION} records, 1,000 at once: {took:.1} s, {:.0} records/s",
        MILLION as f64 / took
    );

    let bytes: u64 = std::fs::read_dir(&million)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let started = Instant::now();
    let report = verify(&million, &Options::default()).unwrap();
    assert_eq!(report.first_bad, None);
    let took = started.elapsed().as_secs_f64();
    println!(
        "verifying {} records ({} MiB, {} checkpoints): {took:.2} s",
        report.records,
        bytes >> 20,
        report.checkpoints
    );
    let started = Instant::now();
    for entry in std::fs::read_dir(&million).unwrap() {
        std::hint::black_box(std::fs::read(entry.unwrap().path()).unwrap());
    }
    println!(
        "reading its files and nothing else: {:.2} s",
        started.elapsed().as_secs_f64()
    );
}
