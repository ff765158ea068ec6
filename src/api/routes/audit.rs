//! What was done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::Api;
use crate::extract::{Allowed, Parameters, Read};
use crate::problem::Problem;
use crate::types::{AuditPage, AuditQuery, AuditVerified};

/// What was done, and why
#[utoipa::path(get, path = "/audit", tag = "audit", security(("key" = ["read"])),
    params(AuditQuery),
    responses((status = OK, body = AuditPage, description = "The newest first")))]
pub(super) async fn audit(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<Json<AuditPage>, Problem> {
    Ok(Json(api.house.audit(query).await?))
}

/// Checks that nobody changed the audit
#[utoipa::path(get, path = "/audit/verify", tag = "audit", security(("key" = ["read"])),
    responses((status = OK, body = AuditVerified, description = "Whether it is as it was written")))]
pub(super) async fn verify(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<AuditVerified>, Problem> {
    Ok(Json(api.house.verify_audit().await?))
}
