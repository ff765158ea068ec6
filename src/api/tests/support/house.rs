//! A small house in memory. It counts what it does, so that a test can tell once from twice.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fame_api::types::*;
use fame_api::{Act, Answer, Caller, Events, House, Observed, Refusal, Told, WrongKeys};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, broadcast};

/// When everything in this house happened.
const NOON: &str = "2026-01-02T12:00:00Z";

/// Events that it keeps for those who come later.
const KEPT: usize = 100;

pub struct SmallHouse {
    /// Effects of requests in words.
    pub acts: AtomicUsize,
    /// Requests in words that reached the house.
    pub asked: AtomicUsize,
    /// Tells those who wait that they may go on.
    pub go_on: Notify,
    /// Tells that somebody waits.
    pub waiting: Notify,
    pub wrong: Mutex<Vec<WrongKeys>>,
    pub observed: AtomicU64,
    pub routes: Mutex<std::collections::BTreeSet<String>>,
    events: broadcast::Sender<(u64, String)>,
    kept: Mutex<Vec<(u64, String)>>,
}

impl Default for SmallHouse {
    fn default() -> Self {
        Self {
            acts: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            go_on: Notify::new(),
            waiting: Notify::new(),
            wrong: Mutex::default(),
            observed: AtomicU64::new(0),
            routes: Mutex::default(),
            events: broadcast::channel(KEPT).0,
            kept: Mutex::default(),
        }
    }
}

impl SmallHouse {
    /// Something happens.
    pub fn publish(&self, what: &str) {
        let mut kept = self.kept.lock().unwrap();
        let seq = kept.last().map_or(1, |(seq, _)| seq + 1);
        let event = json!({ "seq": seq, "at": NOON, "event": { "event": "reply", "text": what } });
        let event = (seq, event.to_string());
        kept.push(event.clone());
        if kept.len() > KEPT {
            kept.remove(0);
        }
        let _ = self.events.send(event);
    }

    fn plugin(id: &str, state: PluginState) -> PluginInfo {
        PluginInfo {
            id: id.into(),
            name: id.into(),
            state,
            answers: state == PluginState::Loaded,
            ..PluginInfo::default()
        }
    }

    fn list() -> SettingList {
        let setting = Setting {
            key: "listen.mode".into(),
            value: "wake".into(),
            kind: SettingKind::Choice,
            choices: vec!["wake".into(), "conversation".into()],
            min: None,
            max: None,
            unit: None,
            description: "How FAME is addressed".into(),
            needs_restart: false,
        };
        SettingList {
            settings: vec![setting],
            unkept: None,
        }
    }
}

/// What a program asked of the network: a host that it may reach, one that was down, one it may not.
fn network() -> NetworkUse {
    let contact = |host: &str, allowed, problem: Option<&str>| Contact {
        host: host.into(),
        port: 443,
        allowed,
        problem: problem.map(str::to_owned),
        times: 1,
        ..Contact::default()
    };
    NetworkUse {
        contacts: vec![
            Contact {
                times: 3,
                sent_bytes: 517,
                received_bytes: 48_213,
                ..contact("example.org", true, None)
            },
            contact("down.example.org", true, Some("nothing listens there")),
            contact("<b>evil</b>.example", false, Some("not in the list")),
        ],
        left_out: 0,
        cut: false,
    }
}

/// What is there already.
fn now<'a, T: Send + 'a>(result: Result<T, Refusal>) -> Answer<'a, T> {
    Box::pin(std::future::ready(result))
}

fn told((seq, json): (u64, String)) -> Told {
    let topic = "reply".into();
    Told::Event { seq, topic, json }
}

impl House for SmallHouse {
    fn service(&self) -> Service {
        Service {
            service: "fame".into(),
            version: "0.1.0".into(),
            plugins: vec!["clock".into()],
        }
    }

    fn ready(&self) -> Ready {
        Ready {
            ready: true,
            missing: vec!["there is no microphone; connect one".into()],
        }
    }

    fn status(&self) -> Status {
        Status {
            version: "0.1.0".into(),
            pid: 1,
            uptime_s: 60,
            plugins: vec!["clock".into()],
            ..Status::default()
        }
    }

