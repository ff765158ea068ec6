//! Plugins as folders: found, granted, swapped, refused, while FAME runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fame::plugins::grants::MemoryGrants;
use fame::plugins::host::Means;
use fame::plugins::manager::{ManageError, PluginInfo, Plugins, Services, Settings, State};
use fame::plugins::mcp::Limits;
use fame::plugins::{Current, Loaded, Runner, builtin_plugins};
use fame_plugin::SystemClock;
use fame_plugin::sentence::Lists;
use fame_plugin::words::Words;

/// A server whose one tool says `SAYS`.
const SERVER: &str = r#"
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    result = {
        "initialize": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "x", "version": "1"},
        },
        "tools/list": {"tools": [
            {"name": "speak", "inputSchema": {"type": "object"}},
            {"name": "Look-Up", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
        ]},
        "tools/call": {"content": [{"type": "text", "text": "SAYS"}]},
    }.get(request["method"], {})
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
"#;

/// Long enough for a busy machine; what is waited for usually takes less than a second.
const PATIENCE: Duration = Duration::from_secs(30);

struct Place {
    folder: tempfile::TempDir,
    plugins: Plugins,
    changes: Arc<Mutex<Vec<(String, &'static str)>>>,
}

fn manifest(id: &str, version: &str, sentence: &str) -> String {
    format!(
        r#"id = "{id}"
name = "{id}"
version = "{version}"
summary = "s"
runtime = {{ mcp = ["python3", "server.py"] }}

[[intent]]
name = "{id}_speak"
tool = "speak"
risk = "read"
example = "e"
sentences = ["{sentence}"]
"#
    )
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let current = Current::new().unwrap();
        let lists = Lists::default();
        let changes: Arc<Mutex<Vec<_>>> = Arc::default();
        let heard = changes.clone();
        let clock = Arc::new(SystemClock);
        let services = Services {
            host: Means::bare(clock, current.clone(), lists.clone()).factory(),
            current,
            builtin: builtin_plugins,
            lists,
            grants: Arc::new(MemoryGrants::default()),
            on_change: Arc::new(move |change| {
                let change = (change.plugin.clone(), change.state);
                heard.lock().unwrap().push(change);
            }),
        };
        let settings = Settings {
            folders: vec![folder.path().join("plugins")],
            language: "en".into(),
            copies: folder.path().join("copies"),
            data: folder.path().join("data"),
            limits: Limits {
                start_timeout: PATIENCE,
                call_timeout: PATIENCE,
                ..Limits::default()
            },
        };
        let plugins = Plugins::start(settings, services).unwrap();
        Self {
            folder,
            plugins,
            changes,
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.path().join("plugins").join(id)
    }

    /// Writes a plugin at once, as an installer does.
    fn install(&self, id: &str, manifest: &str, says: &str) {
        let made = self.folder.path().join(format!("made_{id}"));
        fs::create_dir_all(&made).unwrap();
        fs::write(made.join("server.py"), SERVER.replace("SAYS", says)).unwrap();
        fs::write(made.join("plugin.toml"), manifest).unwrap();
        let path = self.path(id);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::rename(made, path).unwrap();
    }

    fn info(&self, id: &str) -> Option<PluginInfo> {
        self.plugins.list().into_iter().find(|info| info.id == id)
    }

    async fn until(&self, id: &str, what: &str, is: impl Fn(&PluginInfo) -> bool) -> PluginInfo {
        let begun = Instant::now();
        loop {
            let info = self.info(id);
            if let Some(info) = info.as_ref().filter(|info| is(info)) {
                return info.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{id} is not {what}: {info:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_gone(&self, id: &str) {
        let begun = Instant::now();
        while self.info(id).is_some() {
            assert!(begun.elapsed() < PATIENCE, "{id} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn waiting(&self, id: &str) -> PluginInfo {
        let waits = |info: &PluginInfo| matches!(info.state, State::NeedsGrant { .. });
        self.until(id, "waiting", waits).await
    }

    async fn broken(&self, id: &str) -> String {
        let broken = |info: &PluginInfo| matches!(info.state, State::Broken(_));
        match self.until(id, "broken", broken).await.state {
            State::Broken(broken) => broken.to_string(),
            other => panic!("{other:?}"),
        }
    }

    async fn installed(&self, id: &str) {
        self.install(id, &manifest(id, "1", &format!("speak {id}")), "one");
        self.waiting(id).await;
        let info = self.plugins.grant(id, None).await.unwrap();
        assert_eq!(info.state, State::Loaded);
    }

    /// What the plugin says now.
    async fn says(&self, id: &str) -> String {
        let loaded = self.plugins.current().plugin(id).unwrap().clone();
        ask(&loaded).await
    }
}

async fn ask(loaded: &Loaded) -> String {
    match &loaded.runner {
        Runner::Mcp(server) => server.call("speak", Default::default()).await.unwrap().text,
        Runner::Builtin(_) => panic!("no server"),
    }
}

#[tokio::test]
async fn fames_own_plugins_answer_at_once_and_can_be_switched_off() {
    let place = Place::new();
    let current = place.plugins.current();
    assert!(current.plugin("clock").is_some() && current.plugin("control").is_some());
    assert!(
        !current
            .sentences()
            .find(&Words::new("What time is it?"))
            .is_empty()
    );

    let off = place.plugins.disable("clock").await.unwrap();
    assert_eq!((off.state, off.answers), (State::Disabled, false));
    let now = place.plugins.current();
    assert!(
        now.sentences()
            .find(&Words::new("What time is it?"))
            .is_empty()
    );
    assert!(current.plugin("clock").is_some(), "who holds it keeps it");
    let on = place.plugins.enable("clock").await.unwrap();
    assert_eq!((on.state, on.answers), (State::Loaded, true));

    let error = place.plugins.disable("control").await.unwrap_err();
    assert!(matches!(error, ManageError::Needed(_)), "{error}");
    let error = place.plugins.revoke("clock").await.unwrap_err();
    assert!(matches!(error, ManageError::Builtin(_)), "{error}");
    let error = place.plugins.reload("nothing").await.unwrap_err();
    assert!(matches!(error, ManageError::Unknown(_)), "{error}");
}

#[tokio::test]
async fn a_folder_is_found_granted_changed_revoked_and_removed_while_fame_runs() {
    let place = Place::new();
    // The folder of all plugins does not even exist yet.
    place.install("parrot", &manifest("parrot", "1", "speak parrot"), "one");
    let seen = place.waiting("parrot").await;
    assert!(!seen.answers && place.plugins.current().plugin("parrot").is_none());

    let shown = seen.hash.parse().unwrap();
    let info = place.plugins.grant("parrot", Some(shown)).await.unwrap();
    assert_eq!(info.state, State::Loaded);
    assert_eq!(info.intents, ["parrot_speak", "look_up"]);
    assert_eq!(place.says("parrot").await, "one");
    let found = place.plugins.current();
    assert_eq!(
        found.sentences().find(&Words::new("speak parrot"))[0].intent,
        "parrot_speak"
    );

    place.install("parrot", &manifest("parrot", "2", "speak parrot"), "two");
    let changed = place.waiting("parrot").await;
    assert!(changed.answers, "the granted version goes on");
    assert_eq!(place.says("parrot").await, "one");
    let error = place
        .plugins
        .grant("parrot", Some(shown))
        .await
        .unwrap_err();
    assert!(matches!(error, ManageError::Changed(_)), "{error}");
    let info = place.plugins.grant("parrot", None).await.unwrap();
    assert_eq!((info.state, info.version.as_str()), (State::Loaded, "2"));
    assert_eq!(place.says("parrot").await, "two");
    let facts = place.plugins.info("parrot").await.unwrap().facts;
    assert!(
        facts
            .iter()
            .any(|(label, value)| label == "process" && value.contains("up"))
    );

    let info = place.plugins.revoke("parrot").await.unwrap();
    assert!(!info.answers && matches!(info.state, State::NeedsGrant { .. }));
    assert!(place.plugins.current().plugin("parrot").is_none());
    fs::remove_dir_all(place.path("parrot")).unwrap();
    place.until_gone("parrot").await;
    let changes = place.changes.lock().unwrap().clone();
    let states: Vec<_> = changes
        .iter()
        .filter(|(plugin, _)| plugin == "parrot")
        .map(|(_, state)| *state)
        .collect();
    assert_eq!(states.first(), Some(&"needs_grant"), "{states:?}");
    assert_eq!(states.last(), Some(&"removed"), "{states:?}");
}

#[tokio::test]
async fn a_broken_version_is_refused_with_its_place_and_the_old_one_stays() {
    let place = Place::new();
    place.installed("parrot").await;
    let file = place.path("parrot").join("plugin.toml");
    fs::write(&file, manifest("parrot", "2", "speak (parrot")).unwrap();
    let reason = place.broken("parrot").await;
    let expected = format!("{}:12:21: ", file.display());
    assert!(reason.starts_with(&expected), "{reason}");
    assert_eq!(place.says("parrot").await, "one");
    fs::write(&file, manifest("parrot", "1", "speak parrot")).unwrap();
    let loaded = |info: &PluginInfo| info.state == State::Loaded;
    place.until("parrot", "loaded", loaded).await;
}

#[tokio::test]
async fn names_and_control_words_of_others_are_refused_and_the_rest_stays() {
    let place = Place::new();
    place.installed("parrot").await;
    for (id, text, part) in [
        (
            "stopper",
            manifest("stopper", "1", "stop talking"),
            "control word of `control`",
        ),
        (
            "rival",
            manifest("rival", "1", "x").replace("rival_speak", "parrot_speak"),
            "both have an intent `parrot_speak`",
        ),
        (
            "toolless",
            manifest("toolless", "1", "x").replace("\"speak\"", "\"sing\""),
            "the tool `sing`",
        ),
    ] {
        place.install(id, &text, "no");
        place.waiting(id).await;
        let info = place.plugins.grant(id, None).await.unwrap();
        let State::Broken(broken) = info.state else {
            panic!("{id}: {:?}", info.state);
        };
        assert!(broken.reason.contains(part), "{broken}");
        assert!(!info.answers);
    }
    place.install("second", &manifest("parrot", "1", "x"), "no");
    let begun = Instant::now();
    let is_second = |info: &PluginInfo| matches!(&info.state, State::Broken(broken) if broken.reason.contains("has the id `parrot`"));
    while !place.plugins.list().iter().any(is_second) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", place.plugins.list());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(place.says("parrot").await, "one");

    // Once the name is free, who was refused for it gets it.
    fs::remove_dir_all(place.path("second")).unwrap();
    place.plugins.disable("parrot").await.unwrap();
    let loaded = |info: &PluginInfo| info.state == State::Loaded;
    place.until("rival", "loaded", loaded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_lost_while_versions_are_swapped() {
    let place = Arc::new(Place::new());
    place.installed("parrot").await;
    let (ended, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (place, ended, asked) = (place.clone(), ended.clone(), asked.clone());
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    let said = place.says("parrot").await;
                    assert!(["one", "two", "three"].contains(&said.as_str()), "{said}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for (version, says) in [("2", "two"), ("3", "three")] {
        place.install("parrot", &manifest("parrot", version, "speak parrot"), says);
        let new = |info: &PluginInfo| info.version == version;
        place.until("parrot", "seen", new).await;
        place.plugins.grant("parrot", None).await.unwrap();
        assert_eq!(place.says("parrot").await, says);
    }
    ended.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 0);
    let held = place.plugins.current().plugin("parrot").unwrap().clone();
    place.plugins.reload("parrot").await.unwrap();
    assert_eq!(
        ask(&held).await,
        "three",
        "a request ends on what it began with"
    );
    drop(held);
    place.plugins.shutdown().await;
    assert!(place.plugins.list().is_empty());
    let left: Vec<_> = fs::read_dir(place.folder.path().join("copies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_half_written_folder_is_not_reported() {
    let place = Place::new();
    let path = place.path("parrot");
    fs::create_dir_all(&path).unwrap();
    let text = manifest("parrot", "1", "speak parrot");
    let (half, _) = text.split_at(text.len() / 2);
    fs::write(path.join("plugin.toml"), half).unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    fs::write(path.join("server.py"), SERVER.replace("SAYS", "one")).unwrap();
    fs::write(path.join("plugin.toml"), text).unwrap();
    place.waiting("parrot").await;
    let changes = place.changes.lock().unwrap().clone();
    assert!(
        !changes.contains(&("parrot".into(), "broken")),
        "{changes:?}"
    );
}

#[tokio::test]
async fn the_json_of_a_plugin_is_the_protocols() {
    let place = Place::new();
    place.install("parrot", &manifest("parrot", "1", "speak (parrot"), "one");
    place.broken("parrot").await;
    let (infos, mut states) = (place.plugins.list(), Vec::new());
    for info in infos {
        let json = serde_json::to_value(&info).unwrap();
        let theirs: fame::ipc::protocol::PluginInfo = serde_json::from_value(json).unwrap();
        assert_eq!((&theirs.id, &theirs.hash), (&info.id, &info.hash));
        states.push((theirs.state, theirs.line));
    }
    use fame::ipc::protocol::PluginState;
    assert!(states.contains(&(PluginState::Loaded, None)), "{states:?}");
    assert!(
        states.contains(&(PluginState::Broken, Some(12))),
        "{states:?}"
    );
}

#[tokio::test]
async fn what_fame_plugins_new_writes_runs() {
    let place = Place::new();
    let parent: &Path = &place.folder.path().join("plugins");
    let mut terminal = fame::cli::Terminal::new(std::io::sink(), std::io::sink());
    let dir = parent.display().to_string();
    let args = ["fame", "plugins", "new", "bus_times", "--dir", dir.as_str()];
    assert_eq!(fame::cli::run(args, &mut terminal), fame::cli::Exit::Ok);
    place.waiting("bus_times").await;
    let info = place.plugins.grant("bus_times", None).await.unwrap();
    assert_eq!(info.state, State::Loaded);
    let loaded = place.plugins.current().plugin("bus_times").unwrap().clone();
    let Runner::Mcp(server) = &loaded.runner else {
        panic!("no server");
    };
    let topic = serde_json::Map::from_iter([("topic".to_owned(), "the 12".into())]);
    let output = server.call("tell", topic).await.unwrap();
    assert_eq!(output.text, "You asked about the 12.");
    let again = fame::cli::run(args, &mut terminal);
    assert_eq!(again, fame::cli::Exit::Failed);
}
