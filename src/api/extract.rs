//! What handlers take: who asks, and what is asked, both checked.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use fame_auth::Scope;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::api::Api;
use crate::body;
use crate::guard::content;
use crate::house::Caller;
use crate::problem::{Code, Problem};
use crate::settings::MAX_BODY;
use crate::types::{Check, Invalid};

/// What a route needs of a key.
pub(crate) trait Need {
    /// Any of these will do.
    const ANY_OF: &'static [Scope];
}

/// Any key.
pub(crate) struct Any;
/// A key that may ask.
pub(crate) struct Query;
/// A key that may look.
pub(crate) struct Read;
/// A key that may ask or look.
pub(crate) struct QueryOrRead;
/// A key that may change FAME.
pub(crate) struct Admin;

impl Need for Any {
    const ANY_OF: &'static [Scope] = &Scope::ALL;
}
impl Need for Query {
    const ANY_OF: &'static [Scope] = &[Scope::Query];
}
impl Need for Read {
    const ANY_OF: &'static [Scope] = &[Scope::Read];
}
impl Need for QueryOrRead {
    const ANY_OF: &'static [Scope] = &[Scope::Query, Scope::Read];
}
impl Need for Admin {
    const ANY_OF: &'static [Scope] = &[Scope::Admin];
}

/// A caller whose key is good for what the route needs. Every handler but those of public pages
/// takes one, first.
pub(crate) struct Allowed<N>(pub(crate) Caller, pub(crate) PhantomData<N>);

impl<N: Need> FromRequestParts<Arc<Api>> for Allowed<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Problem> {
        // Without a caller nobody was let in, and nobody is.
        let caller = parts
            .extensions
            .get::<Caller>()
            .ok_or_else(|| Problem::internal("a route that needs a key is open"))?;
        may(caller, N::ANY_OF)?;
        Ok(Self(caller.clone(), PhantomData))
    }
}

/// Whether the caller's key is good for one of these.
pub(crate) fn may(caller: &Caller, any_of: &[Scope]) -> Result<(), Problem> {
    if any_of.iter().any(|scope| caller.key.may(*scope)) {
        return Ok(());
    }
    let names: Vec<String> = any_of.iter().map(|scope| format!("`{scope}`")).collect();
    Err(Problem::new(
        Code::Scope,
        format!("The key lacks the scope {}.", names.join(" or ")),
    ))
}

/// A body of JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + Check> FromRequest<Arc<Api>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        let body = request.into_body();
        let wait = api.settings.waits.body;
        let bytes = body::read(body, MAX_BODY, wait, || content::too_large("")).await?;
        if bytes.is_empty() {
            return Err(Problem::new(Code::Malformed, "The body is empty."));
        }
        let value: T = serde_json::from_slice(&bytes).map_err(|error| json(&error))?;
        value.check().map_err(invalid)?;
        Ok(Self(value))
    }
}

/// The parameters after the question mark.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned + Check> FromRequestParts<Arc<Api>> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map_err(|_| {
                let problem = "A parameter in the address is unknown, doubled or out of range.";
                Problem::new(Code::Invalid, problem).hint("See /openapi.json for the parameters.")
            })?;
        value.check().map_err(invalid)?;
        Ok(Self(value))
    }
}

/// A part of the address that names something: a number or a plugin.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: std::str::FromStr + Send> FromRequestParts<Arc<Api>> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let unknown = || Problem::new(Code::NotFound, "There is nothing of that name.");
        let Path(text) = Path::<String>::from_request_parts(parts, api)
            .await
            .map_err(|_| unknown())?;
        text.parse().map(Self).map_err(|_| unknown())
    }
}

/// A plugin's id: nothing that means anything to a file system or a terminal.
pub(crate) struct PluginId(pub(crate) String);

impl std::str::FromStr for PluginId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        match (1..=64).contains(&text.len()) && text.bytes().all(good) {
            true => Ok(Self(text.into())),
            false => Err(()),
        }
    }
}

fn invalid(Invalid(problem): Invalid) -> Problem {
    Problem::new(Code::Invalid, problem)
}

/// What is wrong with a text that should be JSON. What the client sent is not repeated.
fn json(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => {
            let problem = format!("The body does not have the shape that is needed: {place}.");
            Problem::new(Code::Invalid, problem).hint(hint(&error.to_string()))
        }
        _ => Problem::new(Code::Malformed, format!("The body is not JSON: {place}.")),
    }
}

/// The part of serde's message that is ours: what was expected, not what was sent.
fn hint(message: &str) -> String {
    let ours = match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => message.to_owned(),
    };
    let ours = ours.split(" at line ").next().unwrap_or_default();
    let known = ["expected ", "missing field `", "duplicate field `"];
    match known.iter().any(|start| ours.starts_with(start)) {
        true => format!("Correct it: {ours}."),
        false => "See /openapi.json for the shape.".into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::types::QueryRequest;

    fn told(body: &str) -> String {
        let error = serde_json::from_str::<QueryRequest>(body).unwrap_err();
        format!("{:?}", json(&error))
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        for body in [
            r#"{"text": "x", "secret-value": 1}"#,
            r#"{"text": "x", "speak": "secret-value"}"#,
            r#""secret-value""#,
            r#"{"text": "x", "context": "secret-value, expected "}"#,
            r#"{"text": secret-value}"#,
        ] {
            let told = told(body);
            assert!(!told.contains("secret-value"), "{told}");
        }
        assert!(told("{}").contains("missing field `text`"));
        assert!(told(r#"{"text": 1}"#).contains("expected a string"));
        assert!(told(r#"{"text": "x", "a": 1}"#).contains("`session_id`"));
    }

    #[test]
    fn plugin_ids_are_plain() {
        assert!("universal_developer".parse::<PluginId>().is_ok());
        for id in ["", "..", "a/b", "a b", "é", "a\0", &"x".repeat(65)] {
            assert!(id.parse::<PluginId>().is_err(), "{id:?}");
        }
    }
}
