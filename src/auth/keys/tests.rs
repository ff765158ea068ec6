use std::os::unix::fs::{MetadataExt, PermissionsExt};

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::scope::Scope;
use crate::text::TextError;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn keys(folder: &tempfile::TempDir) -> Keys {
    Keys::open(folder.path().join("keys.json")).unwrap()
}

fn refused(keys: &Keys, key: &str) -> Refused {
    keys.authenticate(key).unwrap_err()
}

const QUERY: [Scope; 1] = [Scope::Query];

#[test]
fn there_is_no_key_until_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    assert!(keys.list().is_empty() && !keys.any_good());
    assert!(!keys.path().exists(), "looking makes no file");
    let unknown = text::write("0123456789", &[0; SECRET_BYTES]);
    assert_eq!(refused(&keys, unknown.expose_secret()), Refused::Wrong);
    assert_eq!(refused(&keys, ""), Refused::Text(TextError::Shape));
}

#[test]
fn a_key_opens_what_it_is_good_for_and_its_secret_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let made = keys
        .create("the kitchen's tablet", QUERY.into(), None)
        .unwrap();
    let bearer = keys.authenticate(made.key.expose_secret()).unwrap();
    assert_eq!(bearer.id(), made.id);
    assert_eq!(bearer.name(), "the kitchen's tablet");
    assert!(bearer.may(Scope::Query) && !bearer.may(Scope::Read) && !bearer.may(Scope::Admin));

    let text = std::fs::read_to_string(keys.path()).unwrap();
    let secret = &made.key.expose_secret()[PREFIX_AND_ID..];
    assert!(!text.contains(&secret[..16]), "the secret is in the file");
    assert!(!format!("{bearer:?} {:?}", keys.list()).contains(&secret[..16]));
    let mode = std::fs::metadata(keys.path()).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
}

const PREFIX_AND_ID: usize = text::PREFIX.len() + text::ID_LENGTH + 1;

#[test]
fn the_id_of_one_key_with_the_secret_of_another_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let one = keys.create("one", QUERY.into(), None).unwrap();
    let other = keys.create("other", [Scope::Admin].into(), None).unwrap();
    let shown = text::parse(one.key.expose_secret()).unwrap();
    let mixed = text::write(&other.id, &shown.secret);
    assert_eq!(refused(&keys, mixed.expose_secret()), Refused::Wrong);
}

#[test]
fn revoked_and_expired_keys_open_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let kept = keys.create("kept", QUERY.into(), None).unwrap();
    let gone = keys.create("gone", QUERY.into(), None).unwrap();
    let bearer = keys.authenticate(gone.key.expose_secret()).unwrap();
    assert!(keys.still_good(&bearer));
    keys.revoke(&gone.id).unwrap();
    keys.revoke(&gone.id).unwrap();
    assert!(!keys.still_good(&bearer));
    assert_eq!(refused(&keys, gone.key.expose_secret()), Refused::Revoked);
    assert!(keys.authenticate(kept.key.expose_secret()).is_ok());
    assert!(matches!(keys.revoke("nope"), Err(KeysError::Unknown(_))));

    let short = keys
        .create_at("short", QUERY.into(), Some(at(1_000)), at(900))
        .unwrap();
    let key = short.key.expose_secret();
    assert!(keys.authenticate_at(key, at(999)).is_ok());
    let late = keys.authenticate_at(key, at(1_000)).unwrap_err();
    assert_eq!(late, Refused::Expired);
}

#[test]
fn a_rotated_key_stays_good_for_the_overlap_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let old = keys
        .create_at(
            "phone",
            [Scope::Query, Scope::Read].into(),
            Some(at(5_000)),
            at(1_000),
        )
        .unwrap();
    let new = keys
        .rotate_at(&old.id, SignedDuration::from_secs(60), at(2_000))
        .unwrap();
    assert_eq!(new.expires, Some(at(6_000)), "as long a life as the old");
    assert_eq!((&new.name, new.scopes), (&old.name, old.scopes));
    for (second, old_opens) in [(2_059, true), (2_060, false)] {
        let opens = |made: &Created| {
            keys.authenticate_at(made.key.expose_secret(), at(second))
                .is_ok()
        };
        assert_eq!((opens(&old), opens(&new)), (old_opens, true));
    }
    let again = keys.rotate_at(&old.id, SignedDuration::ZERO, at(2_001));
    assert!(matches!(again, Err(KeysError::Rotated { .. })));
    let late = keys.rotate_at(&old.id, SignedDuration::ZERO, at(2_100));
    assert!(matches!(late, Err(KeysError::Ended(_))));
    // A negative overlap ends the old one now, not in the past.
    let third = keys
        .rotate_at(&new.id, SignedDuration::from_secs(-9), at(2_200))
        .unwrap();
    assert!(
        keys.authenticate_at(new.key.expose_secret(), at(2_200))
            .is_err()
    );
    assert!(
        keys.authenticate_at(third.key.expose_secret(), at(2_200))
            .is_ok()
    );
}

#[test]
fn what_one_process_changes_the_other_sees_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = keys(&folder);
    let command_line = keys(&folder);
    let made = command_line.create("new", QUERY.into(), None).unwrap();
    assert!(daemon.authenticate(made.key.expose_secret()).is_ok());
    command_line.revoke(&made.id).unwrap();
    assert_eq!(refused(&daemon, made.key.expose_secret()), Refused::Revoked);
    std::fs::remove_file(daemon.path()).unwrap();
    assert_eq!(refused(&daemon, made.key.expose_secret()), Refused::Wrong);
}

