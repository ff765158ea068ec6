//! What was done, and proof that nobody changed the record.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::check::{Check, Invalid, name, number, range, words};

/// `GET /audit`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// How many, at most.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: u32,
    /// Only records before this one.
    #[param(minimum = 0, required = false)]
    pub before: Option<u64>,
    /// Only what came in this way, such as `voice`.
    #[param(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_.:-]+$",
        required = false
    )]
    pub source: Option<String>,
    /// Only this intent.
    #[param(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_.:-]+$",
        required = false
    )]
    pub intent: Option<String>,
    /// Only records whose text holds this.
    #[param(min_length = 1, max_length = 200, pattern = r"\S", required = false)]
    pub text: Option<String>,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            limit: 50,
            before: None,
            source: None,
            intent: None,
            text: None,
        }
    }
}

impl Check for AuditQuery {
    fn check(&self) -> Result<(), Invalid> {
        range("limit", self.limit, 1, 500)?;
        number("before", self.before)?;
        if let Some(source) = &self.source {
            name("source", source)?;
        }
        if let Some(intent) = &self.intent {
            name("intent", intent)?;
        }
        match &self.text {
            Some(text) => words("text", text, 200),
            None => Ok(()),
        }
    }
}

/// A page of the audit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// The newest first.
    pub records: Vec<AuditRecord>,
    /// What `before` is for the next page; none if this is the last one.
    pub next_before: Option<u64>,
}

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// Its place in the audit.
    pub seq: u64,
    /// When it was written, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// `before` an act, `after` it, or a `note`.
    pub kind: String,
    /// How the request came in.
    pub source: String,
    /// The conversation.
    pub session: String,
    /// What was asked, without secrets.
    pub text: String,
    /// How sure FAME was of what was meant, 0 to 1.
    pub confidence: Option<f64>,
    /// The stage that decided.
    pub route: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// The intent.
    pub intent: Option<String>,
    /// The plugin.
    pub plugin: Option<String>,
    /// What the policy said.
    pub decision: Option<String>,
    /// What a person said about it, if anybody was asked.
    pub approval: Option<Value>,
    /// What came of it.
    pub result: Option<Value>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<f64>,
    /// Ties it to all records before it, in hexadecimal digits.
    pub hash: String,
}

/// `GET /audit/verify`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerified {
    /// Whether every record is as it was written.
    pub ok: bool,
    /// How many there are.
    pub records: u64,
    /// How many signed checkpoints.
    pub checkpoints: u64,
    /// How many records were forgotten as the settings say.
    pub pruned: u64,
    /// The first record that is not as it was written.
    pub first_bad: Option<FirstBad>,
    /// When this was looked at, in RFC 3339.
    #[schema(format = DateTime)]
    pub checked_at: String,
}

/// Where the audit was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FirstBad {
    /// The record.
    pub seq: u64,
    /// What is wrong with it.
    pub problem: String,
}
