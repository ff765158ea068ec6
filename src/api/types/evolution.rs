//! Runs of the evolution engine.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Check, Invalid, name, number, range, whole_if_any};

/// `POST /evolution/run`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvolutionRequest {
    /// The problem to work on; left out: whatever FAME would improve next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    pub problem: Option<String>,
    /// For how long, at most.
    #[serde(
        default,
        deserialize_with = "whole_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 86400)]
    pub seconds: Option<u64>,
    /// Where chance begins: the same seed, the same run.
    #[serde(
        default,
        deserialize_with = "whole_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub seed: Option<u64>,
}

impl Check for EvolutionRequest {
    fn check(&self) -> Result<(), Invalid> {
        if let Some(problem) = &self.problem {
            name("problem", problem)?;
        }
        number("seed", self.seed)?;
        match self.seconds {
            Some(seconds) => range("seconds", seconds, 1, 86_400),
            None => Ok(()),
        }
    }
}

/// A run that has been started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evolution {
    /// Its number.
    pub run_id: u64,
    /// What FAME says about it.
    pub message: String,
}
