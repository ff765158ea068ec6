//! What a crash leaves, and disks that are full.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use fame_audit::{AuditError, Log, Record, Settings};

use crate::{again, sound};

fn last_segment(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    names
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .max()
        .unwrap()
}

/// A log with `records` notes that was left without being closed.
fn abandoned(folder: &Path, records: u64) -> (u64, Vec<u8>) {
    let log = Log::open(Settings::new(folder)).unwrap();
    let mut seq = 0;
    for n in 0..records {
        seq = log.append(Record::note(format!("{n}"))).unwrap().seq;
    }
    let left = fs::read(last_segment(folder)).unwrap();
    drop(log);
    fs::write(last_segment(folder), &left).unwrap();
    (seq, left)
}

#[test]
fn whatever_a_crash_leaves_is_moved_aside() {
    let zeros = [0; 5_000];
    let tails: [&[u8]; 5] = [
        b"{\"seq\":12,\"time\":\"20",
        b"\n",
        &zeros,
        b"garbage\nmore garbage\n",
        b"{\"seq\":12,\"time\":\"2026-01-01T00:00:00Z\",\"mono\":1,\"kind\":\"note\",\"hash\":\"\"}\n",
    ];
    for tail in tails {
        let folder = tempfile::tempdir().unwrap();
        let (seq, left) = abandoned(folder.path(), 10);
        OpenOptions::new()
            .append(true)
            .open(last_segment(folder.path()))
            .unwrap()
            .write_all(tail)
            .unwrap();
        let log = Log::open(Settings::new(folder.path())).unwrap();
        assert_eq!(log.recovery().torn_bytes, tail.len() as u64);
        assert_eq!(
            log.append(Record::note("on")).unwrap().seq,
            seq + 2,
            "behind the note about it"
        );
        drop(log);
        let report = sound(folder.path());
        assert_eq!(report.notices.len(), 1);
        assert!(
            fs::read(last_segment(folder.path()))
                .unwrap()
                .starts_with(&left)
        );
        let aside = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let aside: Vec<_> = aside
            .filter(|path| path.extension().is_some_and(|ending| ending == "part"))
            .collect();
        assert_eq!(fs::read(&aside[0]).unwrap(), tail);
    }
}

#[test]
fn a_log_cut_anywhere_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (_, left) = abandoned(folder.path(), 3);
    for length in (0..left.len()).step_by(7) {
        fs::write(last_segment(folder.path()), &left[..length]).unwrap();
        let log = Log::open(Settings::new(folder.path())).unwrap();
        log.append(Record::note("on")).unwrap();
        drop(log);
        sound(folder.path());
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "part") {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn what_was_signed_is_not_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    drop(Log::open(Settings::new(folder.path())).unwrap());
    let log = Log::open(Settings::new(folder.path())).unwrap();
    log.append(Record::note("important")).unwrap();
    drop(log);
    let path = last_segment(folder.path());
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("important", "unimport");
    fs::write(&path, &text).unwrap();
    let refused = Log::open(Settings::new(folder.path()));
    assert!(matches!(refused, Err(AuditError::Damaged { .. })));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text,
        "it is left as it is"
    );
}

#[test]
fn an_unfinished_segment_is_begun_again() {
    for left in ["", "{\"seq\":"] {
        let folder = tempfile::tempdir().unwrap();
        let (seq, _) = abandoned(folder.path(), 5);
        fs::write(folder.path().join(format!("{:020}.jsonl", seq + 1)), left).unwrap();
        let log = Log::open(Settings::new(folder.path())).unwrap();
        log.append(Record::note("on")).unwrap();
        drop(log);
        sound(folder.path());
    }
}

#[cfg(target_os = "linux")]
const FOLDER: &str = "FAME_AUDIT_TEST_FULL_FOLDER";

/// Runs under a file size limit, and gives itself room later.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of the test below"]
fn child_on_a_full_disk() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let log = Log::open(Settings::new(&folder)).unwrap();
    let mut kept = 0;
    let failure = loop {
        match log.append(Record::note("filling the disk")) {
            Ok(receipt) => kept = receipt.seq,
            Err(error) => break error,
        }
        assert!(kept < 10_000, "the limit is not there");
    };
    assert!(matches!(failure, AuditError::File { .. }), "{failure}");
    assert!(!log.healthy());
    assert!(log.append(Record::before()).is_err(), "it stays refused");
    assert!(log.checkpoint().is_err());
    assert_eq!(
        sound(Path::new(&folder)).last,
        Some(kept),
        "nothing half written is left"
    );

    let hard = getrlimit(Resource::Fsize).maximum;
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: hard,
            maximum: hard,
        },
    )
    .unwrap();
    let next = log.append(Record::note("room again")).unwrap();
    assert!(log.healthy());
    assert_eq!(next.seq, kept + 2, "behind the note about it");
    drop(log);
    assert_eq!(sound(Path::new(&folder)).notices.len(), 1);
    println!("the child is done");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let child = again("disk::child_on_a_full_disk");
    // Ignoring the signal is inherited; the write then fails as on a full disk. In blocks of 512 bytes.
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 40; exec \"$0\" \"$@\""])
        .arg(child.get_program())
        .args(child.get_args())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("the child is done"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