#[test]
fn names_scopes_and_ends_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    for name in ["", "  ", "a\nb", "a\u{1b}[31m", &"x".repeat(MAX_NAME + 1)] {
        let made = keys.create(name, QUERY.into(), None);
        assert!(matches!(made, Err(KeysError::Name)), "{name:?}");
    }
    assert!(
        keys.create(&"ü".repeat(MAX_NAME), QUERY.into(), None)
            .is_ok()
    );
    let none = keys.create("x", Scopes::default(), None);
    assert!(matches!(none, Err(KeysError::NoScope)));
    let past = keys.create("x", QUERY.into(), Some(at(1)));
    assert!(matches!(past, Err(KeysError::Expiry)));
}

#[test]
fn a_damaged_file_keeps_the_last_good_keys_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let made = keys.create("kept", QUERY.into(), None).unwrap();
    let whole = std::fs::read(keys.path()).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(keys.path(), &whole[..length]).unwrap();
        assert!(keys.authenticate(made.key.expose_secret()).is_ok());
        let problem = keys.problem().unwrap();
        assert!(problem.contains("damaged"), "{problem}");
        let change = keys.create("lost?", QUERY.into(), None);
        assert!(matches!(change, Err(KeysError::File(_))), "it was replaced");
        assert!(Keys::open(keys.path()).is_err());
    }
    std::fs::write(keys.path(), &whole).unwrap();
    assert_eq!(keys.list().len(), 1);
    assert_eq!(keys.problem(), None);
}

#[test]
fn a_file_that_others_can_touch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let made = keys.create("kept", QUERY.into(), None).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o602] {
        std::fs::set_permissions(keys.path(), PermissionsExt::from_mode(mode)).unwrap();
        let opened = Keys::open(keys.path());
        assert!(matches!(opened, Err(FileError::Open(_))), "{mode:o}");
        assert!(keys.problem().unwrap().contains("chmod 600"));
        assert!(keys.authenticate(made.key.expose_secret()).is_ok());
    }
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(keys.path(), &link).unwrap();
    assert!(matches!(Keys::open(link), Err(FileError::Foreign(_))));
    let pipe = folder.path().join("folder.json");
    std::fs::create_dir(&pipe).unwrap();
    assert!(Keys::open(pipe).is_err());
}

#[test]
fn what_an_interrupted_change_left_behind_hinders_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    std::fs::write(keys.path().with_extension("new"), "{\"version\": 1, \"ke").unwrap();
    let made = keys.create("x", QUERY.into(), None).unwrap();
    // Before the key is used: when it was is written the same way.
    assert!(!keys.path().with_extension("new").exists());
    assert!(keys.authenticate(made.key.expose_secret()).is_ok());
}

#[test]
fn when_a_key_was_used_is_kept_and_not_written_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let made = keys.create("x", QUERY.into(), None).unwrap();
    let key = made.key.expose_secret();
    keys.authenticate_at(key, at(1_000)).unwrap();
    let first = lock(&keys.writer).take();
    first.unwrap().join().unwrap();
    let on_disk = || file::read(keys.path()).unwrap()[0].info.last_used;
    assert_eq!(on_disk(), Some(at(1_000)));
    for second in 1_001..1_060 {
        keys.authenticate_at(key, at(second)).unwrap();
    }
    assert!(lock(&keys.writer).is_none(), "written within the minute");
    assert_eq!(keys.list()[0].last_used, Some(at(1_059)));
    keys.authenticate_at(key, at(1_060)).unwrap();
    drop(keys);
    let keys = self::keys(&folder);
    assert_eq!(keys.list()[0].last_used, Some(at(1_060)));
}

#[test]
fn many_at_once_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let keys = Keys::open(&path).unwrap();
                for _ in 0..5 {
                    let made = keys.create("x", QUERY.into(), None).unwrap();
                    keys.authenticate(made.key.expose_secret()).unwrap();
                }
            });
        }
    });
    let keys = keys(&folder);
    assert_eq!(keys.list().len(), 20);
    assert_eq!(keys.problem(), None);
}

#[test]
fn there_are_not_more_keys_than_there_may_be() {
    let mut kept = Vec::new();
    for _ in 0..MAX_KEYS {
        add(&mut kept, "x", QUERY.into(), None, at(1)).unwrap();
    }
    let full = add(&mut kept, "x", QUERY.into(), None, at(1));
    assert!(matches!(full, Err(KeysError::Full)));
    kept[7].info.revoked = Some(at(2));
    let forgotten = kept[7].info.id.clone();
    add(&mut kept, "x", QUERY.into(), None, at(3)).unwrap();
    assert_eq!(kept.len(), MAX_KEYS);
    assert!(kept.iter().all(|record| record.info.id != forgotten));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_breaks_the_reader(noise in "\\PC{0,300}", cut in 0usize..400) {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        keys.create("x", QUERY.into(), None).unwrap();
        let mut text = std::fs::read_to_string(keys.path()).unwrap();
        text.truncate(cut.min(text.len()));
        text.push_str(&noise);
        std::fs::write(keys.path(), &text).unwrap();
        // Never more than was there, never a panic, and trouble is told.
        prop_assert!(keys.list().len() <= 1);
        prop_assert!(Keys::open(keys.path()).is_ok() || keys.problem().is_some());
    }
}
