//! What was asked and answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::Api;
use crate::extract::{Allowed, Named, Parameters, Read};
use crate::problem::Problem;
use crate::types::{Explained, Turns, TurnsQuery};

/// The last turns
#[utoipa::path(get, path = "/turns", tag = "look", security(("key" = ["read"])),
    params(TurnsQuery),
    responses((status = OK, body = Turns, description = "The newest first")))]
pub(super) async fn turns(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
    Parameters(query): Parameters<TurnsQuery>,
) -> Result<Json<Turns>, Problem> {
    Ok(Json(api.house.turns(query).await?))
}

/// Why a turn was answered as it was
#[utoipa::path(get, path = "/turns/{id}/why", tag = "look", security(("key" = ["read"])),
    params(("id" = u64, Path, description = "The turn's number")),
    responses((status = OK, body = Explained, description = "How it was understood")))]
pub(super) async fn why(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
    Named(turn): Named<u64>,
) -> Result<Json<Explained>, Problem> {
    Ok(Json(api.house.why(turn).await?))
}
