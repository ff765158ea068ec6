//! Nothing can be changed unnoticed: every bit, and every trick with whole records.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::chain::{self, Hash};
use crate::keys::Secret;
use crate::log::Log;
use crate::record::{Heard, Record};
use crate::seal::{Checkpoint, Seal};
use crate::settings::Settings;

/// A log of `records` notes in segments of `segment_bytes`, closed.
fn log_of(records: usize, segment_bytes: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), records, segment_bytes, 97);
    folder
}

fn write(folder: &Path, records: usize, segment_bytes: u64, checkpoint_records: u64) {
    let log = Log::open(Settings {
        segment_bytes,
        checkpoint_records,
        witness: Some(folder.join("witness")),
        ..Settings::new(folder)
    })
    .unwrap();
    let mut last = None;
    for number in 0..records {
        let record = Record::note(format!("n{number}"));
        match log.submit(record.clone()) {
            Ok(pending) => last = Some(pending),
            Err(_) => drop(log.append(record).unwrap()),
        }
    }
    last.map(|pending| pending.wait().unwrap());
}

fn bad(folder: &Path) -> Option<Bad> {
    verify(folder, &Options::default()).unwrap().first_bad
}

fn bad_with_witness(folder: &Path, witness: &Path) -> Option<Bad> {
    let options = Options {
        witness: Some(witness.to_owned()),
        ..Options::default()
    };
    verify(folder, &options).unwrap().first_bad
}

/// What follows a flipped bit cannot change what was found before it: so each flip is checked from the
/// record in which it is, with the verifier as it has come there, to the end of the segment.
#[test]
fn each_bit_of_two_thousand_records_is_watched() {
    let folder = log_of(2_000, 64 * 1024);
    let mut checker = Checker::new(PublicKeys::load(folder.path()).unwrap());
    let segments = segment::list(folder.path()).unwrap();
    assert!(
        segments.len() > 3,
        "several segments, so that their ends are tried too"
    );
    let mut flips = 0_u64;
    for segment in segments {
        let mut bytes = fs::read(&segment.path).unwrap();
        checker.begin_segment(segment.first).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
        let mut start = 0;
        for end in ends {
            for at in start..=end {
                let mut trial = checker.clone();
                for bit in 0..8 {
                    bytes[at] ^= 1 << bit;
                    let mut lines = Lines::new(&bytes[start..]);
                    let fed = feed(&mut trial, &mut lines, &Witness::default());
                    assert!(
                        matches!(fed, Err(Stop::Bad(_))) && trial.head() == checker.head(),
                        "bit {bit} of byte {at} of {}",
                        segment.path.display()
                    );
                    bytes[at] ^= 1 << bit;
                    flips += 1;
                }
            }
            checker.line(&bytes[start..end]).unwrap();
            start = end + 1;
        }
        checker.end_segment().unwrap();
    }
    checker.finish().unwrap();
    assert!(flips > 2_000 * 8 * 100, "{flips}");
}

/// The same on a small log through the files, from the beginning each time.
#[test]
fn each_bit_of_a_small_log_is_watched_on_the_disk() {
    let folder = log_of(6, 1024 * 1024);
    assert_eq!(bad(folder.path()), None);
    let segment = segment::list(folder.path()).unwrap().remove(0);
    let sound = fs::read(&segment.path).unwrap();
    let mut file = File::options().write(true).open(&segment.path).unwrap();
    let mut put = |at: usize, byte: u8| {
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[byte]).unwrap();
    };
    for at in 0..sound.len() {
        let seq = 1 + sound[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        for bit in 0..8 {
            put(at, sound[at] ^ 1 << bit);
            let found = bad(folder.path()).expect("a flipped bit is found");
            assert_eq!(found.seq, seq, "bit {bit} of byte {at}: {found:?}");
        }
        put(at, sound[at]);
    }
}

/// Changes the lines of the only segment.
fn tamper(folder: &Path, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let segment = segment::list(folder).unwrap().remove(0);
    let bytes = fs::read(&segment.path).unwrap();
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    change(&mut lines);
    fs::write(&segment.path, lines.concat()).unwrap();
}

/// What somebody does to the lines of a log.
type Attack = fn(&mut Vec<Vec<u8>>);

#[test]
fn records_cannot_be_deleted_moved_or_repeated() {
    let cases: [(&str, Attack, u64, &str); 8] = [
        (
            "first",
            |lines| drop(lines.remove(0)),
            1,
            "its first record is missing",
        ),
        (
            "second",
            |lines| drop(lines.remove(1)),
            2,
            "the records 2 to 2 are missing",
        ),
        (
            "some",
            |lines| drop(lines.drain(10..20)),
            11,
            "the records 11 to 20 are missing",
        ),
        (
            "swapped",
            |lines| lines.swap(30, 31),
            31,
            "the records 31 to 31 are missing",
        ),
        (
            "twice",
            |lines| lines.insert(41, lines[40].clone()),
            42,
            "record 41 stands here once more",
        ),
        (
            "moved back",
            |lines| {
                let line = lines.remove(5);
                lines.insert(50, line);
            },
            6,
            "the records 6 to 6 are missing",
        ),
        (
            "an empty line",
            |lines| lines.insert(7, b"\n".to_vec()),
            8,
            "no record",
        ),
        (
            "no newline",
            |lines| {
                lines[12].pop();
            },
            13,
            "changed",
        ),
    ];
    let folder = log_of(80, 1024 * 1024);
    for (name, change, seq, problem) in cases {
        let copy = copied(folder.path());
        tamper(copy.path(), change);
        let found = bad(copy.path()).unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!(found.seq, seq, "{name}: {found:?}");
        assert!(
            found.problem.to_string().contains(problem),
            "{name}: {}",
            found.problem
        );
    }
}

