//! What is asked about how requests are understood, and said about what waits for a person's word.

use serde::{Deserialize, Serialize};
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

/// `POST /approvals/{id}`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// Whether it is to be done.
    pub yes: bool,
}

impl Check for ApproveRequest {}
