//! All routes, each next to its description.

mod approvals;
mod audio;
mod audit;
mod dashboard;
mod events;
mod evolution;
mod feedback;
mod health;
mod plugins;
mod query;
mod sandbox;
mod service;
mod settings;
mod turns;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::act::Act;
use crate::api::Api;
use crate::openapi;
use crate::problem::{Code, Problem};

/// The router, and the document that describes it.
pub(crate) fn all() -> (Router<Arc<Api>>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(service::service))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(service::status))
        .routes(routes!(query::query))
        .routes(routes!(query::test))
        .routes(routes!(feedback::feedback))
        .routes(routes!(turns::turns))
        .routes(routes!(turns::why))
        .routes(routes!(events::events))
        .routes(routes!(approvals::approvals))
        .routes(routes!(approvals::approve))
        .routes(routes!(plugins::plugins))
        .routes(routes!(plugins::enable))
        .routes(routes!(plugins::disable))
        .routes(routes!(plugins::reload))
        .routes(routes!(sandbox::runs))
        .routes(routes!(audit::audit))
        .routes(routes!(audit::verify))
        .routes(routes!(settings::settings, settings::change))
        .routes(routes!(evolution::run))
        .merge(audio::routes())
        .routes(routes!(service::metrics))
        .routes(routes!(service::document))
        .routes(routes!(service::docs))
        .split_for_parts();
    openapi::complete(&mut document);
    let router = router
        .route("/dashboard", get(dashboard::index))
        .route("/dashboard/{*file}", get(dashboard::file));
    (router, document)
}

/// Begins an act that nothing comes before.
fn begin(act: &Act) -> Result<(), Problem> {
    match act.begin() {
        true => Ok(()),
        false => Err(Problem::new(Code::Timeout, "The client has left.")),
    }
}
