use proptest::prelude::*;

use super::folder::MAX_DEPTH;
use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn hash(files: &[(&str, &str)]) -> ContentHash {
    ContentHash::of_folder(folder(files).path()).unwrap()
}

#[test]
fn any_change_of_code_is_another_hash() {
    let one = [("plugin.toml", "id"), ("src/a.py", "1"), ("src/b.py", "2")];
    let same = hash(&one);
    assert_eq!(hash(&one), same);
    for other in [
        vec![("plugin.toml", "id"), ("src/a.py", "1"), ("src/b.py", "3")],
        vec![("plugin.toml", "id"), ("src/a.py", "12"), ("src/b.py", "")],
        vec![("plugin.toml", "id"), ("src/a.py", "1"), ("src/c.py", "2")],
        vec![("plugin.toml", "id"), ("src/a.py", "1"), ("b.py", "2")],
        vec![("plugin.toml", "id"), ("src/a.py", "1")],
    ] {
        assert_ne!(hash(&other), same, "{other:?}");
    }
}

#[test]
fn what_never_runs_does_not_count() {
    let plain = hash(&[("plugin.toml", "id")]);
    let cached = hash(&[
        ("plugin.toml", "id"),
        ("__pycache__/server.pyc", "x"),
        (".git/HEAD", "x"),
        ("src/__pycache__/a.pyc", "x"),
    ]);
    assert_eq!(cached, plain);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = folder(&[("plugin.toml", "id")]);
    let before = ContentHash::of_folder(folder.path()).unwrap();
    let link = folder.path().join("all");
    std::os::unix::fs::symlink("/", &link).unwrap();
    let to_root = ContentHash::of_folder(folder.path()).unwrap();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let to_itself = ContentHash::of_folder(folder.path()).unwrap();
    assert!(before != to_root && to_root != to_itself && before != to_itself);
}

#[cfg(unix)]
#[test]
fn a_copy_is_the_same_and_goes_with_its_owner() {
    use std::os::unix::fs::PermissionsExt;

    let original = folder(&[("plugin.toml", "id"), ("bin/run", "#!/bin/sh")]);
    let run = original.path().join("bin/run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("bin/run", original.path().join("run")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("copy");
    let copied = Copied::new(original.path(), target.clone()).unwrap();
    assert_eq!(
        copied.hash(),
        ContentHash::of_folder(original.path()).unwrap()
    );
    assert_eq!(
        copied.hash(),
        ContentHash::of_folder(copied.folder()).unwrap()
    );
    let mode = fs::metadata(target.join("run"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    fs::write(&run, "changed").unwrap();
    assert_eq!(fs::read_to_string(target.join("run")).unwrap(), "#!/bin/sh");
    drop(copied);
    assert!(!target.exists());
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let original = folder(&[("plugin.toml", "id")]);
    let place = tempfile::tempdir().unwrap();
    let taken = place.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let error = Copied::new(original.path(), taken.clone()).unwrap_err();
    assert!(error.to_string().contains("taken"), "{error}");
    assert!(taken.exists(), "what was there is not ours to remove");
}

#[test]
fn too_much_is_refused_with_its_limit() {
    let deep = "d/".repeat(MAX_DEPTH + 2) + "file";
    let folder = folder(&[(deep.as_str(), "x")]);
    let error = ContentHash::of_folder(folder.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("32 deep"), "{error}");
    let large = tempfile::tempdir().unwrap();
    let file = File::create(large.path().join("large")).unwrap();
    file.set_len(MAX_BYTES + 1).unwrap();
    let error = ContentHash::of_folder(large.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("256 MiB"), "{error}");
}

#[test]
fn a_fingerprint_notices_what_changes() {
    let folder = folder(&[("plugin.toml", "id"), ("src/a.py", "1")]);
    let look = || fingerprint(folder.path()).unwrap();
    let first = look();
    assert_eq!(look(), first);
    fs::write(folder.path().join("src/a.py"), "2").unwrap();
    let second = look();
    assert_ne!(second, first);
    fs::rename(folder.path().join("src"), folder.path().join("lib")).unwrap();
    assert_ne!(look(), second);
}

proptest! {
    #[test]
    fn a_hash_is_read_as_it_is_written(bytes in any::<[u8; 32]>()) {
        let hash = ContentHash(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    #[test]
    fn other_text_is_no_hash(text in "[0-9a-fg-z]{0,80}") {
        let digits = text.chars().all(|c| c.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<ContentHash>().is_ok(), digits && text.len() == 64);
    }
}
