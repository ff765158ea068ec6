//! Whether FAME is there, and whether it can work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::Api;
use crate::extract::{Allowed, Any};
use crate::types::{Health, Ready};

/// Whether the process answers
#[utoipa::path(get, path = "/health", tag = "service",
    responses((status = OK, body = Health, description = "It does")))]
pub(super) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok".into(),
    })
}

/// Whether requests can be answered
#[utoipa::path(get, path = "/ready", tag = "service",
    security(("key" = ["query", "read", "admin"])),
    responses(
        (status = OK, body = Ready, description = "They can"),
        (status = SERVICE_UNAVAILABLE, body = Ready, description = "They cannot: what is missing")))]
pub(super) async fn ready(
    _: Allowed<Any>,
    State(api): State<Arc<Api>>,
) -> (StatusCode, Json<Ready>) {
    let ready = api.house.ready();
    let status = match ready.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(ready))
}
