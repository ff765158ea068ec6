//! A decision, with its explanation.

use serde::Serialize;
use serde_json::{Map, Value};

/// What a text was understood as, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The intent; `None` if nothing was understood.
    pub intent: Option<String>,
    /// The plugin that owns the intent.
    pub plugin: Option<String>,
    /// How sure the decision is, 0 to 1.
    pub confidence: f32,
    /// The values found in the text.
    pub slots: Map<String, Value>,
    /// The stage that decided.
    pub route: Route,
    /// What was considered, best first.
    pub candidates: Vec<Candidate>,
    /// Why it was decided so, in words.
    pub reason: String,
}

/// One thing that the text could have meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The intent.
    pub intent: String,
    /// The plugin that owns it.
    pub plugin: String,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// The sentence that fits best.
    pub sentence: String,
}

/// The stage that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A control word.
    Control,
    /// A sentence that matches.
    Sentence,
    /// A sentence that nearly matches.
    Near,
    /// Nothing was understood.
    Fallback,
}

impl Route {
    /// The stage's name in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Sentence => "sentence",
            Self::Near => "near",
            Self::Fallback => "fallback",
        }
    }
}
