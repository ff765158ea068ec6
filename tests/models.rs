//! Models: found, refused with a word about what to do, fetched and imported.

use std::fs;
use std::path::{Path, PathBuf};

use fame::models::{Catalog, InstallError, ModelError, SearchPath, Window, check, import, resolve};
use tempfile::TempDir;

mod pull;

const BUNDLED: &str = "ggml-tiny.en-fit-q8_0.bin";

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(BUNDLED)
}

fn search(folder: &TempDir) -> SearchPath {
    SearchPath::of([folder.path().to_owned()])
}

/// A file with this content in a fresh folder.
fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn the_bundled_model_is_the_catalogues() {
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&bundled(), folder.path()).unwrap();
    assert_eq!(imported.entry, Catalog::built_in().by_name("tiny.en-fit"));
}

#[test]
fn the_bundled_model_is_found_without_any_setting() {
    let model = resolve("tiny.en-fit", &SearchPath::standard(None)).unwrap();
    assert_eq!(model.window, Window::Fitted);
    assert!(model.english_only);
}

#[test]
fn the_configured_folder_wins() {
    let (folder, path) = file(BUNDLED, b"broken");
    let error = resolve("tiny.en-fit", &SearchPath::standard(Some(folder.path()))).unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}

#[test]
fn a_path_to_a_file_of_the_catalogue_has_the_catalogues_window() {
    let empty = tempfile::tempdir().unwrap();
    let model = resolve(bundled().to_str().unwrap(), &search(&empty)).unwrap();
    assert_eq!(
        (model.name.as_str(), model.window),
        ("tiny.en-fit", Window::Fitted)
    );
}

#[cfg(unix)]
#[test]
fn an_unknown_file_has_the_full_window_unless_its_sidecar_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-mine.bin");
    std::os::unix::fs::symlink(bundled(), &path).unwrap();
    for wanted in ["mine", "ggml-mine", "ggml-mine.bin", path.to_str().unwrap()] {
        let model = resolve(wanted, &search(&folder)).unwrap();
        assert_eq!(
            (model.name.as_str(), model.window),
            ("ggml-mine", Window::Full),
            "{wanted}"
        );
    }
    let sidecar = folder.path().join("ggml-mine.bin.toml");
    fs::write(&sidecar, "window = \"fitted\"\n").unwrap();
    assert_eq!(
        resolve("mine", &search(&folder)).unwrap().window,
        Window::Fitted
    );
    fs::write(&sidecar, "window = \"wide\"\n").unwrap();
    let error = resolve("mine", &search(&folder)).unwrap_err();
    assert!(matches!(error, ModelError::Sidecar { .. }), "{error}");
}

#[test]
fn a_name_that_is_not_installed_tells_how_to_get_it() {
    let empty = tempfile::tempdir().unwrap();
    let text = resolve("base.en", &search(&empty)).unwrap_err().to_string();
    assert!(text.contains("`fame models pull base.en`"), "{text}");
    assert!(text.contains(empty.path().to_str().unwrap()), "{text}");
}

#[test]
fn an_unknown_name_tells_the_known_ones() {
    let empty = tempfile::tempdir().unwrap();
    let text = resolve("enormous", &search(&empty))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("`enormous`") && text.contains("tiny.en-fit, base.en"),
        "{text}"
    );
}

#[test]
fn a_file_of_the_catalogue_cut_short_tells_both_sizes() {
    let half = fs::read(bundled()).unwrap();
    let (_folder, path) = file(BUNDLED, &half[..half.len() / 2]);
    let error = check(&path).unwrap_err();
    assert!(matches!(error, ModelError::CutShort { .. }), "{error}");
    assert!(
        error.to_string().contains("21775397 of 43550795 bytes"),
        "{error}"
    );
}

#[test]
fn an_unknown_file_without_its_last_byte_is_cut_short() {
    let whole = fs::read(bundled()).unwrap();
    let (_folder, path) = file("mine.bin", &whole[..whole.len() - 1]);
    assert!(matches!(
        check(&path),
        Err(ModelError::CutShort { expected: None, .. })
    ));
}

#[test]
fn everything_else_is_refused_by_its_kind_with_the_path_and_a_remedy() {
    let cases: [(&[u8], &str); 4] = [
        (b"", "an empty file"),
        (b"<html>not found</html>", "a web page"),
        (b"hello there", "a text file"),
        (b"GGUF\x03\0\0\0\0", "a GGUF file"),
    ];
    for (content, kind) in cases {
        let (_folder, path) = file("mine.bin", content);
        let text = check(&path).unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(
            text.contains(kind) && text.contains("recognizer.model"),
            "{text}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let text = check(folder.path()).unwrap_err().to_string();
    assert!(text.contains("a folder"), "{text}");
    let missing = check(&folder.path().join("mine.bin")).unwrap_err();
    assert!(matches!(missing, ModelError::Missing { .. }), "{missing}");
}

#[test]
fn an_imported_file_gets_the_catalogues_name_by_its_digest() {
    let source = tempfile::tempdir().unwrap();
    let renamed = source.path().join("download(1).bin");
    fs::copy(bundled(), &renamed).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&renamed, folder.path()).unwrap();
    assert_eq!(imported.name, "tiny.en-fit");
    assert_eq!(imported.path, folder.path().join(BUNDLED));
    assert_eq!(
        resolve("tiny.en-fit", &search(&folder)).unwrap().path,
        imported.path
    );
    assert_eq!(
        import(&renamed, folder.path()).unwrap(),
        imported,
        "a second time"
    );
    assert_eq!(names_in(folder.path()), [BUNDLED]);
}

#[test]
fn an_imported_file_that_nobody_knows_keeps_its_name_and_sidecar() {
    // One weight changed: a model, but not the published one.
    let mut other = fs::read(bundled()).unwrap();
    *other.last_mut().unwrap() ^= 1;
    let (source, path) = file("mine.bin", &other);
    fs::write(source.path().join("mine.bin.toml"), "window = \"fitted\"\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&path, folder.path()).unwrap();
    assert_eq!(imported.entry, None);
    let model = resolve(&imported.name, &search(&folder)).unwrap();
    assert_eq!(
        (model.name.as_str(), model.window),
        ("mine", Window::Fitted)
    );

    *other.last_mut().unwrap() ^= 2;
    fs::write(&path, &other).unwrap();
    let error = import(&path, folder.path()).unwrap_err();
    assert!(matches!(error, InstallError::Exists(_)), "{error}");
}

#[test]
fn a_file_that_only_bears_a_published_name_is_not_imported() {
    let mut other = fs::read(bundled()).unwrap();
    *other.last_mut().unwrap() ^= 1;
    let (_source, path) = file(BUNDLED, &other);
    let folder = tempfile::tempdir().unwrap();
    let error = import(&path, folder.path()).unwrap_err();
    assert!(matches!(error, InstallError::WrongDigest { .. }), "{error}");
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_text_file_is_not_imported() {
    let (_source, path) = file("mine.bin", b"hello there");
    let folder = tempfile::tempdir().unwrap();
    let error = import(&path, folder.path()).unwrap_err();
    assert!(
        matches!(error, InstallError::Model(ModelError::Foreign { .. })),
        "{error}"
    );
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
