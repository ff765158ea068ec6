//! The daemon as the REST API sees it.
//!
//! What is asked in words goes to the dialogue like any other request; what is looked up comes from
//! where it is kept. Whatever changes something is recorded with the key that asked for it.

mod events;
mod kept;
mod settings;
mod sound;
mod watch;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::watch::Receiver;

use super::handler::DaemonHandler;
use crate::api::types::{
    self, Approvals, Approved, AuditPage, AuditQuery, AuditVerified, Evolution, EvolutionRequest,
    Explained, Feedback, FeedbackTaken, PluginChange, PluginInfo, Plugins, QueryAnswer,
    QueryRequest, Ready, Recording, SandboxRuns, Service, SettingList, Sound, SpeechRequest,
    Status, TestRequest, Tested, Transcript, Turns, TurnsQuery,
};
use crate::api::{Act, Answer, Caller, Events, House, Observed, Refusal, WrongKeys};
use crate::audit::{self, Record, Via};
use crate::auth::Scope;
use crate::brain::{Gate, Query, Source};
use crate::config::Paths;
use crate::dialogue::io::{Outcome, Replied};
use crate::ipc::protocol::{RpcError, code};
use crate::metrics::Metrics;

/// What events and replies name where nothing was understood.
const NO_INTENT: &str = "none";

/// See the module's documentation.
pub(super) struct DaemonHouse {
    pub(super) daemon: Arc<DaemonHandler>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) paths: Paths,
    pub(super) stop: Receiver<bool>,
}

impl DaemonHouse {
    /// Records that somebody changed something past the brain.
    async fn note(&self, caller: &Caller, event: &str, details: Value) -> Result<(), Refusal> {
        let Some(log) = &self.daemon.audit else {
            return Ok(());
        };
        let mut record = Record::note(event);
        record.source = Some(audit::Source {
            via: Via::Rest,
            id: Some(caller.key.id().to_owned()),
        });
        record.details = Some(details);
        let unrecorded = |error: audit::AuditError| {
            tracing::error!(%error, "a change is refused, because it cannot be recorded");
            Refusal::Unavailable(
                "what is changed cannot be recorded, so nothing is; look at `fame status`".into(),
            )
        };
        let pending = log.submit(record).map_err(unrecorded)?;
        pending.await.map(drop).map_err(unrecorded)
    }

    /// Refuses an intent that there is not.
    fn knows(&self, intent: Option<&str>) -> Result<(), Refusal> {
        match intent {
            Some(intent) if self.daemon.brain.registry().intent(intent).is_none() => {
                Err(Refusal::NotFound(format!(
                    "there is no intent `{intent}`; GET /plugins names those that there are"
                )))
            }
            _ => Ok(()),
        }
    }

    async fn ask(
        &self,
        caller: &Caller,
        request: QueryRequest,
        act: &Act,
    ) -> Result<QueryAnswer, Refusal> {
        let begun = Instant::now();
        self.knows(request.intent.as_deref())?;
        let session = request
            .session_id
            .unwrap_or_else(|| format!("rest-{}", caller.key.id()));
        let gate = {
            let act = act.clone();
            Gate::guarded(move || act.begin())
        };
        let query = Query {
            text: request.text,
            source: Source::Rest,
            session: session.clone(),
            user: request.user,
            intent: request.intent,
            context: request.context.map(Value::Object),
            gate,
            key: Some(caller.key.id().to_owned()),
            admin: caller.key.may(Scope::Admin),
            ..Query::default()
        };
        let speak = request.speak.unwrap_or(false);
        match self.daemon.ask(query, speak).await.map_err(refusal)? {
            Outcome::Replied(replied) if replied.denied => Err(Refusal::Forbidden(format!(
                "{}; ask with a key that may, or change the settings",
                replied.text.trim_end_matches('.')
            ))),
            Outcome::Replied(replied) => {
                let processing_ms = begun.elapsed().as_secs_f64() * 1_000.0;
                Ok(answer(*replied, session, processing_ms))
            }
            Outcome::Cancelled => Err(Refusal::Conflict(
                "the request was stopped by somebody; ask again".into(),
            )),
            Outcome::Busy => Err(Refusal::Busy(
                "FAME has as many requests as it takes; try again in a moment".into(),
            )),
        }
    }

