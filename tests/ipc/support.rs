//! A daemon with nothing behind its socket, and a peer that writes what it likes.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fame::bus::{Bus, Published};
use fame::ipc::protocol::{
    Api, Approval, Approvals, Approved, Asked, Asleep, Candidate, Checkpointed, Decided, Device,
    Devices, Done, Explained, FailedVoice, LastTurn, ListenAction, Listening, Microphone, Mode,
    Muted, PluginInfo, PluginPermission, PluginState, Plugins, PluginsParams, Recognizer, Request,
    RpcError, Said, Stage, State, Status, Stopped, Taught, Tested, Understanding, Voice, result,
};
use fame::ipc::{Client, Handler, Server};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{broadcast, watch};

/// Long enough for a busy machine, short enough to notice a hang.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Answers as a daemon would. What is asked decides how: see [`Fake::ask`].
pub struct Fake {
    pub bus: Bus,
    pub calls: Mutex<Vec<Request>>,
    /// Calls that began to wait, and those that were cancelled while they did.
    pub waiting: AtomicUsize,
    pub cancelled: Arc<AtomicUsize>,
    pub subscribers: AtomicUsize,
    stop: watch::Sender<bool>,
}

/// Counts when a future is dropped before its end.
struct Cancelled(Arc<AtomicUsize>);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Fake {
    async fn ask(&self, text: String) -> Result<Value, RpcError> {
        match text.as_str() {
            "wait" => {
                let _guard = Cancelled(Arc::clone(&self.cancelled));
                self.waiting.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            }
            "soon" => {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(300)).await;
                result(Asked::default())
            }
            "panic" => panic!("on purpose"),
            "deaf" => Err(RpcError::unavailable(
                "no model is installed; run `fame models pull base.en`",
            )),
            "big" => Ok(json!({ "reply": "x".repeat(2 << 20) })),
            "colour" => result(Asked {
                reply: "\u{1b}[31mred\u{7}".into(),
                ..Asked::default()
            }),
            _ => result(Asked {
                reply: "It is noon".into(),
                intent: Some("clock.time".into()),
                plugin: Some("clock".into()),
                ..Asked::default()
            }),
        }
    }
}

impl Handler for Fake {
    async fn call(&self, request: Request) -> Result<Value, RpcError> {
        self.calls.lock().unwrap().push(request.clone());
        match request {
            Request::Status => Ok(self.snapshot()),
            Request::Ask(ask) => self.ask(ask.text).await,
            Request::Say(say) => result(Said {
                finished: say.text != "cut",
                voice: Some("command".into()),
            }),
            Request::Listen(listen) => result(Listening {
                state: match listen.action {
                    ListenAction::Release => State::Thinking,
                    _ => State::Listening,
                },
            }),
            Request::Stop => result(Stopped { stopped: true }),
            Request::Mute(switch) => result(Muted {
                muted: switch.on.unwrap_or(true),
            }),
            Request::Sleep(switch) => result(Asleep {
                asleep: switch.on.unwrap_or(true),
            }),
            Request::Devices => result(devices()),
            Request::Set(set) => result(Recognizer {
                model: set.model.unwrap_or_else(|| "tiny.en-fit".into()),
                threads: set.threads.unwrap_or(2),
                language: set.language.unwrap_or_else(|| "en".into()),
                ..status().recognizer
            }),
            Request::Why(why) => match why.turn {
                Some(99) => Err(RpcError::unavailable("there is no turn 99 any more")),
                _ => result(explained()),
            },
            Request::Test(test) => result(Tested {
                decisions: vec![Decided {
                    text: test.text,
                    reason: "no sentence is near enough".into(),
                    route: "fallback".into(),
                    ..Decided::default()
                }],
            }),
            Request::Approvals => result(Approvals {
                approvals: vec![approval()],
            }),
            Request::Approve(approve) => result(Approved {
                reply: match approve.yes {
                    true => "The safe is open.",
                    false => "All right, it is not done.",
                }
                .into(),
            }),
            Request::Teach(teach) => result(Taught {
                corrections: teach
                    .intent
                    .map(|intent| (teach.text, intent))
                    .into_iter()
                    .collect(),
            }),
            Request::Plugins(PluginsParams::List) => result(Plugins { plugins: plugins() }),
            Request::Plugins(params) => result(PluginInfo {
                facts: vec![("asked".into(), format!("{params:?}"))],
                ..plugins().remove(1)
            }),
            Request::Checkpoint => result(Checkpointed { seq: 7 }),
            Request::Shutdown => {
                self.stop.send_replace(true);
                result(Done {})
            }
        }
    }

