//! What was understood and why; what waits for a person's word; what the user teaches.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `why`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyParams {
    /// The turn's number; left out: the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
}

/// `why`: a turn and how it was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Explained {
    /// The turn's number.
    pub turn: u64,
    /// When it was answered, in RFC 3339.
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

/// `test`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestParams {
    /// The request, as one would say it.
    pub text: String,
    /// The conversation in which it would be said. Left out: one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// `test`: how a text would be understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tested {
    /// One for each request in the text.
    pub decisions: Vec<Decided>,
}

/// How a request was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    pub slots: Map<String, Value>,
    /// Those of them that come from what was said before.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// The stage.
    pub stage: String,
    /// What it considered, best first.
    pub candidates: Vec<Candidate>,
    /// Why it decided, or why it passed.
    pub outcome: String,
    /// The words that weighed most, with their weight.
    pub features: Vec<(String, f32)>,
}

/// One thing that a text could have meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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

/// `approvals`: the acts that wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approvals {
    /// Oldest first.
    pub approvals: Vec<Approval>,
}

/// An act that waits for a person's word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    pub asked: String,
    /// When it is too late, in RFC 3339.
    pub expires: String,
}

/// `approve`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveParams {
    /// Which act.
    pub id: u64,
    /// Whether it is to be done.
    pub yes: bool,
}

/// `approve`: what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approved {
    /// What FAME says.
    pub reply: String,
}

/// `teach`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeachParams {
    /// What was said.
    pub text: String,
    /// The intent that is meant by it. Left out: what was taught about this text is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
}

/// `teach`: what the classifier knows from the user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taught {
    /// All corrections: text and intent.
    pub corrections: Vec<(String, String)>,
}
