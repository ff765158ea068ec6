//! Plugins.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::begin;
use crate::act::Act;
use crate::api::Api;
use crate::extract::{Admin, Allowed, Named, PluginId, Read};
use crate::house::Caller;
use crate::problem::Problem;
use crate::types::{PluginChange, PluginInfo, Plugins};

/// All plugins, loaded or not
#[utoipa::path(get, path = "/plugins", tag = "plugins", security(("key" = ["read"])),
    responses((status = OK, body = Plugins, description = "With permissions and health")))]
pub(super) async fn plugins(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<Plugins>, Problem> {
    Ok(Json(api.house.plugins().await?))
}

/// Switches a plugin on again
#[utoipa::path(post, path = "/plugins/{id}/enable", tag = "plugins", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The plugin's id")),
    responses((status = OK, body = PluginInfo, description = "The plugin")))]
pub(super) async fn enable(
    Allowed(caller, _): Allowed<Admin>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    Named(id): Named<PluginId>,
) -> Result<Json<PluginInfo>, Problem> {
    change(&api, &caller, &act, id, PluginChange::Enable).await
}

/// Switches a plugin off
#[utoipa::path(post, path = "/plugins/{id}/disable", tag = "plugins", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The plugin's id")),
    responses((status = OK, body = PluginInfo, description = "The plugin")))]
pub(super) async fn disable(
    Allowed(caller, _): Allowed<Admin>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    Named(id): Named<PluginId>,
) -> Result<Json<PluginInfo>, Problem> {
    change(&api, &caller, &act, id, PluginChange::Disable).await
}

/// Starts a plugin anew
#[utoipa::path(post, path = "/plugins/{id}/reload", tag = "plugins", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The plugin's id")),
    responses((status = OK, body = PluginInfo, description = "The plugin")))]
pub(super) async fn reload(
    Allowed(caller, _): Allowed<Admin>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    Named(id): Named<PluginId>,
) -> Result<Json<PluginInfo>, Problem> {
    change(&api, &caller, &act, id, PluginChange::Reload).await
}

async fn change(
    api: &Api,
    caller: &Caller,
    act: &Act,
    PluginId(id): PluginId,
    change: PluginChange,
) -> Result<Json<PluginInfo>, Problem> {
    begin(act)?;
    Ok(Json(api.house.change_plugin(caller, id, change).await?))
}