fn copied(from: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

#[test]
fn two_logs_cannot_be_spliced() {
    let (one, other) = (log_of(50, 1024 * 1024), log_of(50, 1024 * 1024));
    let donor = segment::list(other.path()).unwrap().remove(0);
    let donor: Vec<Vec<u8>> = fs::read(donor.path)
        .unwrap()
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    tamper(one.path(), |lines| {
        lines.truncate(20);
        lines.extend_from_slice(&donor[20..]);
    });
    assert_eq!(
        bad(one.path()).map(|bad| (bad.seq, bad.problem)),
        Some((21, Problem::Changed))
    );

    // All of another log, with the keys of this one or its own.
    let (one, other) = (log_of(5, 1024 * 1024), log_of(5, 1024 * 1024));
    let key = PublicKeys::load(one.path()).unwrap();
    let witness = one.path().join("witness");
    let segment = segment::list(one.path()).unwrap().remove(0);
    fs::copy(
        other.path().join(segment.path.file_name().unwrap()),
        &segment.path,
    )
    .unwrap();
    assert!(
        bad(one.path())
            .unwrap()
            .problem
            .to_string()
            .contains("another log")
    );
    fs::copy(other.path().join("keys.pub"), one.path().join("keys.pub")).unwrap();
    assert_eq!(bad(one.path()), None, "nothing in the folder tells");
    let found = bad_with_witness(one.path(), &witness).unwrap();
    assert!(
        found.problem.to_string().contains("replaced"),
        "{}",
        found.problem
    );
    let options = Options {
        public_key: key.get(1).copied(),
        ..Options::default()
    };
    let found = verify(one.path(), &options).unwrap().first_bad.unwrap();
    assert!(matches!(found.problem, Problem::OtherKey(_)));
}

#[test]
fn segments_cannot_be_taken_away() {
    let folder = log_of(300, 16 * 1024);
    let segments = segment::list(folder.path()).unwrap();
    assert!(segments.len() >= 4);
    for (at, segment) in segments.iter().enumerate() {
        let copy = copied(folder.path());
        fs::remove_file(copy.path().join(segment.path.file_name().unwrap())).unwrap();
        let witness = folder.path().join("witness");
        let found = bad_with_witness(copy.path(), &witness).expect("it is found");
        match at {
            0 => assert_eq!(found.problem, Problem::NotPruned(segments[1].first)),
            _ if at + 1 == segments.len() => {
                assert!(
                    matches!(found.problem, Problem::Truncated { genuine: true, .. }),
                    "{found:?}"
                );
            }
            _ => assert_eq!(found.seq, segment.first),
        }
    }
}

#[test]
fn the_witness_knows_of_a_cut_end_and_of_an_older_copy() {
    let folder = log_of(100, 1024 * 1024);
    let backup = copied(folder.path());
    write(folder.path(), 100, 1024 * 1024, 97);
    let witness = folder.path().join("witness");
    assert_eq!(bad_with_witness(folder.path(), &witness), None);

    let found = bad_with_witness(backup.path(), &witness).unwrap();
    assert!(
        matches!(found.problem, Problem::Truncated { genuine: true, .. }),
        "{found:?}"
    );

    // Goes on behind the older copy, with the right key: the chain is whole, and another.
    fs::remove_file(backup.path().join("witness")).unwrap();
    write(backup.path(), 150, 1024 * 1024, 1);
    assert_eq!(bad(backup.path()), None);
    let found = bad_with_witness(backup.path(), &witness).unwrap();
    assert!(
        matches!(found.problem, Problem::Witness { genuine: true, .. }),
        "{found:?}"
    );

    tamper(folder.path(), |lines| lines.truncate(150));
    assert_eq!(bad(folder.path()), None, "nothing in the folder tells");
    let found = bad_with_witness(folder.path(), &witness).unwrap();
    assert_eq!(found.seq, 151);
    // And FAME does not go on behind it.
    let refused = Log::open(Settings {
        witness: Some(witness),
        ..Settings::new(folder.path())
    });
    assert!(matches!(refused, Err(AuditError::Damaged { seq: 151, .. })));
}

/// Makes the chain whole again behind changed bodies; `seal` may sign anew.
fn forge(lines: &mut [Vec<u8>], mut change: impl FnMut(&mut Value, u64, Hash)) {
    let mut before = Hash::NONE;
    for line in lines {
        let mut record: Value = serde_json::from_slice(line).unwrap();
        let seq = record["seq"].as_u64().unwrap();
        change(&mut record, seq, before);
        record.as_object_mut().unwrap().remove("hash");
        let mut body = serde_json::to_vec(&record).unwrap();
        body.pop();
        before = chain::close_line(&mut body, 0, &before);
        *line = body;
    }
}

#[test]
fn who_has_no_key_cannot_make_the_chain_whole_again() {
    let folder = log_of(80, 1024 * 1024);
    tamper(folder.path(), |lines| {
        forge(lines, |record, seq, _| {
            if seq == 10 {
                record["event"] = "forged".into();
            }
        })
    });
    let found = bad(folder.path()).unwrap();
    assert!(matches!(found.problem, Problem::Seal(_)), "{found:?}");

    // With every checkpoint made to fit, but not signed.
    let folder = log_of(80, 1024 * 1024);
    tamper(folder.path(), |lines| {
        forge(lines, |record, seq, before| {
            if seq == 10 {
                record["event"] = "forged".into();
            }
            if record["kind"] == "checkpoint" {
                record["seal"]["checkpoint"]["hash"] = before.to_string().into();
            }
        })
    });
    assert_eq!(
        bad(folder.path()).map(|bad| bad.problem),
        Some(Problem::Signature)
    );

    // With the checkpoints made notes: too much is unsigned, or the segment is not closed.
    let folder = log_of(300, 16 * 1024);
    tamper(folder.path(), |lines| {
        forge(lines, |record, seq, _| {
            if seq == 10 {
                record["event"] = "forged".into();
            }
            if record["kind"] == "checkpoint" {
                record["kind"] = "note".into();
                record.as_object_mut().unwrap().remove("seal");
            }
        })
    });
    assert_eq!(
        bad(folder.path()).map(|bad| bad.problem),
        Some(Problem::NotSealed)
    );
}

#[test]
fn who_steals_the_present_key_cannot_sign_the_past() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 50, 1024 * 1024, 20);
    let log = Log::open(Settings::new(folder.path())).unwrap();
    log.rotate_key().unwrap();
    log.append(Record::note("later")).unwrap();
    drop(log);
    let report = verify(folder.path(), &Options::default()).unwrap();
    assert_eq!((report.first_bad, report.epochs), (None, 2));

    let stolen = Secret::load(&folder.path().join("key")).unwrap().unwrap();
    assert_eq!(stolen.epoch, 2);
    for claimed in [1, 2] {
        let copy = copied(folder.path());
        tamper(copy.path(), |lines| {
            forge(lines, |record, seq, before| {
                if seq == 10 {
                    record["event"] = "forged".into();
                }
                if record["kind"] != "checkpoint" {
                    return;
                }
                let Ok(Seal::Checkpoint(old)) = serde_json::from_value(record["seal"].clone())
                else {
                    panic!("a checkpoint");
                };
                let mut checkpoint = Checkpoint {
                    hash: before,
                    epoch: claimed,
                    ..old
                };
                checkpoint.signature = stolen.sign(&checkpoint.bytes());
                record["seal"] = serde_json::to_value(Seal::Checkpoint(checkpoint)).unwrap();
            })
        });
        let found = bad(copy.path()).unwrap();
        match claimed {
            1 => assert_eq!(found.problem, Problem::Signature),
            _ => assert_eq!(
                found.problem,
                Problem::Epoch {
                    expected: 1,
                    found: 2
                }
            ),
        }
    }
}

