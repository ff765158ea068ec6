//! What the API needs of the daemon behind it.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::http::Method;
use fame_auth::Bearer;
use futures_util::Stream;
use serde_json::{Map, Value};

use crate::act::Act;
use crate::types::{
    Approvals, Approved, AuditPage, AuditQuery, AuditVerified, Evolution, EvolutionRequest,
    Explained, Feedback, FeedbackTaken, PluginChange, PluginInfo, Plugins, QueryAnswer,
    QueryRequest, Ready, Recording, SandboxRuns, Service, SettingList, Sound, SpeechRequest,
    Status, TestRequest, Tested, Transcript, Turns, TurnsQuery,
};

/// What a [`House`] gives: later, and perhaps not at all.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// What happened, as it happens.
pub type Events = Pin<Box<dyn Stream<Item = Told> + Send>>;

/// Why the house does not do what it is asked. The texts reach the client: a sentence, then after
/// `; ` what to do; nothing of the inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It is not something that can be asked.
    #[error("{0}")]
    Invalid(String),
    /// It does not fit the state of things.
    #[error("{0}")]
    Conflict(String),
    /// The owner's rules say no.
    #[error("{0}")]
    Forbidden(String),
    /// Too much is going on.
    #[error("{0}")]
    Busy(String),
    /// A part is missing.
    #[error("{0}")]
    Unavailable(String),
    /// FAME is stopping.
    #[error("FAME is stopping; start it again")]
    Stopping,
    /// A bug. This text goes to the log only.
    #[error("{0}")]
    Internal(String),
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key that was shown.
    pub key: Bearer,
    /// Names the request in answers and logs.
    pub request: RequestId,
}

/// Names a request, over all requests to this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub(crate) u64);

impl std::fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// One item of [`Events`].
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Something happened.
    Event {
        /// Its place in the order of all events.
        seq: u64,
        /// What kind of thing, such as `reply`.
        topic: String,
        /// `{seq, at, event}` as one line of JSON.
        json: String,
    },
    /// Events that the client will not get, because it was too slow or came too late.
    Missed {
        /// How many, as far as that is known.
        events: u64,
    },
}

/// A request that was answered, for the metrics.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// How it was asked.
    pub method: &'a Method,
    /// The route as it is written in `/openapi.json`, or `other`: a small set of words.
    pub route: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// From the request's head to the answer's head.
    pub took: Duration,
}

/// Wrong keys that somebody showed, told at most once a minute for each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongKeys {
    /// Where they come from.
    pub peer: IpAddr,
    /// How many since it was last told.
    pub times: u64,
}

/// The daemon, as the API sees it. Methods that look must not change anything. A method that
/// changes something is called with an [`Act`], begins it before the first change and stops if that
/// is refused, or is called once the act has begun; then its future is never dropped half way.
pub trait House: Send + Sync + 'static {
    /// What this is. Plain memory, no waiting.
    fn service(&self) -> Service;

    /// Whether requests can be answered, and what is missing. Plain memory, no waiting.
    fn ready(&self) -> Ready;

    /// How everything is. Plain memory, no waiting.
    fn status(&self) -> Status;

    /// Does what is asked in words. `act` is begun before a plugin changes anything.
    fn query<'a>(
        &'a self,
        caller: &'a Caller,
        request: QueryRequest,
        act: &'a Act,
    ) -> Answer<'a, QueryAnswer>;

    /// Understands a text without acting on it.
    fn test<'a>(&'a self, caller: &'a Caller, request: TestRequest) -> Answer<'a, Tested>;

    /// All plugins.
    fn plugins(&self) -> Answer<'_, Plugins>;

    /// Changes a plugin. The act has begun.
    fn change_plugin<'a>(
        &'a self,
        caller: &'a Caller,
        plugin: String,
        change: PluginChange,
    ) -> Answer<'a, PluginInfo>;

    /// A page of the audit.
    fn audit(&self, query: AuditQuery) -> Answer<'_, AuditPage>;

    /// Checks the audit from end to end.
    fn verify_audit(&self) -> Answer<'_, AuditVerified>;

    /// The acts that wait for a person's word.
    fn approvals(&self) -> Answer<'_, Approvals>;

    /// Has a waiting act done, or drops it. The act has begun; the scope has been checked.
    fn approve<'a>(&'a self, caller: &'a Caller, id: u64, yes: bool) -> Answer<'a, Approved>;

    /// Takes a person's word on an answer. The act has begun.
    fn feedback<'a>(&'a self, caller: &'a Caller, feedback: Feedback) -> Answer<'a, FeedbackTaken>;

    /// Starts a run of the evolution engine. The act has begun.
    fn evolve<'a>(&'a self, caller: &'a Caller, request: EvolutionRequest)
    -> Answer<'a, Evolution>;

    /// The last turns.
    fn turns(&self, query: TurnsQuery) -> Answer<'_, Turns>;

    /// A turn, with how it was understood.
    fn why(&self, turn: u64) -> Answer<'_, Explained>;

    /// The last `limit` runs of the sandbox.
    fn sandbox_runs(&self, limit: u32) -> Answer<'_, SandboxRuns>;

    /// The settings that can be changed safely.
    fn settings(&self) -> Answer<'_, SettingList>;

    /// Changes settings: all of them or none. The act has begun.
    fn change_settings<'a>(
        &'a self,
        caller: &'a Caller,
        changes: Map<String, Value>,
    ) -> Answer<'a, SettingList>;

    /// Writes down what is said in a recording.
    fn transcribe<'a>(&'a self, caller: &'a Caller, recording: Recording)
    -> Answer<'a, Transcript>;

    /// Reads a text aloud, into a file.
    fn speak<'a>(&'a self, caller: &'a Caller, request: SpeechRequest) -> Answer<'a, Sound>;

    /// What happens from now on; with `after`, what is still kept of what came after that event,
    /// too. The stream ends when FAME stops.
    fn events(&self, caller: &Caller, after: Option<u64>) -> Events;

    /// All metrics in the text format of Prometheus. Holds no text of users and no secrets.
    fn metrics(&self) -> String;

    /// Counts a request. Called for every one: lock nothing.
    fn observed(&self, request: Observed<'_>);

    /// Somebody shows wrong keys.
    fn wrong_keys(&self, wrong: WrongKeys);
}
