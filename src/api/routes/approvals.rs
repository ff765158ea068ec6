//! Acts that wait for a person's word.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fame_auth::Scope;

use super::begin;
use crate::act::Act;
use crate::api::Api;
use crate::extract::{self, Allowed, Named, Query, Read, may};
use crate::house::Refusal;
use crate::problem::Problem;
use crate::types::{Approvals, ApproveRequest, Approved};

/// Acts that wait for a person's word
#[utoipa::path(get, path = "/approvals", tag = "approve", security(("key" = ["read"])),
    responses((status = OK, body = Approvals, description = "The oldest first")))]
pub(super) async fn approvals(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<Approvals>, Problem> {
    Ok(Json(api.house.approvals().await?))
}

/// Has a waiting act done, or drops it
///
/// An administrative act needs a key with the scope `admin`.
#[utoipa::path(post, path = "/approvals/{id}", tag = "approve", security(("key" = ["query"])),
    params(("id" = u64, Path, description = "The approval's number")),
    request_body = ApproveRequest,
    responses((status = OK, body = Approved, description = "What came of it")))]
pub(super) async fn approve(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    Named(id): Named<u64>,
    extract::Json(request): extract::Json<ApproveRequest>,
) -> Result<Json<Approved>, Problem> {
    let waiting = api.house.approvals().await?.approvals;
    let Some(approval) = waiting.into_iter().find(|approval| approval.id == id) else {
        let text = format!("no approval {id} is waiting; `fame approvals` lists those that are");
        return Err(Refusal::NotFound(text).into());
    };
    // What is not known to be harmless is administrative. A number stands for one act for ever.
    if !matches!(approval.risk.as_str(), "read" | "write" | "destructive") {
        may(&caller, &[Scope::Admin])?;
    }
    begin(&act)?;
    Ok(Json(api.house.approve(&caller, id, request.yes).await?))
}
