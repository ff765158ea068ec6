//! What goes wrong, as `application/problem+json`: a stable code for programs, a sentence and a
//! hint for people, and nothing of the inside.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::house::Refusal;

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, for programs. Codes are added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request cannot be read.
    Malformed,
    /// A key stands in the address, where it ends up in logs.
    KeyInUrl,
    /// No key was shown.
    KeyMissing,
    /// What was shown is not a key, or has a mistake in it.
    KeyMalformed,
    /// The key is not known.
    KeyWrong,
    /// The key was revoked.
    KeyRevoked,
    /// The key's time is over.
    KeyExpired,
    /// The `Host` is none of this server's names.
    Host,
    /// The request comes from a page of somebody else's.
    Origin,
    /// The key is not good for this.
    Scope,
    /// The owner's rules say no.
    Refused,
    /// There is no such thing.
    NotFound,
    /// The address knows other methods only.
    Method,
    /// The body did not arrive in time.
    SlowBody,
    /// It does not fit the state of things.
    Conflict,
    /// The same request is being worked on.
    InFlight,
    /// The body is larger than it may be.
    TooLarge,
    /// The body is of a kind that is not taken here.
    MediaType,
    /// The body can be read, but does not say what is needed.
    Invalid,
    /// The idempotency key was used for another request.
    KeyReused,
    /// Too many requests with this key.
    TooMany,
    /// Too many wrong keys.
    TooManyKeys,
    /// A bug of ours.
    Internal,
    /// A part that the request needs is missing.
    Unavailable,
    /// As much as may be is being worked on.
    Busy,
    /// FAME is stopping.
    Stopping,
    /// It took too long.
    Timeout,
}

impl Code {
    /// The status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::KeyInUrl => StatusCode::BAD_REQUEST,
            Self::KeyMissing
            | Self::KeyMalformed
            | Self::KeyWrong
            | Self::KeyRevoked
            | Self::KeyExpired => StatusCode::UNAUTHORIZED,
            Self::Host | Self::Origin | Self::Scope | Self::Refused => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::InFlight => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany | Self::TooManyKeys => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::Busy | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Malformed => "See /openapi.json for what can be asked and how.",
            Self::KeyInUrl => "Revoke that key and send a new one as `Authorization: Bearer`.",
            Self::KeyMissing => {
                "Send a key as `Authorization: Bearer`; `fame keys create` makes one."
            }
            Self::KeyMalformed => "Copy the key anew, as a whole.",
            Self::KeyWrong | Self::KeyRevoked | Self::KeyExpired => {
                "Make a new key with `fame keys create`."
            }
            Self::Host => "Use the address that FAME listens on, or add the name to the settings.",
            Self::Origin => "Use FAME's own pages, or add the page's origin to the settings.",
            Self::Scope => "Make a key with that scope: `fame keys create`.",
            Self::Refused => "The owner's policy decides; `fame config` shows it.",
            Self::NotFound | Self::Method => "See /openapi.json for what there is.",
            Self::SlowBody => "Send it again, faster.",
            Self::Conflict => "Look at how things are now, then decide.",
            Self::InFlight => "Wait for the answer to the first one.",
            Self::TooLarge => "Send less at a time.",
            Self::MediaType => "See /openapi.json for the kinds of body that are taken.",
            Self::Invalid => "Correct it and send it again.",
            Self::KeyReused => "Use a new idempotency key for every new request.",
            Self::TooMany | Self::TooManyKeys => "Wait as long as `Retry-After` says.",
            Self::Internal => "FAME's log says more; please report it with the request's id.",
            Self::Unavailable => "`fame status` says what is missing.",
            Self::Busy | Self::Timeout => "Try again in a moment.",
            Self::Stopping => "Start FAME again.",
        }
    }
}

/// An error, as it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Wire<'a> {
    /// Names the kind of problem: `urn:fame:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong, for programs.
    code: Code,
    /// What went wrong, for people.
    detail: &'a str,
    /// What to do about it.
    hint: &'a str,
}

/// An error on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    hint: Cow<'static, str>,
    /// Seconds after which it is worth trying again.
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of this kind; `detail` is a sentence that gives nothing of the inside away.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            hint: code.hint().into(),
            retry_after: match code {
                Code::Busy | Code::InFlight => Some(1),
                _ => None,
            },
        }
    }

    /// The same with another hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, worth another try after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A bug of ours. What exactly goes to the log.
    pub(crate) fn internal(what: &str) -> Self {
        tracing::error!("a request failed inside: {what}");
        Self::new(Code::Internal, "FAME made a mistake with this request.")
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let mut kind = String::from("urn:fame:problem:");
        if let Ok(serde_json::Value::String(name)) = serde_json::to_value(self.code) {
            kind.push_str(&name);
        }
        let wire = Wire {
            kind,
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code,
            detail: &self.detail,
            hint: &self.hint,
        };
        // Texts and numbers only: this cannot fail.
        let body = serde_json::to_vec(&wire).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
        let mut response = (status, kind, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = match self.code {
                Code::KeyMissing => r#"Bearer realm="fame""#,
                _ => r#"Bearer realm="fame", error="invalid_token""#,
            };
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (code, text) = match refusal {
            Refusal::NotFound(text) => (Code::NotFound, text),
            Refusal::Invalid(text) => (Code::Invalid, text),
            Refusal::Conflict(text) => (Code::Conflict, text),
            Refusal::Forbidden(text) => (Code::Refused, text),
            Refusal::Busy(text) => (Code::Busy, text),
            Refusal::Unavailable(text) => (Code::Unavailable, text),
            Refusal::Stopping => (Code::Stopping, "FAME is stopping.".into()),
            Refusal::Internal(text) => return Self::internal(&text),
        };
        // Our texts say what is wrong, then what to do.
        match text.split_once("; ") {
            Some((detail, hint)) => Self::new(code, sentence(detail)).hint(sentence(hint)),
            None => Self::new(code, sentence(&text)),
        }
    }
}

/// With a capital at its beginning, if that is a plain word, and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let mut whole: String = match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => return String::new(),
    };
    if !whole.ends_with(['.', '!', '?']) {
        whole.push('.');
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_house_says_becomes_a_sentence_and_a_hint() {
        let problem = Problem::from(Refusal::NotFound(
            "there is no turn 7 any more; `fame events` numbers them".into(),
        ));
        assert_eq!(problem.code(), Code::NotFound);
        assert_eq!(problem.detail, "There is no turn 7 any more.");
        assert_eq!(problem.hint, "`fame events` numbers them.");
    }

    #[test]
    fn a_bug_tells_nothing_of_the_inside() {
        let problem = Problem::from(Refusal::Internal("cannot open /home/x/keys".into()));
        assert!(!format!("{problem:?}").contains("/home"));
        assert_eq!(problem.code().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
