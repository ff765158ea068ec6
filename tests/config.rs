//! Settings: the layers, the bounds, and what is said about a mistake.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use fame::config::{
    Config, ConfigError, KeepError, ListenMode, MAX_FILE, Origin, Overrides, Paths, SettingValue,
    SettingsFile, Sources, VoiceKind,
};
use tempfile::TempDir;

/// A machine of its own: a home, a system file, an environment.
struct Place {
    folder: TempDir,
    sources: Sources,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths = Paths {
            home: at("home"),
            system_config: at("system.toml"),
            user_config: at("user.toml"),
            user_config_named: false,
            data: at("data"),
            runtime: at("run"),
        };
        Self {
            folder,
            sources: Sources {
                paths,
                environment: Vec::new(),
                overrides: Overrides::new(),
            },
        }
    }

    fn system(self, text: &str) -> Self {
        fs::write(&self.sources.paths.system_config, text).unwrap();
        self
    }

    fn user(self, text: impl AsRef<[u8]>) -> Self {
        fs::write(&self.sources.paths.user_config, text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Result<Config, ConfigError> {
        self.sources.load()
    }

    /// The mistake and the remedy, without this test's own folder.
    fn mistake(&self) -> String {
        let error = self.load().unwrap_err();
        let folder = format!("{}/", self.folder.path().display());
        format!("{error}\nhint: {}", error.hint()).replace(&folder, "")
    }
}

#[test]
fn without_any_layer_the_defaults_count() {
    assert_eq!(Place::new().load().unwrap(), Config::default());
    assert_eq!(Place::new().user("").load().unwrap(), Config::default());
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let place = Place::new()
        .system("[listen]\nendpoint_ms = 700\npre_roll_ms = 500\nwake_threshold = 0.5\nearcon = false\n[voice]\norder = [\"system\", \"silent\"]")
        .user("[listen]\npre_roll_ms = 600\nwake_threshold = 0.6\n[voice]\norder = [\"silent\"]\n[voice.command]\nprogram = \"piper\"")
        .variable("FAME_LISTEN__WAKE_THRESHOLD", "0.8")
        .variable("FAME_LISTEN__MODE", "push_to_talk")
        .variable("FAME_VOICE__COMMAND__OUTPUT", "\"raw\"")
        .variable("FAME_RECOGNIZER__CUSTOM_WORDS", "[\"Fame\", \"niri\"]")
        .variable("FAME_LISTEN__WAKE_PHRASE", "true")
        .variable("FAME_LOG", "debug")
        .variable("HOME", "/nowhere");
    let mut sources = place.sources.clone();
    sources.overrides.set("listen.mode", "conversation");
    sources.overrides.set("recognizer.threads", 3);
    let config = sources.load().unwrap();
    assert!(!config.listen.earcon);
    assert_eq!(config.listen.endpoint_ms, 700);
    assert_eq!(config.listen.pre_roll_ms, 600);
    assert_eq!(config.listen.wake_threshold, 0.8);
    assert_eq!(config.listen.mode, ListenMode::Conversation);
    assert_eq!(config.listen.wake_phrase, "true");
    assert_eq!(
        config.voice.order,
        [VoiceKind::Silent],
        "lists are replaced"
    );
    assert_eq!(config.voice.command.program, "piper");
    assert_eq!(
        config.voice.command.sample_rate, 22_050,
        "tables are merged"
    );
    assert_eq!(config.recognizer.custom_words, ["Fame", "niri"]);
    assert_eq!(config.recognizer.threads, 3);
}

#[test]
fn the_home_folder_may_be_written_as_a_tilde() {
    let place =
        Place::new().user("[ipc]\nsocket = \"~/s.sock\"\n[recognizer]\nmodel_folder = \"~/m\"");
    let config = place.load().unwrap();
    let home = &place.sources.paths.home;
    assert_eq!(place.sources.paths.socket(&config), home.join("s.sock"));
    assert_eq!(config.recognizer.model_folder, Some(home.join("m")));
    let default = place.sources.paths.socket(&Config::default());
    assert_eq!(default, place.folder.path().join("run/famed.sock"));
}

#[test]
fn a_half_written_file_is_explained_and_left_alone() {
    let text = "[listen]\nendpoint_ms = 700\nwake_phrase = \"hey";
    let place = Place::new().user(text);
    insta::assert_snapshot!(place.mistake(), @r#"
    `user.toml`, line 3, column 19: invalid basic string, expected `"`
    hint: correct the line; `fame config check` reads it again and changes nothing
    "#);
    assert_eq!(
        fs::read_to_string(&place.sources.paths.user_config).unwrap(),
        text
    );
}

#[test]
fn a_mistake_is_told_with_file_line_key_and_remedy() {
    let place = Place::new().user("# mine\n[listen]\nendpont_ms = 700\n");
    insta::assert_snapshot!(place.mistake(), @"
    `user.toml`, line 3, column 1: `listen.endpont_ms`: unknown field `endpont_ms`, expected one of `mode`, `wake_phrase`, `wake_threshold`, `open_seconds`, `pre_roll_ms`, `endpoint_ms`, `max_utterance_seconds`, `nothing_said_seconds`, `vad_threshold`, `earcon`
    hint: correct or remove `listen.endpont_ms`; `fame config check` reads it again and changes nothing
    ");
    let place = Place::new().system("[voice]\n\n  rate = \"fast\"\n");
    insta::assert_snapshot!(place.mistake(), @r#"
    `system.toml`, line 3, column 10: `voice.rate`: invalid type: string "fast", expected a number
    hint: correct or remove `voice.rate`; `fame config check` reads it again and changes nothing
    "#);
    let place = Place::new().user("[listen]\n# a comment\nmode = \"always\"\n");
    insta::assert_snapshot!(place.mistake(), @"
    `user.toml`, line 3, column 8: `listen.mode`: unknown variant `always`, expected one of `wake`, `conversation`, `push_to_talk`
    hint: correct or remove `listen.mode`; `fame config check` reads it again and changes nothing
    ");
    let place = Place::new().user("listen = { pre_roll_ms = 400, endpoint_ms = 90 }\n");
    insta::assert_snapshot!(place.mistake(), @"
    `user.toml`, line 1, column 31: `listen.endpoint_ms` is 90, but has to be 200 to 3000
    hint: set `listen.endpoint_ms` to a value from 200 to 3000, or remove it for 600
    ");
    let place = Place::new().user("voice.command.program = \" \"\n");
    insta::assert_snapshot!(place.mistake(), @"
    `user.toml`, line 1, column 15: `voice.command.program` is empty
    hint: write words into `voice.command.program`, or remove it for the default
    ");
    let place = Place::new().variable("FAME_LISTEN__ENDPOINT_MS", "soon");
    insta::assert_snapshot!(place.mistake(), @r#"
    the variable `FAME_LISTEN__ENDPOINT_MS`: `listen.endpoint_ms`: invalid type: string "soon", expected a whole number
    hint: correct or remove `listen.endpoint_ms`; `fame config check` reads it again and changes nothing
    "#);
    let place = Place::new().variable("FAME_LISTEN__ENDPOINT", "700");
    insta::assert_snapshot!(place.mistake(), @"
    the variable `FAME_LISTEN__ENDPOINT`: `listen.endpoint`: unknown field `endpoint`, expected one of `mode`, `wake_phrase`, `wake_threshold`, `open_seconds`, `pre_roll_ms`, `endpoint_ms`, `max_utterance_seconds`, `nothing_said_seconds`, `vad_threshold`, `earcon`
    hint: correct or remove `listen.endpoint`; `fame config check` reads it again and changes nothing
    ");
    let mut place = Place::new();
    place.sources.overrides.set("recognizer.threads", 17);
    insta::assert_snapshot!(place.mistake(), @"
    the command line: `recognizer.threads` is 17, but has to be 0 to 16
    hint: set `recognizer.threads` to a value from 0 to 16, or remove it for 0
    ");
}

#[test]
fn every_bound_of_the_schema_holds() {
    for (setting, good, bad) in [
        (
            "listen.wake_threshold",
            vec!["0", "1"],
            vec!["-0.1", "1.1", "nan"],
        ),
        (
            "listen.open_seconds",
            vec!["1", "60"],
            vec!["0.9", "61", "inf"],
        ),
        (
            "listen.pre_roll_ms",
            vec!["300", "1000"],
            vec!["299", "1001", "-1"],
        ),
        (
            "listen.endpoint_ms",
            vec!["200", "3000"],
            vec!["199", "3001"],
        ),
        (
            "listen.max_utterance_seconds",
            vec!["2", "28"],
            vec!["1.9", "28.1"],
        ),
        (
            "listen.nothing_said_seconds",
            vec!["1", "60"],
            vec!["0", "61"],
        ),
        ("listen.vad_threshold", vec!["0", "1"], vec!["-1", "2"]),
        (
            "listen.wake_phrase",
            vec!["'hey you'"],
            vec!["''", "' '", r#""a\u0000b""#],
        ),
        ("recognizer.threads", vec!["0", "16"], vec!["17", "-1"]),
        ("recognizer.model", vec!["'base'"], vec!["''"]),
        ("recognizer.language", vec!["'de'"], vec!["''"]),
        (
            "recognizer.custom_words",
            vec!["[]", "['a']"],
            vec!["['']", r#"["\u0000"]"#],
        ),
        (
            "recognizer.model_folder",
            vec!["'/m'", "'~/m'"],
            vec!["'m'", "'~me/m'"],
        ),
        (
            "voice.order",
            vec!["['silent']"],
            vec!["[]", "['silent', 'silent']"],
        ),
        ("voice.rate", vec!["0.5", "2"], vec!["0.4", "2.1"]),
        ("voice.pitch", vec!["0.5", "2"], vec!["0.4", "2.1"]),
        ("voice.volume", vec!["0", "1"], vec!["-0.1", "1.1"]),
        ("voice.command.program", vec!["'piper'"], vec!["''"]),
        (
            "voice.command.sample_rate",
            vec!["8000", "192000"],
            vec!["7999", "192001"],
        ),
        ("ipc.socket", vec!["'/s'", "'~/s'"], vec!["'s'"]),
    ] {
        for value in good {
            let place = Place::new().user(format!("{setting} = {value}"));
            assert!(
                place.load().is_ok(),
                "{setting} = {value}: {}",
                place.mistake()
            );
        }
        for value in bad {
            let place = Place::new().user(format!("\n{setting} = {value}"));
            match place.load() {
                Err(ConfigError::Setting { origin, key, .. }) => {
                    assert_eq!(key, setting);
                    assert!(matches!(origin, Origin::File { line: 2, .. }), "{origin}");
                }
                other => panic!("{setting} = {value} gives {other:?}"),
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_settings_is_refused() {
    let place = Place::new().user([b'#', 0xff, 0xfe]);
    assert!(matches!(place.load(), Err(ConfigError::Read { .. })));
    let place = Place::new().user("#".repeat(MAX_FILE as usize + 1));
    assert!(matches!(place.load(), Err(ConfigError::TooLong { .. })));
    let place = Place::new().user("#".repeat(MAX_FILE as usize));
    assert!(place.load().is_ok());
    let mut place = Place::new();
    place.sources.paths.user_config = place.folder.path().to_owned();
    assert!(matches!(place.load(), Err(ConfigError::Read { .. })));
    let mut place = Place::new();
    let name = OsString::from("FAME_LISTEN__WAKE_PHRASE");
    let value = OsString::from_vec(vec![0xff]);
    place.sources.environment.push((name, value));
    assert!(place.mistake().contains("not written in UTF-8"));
}

#[test]
fn a_file_named_on_purpose_has_to_exist() {
    let mut place = Place::new();
    place.sources.paths.user_config_named = true;
    assert!(matches!(place.load(), Err(ConfigError::Missing { .. })));
    assert!(place.mistake().contains("unset `FAME_CONFIG`"));
    let named = Paths::with_config(Some("/tmp/other.toml".into())).unwrap();
    assert_eq!(named.user_config, PathBuf::from("/tmp/other.toml"));
    assert!(named.user_config_named);
}

#[test]
fn what_is_shown_reads_back_as_the_same() {
    let mut config = Config::default();
    config.ipc.socket = Some("/s".into());
    let text = toml::to_string(&config).unwrap();
    assert_eq!(Place::new().user(text).load().unwrap(), config);
}

/// `fame config` in a process of its own, where the environment can be chosen.
fn fame_config(folder: &TempDir, verb: &str, environment: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fame"))
        .args(["config", verb])
        .env_clear()
        .env("HOME", folder.path())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let home = folder.path().display().to_string();
    (output.status.code().unwrap(), text.replace(&home, "HOME"))
}

#[test]
fn folders_follow_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = fame_config(&folder, "path", &[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("HOME/.config/fame/config.toml (not there)"),
        "{text}"
    );
    assert!(
        text.contains("HOME/.local/share/fame/run/famed.sock"),
        "{text}"
    );

    let environment = [
        ("XDG_RUNTIME_DIR", "/run/user/7"),
        ("FAME_CONFIG", "/my.toml"),
    ];
    let (_, text) = fame_config(&folder, "path", &environment);
    assert!(text.contains("/run/user/7/fame/famed.sock"), "{text}");
    assert!(text.contains("/my.toml"), "{text}");
}

#[test]
fn the_command_checks_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(".config/fame/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "[listen]\nendpoint_ms = 90\n").unwrap();
    let (code, text) = fame_config(&folder, "check", &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @"
    error: `HOME/.config/fame/config.toml`, line 2, column 1: `listen.endpoint_ms` is 90, but has to be 200 to 3000

    hint: set `listen.endpoint_ms` to a value from 200 to 3000, or remove it for 600
    ");
    fs::write(&config, "[listen]\nendpoint_ms = 900\n").unwrap();
    let (code, text) = fame_config(&folder, "check", &[]);
    assert_eq!(
        (code, text.trim()),
        (0, "the settings are fine: `HOME/.config/fame/config.toml`")
    );
    let (code, text) = fame_config(&folder, "show", &[("FAME_VOICE__RATE", "1.5")]);
    assert_eq!(code, 0);
    assert!(
        text.contains("endpoint_ms = 900") && text.contains("rate = 1.5"),
        "{text}"
    );
    // Root reads everything, so this says something to other users only.
    fs::set_permissions(&config, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&config).is_err() {
        assert_eq!(fame_config(&folder, "check", &[]).0, 1);
    }
}

/// Keeps settings in the user's file.
fn keep(place: &Place, changes: &[(&str, SettingValue)]) -> Result<(), KeepError> {
    let changes: Vec<_> = changes
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    SettingsFile::of(&place.sources).keep(&changes)
}

fn user_file(place: &Place) -> String {
    fs::read_to_string(&place.sources.paths.user_config).unwrap()
}

#[test]
fn what_is_kept_leaves_the_rest_of_the_file_as_it_was_written() {
    let changes = [
        ("listen.mode", "conversation".into()),
        ("recognizer.threads", 2.into()),
    ];
    for (before, after) in [
        (
            "# mine\n[listen] # ears\nmode='wake'   # by name\n\nearcon = false\n",
            "# mine\n[listen] # ears\nmode=\"conversation\"   # by name\n\nearcon = false\n\n[recognizer]\nthreads = 2\n",
        ),
        (
            "listen = { mode = \"wake\", earcon = false }\n[recognizer]\nlanguage = \"en\"\n",
            "listen = { mode = \"conversation\", earcon = false }\n[recognizer]\nlanguage = \"en\"\nthreads = 2\n",
        ),
        (
            "listen.mode = \"wake\"\nlisten.earcon = false\nrecognizer.partials = true\n",
            "listen.mode = \"conversation\"\nlisten.earcon = false\nrecognizer.partials = true\nrecognizer.threads = 2\n",
        ),
        (
            "",
            "[listen]\nmode = \"conversation\"\n\n[recognizer]\nthreads = 2\n",
        ),
    ] {
        let place = Place::new().user(before);
        let mut wanted = place.load().unwrap();
        wanted.listen.mode = ListenMode::Conversation;
        wanted.recognizer.threads = 2;
        keep(&place, &changes).unwrap();
        assert_eq!(user_file(&place), after);
        assert_eq!(place.load().unwrap(), wanted);
        keep(&place, &changes).unwrap();
        assert_eq!(user_file(&place), after, "once more");
    }
}

#[test]
fn a_settings_file_is_made_where_there_is_none_and_a_link_stays_one() {
    let mut place = Place::new();
    let change = [("listen.earcon", false.into())];
    place.sources.paths.user_config = place.folder.path().join("deep/er/config.toml");
    keep(&place, &change).unwrap();
    assert_eq!(user_file(&place), "[listen]\nearcon = false\n");

    let place = Place::new();
    let dotfile = place.folder.path().join("dotfile.toml");
    fs::write(&dotfile, "[listen]\nearcon = true\n").unwrap();
    fs::set_permissions(&dotfile, fs::Permissions::from_mode(0o640)).unwrap();
    let link = &place.sources.paths.user_config;
    std::os::unix::fs::symlink(&dotfile, link).unwrap();
    keep(&place, &change).unwrap();
    assert!(link.is_symlink());
    assert_eq!(
        fs::read_to_string(&dotfile).unwrap(),
        "[listen]\nearcon = false\n"
    );
    assert_eq!(
        fs::metadata(&dotfile).unwrap().permissions().mode() & 0o777,
        0o640
    );
    let others = fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(others, 2, "nothing is left beside them");
}

#[test]
fn what_cannot_be_kept_leaves_the_file_alone_and_says_why() {
    let change: [(&str, SettingValue); 1] = [("listen.earcon", false.into())];
    let refused = |place: &Place, change: &[(&str, SettingValue)]| {
        let before = user_file(place);
        let error = keep(place, change).unwrap_err();
        assert_eq!(user_file(place), before);
        let folder = format!("{}/", place.folder.path().display());
        format!("{error}; {}", error.hint()).replace(&folder, "")
    };
    let half = Place::new().user("[listen]\nmode = \"wa");
    assert!(refused(&half, &change).contains("line 2"));
    let typo = Place::new().user("[listen]\nmood = \"wake\"");
    assert!(refused(&typo, &change).contains("mood"));
    let wrong = Place::new().user("");
    assert!(
        refused(&wrong, &[("listen.open_seconds", 900.into())]).contains("listen.open_seconds")
    );
    let locked = Place::new().user("# by the administrator\n");
    let file = &locked.sources.paths.user_config;
    fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
    insta::assert_snapshot!(refused(&locked, &change), @"cannot write `user.toml`: permission denied; let your user write `user.toml` and look for space on its disk, or write the setting there yourself");
    let set = Place::new()
        .user("")
        .variable("FAME_LISTEN__EARCON", "true");
    insta::assert_snapshot!(refused(&set, &change), @"the variable `FAME_LISTEN__EARCON` sets `listen.earcon` at every start; change `FAME_LISTEN__EARCON` where it is set, or unset it");
    let more = [change[0].clone(), ("recognizer.threads", 2.into())];
    keep(&set, &more).unwrap_err();
    assert_eq!(
        user_file(&set),
        "[recognizer]\nthreads = 2\n",
        "the other is kept"
    );
}

#[test]
fn settings_that_are_kept_at_the_same_time_do_not_undo_each_other() {
    let place = Place::new().user("");
    let file = SettingsFile::of(&place.sources);
    std::thread::scope(|scope| {
        for (key, value) in [
            ("listen.earcon", SettingValue::from(false)),
            ("listen.open_seconds", 9.into()),
            ("recognizer.threads", 4.into()),
            ("recognizer.language", "en".into()),
        ] {
            let file = &file;
            scope.spawn(move || file.keep(&[(key.into(), value)]).unwrap());
        }
    });
    let config = place.load().unwrap();
    assert_eq!(
        (config.listen.earcon, config.listen.open_seconds),
        (false, 9.0)
    );
    assert_eq!(config.recognizer.threads, 4);
}

mod kept {
    use proptest::prelude::*;

    use super::*;

    /// Parts of a settings file.
    const SECTIONS: [&str; 4] = [
        "# a word\n[listen]\nearcon = false # quiet\n",
        "[voice]\norder = [\"silent\"]\n\n",
        "[recognizer]\n  custom_words = [\n    \"niri\", # a compositor\n  ]\n",
        "allow_network = true\r\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_there_stays(
            chosen in prop::sample::subsequence(vec![0_usize, 1, 2, 3], 0..=4).prop_shuffle(),
            mode in prop::sample::select(vec!["wake", "conversation", "push_to_talk"]),
            words in "[a-z\"'#\\\\\u{1f600}]{1,12}",
        ) {
            // What is set outside of all sections comes first.
            let mut parts: Vec<&str> = chosen.iter().map(|one| SECTIONS[*one]).collect();
            parts.sort_by_key(|part| !part.starts_with("allow"));
            let text = parts.concat();
            let place = Place::new().user(&text);
            let mut wanted = place.load().unwrap();
            keep(&place, &[("listen.mode", mode.into()), ("recognizer.model", words.as_str().into())]).unwrap();
            wanted.recognizer.model.clone_from(&words);
            wanted.listen.mode = match mode {
                "wake" => ListenMode::Wake,
                "conversation" => ListenMode::Conversation,
                _ => ListenMode::PushToTalk,
            };
            prop_assert_eq!(place.load().unwrap(), wanted);
            let after = user_file(&place);
            for line in text.lines() {
                prop_assert!(after.contains(line), "{line:?} is not in {after:?}");
            }
        }
    }
}
