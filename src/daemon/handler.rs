//! Answers the calls of the socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};
use serde_json::Value;
use tokio::sync::{broadcast, oneshot, watch};

use super::background::Background;
use super::keeper::Keeper;
use super::ports::SESSION;
use super::shared::Shared;
use super::{Job, LiveDriver};
use crate::audio;
use crate::audit;
use crate::brain::{Brain, Query, Source};
use crate::bus::{Published, State};
use crate::config::{Config, SettingsFile, VoiceKind};
use crate::dialogue::driver::Happening;
use crate::dialogue::io::{Command, Outcome, Replied, Ticket};
use crate::ipc::Handler;
use crate::ipc::protocol::{self, ListenAction, PluginsParams, Request, RpcError, result};
use crate::models::Window;
use crate::plugins::manager::ManageError;
use crate::skills::{self, Skills};
use crate::speech::recognizer::Recognizer;
use crate::speech::voice::Speaker;

/// Characters of a text that a client wants spoken; more is refused.
const LONGEST_SAY: usize = 10_000;

/// How long a client's order may wait until the dialogue's queue has room for it.
const QUEUE_WAIT: Duration = Duration::from_secs(1);

/// The conversation in which `test` understands a text unless it names another: nothing was ever
/// said in it.
const TEST_SESSION: &str = "test";

/// See the module's documentation.
pub(super) struct DaemonHandler {
    pub(super) background: Background,
    pub(super) keeper: Keeper,
    pub(super) brain: Arc<Brain>,
    pub(super) skills: Arc<Skills>,
    pub(super) shared: Arc<Shared>,
    pub(super) jobs: Sender<Job>,
    pub(super) recognizer: Arc<Recognizer>,
    pub(super) speaker: Arc<Speaker>,
    pub(super) config: std::sync::Mutex<Config>,
    pub(super) settings_file: Arc<SettingsFile>,
    pub(super) next_ticket: AtomicU64,
    pub(super) shutdown: watch::Sender<bool>,
    pub(super) audit: Option<audit::Log>,
    /// Why there is no audit log.
    pub(super) no_audit: Option<String>,
    /// Where the REST API listens, or why it does not; none if it is switched off.
    pub(super) api: std::sync::OnceLock<protocol::Api>,
}

impl Handler for DaemonHandler {
    async fn call(&self, request: Request) -> Result<Value, RpcError> {
        match request {
            Request::Status => result(self.status()),
            Request::Ask(params) => {
                let query = Query {
                    text: params.text,
                    source: Source::Ipc,
                    session: params.session.unwrap_or_else(|| SESSION.into()),
                    user: params.user,
                    intent: params.intent,
                    ..Query::default()
                };
                match self.ask(query, params.speak).await? {
                    Outcome::Replied(reply) => result(asked(*reply)),
                    Outcome::Cancelled => {
                        Err(RpcError::cancelled("the request was stopped; ask again"))
                    }
                    Outcome::Busy => Err(busy()),
                }
            }
            Request::Say(params) if params.text.chars().count() > LONGEST_SAY => {
                Err(RpcError::new(
                    protocol::code::INVALID_PARAMS,
                    format!("the text is longer than {LONGEST_SAY} characters; say it in parts"),
                ))
            }
            Request::Say(params) => {
                let ticket = self.ticket();
                let outcome = self
                    .request(
                        ticket,
                        Command::Say {
                            text: params.text,
                            ticket: Some(ticket),
                            asks: None,
                        },
                    )
                    .await?;
                match outcome {
                    Outcome::Busy => Err(busy()),
                    outcome => result(protocol::Said {
                        finished: matches!(outcome, Outcome::Replied(_)),
                        voice: self.speaker.status().active.map(voice_name),
                    }),
                }
            }
            Request::Listen(params) => {
                let command = match params.action {
                    ListenAction::Open => Command::Listen { toggle: false },
                    ListenAction::Toggle => Command::Listen { toggle: true },
                    ListenAction::Press => Command::Press,
                    ListenAction::Release => Command::Release,
                };
                self.needs_microphone(&command)?;
                let state = self.order(command).await?;
                result(protocol::Listening {
                    state: state.into(),
                })
            }
            Request::Stop => {
                let before = self.shared.facts().state;
                self.order(Command::Stop).await?;
                let stopped =
                    matches!(before, State::Listening | State::Thinking | State::Speaking);
                result(protocol::Stopped { stopped })
            }
            Request::Mute(params) => {
                let on = params.on.unwrap_or(!self.shared.facts().memory.muted);
                self.order(Command::Mute(on)).await?;
                result(protocol::Muted { muted: on })
            }
            Request::Sleep(params) => {
                let on = params.on.unwrap_or(!self.shared.facts().memory.asleep);
                self.order(Command::Sleep(on)).await?;
                result(protocol::Asleep { asleep: on })
            }
            Request::Devices => self.devices().await,
            Request::Set(params) => self.set(params).await,
            Request::Why(params) => self.why(params),
            Request::Test(params) => self.test(params, Source::Ipc).await,
            Request::Checkpoint => self.checkpoint().await,
            Request::Approvals => {
                result(serde_json::json!({ "approvals": self.brain.approvals() }))
            }
            Request::Approve(params) => {
                let reply = self
                    .brain
                    .settle(params.id, params.yes, "ipc")
                    .await
                    .map_err(|error| {
                        RpcError::new(protocol::code::INVALID_PARAMS, error.to_string())
                    })?;
                result(protocol::Approved {
                    reply: reply.speech,
                })
            }
            Request::Teach(params) => self.teach(params).await,
            Request::Plugins(params) => self.plugins(params).await,
            Request::Shutdown => {
                self.shutdown.send_replace(true);
                result(protocol::Done {})
            }
        }
    }