    fn snapshot(&self) -> Value {
        serde_json::to_value(status()).unwrap()
    }

    fn events(&self) -> broadcast::Receiver<Arc<Published>> {
        let events = self.bus.subscribe();
        self.subscribers.fetch_add(1, Ordering::SeqCst);
        events
    }
}

/// A daemon on a socket of its own. Dropping it stops it.
pub struct Daemon {
    pub socket: PathBuf,
    pub fake: Arc<Fake>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Daemon {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("run/famed.sock");
        let (stop, stopped) = watch::channel(false);
        let fake = Arc::new(Fake {
            bus: Bus::new(),
            calls: Mutex::default(),
            waiting: AtomicUsize::new(0),
            cancelled: Arc::default(),
            subscribers: AtomicUsize::new(0),
            stop: stop.clone(),
        });
        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        let (path, handler) = (socket.clone(), Arc::clone(&fake));
        let thread = std::thread::spawn(move || {
            runtime().block_on(async {
                let server = Server::bind(&path).unwrap();
                ready.send(()).unwrap();
                server.run(handler, stopped).await;
            });
        });
        is_ready.recv().unwrap();
        Self {
            socket,
            fake,
            stop,
            thread: Some(thread),
            _folder: folder,
        }
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.socket, "test").unwrap()
    }

    pub fn peer(&self) -> Peer {
        Peer::connect(&self.socket)
    }

    /// Stops it and waits until it has.
    pub fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Waits until `condition` holds.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A client that knows no rules.
pub struct Peer {
    reader: BufReader<UnixStream>,
}

impl Peer {
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            reader: BufReader::new(stream),
        }
    }

    /// Says hello and checks that it is welcome.
    pub fn greeted(mut self) -> Self {
        self.send(
            br#"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1,"client":"peer"}}"#,
        );
        assert_eq!(self.receive().unwrap()["result"]["protocol"], 1);
        self
    }

    /// Sends a line; what happens to it shows in the answer.
    pub fn send(&mut self, line: &[u8]) {
        let _ = self.raw(line).and_then(|()| self.raw(b"\n"));
    }

    pub fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    pub fn call(&mut self, id: u64, method: &str, params: &Value) {
        let call = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(call.to_string().as_bytes());
    }

    /// The next line, or none at the end.
    pub fn receive(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The code of the error that the next line holds.
    pub fn code(&mut self) -> i64 {
        let line = self.receive().expect("an answer");
        line["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("no error: {line}"))
    }
}

/// A status with everything in it.
pub fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        pid: 4242,
        uptime_s: 3723,
        state: State::Listening,
        mode: Mode::Wake,
        microphone: Microphone {
            available: true,
            device: Some("Webcam".into()),
            reason: Some("`Headset` is gone".into()),
        },
        recognizer: Recognizer {
            model: "tiny.en-fit".into(),
            path: Some("/usr/share/fame/models/ggml-tiny.en-fit-q8_0.bin".into()),
            window: "fitted".into(),
            threads: 2,
            language: "en".into(),
            error: None,
        },
        voice: Voice {
            active: Some("command".into()),
            failed: vec![FailedVoice {
                voice: "system".into(),
                reason: "speech-dispatcher is not installed; install it".into(),
            }],
        },
        plugins: vec!["calculator".into(), "clock".into()],
        understanding: Understanding {
            classifier: Some("ngrams".into()),
            reason: Some("there is no sentence model".into()),
            model: Some("qwen at http://127.0.0.1:8080/v1".into()),
        },
        overruns: 480,
        last_turn: Some(LastTurn {
            heard: "what time is it".into(),
            reply: "It is noon".into(),
            total_ms: 412.5,
        }),
        api: Some(Api {
            address: Some("http://127.0.0.1:8000".into()),
            reason: None,
        }),
        audit_trouble: Some("the disk is full; free some space".into()),
    }
}

