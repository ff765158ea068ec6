//! How requests were understood, and what waits for a person's word.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check::{Check, Invalid, name, words};
use super::query::MAX_QUERY;

/// `POST /test`: a text to be understood, not acted on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    /// The request, as one would say it.
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = r"\S",
        example = "what time is it"
    )]
    pub text: String,
    /// The conversation in which it would be said. Left out: one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    pub session_id: Option<String>,
}

impl Check for TestRequest {
    fn check(&self) -> Result<(), Invalid> {
        words("text", &self.text, MAX_QUERY)?;
        match &self.session_id {
            Some(session) => name("session_id", session),
            None => Ok(()),
        }
    }
}

/// How a text would be understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tested {
    /// One for each request in the text.
    pub decisions: Vec<Decided>,
}

/// A turn and how it was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// The turn's number.
    pub turn: u64,
    /// When it was answered, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// The conversation that it belongs to.
    pub session: String,
    /// How the request came in.
    pub source: String,
    /// What was said.
    pub text: String,
    /// What was understood: one for each request in the text.
    pub decisions: Vec<Decided>,
    /// What was answered.
    pub reply: String,
    /// Time spent deciding, in milliseconds.
    pub route_ms: f64,
    /// Time spent by the plugins, in milliseconds.
    pub plugin_ms: f64,
    /// Time until the language model's first words could be used, in milliseconds; 0 without it.
    #[serde(default)]
    pub model_ms: f64,
}

/// How a request was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decided {
    /// The request's part of the text.
    pub text: String,
    /// The intent; none if nothing was understood.
    pub intent: Option<String>,
    /// The plugin that owns it.
    pub plugin: Option<String>,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// The values.
    #[schema(value_type = Object)]
    pub slots: Map<String, Value>,
    /// Those of them that come from what was said before.
    #[serde(default)]
    pub carried: Vec<String>,
    /// The stage that decided.
    pub route: String,
    /// Why, in words.
    pub reason: String,
    /// Every stage that was tried, in order.
    pub stages: Vec<Stage>,
    /// What the policy said about acting on it.
    pub verdict: Option<String>,
}

/// What one stage made of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    /// The stage.
    pub stage: String,
    /// What it considered, best first.
    pub candidates: Vec<Candidate>,
    /// Why it decided, or why it passed.
    pub outcome: String,
    /// The words that weighed most, each with its weight.
    #[schema(value_type = Vec<Vec<Value>>)]
    #[serde(default)]
    pub features: Vec<(String, f32)>,
}

/// One thing that a text could have meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The intent.
    pub intent: String,
    /// The plugin that owns it.
    pub plugin: String,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// The sentence that fits best, where there is one.
    pub sentence: String,
}

/// The acts that wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Approvals {
    /// Oldest first.
    pub approvals: Vec<Approval>,
}

/// An act that waits for a person's word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Its number.
    pub id: u64,
    /// What would be done, as a question.
    pub what: String,
    /// The intent.
    pub intent: String,
    /// The plugin that would do it.
    pub plugin: String,
    /// Its exact arguments.
    #[schema(value_type = Object)]
    pub slots: Map<String, Value>,
    /// What it does to the world: `read`, `write`, `destructive` or `admin`.
    pub risk: String,
    /// Whether it can be taken back.
    pub reversible: bool,
    /// How the request came in.
    pub source: String,
    /// What was said.
    pub text: String,
    /// When it was asked for, in RFC 3339.
    #[schema(format = DateTime)]
    pub asked: String,
    /// When it is too late, in RFC 3339.
    #[schema(format = DateTime)]
    pub expires: String,
}

/// `POST /approvals/{id}`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// Whether it is to be done.
    pub yes: bool,
}

impl Check for ApproveRequest {}

/// What came of an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approved {
    /// What FAME says.
    pub reply: String,
}