    fn snapshot(&self) -> Value {
        result(self.status()).unwrap_or_default()
    }

    fn events(&self) -> broadcast::Receiver<Arc<Published>> {
        self.shared.bus.subscribe()
    }
}

impl DaemonHandler {
    pub(super) fn ticket(&self) -> Ticket {
        self.next_ticket.fetch_add(1, Ordering::Relaxed)
    }

    /// Has the dialogue's thread do something and waits for what comes of it.
    pub(super) async fn on_driver<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut LiveDriver) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        let (done, outcome) = oneshot::channel();
        let job: Job = Box::new(move |driver| {
            // A client that hung up needs no outcome.
            let _ = done.send(work(driver));
        });
        self.tell_driver(job).await?;
        outcome.await.map_err(|_| stopping())
    }

    /// Puts `job` into the dialogue's queue. Where it is full, that takes up to [`QUEUE_WAIT`].
    async fn tell_driver(&self, job: Job) -> Result<(), RpcError> {
        let job = match self.jobs.try_send(job) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(_)) => return Err(stopping()),
            Err(TrySendError::Full(job)) => job,
        };
        let jobs = self.jobs.clone();
        let sent = tokio::task::spawn_blocking(move || jobs.send_timeout(job, QUEUE_WAIT));
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(SendTimeoutError::Timeout(_))) => Err(busy()),
            Ok(Err(SendTimeoutError::Disconnected(_))) | Err(_) => Err(stopping()),
        }
    }

    pub(super) async fn order(&self, command: Command) -> Result<State, RpcError> {
        self.on_driver(|driver| {
            driver.handle(Happening::Command(command));
            driver.state()
        })
        .await
    }

    /// Has `query` answered, and spoken if the client wants that.
    pub(super) async fn ask(&self, query: Query, speak: bool) -> Result<Outcome, RpcError> {
        let ticket = self.ticket();
        if speak {
            let query = Box::new(query);
            return self.request(ticket, Command::Ask { query, ticket }).await;
        }
        let silent = match self.background.answer(query).await {
            Ok(silent) => silent,
            Err(outcome) => return Ok(outcome),
        };
        if !silent.concerns(SESSION) {
            return Ok(Outcome::Replied(Box::new(self.background.tell(silent))));
        }
        let conclude = Command::Conclude {
            silent: Box::new(silent.clone()),
            ticket,
        };
        self.request(ticket, conclude).await.or_else(|error| {
            // It was answered; that the dialogue has no ear for it does not undo that.
            let told = self.background.untaken(silent).ok_or(error)?;
            Ok(Outcome::Replied(Box::new(told)))
        })
    }

    /// Hands a request to the dialogue and waits for its outcome. A client that hangs up drops
    /// this future, which withdraws the request.
    pub(super) async fn request(
        &self,
        ticket: Ticket,
        command: Command,
    ) -> Result<Outcome, RpcError> {
        let mut guard = Withdrawal {
            jobs: &self.jobs,
            ticket: Some(ticket),
        };
        let (client, outcome) = oneshot::channel();
        self.tell_driver(Box::new(move |driver| {
            driver.ports().clients.insert(ticket, client);
            driver.handle(Happening::Command(command));
        }))
        .await?;
        let outcome = outcome.await.map_err(|_| stopping());
        guard.ticket = None;
        outcome
    }

    fn needs_microphone(&self, command: &Command) -> Result<(), RpcError> {
        let facts = self.shared.facts();
        if facts.microphone_available || *command == Command::Release {
            return Ok(());
        }
        let reason = if facts.memory.muted {
            "the microphone is muted; `fame mute off` opens it".to_owned()
        } else {
            let reason = facts
                .microphone_reason
                .unwrap_or_else(|| "no sound arrives".into());
            format!("there is no microphone ({reason}); connect one, FAME picks it up by itself")
        };
        Err(RpcError::unavailable(reason))
    }

    pub(super) fn status(&self) -> protocol::Status {
        let facts = self.shared.facts();
        let turn = facts.last_turn;
        let voice = self.speaker.status();
        protocol::Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            uptime_s: self.shared.started.elapsed().as_secs(),
            state: facts.state.into(),
            mode: self.config().listen.mode.into(),
            microphone: protocol::Microphone {
                available: facts.microphone_available,
                device: facts.microphone_device,
                reason: facts.microphone_reason,
            },
            recognizer: self.recognizer_status(),
            voice: protocol::Voice {
                active: voice.active.map(voice_name),
                failed: voice
                    .failed
                    .into_iter()
                    .map(|(kind, reason)| protocol::FailedVoice {
                        voice: voice_name(kind),
                        reason,
                    })
                    .collect(),
            },
            plugins: self
                .brain
                .registry()
                .plugins()
                .iter()
                .map(|loaded| loaded.manifest.id.clone())
                .collect(),
            understanding: self.understanding(),
            overruns: facts.overruns,
            last_turn: (!turn.reply.is_empty()).then_some(protocol::LastTurn {
                heard: turn.heard,
                reply: turn.reply,
                total_ms: turn.total_ms,
            }),
            api: self.api.get().cloned(),
            audit_trouble: self.audit_trouble(),
        }
    }

    pub(super) fn recognizer_status(&self) -> protocol::Recognizer {
        let status = self.recognizer.status();
        protocol::Recognizer {
            model: status.model,
            path: status.path.map(|path| path.display().to_string()),
            window: match status.window {
                Some(Window::Fitted) => "fitted".into(),
                Some(Window::Full) => "full".into(),
                None => String::new(),
            },
            threads: status.threads,
            language: status.language,
            error: match status.settled {
                true => status.error,
                false => Some("the model is being loaded".into()),
            },
        }
    }

    fn understanding(&self) -> protocol::Understanding {
        let skills::Understanding {
            classifier,
            reason,
            model,
        } = self.skills.understanding();
        protocol::Understanding {
            classifier,
            reason,
            model,
        }
    }

    /// Shows how a text would be understood.
    pub(super) async fn test(
        &self,
        params: protocol::TestParams,
        source: Source,
    ) -> Result<Value, RpcError> {
        let query = Query {
            text: params.text,
            source,
            session: params.session.unwrap_or_else(|| TEST_SESSION.into()),
            ..Query::default()
        };
        let brain = self.brain.clone();
        let decisions = tokio::task::spawn_blocking(move || brain.decide_all(&query))
            .await
            .map_err(|error| RpcError::internal(format!("deciding failed: {error}")))?;
        result(serde_json::json!({ "decisions": decisions }))
    }

    async fn checkpoint(&self) -> Result<Value, RpcError> {
        let Some(log) = self.audit.clone() else {
            let trouble = self.audit_trouble().unwrap_or_default();
            return Err(RpcError::unavailable(format!(
                "nothing is recorded: {trouble}"
            )));
        };
        let receipt = tokio::task::spawn_blocking(move || log.checkpoint())
            .await
            .map_err(|error| RpcError::internal(format!("signing failed: {error}")))?
            .map_err(|error| RpcError::unavailable(error.to_string()))?;
        result(protocol::Checkpointed { seq: receipt.seq })
    }

    /// Why what is done cannot be recorded, if it cannot.
    pub(super) fn audit_trouble(&self) -> Option<String> {
        match &self.audit {
            Some(log) => log.failure().map(|error| error.to_string()),
            None => self.no_audit.clone(),
        }
    }

    fn why(&self, params: protocol::WhyParams) -> Result<Value, RpcError> {
        let explained = self.skills.why(params.turn).map_err(|error| {
            RpcError::unavailable(format!("the turn cannot be looked up: {error}"))
        })?;
        explained.ok_or_else(|| {
            let message = match params.turn {
                Some(turn) => {
                    format!("there is no turn {turn} any more; `fame events` numbers them")
                }
                None => "nothing was asked yet; ask something first".into(),
            };
            RpcError::new(protocol::code::INVALID_PARAMS, message)
        })
    }

    pub(super) async fn teach(&self, params: protocol::TeachParams) -> Result<Value, RpcError> {
        if let Some(intent) = &params.intent
            && self.brain.registry().intent(intent).is_none()
        {
            return Err(RpcError::new(
                protocol::code::INVALID_PARAMS,
                format!("there is no intent `{intent}`; `fame plugins info` names them"),
            ));
        }
        let skills = self.skills.clone();
        let corrections =
            tokio::task::spawn_blocking(move || skills.teach(params.text, params.intent))
                .await
                .map_err(|error| RpcError::internal(format!("teaching failed: {error}")))?
                .map_err(|error| RpcError::unavailable(error.to_string()))?;
        result(protocol::Taught { corrections })
    }

    pub(super) async fn plugins(&self, params: PluginsParams) -> Result<Value, RpcError> {
        let plugins = self.skills.plugins();
        let done = match params {
            PluginsParams::List => {
                return result(serde_json::json!({ "plugins": plugins.list() }));
            }
            PluginsParams::Info { plugin } => plugins.info(&plugin).await,
            PluginsParams::Enable { plugin } => plugins.enable(&plugin).await,
            PluginsParams::Disable { plugin } => plugins.disable(&plugin).await,
            PluginsParams::Grant { plugin, hash } => match hash.map(|hash| hash.parse()) {
                None => plugins.grant(&plugin, None).await,
                Some(Ok(hash)) => plugins.grant(&plugin, Some(hash)).await,
                Some(Err(error)) => {
                    return Err(RpcError::new(
                        protocol::code::INVALID_PARAMS,
                        format!("bad `hash`: {error}; copy it from `fame plugins info {plugin}`"),
                    ));
                }
            },
            PluginsParams::Revoke { plugin } => plugins.revoke(&plugin).await,
            PluginsParams::Reload { plugin } => plugins.reload(&plugin).await,
        };
        // Whoever changed a plugin asks it next.
        self.brain.replace(plugins.current());
        match done {
            Ok(info) => result(info),
            Err(ManageError::Busy) => Err(RpcError::busy(ManageError::Busy.to_string())),
            Err(error @ ManageError::Grants(_)) => Err(RpcError::unavailable(error.to_string())),
            Err(error) => Err(RpcError::new(
                protocol::code::INVALID_PARAMS,
                error.to_string(),
            )),
        }
    }

    async fn devices(&self) -> Result<Value, RpcError> {
        let in_use = self.shared.facts().microphone_device;
        let listed = tokio::task::spawn_blocking(audio::devices)
            .await
            .map_err(|error| {
                RpcError::internal(format!("listing the sound devices failed: {error}"))
            })?
            .map_err(|error| RpcError::unavailable(error.to_string()))?;
        let wire = |devices: Vec<audio::Device>, in_use: Option<&str>| -> Vec<protocol::Device> {
            devices
                .into_iter()
                .map(|device| protocol::Device {
                    in_use: in_use == Some(device.name.as_str()),
                    name: device.name,
                    default: device.default,
                })
                .collect()
        };
        result(protocol::Devices {
            inputs: wire(listed.inputs, in_use.as_deref()),
            outputs: wire(listed.outputs, None),
        })
    }

    pub(super) fn config(&self) -> std::sync::MutexGuard<'_, Config> {
        // Only plain assignments happen under this lock, so a poisoned one is still whole.
        self.config
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Takes a request back when its client is gone.
struct Withdrawal<'a> {
    jobs: &'a Sender<Job>,
    ticket: Option<Ticket>,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        // With a full queue the request runs its course and its reply goes nowhere.
        let _ = self.jobs.try_send(Box::new(move |driver| {
            driver.ports().clients.remove(&ticket);
            driver.handle(Happening::Command(Command::Withdraw(ticket)));
        }));
    }
}

fn asked(reply: Replied) -> protocol::Asked {
    let (intent, plugin) = reply.matched.unzip();
    protocol::Asked {
        reply: reply.text,
        intent,
        plugin,
        turn: reply.turn,
        display: reply.display,
        data: reply.data,
        sources: reply
            .sources
            .into_iter()
            .map(|source| protocol::Source {
                title: source.title,
                url: source.url,
            })
            .collect(),
        asks: reply.asks,
        approval: reply.approval,
    }
}

fn busy() -> RpcError {
    RpcError::busy("FAME has as many requests as it takes; try again in a moment")
}

fn stopping() -> RpcError {
    RpcError::new(
        protocol::code::SHUTTING_DOWN,
        "the daemon is stopping; start it again with `famed`",
    )
}

fn voice_name(kind: VoiceKind) -> String {
    match kind {
        VoiceKind::Command => "command",
        VoiceKind::System => "system",
        VoiceKind::Silent => "silent",
    }
    .into()
}
