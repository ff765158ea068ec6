//! How requests were understood.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// How a text would be understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tested {
    /// One for each request in the text.
    pub decisions: Vec<Decided>,
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