    fn query<'a>(
        &'a self,
        caller: &'a Caller,
        request: QueryRequest,
        act: &'a Act,
    ) -> Answer<'a, QueryAnswer> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match request.text.as_str() {
                "break" => return Err(Refusal::Internal("at /home/somebody/secret.rs".into())),
                "panic" => panic!("a bug of the house"),
                "think" => {
                    self.waiting.notify_one();
                    self.go_on.notified().await;
                }
                _ => {}
            }
            if !act.begin() {
                return Err(Refusal::Stopping);
            }
            if request.text == "act slowly" {
                self.waiting.notify_one();
                self.go_on.notified().await;
            }
            let turn_id = self.acts.fetch_add(1, Ordering::SeqCst) as u64 + 1;
            Ok(QueryAnswer {
                response: match request.text.as_str() {
                    "talk" => "x".repeat(100_000),
                    _ => format!("You said: {}", request.text),
                },
                intent: Some("echo".into()),
                plugin: Some("echo".into()),
                confidence: 1.0,
                session_id: request
                    .session_id
                    .unwrap_or_else(|| format!("rest:{}", caller.key.id())),
                turn_id,
                ..QueryAnswer::default()
            })
        })
    }

    fn test<'a>(&'a self, _: &'a Caller, request: TestRequest) -> Answer<'a, Tested> {
        let decided = Decided {
            text: request.text,
            intent: Some("echo".into()),
            ..Decided::default()
        };
        now(Ok(Tested {
            decisions: vec![decided],
        }))
    }

    fn plugins(&self) -> Answer<'_, Plugins> {
        let plugins = vec![Self::plugin("clock", PluginState::Loaded)];
        now(Ok(Plugins { plugins }))
    }

    fn change_plugin<'a>(
        &'a self,
        _: &'a Caller,
        plugin: String,
        change: PluginChange,
    ) -> Answer<'a, PluginInfo> {
        if plugin != "clock" {
            let text = "there is no such plugin; `fame plugins` lists them";
            return now(Err(Refusal::NotFound(text.into())));
        }
        self.acts.fetch_add(1, Ordering::SeqCst);
        now(Ok(Self::plugin(
            &plugin,
            match change {
                PluginChange::Disable => PluginState::Disabled,
                PluginChange::Enable | PluginChange::Reload => PluginState::Loaded,
            },
        )))
    }

    fn audit(&self, query: AuditQuery) -> Answer<'_, AuditPage> {
        let records = (1..=query.before.unwrap_or(4).min(4).saturating_sub(1))
            .rev()
            .take(query.limit as usize)
            .map(|seq| AuditRecord {
                seq,
                at: NOON.into(),
                ..AuditRecord::default()
            })
            .collect();
        now(Ok(AuditPage {
            records,
            next_before: None,
        }))
    }

    fn verify_audit(&self) -> Answer<'_, AuditVerified> {
        now(Ok(AuditVerified {
            ok: true,
            records: 3,
            checked_at: NOON.into(),
            ..AuditVerified::default()
        }))
    }

    fn approvals(&self) -> Answer<'_, Approvals> {
        let approval = |id, risk: &str| Approval {
            id,
            risk: risk.into(),
            asked: NOON.into(),
            expires: NOON.into(),
            ..Approval::default()
        };
        now(Ok(Approvals {
            approvals: vec![approval(1, "destructive"), approval(2, "admin")],
        }))
    }

    fn approve<'a>(&'a self, _: &'a Caller, id: u64, yes: bool) -> Answer<'a, Approved> {
        self.acts.fetch_add(1, Ordering::SeqCst);
        now(Ok(Approved {
            reply: format!("{id}: {yes}"),
        }))
    }

    fn feedback<'a>(&'a self, _: &'a Caller, feedback: Feedback) -> Answer<'a, FeedbackTaken> {
        if feedback.turn_id > 9 {
            let text = "there is no such turn; `fame why` shows them";
            return now(Err(Refusal::NotFound(text.into())));
        }
        self.acts.fetch_add(1, Ordering::SeqCst);
        now(Ok(FeedbackTaken {
            learnt: true,
            message: "noted".into(),
        }))
    }

    fn evolve<'a>(&'a self, _: &'a Caller, _: EvolutionRequest) -> Answer<'a, Evolution> {
        let text = "there is no evolution engine in this house; ask the big one";
        now(Err(Refusal::Unavailable(text.into())))
    }

    fn turns(&self, query: TurnsQuery) -> Answer<'_, Turns> {
        let turns = (1..=3u64)
            .rev()
            .filter(|turn| query.before.is_none_or(|before| *turn < before))
            .take(query.limit as usize)
            .map(|turn| Turn {
                turn,
                at: NOON.into(),
                ..Turn::default()
            })
            .collect();
        now(Ok(Turns { turns }))
    }

    fn why(&self, turn: u64) -> Answer<'_, Explained> {
        if turn > 3 {
            let text = format!("there is no turn {turn} any more; `fame events` numbers them");
            return now(Err(Refusal::NotFound(text)));
        }
        now(Ok(Explained {
            turn,
            at: NOON.into(),
            ..Explained::default()
        }))
    }

    fn sandbox_runs(&self, limit: u32) -> Answer<'_, SandboxRuns> {
        let runs = (1..=2)
            .rev()
            .take(limit as usize)
            .map(|id| SandboxRun {
                id: format!("run-{id}"),
                at: NOON.into(),
                caller: "universal_developer".into(),
                profile: "python".into(),
                state: "finished".into(),
                report: Some(Report {
                    network: Some(network()),
                    ..Report::default()
                }),
                error: None,
            })
            .collect();
        now(Ok(SandboxRuns { runs }))
    }

    fn settings(&self) -> Answer<'_, SettingList> {
        now(Ok(Self::list()))
    }

    fn change_settings<'a>(
        &'a self,
        _: &'a Caller,
        changes: Map<String, Value>,
    ) -> Answer<'a, SettingList> {
        if changes.keys().any(|key| key != "listen.mode") {
            let text = "there is no such setting; `fame config` lists them";
            return now(Err(Refusal::Invalid(text.into())));
        }
        self.acts.fetch_add(1, Ordering::SeqCst);
        now(Ok(Self::list()))
    }

    fn transcribe<'a>(&'a self, _: &'a Caller, recording: Recording) -> Answer<'a, Transcript> {
        now(Ok(Transcript {
            text: format!("{} bytes", recording.file.len()),
            language: recording.language,
            duration: Some(1.0),
            segments: None,
        }))
    }

    fn speak<'a>(&'a self, _: &'a Caller, request: SpeechRequest) -> Answer<'a, Sound> {
        let bytes = match request.response_format {
            SoundFormat::Wav => b"RIFF....WAVE".as_slice(),
            SoundFormat::Pcm => &[0, 0],
        };
        now(Ok(Sound {
            bytes: bytes.into(),
        }))
    }

    fn events(&self, _: &Caller, after: Option<u64>) -> Events {
        let kept = self.kept.lock().unwrap();
        let live = self.events.subscribe();
        let mut old = Vec::new();
        if let Some(after) = after {
            let first = kept.first().map_or(0, |(seq, _)| *seq);
            if first > after + 1 {
                let events = first - after - 1;
                old.push(Told::Missed { events });
            }
            old.extend(kept.iter().filter(|one| one.0 > after).cloned().map(told));
        }
        let live = stream::unfold(live, |mut live| async {
            match live.recv().await {
                Ok(event) => Some((told(event), live)),
                Err(broadcast::error::RecvError::Lagged(events)) => {
                    Some((Told::Missed { events }, live))
                }
                Err(broadcast::error::RecvError::Closed) => None,
            }
        });
        stream::iter(old).chain(live).boxed()
    }

    fn metrics(&self) -> String {
        let requests = self.observed.load(Ordering::Relaxed);
        format!("# TYPE fame_http_requests_total counter\nfame_http_requests_total {requests}\n")
    }

    fn observed(&self, request: Observed<'_>) {
        self.observed.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut routes) = self.routes.try_lock()
            && !routes.contains(request.route)
        {
            routes.insert(request.route.into());
        }
    }

    fn wrong_keys(&self, wrong: WrongKeys) {
        self.wrong.lock().unwrap().push(wrong);
    }
}
