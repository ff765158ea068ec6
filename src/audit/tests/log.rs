//! Writing: what is kept, what is refused, what is told.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use fame_audit::{
    Approval, AuditError, Decision, Heard, Kind, Log, Options, Outcome, PluginUsed, Reader, Record,
    Route, SandboxUsed, Settings, Source, Status, Verdict, Via, verify,
};
use serde_json::json;

use crate::sound;

fn full(text: &str) -> Record {
    let mut record = Record::before();
    record.session = Some("s1".into());
    record.source = Some(Source {
        via: Via::Rest,
        id: Some("key-7".into()),
    });
    record.heard = Some(Heard {
        text: text.into(),
        confidence: Some(0.93),
    });
    record.route = Some(Route {
        stage: Some("sentence".into()),
        intent: Some("timer.set".into()),
        confidence: Some(0.99),
        why: Some(text.into()),
    });
    record.plugin = Some(PluginUsed {
        name: "timer".into(),
        version: Some("1.2.3".into()),
        sha256: Some("ab".repeat(32)),
    });
    record.arguments = Some(json!({ "text": text, "password": text }));
    record.decision = Some(Decision {
        verdict: Verdict::Approve,
        risk: Some("write".into()),
        why: Some(text.into()),
    });
    record.approval = Some(Approval {
        id: Some("4".into()),
        by: Some("terminal".into()),
        granted: true,
    });
    record.sandbox = Some(SandboxUsed {
        tier: Some("A".into()),
        exit: Some(-1),
        wall_ms: Some(12),
        ..SandboxUsed::default()
    });
    record.outcome = Some(Outcome {
        status: Status::Failed,
        text: Some(text.into()),
    });
    record.latency_us = Some(1_234);
    record.details = Some(json!([text]));
    record
}

/// Everything that is in the folder, but for the secret key.
fn written(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| !path.ends_with("key"))
        .flat_map(|path| fs::read(path).unwrap())
        .collect()
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let mut record = full("set a timer for ten minutes");
    let receipt = log.append(record.clone()).unwrap();
    let entry = Reader::new(folder.path())
        .show(receipt.seq)
        .unwrap()
        .unwrap();
    let fingerprint = log
        .redactor()
        .mark("password", "set a timer for ten minutes");
    record.arguments =
        Some(json!({ "text": "set a timer for ten minutes", "password": fingerprint }));
    assert_eq!(entry.record, record);
    assert_eq!((entry.seq, entry.hash), (receipt.seq, receipt.hash));
    assert!(entry.mono > 0 && entry.set_back_ms.is_none());
    drop(log);
    assert_eq!(sound(folder.path()).unsealed, 0, "closing signs all of it");
}

#[test]
fn no_secret_is_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        ["ghp_", "0123456789abcdefghijklmnopqrstuvwxyz"].concat(),
        ["AKIA", "IOSFODNN7EXAMPLE"].concat(),
        ["4111 1111 ", "1111 1111"].concat(),
        ["sk-ant-", "api03-0123456789abcdefghij_ABCDEFGHIJ-AA"].concat(),
    ];
    let log = Log::open(Settings {
        witness: Some(folder.path().join("witness")),
        ..Settings::new(folder.path())
    })
    .unwrap();
    for secret in &secrets {
        let mut record = full(&format!("use {secret} please"));
        record.session = Some(secret.clone());
        record.event = Some(secret.clone());
        record.source = Some(Source {
            via: Via::Ipc,
            id: Some(secret.clone()),
        });
        record.plugin = Some(PluginUsed {
            name: secret.clone(),
            ..PluginUsed::default()
        });
        record.approval = Some(Approval {
            by: Some(secret.clone()),
            ..Approval::default()
        });
        record.sandbox = Some(SandboxUsed {
            image: Some(secret.clone()),
            ..SandboxUsed::default()
        });
        let mut nested = serde_json::Map::new();
        nested.insert(secret.clone(), json!([secret]));
        record.details = Some(nested.into());
        drop(log.submit_unhurried(record.clone()).unwrap());
        // What is large takes another way.
        let mut large = record.clone();
        large.heard = full(&format!("{secret} {}", "x ".repeat(8_000))).heard;
        drop(log.submit_unhurried(large).unwrap());
        log.append(record).unwrap();
    }
    drop(log);
    let written = String::from_utf8(written(folder.path())).unwrap();
    for secret in &secrets {
        assert!(!written.contains(secret.as_str()), "{secret}");
    }
    assert!(written.contains("[github-token:") && written.contains("[card:"));
    let secret_key = fs::read_to_string(folder.path().join("key")).unwrap();
    let secret_key: serde_json::Value = serde_json::from_str(&secret_key).unwrap();
    for name in ["seed", "fingerprint"] {
        assert!(!written.contains(secret_key[name].as_str().unwrap()));
    }
}

