//! What is asked about what was understood and why, said about what waits, and taught.

use serde::{Deserialize, Serialize};

/// `why`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyParams {
    /// The turn's number; left out: the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
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

/// `approve`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveParams {
    /// Which act.
    pub id: u64,
    /// Whether it is to be done.
    pub yes: bool,
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
