//! Settings that can be changed safely.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::begin;
use crate::act::Act;
use crate::api::Api;
use crate::extract::{self, Admin, Allowed, Read};
use crate::problem::Problem;
use crate::types::{Check, Invalid, SettingList, is_name};

/// Settings changed in one request.
const MAX_CHANGES: usize = 64;

/// Characters of a setting's value.
const MAX_VALUE: usize = 1_000;

/// Settings to change, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Changes(Map<String, Value>);

impl ToSchema for Changes {
    fn name() -> Cow<'static, str> {
        "SettingChanges".into()
    }
}

impl PartialSchema for Changes {
    fn schema() -> RefOr<Schema> {
        let kind = |kind| ObjectBuilder::new().schema_type(kind);
        let value = OneOfBuilder::new()
            .item(kind(Type::Boolean))
            .item(kind(Type::Number))
            .item(kind(Type::String).max_length(Some(MAX_VALUE)));
        ObjectBuilder::new()
            .description(Some("Settings to change, by name."))
            .min_properties(Some(1))
            .max_properties(Some(MAX_CHANGES))
            .additional_properties(Some(Schema::OneOf(value.build())))
            .into()
    }
}

impl Check for Changes {
    fn check(&self) -> Result<(), Invalid> {
        if self.0.is_empty() || self.0.len() > MAX_CHANGES {
            let problem = format!("Between 1 and {MAX_CHANGES} settings are changed at once.");
            return Err(Invalid(problem));
        }
        if !self
            .0
            .keys()
            .all(|key| is_name(key) && key.len() <= 64 && !key.is_empty())
        {
            return Err(Invalid(
                "A setting has a name such as `listen.mode`.".into(),
            ));
        }
        let plain = |value: &Value| match value {
            Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.chars().count() <= MAX_VALUE,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
        match self.0.values().all(plain) {
            true => Ok(()),
            false => Err(Invalid(
                "A setting is a word, a number, or yes or no.".into(),
            )),
        }
    }
}

/// Settings that can be changed safely
#[utoipa::path(get, path = "/settings", tag = "settings", security(("key" = ["read"])),
    responses((status = OK, body = SettingList, description = "As they are now")))]
pub(super) async fn settings(
    _: Allowed<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<SettingList>, Problem> {
    Ok(Json(api.house.settings().await?))
}

/// Changes settings: all of them or none
#[utoipa::path(patch, path = "/settings", tag = "settings", security(("key" = ["admin"])),
    request_body = Changes,
    responses((status = OK, body = SettingList, description = "As they are now")))]
pub(super) async fn change(
    Allowed(caller, _): Allowed<Admin>,
    State(api): State<Arc<Api>>,
    Extension(act): Extension<Act>,
    extract::Json(Changes(changes)): extract::Json<Changes>,
) -> Result<Json<SettingList>, Problem> {
    begin(&act)?;
    Ok(Json(api.house.change_settings(&caller, changes).await?))
}
