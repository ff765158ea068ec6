//! What answers, and whether it does.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Always `fame`.
    pub service: String,
    /// Its version.
    pub version: String,
    /// The plugins that answer, by id.
    pub plugins: Vec<String>,
}

/// `GET /health`: the process is there and answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
}

/// `GET /ready`: whether requests can be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    /// Whether they can.
    pub ready: bool,
    /// What is missing or does not work, and what to do. FAME may be ready without it.
    pub missing: Vec<String>,
}
