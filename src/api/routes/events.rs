//! What happens, as it happens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;

use crate::api::Api;
use crate::extract::{Allowed, Read};
use crate::problem::Problem;
use crate::sse;

/// What happens, as it happens
///
/// Server-sent events: the id is the event's number, the type its topic, the data
/// `{seq, at, event}`. With `Last-Event-ID` what is still kept of what came after that event is
/// told first. `missed` with `{events}` stands for events that are not told.
#[utoipa::path(get, path = "/events", tag = "look", security(("key" = ["read"])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen")),
    responses((status = OK, body = String, content_type = "text/event-stream",
        description = "Events until the client leaves")))]
pub(super) async fn events(
    Allowed(caller, _): Allowed<Read>,
    State(api): State<Arc<Api>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let after = sse::last_event(&parts)?;
    sse::tell(&api, caller, after)
}
