//! Asking.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::{Extension, Json};

use crate::act::Act;
use crate::api::Api;
use crate::extract::{self, Allowed, Query};
use crate::problem::Problem;
use crate::types::{QueryAnswer, QueryRequest, TestRequest, Tested};

/// Asks FAME in words
///
/// A client that leaves calls its request off, unless something was begun by then.
#[utoipa::path(post, path = "/query", tag = "ask", security(("key" = ["query"])),
    request_body = QueryRequest,
    responses((status = OK, body = QueryAnswer, description = "What FAME answers")))]
pub(super) async fn query(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    extract::Json(request): extract::Json<QueryRequest>,
) -> Result<Json<QueryAnswer>, Problem> {
    let began = Instant::now();
    let mut answer = api.house.query(&caller, request, &act).await?;
    answer.processing_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(Json(answer))
}

/// Understands a text without acting on it
#[utoipa::path(post, path = "/test", tag = "ask", security(("key" = ["query"])),
    request_body = TestRequest,
    responses((status = OK, body = Tested, description = "How the text would be understood")))]
pub(super) async fn test(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    extract::Json(request): extract::Json<TestRequest>,
) -> Result<Json<Tested>, Problem> {
    Ok(Json(api.house.test(&caller, request).await?))
}
