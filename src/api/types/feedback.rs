//! A person's word on an answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Check, Invalid, length, name, number, whole};

/// `POST /feedback`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// The turn that it is about.
    #[serde(deserialize_with = "whole")]
    pub turn_id: u64,
    /// Whether it was answered well.
    pub good: bool,
    /// The intent that was meant, if it was taken for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    pub intent: Option<String>,
    /// What there is to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub comment: Option<String>,
}

impl Check for Feedback {
    fn check(&self) -> Result<(), Invalid> {
        number("turn_id", Some(self.turn_id))?;
        if let Some(intent) = &self.intent {
            name("intent", intent)?;
        }
        match &self.comment {
            Some(comment) => length("comment", comment, 0, 500),
            None => Ok(()),
        }
    }
}

/// What comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackTaken {
    /// Whether it changes anything.
    pub learnt: bool,
    /// What it changes, or why nothing.
    pub message: String,
}
