//! What waits for a person's word.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// What came of an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approved {
    /// What FAME says.
    pub reply: String,
}
