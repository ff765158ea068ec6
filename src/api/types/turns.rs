//! What was asked and answered.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::{Check, Invalid, number, range};

/// `GET /turns`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TurnsQuery {
    /// How many, at most.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: u32,
    /// Only turns before this one.
    #[param(minimum = 0, required = false)]
    pub before: Option<u64>,
}

impl Default for TurnsQuery {
    fn default() -> Self {
        Self {
            limit: 50,
            before: None,
        }
    }
}

impl Check for TurnsQuery {
    fn check(&self) -> Result<(), Invalid> {
        range("limit", self.limit, 1, 500)?;
        number("before", self.before)
    }
}

/// Turns, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Turns {
    /// The newest first.
    pub turns: Vec<Turn>,
}

/// One request with its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Turn {
    /// Its number.
    pub turn: u64,
    /// When it was answered, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// The conversation that it belongs to.
    pub session: String,
    /// How the request came in.
    pub source: String,
    /// What was asked.
    pub text: String,
    /// What was answered.
    pub reply: String,
    /// The intent that it was taken for.
    pub intent: Option<String>,
    /// The plugin that answered.
    pub plugin: Option<String>,
    /// The stage that decided.
    pub route: String,
    /// Whether what was asked was done.
    pub ok: bool,
    /// Where its time went.
    pub latency_ms: Latency,
}

/// Where a turn's time went, in milliseconds. A stage that did not happen is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Latency {
    /// Silence that the endpoint waited for after the last word.
    pub endpoint: f64,
    /// From the endpoint to the final text.
    pub recognise: f64,
    /// Deciding what was meant.
    pub route: f64,
    /// The plugin's own work.
    pub plugin: f64,
    /// Until the language model's first words; 0 without it.
    #[serde(default)]
    pub model: f64,
    /// From the reply's text to its first sample.
    pub first_sound: f64,
    /// From the endpoint's decision to the first sample.
    pub total: f64,
}
