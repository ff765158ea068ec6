//! The store: what is acknowledged stays, whatever happens to the process or the file.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fame::store::{
    CORRECTIONS, Correction, DUE_AT_ONCE, Grant, NewTurn, PLUGIN_WAKEUPS, Store, StoreError, TURNS,
    Turn,
};
use fame_plugin::{Permission, Wakeup};
use jiff::Timestamp;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

/// Names the file to the other process of a test.
const OTHER_PROCESS: &str = "FAME_TEST_STORE";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("fame/state.db")
}

fn wakeup(id: &str, second: i64) -> Wakeup {
    Wakeup {
        id: id.into(),
        at: at(second),
        data: json!({ "of": id }),
    }
}

/// A test of this file, in a process of its own.
fn other_process(test: &str, file: &Path) -> Command {
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--ignored", "--nocapture"])
        .arg(format!("{module}::{test}"))
        .env(OTHER_PROCESS, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

#[test]
fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    let grant = Grant {
        plugin: "notes".into(),
        hash: "abc".into(),
        permissions: vec![Permission::Store, Permission::Http],
        at: at(1),
    };
    let correction = Correction {
        text: "switch it off".into(),
        intent: "light_off".into(),
        at: at(2),
    };
    let turn = Turn {
        id: 41,
        at: at(3),
        session: "room".into(),
        source: "voice".into(),
        text: "What time is it?".into(),
        explanation: json!({"route": "sentence"}),
        reply: "Noon.".into(),
    };
    {
        let store = Store::open(&file).unwrap();
        store.put("notes", "milk", json!(["a", null, 1.5])).unwrap();
        store.schedule("timer", wakeup("tea", 60)).unwrap();
        store.set_grant(grant.clone()).unwrap();
        store.disable("jokes").unwrap();
        store.correct(correction.clone()).unwrap();
        let fresh = NewTurn {
            id: turn.id,
            at: turn.at,
            session: turn.session.clone(),
            source: turn.source.clone(),
            text: turn.text.clone(),
            explanation: to_raw_value(&turn.explanation).unwrap(),
            reply: turn.reply.clone(),
        };
        store.add_turns(vec![fresh]).unwrap();
    }
    let store = Store::open(&file).unwrap();
    let milk = store.get("notes", "milk").unwrap();
    assert_eq!(milk, Some(json!(["a", null, 1.5])));
    assert_eq!(store.scheduled("timer").unwrap(), [wakeup("tea", 60)]);
    assert_eq!(store.grant("notes").unwrap(), Some(grant.clone()));
    assert_eq!(store.grants().unwrap(), [grant]);
    assert_eq!(store.disabled().unwrap(), ["jokes"]);
    assert_eq!(store.corrections().unwrap(), [correction]);
    assert_eq!(store.turn(41).unwrap(), Some(turn.clone()));
    assert_eq!(store.turns(10).unwrap(), [turn]);
    assert_eq!(store.last_turn_id().unwrap(), 41);

    assert!(store.delete("notes", "milk").unwrap());
    assert!(store.unschedule("timer", "tea").unwrap());
    assert!(store.remove_grant("notes").unwrap());
    assert!(store.remove_correction("switch it off").unwrap());
    store.enable("jokes").unwrap();
    assert!(!store.delete("notes", "milk").unwrap());
    assert!(!store.unschedule("timer", "tea").unwrap());
    assert!(!store.remove_grant("notes").unwrap());
    assert!(store.disabled().unwrap().is_empty());
    assert_eq!(store.turn(40).unwrap(), None);
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    let parent = file.parent().unwrap();
    fs::create_dir(parent).unwrap();
    fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).unwrap();
    let store = Store::open(&file).unwrap();
    store.put("a", "b", json!(1)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(parent), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(parent).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert!(files >= 2, "the file and its log");
}

#[test]
fn wake_ups_come_in_their_order_and_stay_until_they_are_taken() {
    let store = Store::in_memory().unwrap();
    for (id, second) in [("c", 30), ("a", 10), ("b", 20), ("a", 15)] {
        store.schedule("timer", wakeup(id, second)).unwrap();
    }
    assert_eq!(store.next_at().unwrap(), Some(at(15)));
    let due = store.due(at(20)).unwrap();
    let names: Vec<&str> = due.iter().map(|due| due.wakeup.id.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(store.due(at(20)).unwrap(), due);
    // Scheduled anew between being handed on and being forgotten.
    store.schedule("timer", wakeup("a", 15)).unwrap();
    for due in &due {
        store.woken(due.number).unwrap();
    }
    let left = store.scheduled("timer").unwrap();
    assert_eq!(left, [wakeup("a", 15), wakeup("c", 30)]);
}

#[test]
fn what_is_kept_is_bounded() {
    let store = Store::in_memory().unwrap();
    for i in 0..PLUGIN_WAKEUPS {
        let id = i.to_string();
        store.schedule("timer", wakeup(&id, i as i64)).unwrap();
    }
    store.schedule("timer", wakeup("0", 5)).unwrap();
    let more = store.schedule("timer", wakeup("more", 1));
    assert!(matches!(more, Err(StoreError::TooMuch { .. })));
    store.schedule("alarm", wakeup("more", 1)).unwrap();
    assert_eq!(store.due(at(1_000_000)).unwrap().len(), DUE_AT_ONCE);

    for i in 0..TURNS as u64 + 5 {
        let turn = NewTurn {
            id: i + 1,
            ..NewTurn::default()
        };
        store.add_turns(vec![turn]).unwrap();
    }
    assert_eq!(store.turns(usize::MAX).unwrap().len(), TURNS);
    assert_eq!(store.turn(5).unwrap(), None);
    assert_eq!(store.turn(6).unwrap().unwrap().id, 6);
    assert_eq!(store.last_turn_id().unwrap(), TURNS as u64 + 5);

    let correction = |text: String| Correction {
        text,
        intent: "x".into(),
        at: at(0),
    };
    for i in 0..CORRECTIONS {
        store.correct(correction(i.to_string())).unwrap();
    }
    store.correct(correction("0".into())).unwrap();
    store.correct(correction("new".into())).unwrap();
    let kept = store.corrections().unwrap();
    assert_eq!(kept.len(), CORRECTIONS);
    assert_eq!(kept[0].text, "2", "1 was the oldest, 0 was taught again");
    let long = correction("x".repeat(5000));
    assert!(matches!(
        store.correct(long),
        Err(StoreError::TooMuch { .. })
    ));
}

#[test]
fn a_kill_in_the_middle_of_writing_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    let mut acknowledged = 0;
    for round in 1..=3 {
        let mut child = other_process("writes_until_it_is_killed", &file)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        while heard < 20 * round {
            let line = lines.next().expect("it writes on").unwrap();
            // The test harness talks as well.
            if let Some(number) = line.strip_prefix("kept ") {
                acknowledged = number.parse().unwrap();
                heard += 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let rest = lines.map_while(Result::ok);
        let rest = rest.filter_map(|line| line.strip_prefix("kept ")?.parse().ok());
        acknowledged = rest.last().unwrap_or(acknowledged);

        let store = Store::open(&file).unwrap();
        for number in 1..=acknowledged {
            let value = store.get("numbers", &number.to_string()).unwrap();
            let value = value.unwrap_or_else(|| panic!("{number} of {acknowledged} is lost"));
            assert_eq!(value["number"], number);
        }
        assert_eq!(store.last_turn_id().unwrap() / 10, acknowledged / 10);
    }
    let count = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert!(count <= 3, "nothing was moved aside");
}

#[test]
#[ignore = "the other process of `a_kill_in_the_middle_of_writing_loses_nothing_acknowledged`"]
fn writes_until_it_is_killed() {
    let file = env::var_os(OTHER_PROCESS).expect("the file's name in the environment");
    let store = Store::open(Path::new(&file)).unwrap();
    let first = store.keys("numbers", "").unwrap().len() as u64 + 1;
    for number in first.. {
        let value = json!({"number": number, "rest": "x".repeat(3000)});
        store.put("numbers", &number.to_string(), value).unwrap();
        if number % 10 == 0 {
            let turn = NewTurn {
                id: number,
                ..NewTurn::default()
            };
            store.add_turns(vec![turn]).unwrap();
        }
        println!("kept {number}");
    }
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    let mut child = other_process("holds_it_until_it_is_told", &file)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("held")));
    let refused = Store::open(&file).err();
    assert!(matches!(refused, Some(StoreError::InUse(_))), "{refused:?}");
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(child.wait().unwrap().success());
    let store = Store::open(&file).unwrap();
    assert_eq!(store.get("a", "b").unwrap(), Some(json!("by the first")));
}

#[test]
#[ignore = "the other process of `a_second_opener_is_refused_until_the_first_is_gone`"]
fn holds_it_until_it_is_told() {
    let file = env::var_os(OTHER_PROCESS).expect("the file's name in the environment");
    let store = Store::open(Path::new(&file)).unwrap();
    store.put("a", "b", json!("by the first")).unwrap();
    println!("held");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// What is beside the store.
fn kept_aside(file: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(file.parent().unwrap()).unwrap();
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect()
}

#[test]
fn a_file_that_is_none_of_ours_is_kept_and_a_fresh_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    fs::create_dir(file.parent().unwrap()).unwrap();
    for round in 1..=2 {
        let junk = format!("junk {round} {}", "x".repeat(5000));
        fs::write(&file, &junk).unwrap();
        let store = Store::open(&file).unwrap();
        store.put("a", "b", json!(1)).unwrap();
        drop(store);
        let aside = kept_aside(&file);
        assert_eq!(aside.len(), round, "{aside:?}");
        let kept = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text == junk);
        assert!(aside.iter().any(kept), "the junk is kept");
    }
    let store = Store::open(&file).unwrap();
    assert_eq!(store.get("a", "b").unwrap(), Some(json!(1)));
}

#[test]
fn a_damaged_file_is_found_out_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    let store = Store::open(&file).unwrap();
    for i in 0..50 {
        let value = json!("x".repeat(1000));
        store.put("a", &i.to_string(), value).unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&file).unwrap();
    let (first_page, end) = (4096, bytes.len());
    bytes[first_page..end - 4096].fill(0xA5);
    fs::write(&file, &bytes).unwrap();
    let store = Store::open(&file).unwrap();
    assert_eq!(store.get("a", "1").unwrap(), None);
    drop(store);
    let aside = kept_aside(&file);
    assert!(aside.iter().any(|path| fs::read(path).unwrap() == bytes));
}

#[test]
fn a_file_of_a_later_fame_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder);
    Store::open(&file)
        .unwrap()
        .put("a", "b", Value::Null)
        .unwrap();
    // The version lies at byte 60 of the header, big endian
    // (https://www.sqlite.org/fileformat2.html, section 1.3).
    let mut bytes = fs::read(&file).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&file, &bytes).unwrap();
    let error = Store::open(&file).err().unwrap();
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("update FAME"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    assert!(kept_aside(&file).is_empty());
}