    async fn change(
        &self,
        caller: &Caller,
        plugin: String,
        change: PluginChange,
    ) -> Result<PluginInfo, Refusal> {
        use crate::ipc::protocol::PluginsParams;
        let (event, params) = match change {
            PluginChange::Enable => (
                "plugin.enable",
                PluginsParams::Enable {
                    plugin: plugin.clone(),
                },
            ),
            PluginChange::Disable => (
                "plugin.disable",
                PluginsParams::Disable {
                    plugin: plugin.clone(),
                },
            ),
            PluginChange::Reload => (
                "plugin.reload",
                PluginsParams::Reload {
                    plugin: plugin.clone(),
                },
            ),
        };
        let plugins = self.daemon.skills.plugins();
        if !plugins.list().iter().any(|info| info.id == plugin) {
            return Err(Refusal::NotFound(format!(
                "there is no plugin `{plugin}`; GET /plugins names those that there are"
            )));
        }
        self.note(caller, event, json!({ "plugin": plugin }))
            .await?;
        let changed = self.daemon.plugins(params).await;
        convert(changed.map_err(|error| match refusal(error) {
            // It is there, and cannot be changed so.
            Refusal::Invalid(reason) => Refusal::Conflict(reason),
            other => other,
        })?)
    }

    async fn take_feedback(
        &self,
        caller: &Caller,
        feedback: Feedback,
    ) -> Result<FeedbackTaken, Refusal> {
        let turn = feedback.turn_id;
        self.knows(feedback.intent.as_deref())?;
        let text = self.text_of(turn).await?;
        let details = json!({
            "turn": turn,
            "good": feedback.good,
            "intent": feedback.intent,
            "comment": feedback.comment,
        });
        self.note(caller, "feedback", details).await?;
        let Some(intent) = feedback.intent else {
            return Ok(FeedbackTaken {
                learnt: false,
                message: "Thank you, that is written down.".into(),
            });
        };
        // What a sentence means decides what it does, so it is the owner's to say.
        if !caller.key.may(Scope::Admin) {
            return Ok(FeedbackTaken {
                learnt: false,
                message: "That is written down; a key with the scope `admin` can teach it.".into(),
            });
        }
        let params = crate::ipc::protocol::TeachParams {
            text,
            intent: Some(intent.clone()),
        };
        self.daemon.teach(params).await.map_err(refusal)?;
        Ok(FeedbackTaken {
            learnt: true,
            message: format!("From now on that means `{intent}`."),
        })
    }

    async fn settle(&self, caller: &Caller, id: u64, yes: bool) -> Result<Approved, Refusal> {
        let by = format!("rest:{}", caller.key.id());
        let settled = self.daemon.brain.settle(id, yes, &by).await;
        let reply = settled.map_err(|error| Refusal::NotFound(error.to_string()))?;
        Ok(Approved {
            reply: reply.speech,
        })
    }
}

impl House for DaemonHouse {
    fn service(&self) -> Service {
        let registry = self.daemon.brain.registry();
        let plugins = registry.plugins().iter();
        Service {
            service: "fame".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            plugins: plugins.map(|one| one.manifest.id.clone()).collect(),
        }
    }

    fn ready(&self) -> Ready {
        let mut missing = Vec::new();
        let trouble = self.daemon.audit_trouble();
        if trouble.is_some() {
            missing.push("what is done cannot be recorded, so nothing is changed".to_owned());
        }
        if let Some(error) = self.daemon.recognizer_status().error {
            missing.push(error);
        }
        Ready {
            ready: trouble.is_none(),
            missing,
        }
    }

    fn status(&self) -> Status {
        self.daemon.status()
    }

