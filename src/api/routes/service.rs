//! What this is, how it is, and how to use it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::extract::{Allowed, Any, QueryOrRead, Read};
use crate::types::{Service, Status};

/// What this is
#[utoipa::path(get, path = "/", tag = "service", security(("key" = ["query", "read"])),
    responses((status = OK, body = Service, description = "Name, version and plugins")))]
pub(super) async fn service(_: Allowed<QueryOrRead>, State(api): State<Arc<Api>>) -> Json<Service> {
    Json(api.house.service())
}

/// How everything is
#[utoipa::path(get, path = "/status", tag = "service", security(("key" = ["query", "read"])),
    responses((status = OK, body = Status, description = "How every part is")))]
pub(super) async fn status(_: Allowed<QueryOrRead>, State(api): State<Arc<Api>>) -> Json<Status> {
    Json(api.house.status())
}

/// Numbers for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "service", security(("key" = ["read"])),
    responses((status = OK, body = String, content_type = "text/plain",
        description = "The text format of Prometheus")))]
pub(super) async fn metrics(_: Allowed<Read>, State(api): State<Arc<Api>>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], api.house.metrics()).into_response()
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "service",
    security(("key" = ["query", "read", "admin"])),
    responses((status = OK, body = Object, description = "An OpenAPI document")))]
pub(super) async fn document(_: Allowed<Any>, State(api): State<Arc<Api>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, api.document.clone()).into_response()
}

/// This document, for people
#[utoipa::path(get, path = "/docs", tag = "service",
    security(("key" = ["query", "read", "admin"])),
    responses((status = OK, body = String, content_type = "text/html",
        description = "A page without scripts; `/dashboard/docs.html` shows it in a browser")))]
pub(super) async fn docs(_: Allowed<Any>, State(api): State<Arc<Api>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (kind, api.docs.clone()).into_response()
}
