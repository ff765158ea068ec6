use fame_plugin::Risk;

use super::*;

const HEAD: &str = "id = \"dice\"\nname = \"Dice\"\nversion = \"1\"\nsummary = \"s\"\n";
const RUNTIME: &str = "runtime = { mcp = [\"x\"] }\n";

fn intent(sentence: &str) -> String {
    format!(
        "[[intent]]\nname = \"roll\"\nrisk = \"read\"\nexample = \"Roll.\"\nsentences = [\n  \"ok\",\n  {sentence},\n]\n"
    )
}

fn plugin(root: &Path, name: &str, manifest: &str) -> PathBuf {
    let folder = root.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(MANIFEST), manifest).unwrap();
    folder
}

fn fault(manifest: &str) -> (Option<usize>, Option<usize>, String) {
    let root = tempfile::tempdir().unwrap();
    let broken = read(&plugin(root.path(), "dice", manifest), "en").unwrap_err();
    (broken.line, broken.column, broken.reason)
}

#[test]
fn faults_are_found_to_the_character() {
    for (manifest, line, column, part) in [
        (format!("{HEAD}colour = 1\n"), Some(5), Some(1), "colour"),
        (format!("{HEAD}{RUNTIME}[[intent]\n"), Some(6), None, ""),
        (
            format!("{HEAD}{RUNTIME}{}", intent("\"roll (a die\"")),
            Some(12),
            Some(9),
            "never closed",
        ),
        (
            format!("{HEAD}{RUNTIME}{}", intent("'roll {x}'")),
            Some(12),
            Some(9),
            "no slot `x`",
        ),
        (
            // After an escape the place within the sentence is not known; its beginning is.
            format!("{HEAD}{RUNTIME}{}", intent("\"r\\u006fll {x}\"")),
            Some(12),
            Some(3),
            "no slot `x`",
        ),
        (
            format!("{HEAD}{RUNTIME}{}{}", intent("\"a\""), intent("\"b\"")),
            Some(15),
            Some(8),
            "two intents",
        ),
        (
            format!("{HEAD}hosts = [\"a\"]\n{RUNTIME}"),
            Some(5),
            Some(9),
            "permission `http`",
        ),
        (
            HEAD.replace("\"dice\"", "\"Dice 2\"") + RUNTIME,
            Some(1),
            Some(6),
            "`Dice 2` is no name",
        ),
        (HEAD.into(), None, None, "runtime"),
    ] {
        let (at_line, at_column, reason) = fault(&manifest);
        assert_eq!(at_line, line, "{reason} in\n{manifest}");
        if column.is_some() {
            assert_eq!(at_column, column, "{reason} in\n{manifest}");
        }
        assert!(reason.contains(part), "{reason} in\n{manifest}");
    }
}

#[test]
fn clashes_are_found_where_they_are_written() {
    let text = format!("{HEAD}{RUNTIME}{}", intent("\"stop it\""));
    let claim = PluginError::ControlWord {
        plugin: "dice".into(),
        sentence: "stop it".into(),
        words: "stop it".into(),
        owner: "control".into(),
    };
    let broken = Broken::manifest(Path::new("p"), &text, &claim);
    assert!(
        broken.to_string().starts_with("p/plugin.toml:12:3: "),
        "{broken}"
    );
    let origin = Origin::Folder("q".into());
    let broken = Broken::rival(Path::new("p"), &text, "dice", &origin);
    assert!(
        broken.to_string().starts_with("p/plugin.toml:1:6: "),
        "{broken}"
    );
}

#[test]
fn plugins_are_the_folders_with_a_manifest() {
    let root = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let good = format!("{HEAD}{RUNTIME}{}", intent("\"roll\""));
    let dice = plugin(root.path(), "dice", &good);
    let bad = plugin(other.path(), "bad", "id = ");
    plugin(other.path(), ".hidden", &good);
    fs::create_dir(other.path().join("no_plugin")).unwrap();
    fs::write(other.path().join("file"), "").unwrap();
    let roots = [
        root.path().to_owned(),
        root.path().join("missing"),
        other.path().to_owned(),
        root.path().to_owned(),
    ];
    let found = scan(&roots, "en", &BTreeMap::new());
    let folders: Vec<_> = found.iter().map(|sighting| &sighting.folder).collect();
    assert_eq!(folders, [&dice, &bad]);
    let described = found[0].read.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(described.manifest.intents[0].risk, Risk::Read);
    assert!(found[1].read.as_ref().unwrap().is_err());

    let known = found
        .iter()
        .map(|sighting| (sighting.folder.clone(), sighting.fingerprint.unwrap()))
        .collect();
    let again = scan(&roots, "en", &known);
    assert!(again.iter().all(|sighting| sighting.read.is_none()));
    fs::write(dice.join("server.py"), "1").unwrap();
    let changed = scan(&roots, "en", &known);
    assert!(changed[0].read.is_some() && changed[1].read.is_none());
}

#[test]
fn a_manifest_that_is_no_text_or_too_long_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = plugin(root.path(), "dice", "");
    fs::write(folder.join(MANIFEST), [0xff, 0xfe]).unwrap();
    assert!(
        read(&folder, "en")
            .unwrap_err()
            .reason
            .contains("cannot be read")
    );
    fs::write(folder.join(MANIFEST), "#".repeat(600 * 1024)).unwrap();
    assert!(
        read(&folder, "en")
            .unwrap_err()
            .reason
            .contains("longer than")
    );
}

#[test]
fn sentences_beside_the_manifest_are_added_in_the_language_spoken() {
    let root = tempfile::tempdir().unwrap();
    let manifest = format!("{HEAD}{RUNTIME}{}", intent("\"roll\""));
    let folder = plugin(root.path(), "dice", &manifest);
    fs::create_dir(folder.join(SENTENCES)).unwrap();
    let german = folder.join(SENTENCES).join("de.toml");
    fs::write(
        &german,
        "[[intent]]\nname = \"roll\"\nsentences = [\"würfle\"]\n",
    )
    .unwrap();
    let sentences = |language| {
        let described = read(&folder, language).unwrap();
        described.manifest.intents[0].sentences.clone()
    };
    assert_eq!(sentences("en"), ["ok", "roll"]);
    assert_eq!(sentences("de"), ["ok", "roll", "würfle"]);
    fs::write(&german, "[[intent]]\nname = \"roll\"\ncolour = 1\n").unwrap();
    let broken = read(&folder, "de").unwrap_err();
    assert_eq!((broken.file, broken.line), (Some(german), Some(3)));
    assert!(
        read(&folder, "en").is_ok(),
        "what is not spoken harms nobody"
    );
}