    fn query<'a>(
        &'a self,
        caller: &'a Caller,
        request: QueryRequest,
        act: &'a Act,
    ) -> Answer<'a, QueryAnswer> {
        Box::pin(self.ask(caller, request, act))
    }

    fn test<'a>(&'a self, _caller: &'a Caller, request: TestRequest) -> Answer<'a, Tested> {
        Box::pin(async move {
            let params = crate::ipc::protocol::TestParams {
                text: request.text,
                session: request.session_id,
            };
            convert(
                self.daemon
                    .test(params, Source::Rest)
                    .await
                    .map_err(refusal)?,
            )
        })
    }

    fn plugins(&self) -> Answer<'_, Plugins> {
        Box::pin(async move { convert(json!({ "plugins": self.daemon.skills.plugins().list() })) })
    }

    fn change_plugin<'a>(
        &'a self,
        caller: &'a Caller,
        plugin: String,
        change: PluginChange,
    ) -> Answer<'a, PluginInfo> {
        Box::pin(self.change(caller, plugin, change))
    }

    fn audit(&self, query: AuditQuery) -> Answer<'_, AuditPage> {
        Box::pin(self.audit_page(query))
    }

    fn verify_audit(&self) -> Answer<'_, AuditVerified> {
        Box::pin(self.verify())
    }

    fn approvals(&self) -> Answer<'_, Approvals> {
        Box::pin(async move { convert(json!({ "approvals": self.daemon.brain.approvals() })) })
    }

    fn approve<'a>(&'a self, caller: &'a Caller, id: u64, yes: bool) -> Answer<'a, Approved> {
        Box::pin(self.settle(caller, id, yes))
    }

    fn feedback<'a>(&'a self, caller: &'a Caller, feedback: Feedback) -> Answer<'a, FeedbackTaken> {
        Box::pin(self.take_feedback(caller, feedback))
    }

    fn evolve<'a>(
        &'a self,
        _caller: &'a Caller,
        _request: EvolutionRequest,
    ) -> Answer<'a, Evolution> {
        Box::pin(async {
            Err(Refusal::Unavailable(
                "this version has no evolution engine; update FAME once one is there".into(),
            ))
        })
    }

    fn turns(&self, query: TurnsQuery) -> Answer<'_, Turns> {
        Box::pin(self.list_turns(query))
    }

    fn why(&self, turn: u64) -> Answer<'_, Explained> {
        Box::pin(self.explained(turn))
    }

    fn sandbox_runs(&self, limit: u32) -> Answer<'_, SandboxRuns> {
        Box::pin(async move {
            let runs = self.daemon.skills.sandbox().runs(limit as usize);
            let runs = runs.into_iter().map(|run| {
                let at = jiff::Timestamp::from_millisecond(i64::try_from(run.asked_at_ms)?)?;
                let mut json = serde_json::to_value(run)?;
                json["at"] = at.to_string().into();
                Ok(json)
            });
            let runs: Result<Vec<Value>, Box<dyn std::error::Error + Send + Sync>> = runs.collect();
            let runs = runs.map_err(|error| Refusal::Internal(error.to_string()))?;
            convert(json!({ "runs": runs }))
        })
    }

    fn settings(&self) -> Answer<'_, SettingList> {
        Box::pin(async { Ok(self.list_settings()) })
    }

    fn change_settings<'a>(
        &'a self,
        caller: &'a Caller,
        changes: Map<String, Value>,
    ) -> Answer<'a, SettingList> {
        Box::pin(self.set(caller, changes))
    }

    fn transcribe<'a>(
        &'a self,
        _caller: &'a Caller,
        recording: Recording,
    ) -> Answer<'a, Transcript> {
        Box::pin(self.write_down(recording))
    }

    fn speak<'a>(&'a self, _caller: &'a Caller, request: SpeechRequest) -> Answer<'a, Sound> {
        Box::pin(self.read_aloud(request))
    }

    fn events(&self, _caller: &Caller, after: Option<u64>) -> Events {
        events::stream(&self.daemon.shared.bus, after, self.stop.clone())
    }

    fn metrics(&self) -> String {
        self.metrics.render(&self.gauges())
    }

    fn observed(&self, request: Observed<'_>) {
        self.metrics
            .served(request.route, request.status, request.took.as_secs_f64());
    }

    fn wrong_keys(&self, wrong: WrongKeys) {
        tracing::warn!(peer = %wrong.peer, times = wrong.times, "wrong keys were shown to the REST API");
        let Some(log) = &self.daemon.audit else {
            return;
        };
        let mut record = Record::note("key.wrong");
        record.details = Some(json!({ "peer": wrong.peer, "times": wrong.times }));
        if let Err(error) = log.submit(record) {
            tracing::error!(%error, "wrong keys are not recorded");
        }
    }
}

/// The same JSON as another type.
fn convert<T: DeserializeOwned>(value: impl Serialize) -> Result<T, Refusal> {
    serde_json::to_value(value)
        .and_then(serde_json::from_value)
        .map_err(|error| Refusal::Internal(format!("an answer has another shape: {error}")))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|crash| Refusal::Internal(crash.to_string()))
}

fn refusal(error: RpcError) -> Refusal {
    match error.code {
        code::BUSY => Refusal::Busy(error.message),
        code::CANCELLED => Refusal::Conflict(error.message),
        code::UNAVAILABLE => Refusal::Unavailable(error.message),
        code::SHUTTING_DOWN => Refusal::Stopping,
        code::INVALID_PARAMS => Refusal::Invalid(error.message),
        _ => Refusal::Internal(error.message),
    }
}

fn answer(replied: Replied, session_id: String, processing_ms: f64) -> QueryAnswer {
    let (intent, plugin) = replied
        .matched
        .filter(|(intent, _)| intent != NO_INTENT)
        .unzip();
    let part = |name: &str| replied.data.as_ref().and_then(|data| data.get(name));
    QueryAnswer {
        response: replied.text,
        intent,
        plugin,
        code: part("code").and_then(Value::as_str).map(str::to_owned),
        test_report: part("test_report").and_then(Value::as_object).cloned(),
        sources: replied
            .sources
            .into_iter()
            .map(|source| types::Source {
                title: source.title,
                url: source.url,
            })
            .collect(),
        confidence: f64::from(replied.confidence),
        session_id,
        turn_id: replied.turn,
        needs_approval: replied.approval,
        data: replied.data,
        processing_ms,
    }
}
