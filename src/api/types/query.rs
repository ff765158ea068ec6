//! `POST /query`

use fame_wire::Source;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check::{Check, Invalid, name, words};

/// Characters of a request in words.
pub const MAX_QUERY: usize = 4_000;

/// A request in words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// What is asked, as one would say it.
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = r"\S",
        example = "what time is it"
    )]
    pub text: String,
    /// The intent that is meant, whatever the text says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    pub intent: Option<String>,
    /// Who asks, for programs that ask for several people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    pub user: Option<String>,
    /// The conversation that it belongs to. Left out: one for each key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    pub session_id: Option<String>,
    /// What the client says about the situation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Map<String, Value>>,
    /// Whether the reply is spoken, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speak: Option<bool>,
}

impl Check for QueryRequest {
    fn check(&self) -> Result<(), Invalid> {
        words("text", &self.text, MAX_QUERY)?;
        if let Some(intent) = &self.intent {
            name("intent", intent)?;
        }
        if let Some(user) = &self.user {
            words("user", user, 64)?;
        }
        if let Some(session) = &self.session_id {
            name("session_id", session)?;
        }
        Ok(())
    }
}

/// What FAME answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueryAnswer {
    /// The reply, in words.
    pub response: String,
    /// The intent that the request was taken for.
    pub intent: Option<String>,
    /// The plugin that answered.
    pub plugin: Option<String>,
    /// Where the answer comes from.
    pub sources: Vec<Source>,
    /// How sure FAME is of what was meant, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    /// The conversation that it belongs to.
    pub session_id: String,
    /// The turn, for `/turns/{id}/why`.
    pub turn_id: u64,
    /// The approval that the act waits for, see `/approvals`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_approval: Option<u64>,
    /// The program that was written, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How that program did in its tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub test_report: Option<Map<String, Value>>,
    /// The answer for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// What it took, in milliseconds. The server fills it in.
    #[schema(minimum = 0)]
    pub processing_ms: f64,
}