/// A turn with every kind of stage.
fn explained() -> Explained {
    let candidate = |intent: &str, score, sentence: &str| Candidate {
        intent: intent.into(),
        plugin: "clock".into(),
        score,
        sentence: sentence.into(),
    };
    let stage = |stage: &str, outcome: &str, candidates| Stage {
        stage: stage.into(),
        outcome: outcome.into(),
        candidates,
        features: Vec::new(),
    };
    let near = vec![
        candidate("time", 0.93, "what time is it [<now>]"),
        candidate("date", 0.61, "what date is it"),
    ];
    let mut guess = stage(
        "classifier",
        "not sure enough",
        vec![candidate("time", 0.4, "")],
    );
    guess.features = vec![("thyme".into(), -0.1), ("what".into(), 0.3)];
    Explained {
        turn: 12,
        at: "2026-11-26T12:00:00Z".into(),
        session: "desktop".into(),
        source: "voice".into(),
        text: "what thyme is it in tokyo".into(),
        decisions: vec![Decided {
            text: "what thyme is it in tokyo".into(),
            intent: Some("time".into()),
            plugin: Some("clock".into()),
            confidence: 0.93,
            slots: [("place".to_owned(), json!("Tokyo"))].into_iter().collect(),
            carried: vec!["place".into()],
            route: "near".into(),
            reason: "it is near enough".into(),
            stages: vec![
                stage("control", "no control word", Vec::new()),
                stage("near", "it is near enough", near),
                guess,
            ],
            verdict: Some("allow".into()),
        }],
        reply: "It is noon".into(),
        route_ms: 0.4,
        plugin_ms: 0.1,
        model_ms: 0.0,
    }
}

fn plugins() -> Vec<PluginInfo> {
    let built_in = PluginInfo {
        id: "clock".into(),
        name: "Clock".into(),
        version: "1.0.0".into(),
        summary: "The time".into(),
        state: PluginState::Loaded,
        answers: true,
        intents: vec!["time".into(), "date".into()],
        ..PluginInfo::default()
    };
    let waiting = PluginInfo {
        id: "dice".into(),
        name: "Dice".into(),
        version: "1.0.0".into(),
        summary: "Rolls dice".into(),
        folder: Some("/home/ada/.local/share/fame/plugins/dice".into()),
        state: PluginState::NeedsGrant,
        hash: "0123abcd".into(),
        command: vec!["python3".into(), "server.py".into()],
        intents: vec!["roll_dice".into()],
        permissions: vec![PluginPermission {
            permission: "store".into(),
            meaning: "keep data of its own on this machine".into(),
        }],
        ..PluginInfo::default()
    };
    vec![built_in, waiting]
}

fn approval() -> Approval {
    Approval {
        id: 3,
        what: "Open the safe?".into(),
        intent: "open_safe".into(),
        plugin: "safe".into(),
        slots: [("which".to_owned(), json!("left"))].into_iter().collect(),
        risk: "admin".into(),
        reversible: false,
        source: "voice".into(),
        text: "open the safe".into(),
        asked: "2026-11-26T12:00:00Z".into(),
        expires: "2026-11-26T12:02:00Z".into(),
    }
}

fn devices() -> Devices {
    let device = |name: &str, default, in_use| Device {
        name: name.into(),
        default,
        in_use,
    };
    Devices {
        inputs: vec![
            device("Webcam", true, true),
            device("Headset", false, false),
        ],
        outputs: Vec::new(),
    }
}
