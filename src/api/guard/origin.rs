//! Pages of other people are kept out, whatever their browser lets them send.

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};

use super::host::{Hosts, one};
use crate::problem::{Code, Problem};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Seconds for which a browser may remember what another origin is allowed.
const REMEMBERED: &str = "600";

/// The origins that may ask.
pub(crate) struct Origins {
    own: Vec<String>,
    others: Vec<String>,
}

/// How a request that may go on came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// From no page, or one of our own.
    Here,
    /// From a page that the settings allow.
    Allowed(HeaderValue),
}

impl Origins {
    /// Our own pages, and those of the settings.
    pub(crate) fn new(hosts: &Hosts, tls: bool, others: &[String]) -> Self {
        let scheme = if tls { "https" } else { "http" };
        Self {
            own: hosts
                .iter()
                .map(|host| format!("{scheme}://{host}"))
                .collect(),
            others: others.to_vec(),
        }
    }

    /// Says where the request comes from, if it may.
    pub(crate) fn check(&self, parts: &Parts) -> Result<From, Problem> {
        let no = || {
            Err(Problem::new(
                Code::Origin,
                "Pages of other origins may not use this server.",
            ))
        };
        let Ok(origin) = one(parts, &header::ORIGIN) else {
            return no();
        };
        let among = |origins: &[String], origin: &HeaderValue| {
            origins
                .iter()
                .any(|one| one.as_bytes() == origin.as_bytes())
        };
        let from = match origin {
            None => From::Here,
            Some(origin) if among(&self.own, origin) => From::Here,
            Some(origin) if among(&self.others, origin) => From::Allowed(origin.clone()),
            Some(_) => return no(),
        };
        match one(parts, &SEC_FETCH_SITE) {
            Ok(None) => Ok(from),
            Ok(Some(site)) if site == "same-origin" || site == "none" => Ok(from),
            // A browser says so of a page that is allowed, too.
            Ok(Some(_)) if from != From::Here => Ok(from),
            _ => no(),
        }
    }
}

impl From {
    /// Answers a browser that asks what it may ask, if this is one and it may.
    pub(crate) fn preflight(&self, parts: &Parts) -> Option<Response> {
        let Self::Allowed(_) = self else {
            return None;
        };
        let asks = parts
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if parts.method != Method::OPTIONS || !asks {
            return None;
        }
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, idempotency-key, last-event-id",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        ];
        Some((axum::http::StatusCode::NO_CONTENT, headers).into_response())
    }

    /// Lets the page read the answer, if it may.
    pub(crate) fn mark(self, response: &mut Response) {
        if let Self::Allowed(origin) = self {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("x-request-id, retry-after, idempotent-replayed"),
            );
        }
    }
}
