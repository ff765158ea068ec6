//! FAME is killed at any moment, and nothing that was acknowledged is lost.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use fame_audit::{Format, Log, Reader, Record, Search, Settings};

use crate::{again, sound};

const FOLDER: &str = "FAME_AUDIT_TEST_FOLDER";
const KILLS: u64 = 300;

/// A child that is starved is killed nevertheless.
const PATIENCE: Duration = Duration::from_secs(5);

fn settings(folder: &Path) -> Settings {
    Settings {
        segment_bytes: 24 * 1024,
        checkpoint_records: 50,
        ..Settings::new(folder)
    }
}

/// Writes until it is killed, from three threads, and says what was acknowledged.
#[test]
#[ignore = "the child of the test below"]
fn child_that_writes() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let log = Log::open(settings(Path::new(&folder))).unwrap();
    let threads: Vec<_> = (0..3)
        .map(|thread| {
            let log = log.clone();
            thread::spawn(move || {
                for n in 0.. {
                    let mut record = Record::before();
                    record.session = Some(format!("{}.{thread}.{n}", std::process::id()));
                    let seq = log.append(record).unwrap().seq;
                    println!("ack {seq} {}.{thread}.{n}", std::process::id());
                    log.append(Record::after(seq)).unwrap();
                    if n % 8 == 7 {
                        log.rotate_key().unwrap();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn killed_three_hundred_times_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    // Spread over what opening, writing, changing segments and keys take.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = again("kill::child_that_writes")
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        // One round in five is killed while it opens, the others when it has written a few.
        let few = if round % 5 == 0 {
            0
        } else {
            1 + (random >> 32) % 40
        };
        let (tell, told) = sync_channel(1);
        let reader = thread::spawn(move || -> Vec<(u64, String)> {
            let mut found = Vec::new();
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let acknowledged = line.find("ack ").and_then(|at| line.get(at + 4..));
                let Some((seq, session)) = acknowledged.and_then(|line| line.split_once(' '))
                else {
                    continue;
                };
                found.push((seq.parse().unwrap(), session.to_owned()));
                if found.len() as u64 == few {
                    let _ = tell.try_send(());
                }
            }
            found
        });
        if few > 0 {
            let _ = told.recv_timeout(PATIENCE);
        }
        thread::sleep(Duration::from_micros(
            random % if few > 0 { 3_000 } else { 30_000 },
        ));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "it was killed and had not failed before");
        for (seq, session) in reader.join().unwrap() {
            // The last line may be cut, the number never.
            acknowledged.insert(seq, session);
        }
        if round % 50 == 49 {
            drop(Log::open(settings(folder.path())).unwrap());
            sound(folder.path());
        }
    }
    drop(Log::open(settings(folder.path())).unwrap());
    let report = sound(folder.path());
    assert!(
        acknowledged.len() > 300 && report.segments > 10 && report.epochs > 2,
        "{} {report:?}",
        acknowledged.len()
    );
    let mut kept = BTreeMap::new();
    for line in Reader::new(folder.path())
        .export(Format::JsonLines, Search::default())
        .unwrap()
    {
        let entry: fame_audit::Entry = serde_json::from_str(&line.unwrap()).unwrap();
        if let Some(session) = entry.record.session {
            kept.insert(entry.seq, session);
        }
    }
    for (seq, session) in acknowledged {
        let found = kept
            .get(&seq)
            .unwrap_or_else(|| panic!("record {seq} was acknowledged and is lost"));
        assert!(found.starts_with(&session), "record {seq} is another");
    }
}
