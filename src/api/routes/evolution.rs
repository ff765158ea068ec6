//! Runs of the evolution engine.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::begin;
use crate::act::Act;
use crate::api::Api;
use crate::extract::{self, Admin, Allowed};
use crate::problem::Problem;
use crate::types::{Evolution, EvolutionRequest};

/// Starts a run of the evolution engine
#[utoipa::path(post, path = "/evolution/run", tag = "evolution", security(("key" = ["admin"])),
    request_body = EvolutionRequest,
    responses((status = ACCEPTED, body = Evolution, description = "It runs")))]
pub(super) async fn run(
    Allowed(caller, _): Allowed<Admin>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    extract::Json(request): extract::Json<EvolutionRequest>,
) -> Result<(StatusCode, Json<Evolution>), Problem> {
    begin(&act)?;
    let run = api.house.evolve(&caller, request).await?;
    Ok((StatusCode::ACCEPTED, Json(run)))
}
