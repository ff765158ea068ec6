//! The dashboard's files. They hold no data, so they need no key.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::problem::{Code, Problem};

/// `/dashboard`
pub(super) async fn index(State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    asset(&api, "index.html")
}

/// `/dashboard/<file>`
pub(super) async fn file(
    State(api): State<Arc<Api>>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    asset(&api, &file)
}

/// Only names in the list are found; there is no file system behind it.
fn asset(api: &Api, path: &str) -> Result<Response, Problem> {
    let asset = api.assets.iter().find(|asset| asset.path == path);
    let asset =
        asset.ok_or_else(|| Problem::new(Code::NotFound, "The dashboard has no such file."))?;
    let kind = [(header::CONTENT_TYPE, asset.media_type())];
    Ok((kind, asset.bytes).into_response())
}
