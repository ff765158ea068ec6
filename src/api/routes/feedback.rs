//! A person's word on an answer.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::begin;
use crate::act::Act;
use crate::api::Api;
use crate::extract::{self, Allowed, Query};
use crate::problem::Problem;
use crate::types::{Feedback, FeedbackTaken};

/// Says whether an answer was good
#[utoipa::path(post, path = "/feedback", tag = "ask", security(("key" = ["query"])),
    request_body = Feedback,
    responses((status = OK, body = FeedbackTaken, description = "What comes of it")))]
pub(super) async fn feedback(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    extract::Json(feedback): extract::Json<Feedback>,
) -> Result<Json<FeedbackTaken>, Problem> {
    begin(&act)?;
    Ok(Json(api.house.feedback(&caller, feedback).await?))
}