#[test]
fn what_is_unsigned_for_too_long_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3, 1024 * 1024 * 64, 10_000);
    let segment = segment::list(folder.path()).unwrap().remove(0);
    let bytes = fs::read(&segment.path).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let mut forged = lines[0].to_vec();
    let mut before = chain::split(lines[0].strip_suffix(b"\n").unwrap())
        .unwrap()
        .1;
    for seq in 2..=crate::UNSEALED_RECORDS + 5 {
        let start = forged.len();
        forged.extend_from_slice(format!("{{\"seq\":{seq},\"time\":\"2026-01-01T00:00:00Z\",\"mono\":1,\"kind\":\"note\",\"event\":\"x\"").as_bytes());
        before = chain::close_line(&mut forged, start, &before);
    }
    fs::write(&segment.path, forged).unwrap();
    let found = bad(folder.path()).unwrap();
    assert_eq!(found.problem, Problem::Unsealed(crate::UNSEALED_RECORDS));
    assert_eq!(found.seq, crate::UNSEALED_RECORDS + 1);
}

#[test]
fn a_long_text_does_not_make_a_line_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let mut record = Record::before();
    record.heard = Some(Heard {
        text: "\u{202e}\"".repeat(5_000_000),
        confidence: Some(0.5),
    });
    log.append(record).unwrap();
    drop(log);
    assert_eq!(bad(folder.path()), None);
}