#[test]
fn no_text_can_break_out_of_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let hostile = [
        "a\n{\"seq\":2,\"kind\":\"note\"}\n".to_owned(),
        "\r\n\0\u{1b}[2J\u{7}\u{8}\u{7f}\u{9b}31m".to_owned(),
        "\",\"hash\":\"0000\"}".to_owned(),
        "\u{202e}evil\u{2066}\u{2069}\u{200f}\u{2028}\u{2029}\u{feff}\u{e0041}".to_owned(),
        "x".repeat(10 * 1024 * 1024),
        "\n".repeat(10 * 1024 * 1024),
        "\\u000a\\".to_owned(),
    ];
    let before = sound(folder.path()).records;
    let mut seqs = Vec::new();
    for text in &hostile {
        seqs.push(log.append(full(text)).unwrap().seq);
    }
    drop(log);
    let report = sound(folder.path());
    assert_eq!(
        report.records,
        before + hostile.len() as u64 + 1,
        "one each, and a checkpoint"
    );
    let written: Vec<u8> = fs::read(folder.path().join(format!("{:020}.jsonl", 1))).unwrap();
    assert!(written.len() < hostile.len() * 64 * 1024);
    let text = String::from_utf8(written).unwrap();
    assert!(text.lines().all(|line| line.chars().all(|c| !c.is_control()
        && !"\u{202e}\u{2066}\u{2069}\u{200f}\u{2028}\u{2029}\u{feff}\u{e0041}".contains(c))));
    let reader = Reader::new(folder.path());
    for (seq, text) in seqs.into_iter().zip(&hostile) {
        let heard = reader
            .show(seq)
            .unwrap()
            .unwrap()
            .record
            .heard
            .unwrap()
            .text;
        if text.len() < 1_000 {
            assert_eq!(&heard, text);
        } else {
            assert!(heard.contains("[cut: 10485760 bytes, sha256 "), "{heard}");
        }
    }
}

#[test]
fn what_nobody_waits_for_is_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let before = log
        .submit_unhurried(Record::before())
        .unwrap()
        .wait()
        .unwrap();
    let mut after = Record::after(before.seq);
    after.heard = full("what time is it").heard;
    let written = log.submit_unhurried(after.clone()).unwrap().wait().unwrap();
    assert_eq!(written.seq, before.seq + 1);
    let mut wrong = Record::before();
    wrong.of = Some(1);
    assert!(log.submit_unhurried(wrong).is_err());
    // The end waits for it, too.
    let last = log.submit_unhurried(full("good night")).unwrap();
    drop(log);
    let last = last.wait().unwrap();
    let entry = Reader::new(folder.path()).show(last.seq).unwrap().unwrap();
    assert_eq!(entry.record.heard.unwrap().text, "good night");
    sound(folder.path());
}

#[test]
fn what_follows_names_the_record_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let askers: Vec<_> = (0..4)
        .map(|asker| {
            let log = log.clone();
            std::thread::spawn(move || {
                for act in 0..100 {
                    let name = format!("{asker}.{act}");
                    let mut before = Record::before();
                    before.session = Some(name.clone());
                    let before = log.submit_unhurried(before).unwrap();
                    if act % 50 == 0 {
                        // Now and then it is on the disk already.
                        log.append(Record::note("hurry")).unwrap();
                    }
                    let mut after = Record::following();
                    after.session = Some(name);
                    if act % 20 == 0 {
                        // What is large takes another way.
                        after.heard = full(&"x ".repeat(8_000)).heard;
                    }
                    drop(log.follow(before, after).unwrap());
                }
            })
        })
        .collect();
    for asker in askers {
        asker.join().unwrap();
    }
    let before = log.submit_unhurried(Record::before()).unwrap();
    for wrong in [Record::before(), Record::note("x"), Record::after(1)] {
        let other = log.submit_unhurried(Record::note("other")).unwrap();
        assert!(matches!(
            log.follow(other, wrong),
            Err(AuditError::Record(_))
        ));
    }
    let last = log.follow(before, Record::following()).unwrap();
    drop(log);
    assert!(last.wait().is_ok());
    let entries = Reader::new(folder.path()).tail(1_000).unwrap();
    let find = |kind: Kind| {
        let all = entries
            .iter()
            .filter(move |entry| entry.record.kind == kind);
        all.filter_map(|entry| Some((entry.record.session.as_deref()?, entry)))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let (before, after) = (find(Kind::Before), find(Kind::After));
    assert_eq!((before.len(), after.len()), (400, 400));
    for (name, entry) in after {
        assert_eq!(entry.record.of, Some(before[name].seq), "{name}");
        assert!(entry.seq > before[name].seq);
    }
    sound(folder.path());
    let again = Log::open(Settings::new(folder.path())).unwrap();
    assert!(again.recovery().unknown.is_empty());
}

#[test]
fn only_callers_records_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let mut forged = Record::note("x");
    forged.kind = Kind::Checkpoint;
    let mut loose = Record::after(1);
    loose.of = None;
    for record in [forged, loose, Record::default()] {
        assert!(matches!(
            log.append(record.clone()),
            Err(AuditError::Record(_))
        ));
        assert!(matches!(log.submit(record), Err(AuditError::Record(_))));
    }
    drop(log);
    assert_eq!(sound(folder.path()).records, 2);
}

