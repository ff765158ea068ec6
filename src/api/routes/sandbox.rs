//! What ran in the sandbox.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::Api;
use crate::extract::{Allowed, Parameters, Read};
use crate::problem::Problem;
use crate::types::{SandboxQuery, SandboxRuns};

/// The last runs of the sandbox
#[utoipa::path(get, path = "/sandbox/runs", tag = "look", security(("key" = ["read"])),
    params(SandboxQuery),
    responses((status = OK, body = SandboxRuns, description = "The newest first")))]
pub(super) async fn runs(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
    Parameters(query): Parameters<SandboxQuery>,
) -> Result<Json<SandboxRuns>, Problem> {
    Ok(Json(api.house.sandbox_runs(query.limit).await?))
}