#[test]
fn there_is_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    assert!(matches!(
        Log::open(Settings::new(folder.path())),
        Err(AuditError::InUse(_))
    ));
    let other = log.clone();
    drop(log);
    assert!(matches!(
        Log::open(Settings::new(folder.path())),
        Err(AuditError::InUse(_))
    ));
    drop(other);
    Log::open(Settings::new(folder.path())).unwrap();
}

#[test]
fn many_threads_get_numbers_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings {
        segment_bytes: 16 * 1024,
        ..Settings::new(folder.path())
    })
    .unwrap();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let log = log.clone();
            thread::spawn(move || -> Vec<u64> {
                let write = |n| {
                    log.append(Record::note(format!("{thread}.{n}")))
                        .unwrap()
                        .seq
                };
                (0..50).map(write).collect()
            })
        })
        .collect();
    let mut seqs = Vec::new();
    for thread in threads {
        let own = thread.join().unwrap();
        assert!(own.is_sorted(), "one caller's records are in its order");
        seqs.extend(own);
    }
    drop(log);
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(seqs.len(), 400);
    let report = sound(folder.path());
    assert!(report.segments > 4 && report.records > 400);
}

#[cfg(unix)]
#[test]
fn everything_is_its_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/audit");
    let key = parent.path().join("keys/audit.key");
    let settings = || Settings {
        key: Some(key.clone()),
        ..Settings::new(&folder)
    };
    Log::open(settings()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&key)), (0o700, 0o600));
    assert_eq!(mode(&folder.join(format!("{:020}.jsonl", 1))), 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    Log::open(settings()).unwrap();
    assert_eq!(mode(&key), 0o600);
    fs::remove_file(&key).unwrap();
    let refused = Log::open(settings());
    assert!(matches!(refused, Err(AuditError::Key { .. })));
    sound(&folder);
}

#[test]
fn an_act_of_which_nobody_knows_the_end_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings {
        segment_bytes: 4096,
        ..Settings::new(folder.path())
    };
    let log = Log::open(settings()).unwrap();
    let lost = log.append(Record::before()).unwrap().seq;
    let done = log.append(Record::before()).unwrap().seq;
    for n in 0..100 {
        log.append(Record::note(format!("{n}"))).unwrap();
    }
    log.append(Record::after(done)).unwrap();
    drop(log);
    let log = Log::open(settings()).unwrap();
    assert_eq!(log.recovery().unknown, [lost]);
    drop(log);
    assert!(
        Log::open(settings()).unwrap().recovery().unknown.is_empty(),
        "once"
    );
    let told = Reader::new(folder.path()).tail(10).unwrap();
    let told = told
        .iter()
        .find(|entry| entry.record.of == Some(lost))
        .unwrap();
    assert_eq!(
        told.record.outcome.as_ref().unwrap().status,
        Status::Unknown
    );
    assert!(sound(folder.path()).segments > 3);
}

#[test]
fn the_key_is_changed_and_the_old_one_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings::new(folder.path())).unwrap();
    let first = log.public_key();
    let old = fs::read_to_string(folder.path().join("key")).unwrap();
    for epoch in 2..5 {
        log.append(Record::note("work")).unwrap();
        log.rotate_key().unwrap();
        assert_eq!(sound(folder.path()).epochs, epoch);
    }
    drop(log);
    let log = Log::open(Settings::new(folder.path())).unwrap();
    assert_ne!(log.public_key(), first);
    log.append(Record::note("more")).unwrap();
    drop(log);
    let seed =
        |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["seed"].clone();
    let new = fs::read_to_string(folder.path().join("key")).unwrap();
    assert_ne!(seed(&old), seed(&new));
    for key in [first, first.to_string().parse().unwrap()] {
        let options = Options {
            public_key: Some(key),
            ..Options::default()
        };
        assert_eq!(
            verify(folder.path(), &options).unwrap().first_bad,
            None,
            "known by its first key"
        );
    }
}

#[test]
fn settings_have_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [
        Settings {
            segment_bytes: 100,
            ..Settings::new(folder.path())
        },
        Settings {
            keep_bytes: 100,
            ..Settings::new(folder.path())
        },
        Settings {
            checkpoint_records: 0,
            ..Settings::new(folder.path())
        },
    ] {
        assert!(matches!(Log::open(wrong), Err(AuditError::Setting { .. })));
    }
}

#[test]
fn a_checkpoint_is_made_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(Settings {
        checkpoint_every: Duration::from_millis(20),
        ..Settings::new(folder.path())
    })
    .unwrap();
    log.append(Record::note("x")).unwrap();
    for _ in 0..500 {
        if sound(folder.path()).unsealed == 0 {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no checkpoint in ten seconds");
}
