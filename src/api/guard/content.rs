//! What kind of body is taken.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};

use super::host::one;
use crate::problem::{Code, Problem};
use crate::settings::{MAX_BODY, MAX_RECORDING};

/// The only route that takes something else than JSON.
pub(crate) const RECORDINGS: &str = "/v1/audio/transcriptions";

/// Bytes of a form around its recording.
const MAX_FORM: usize = 64 << 10;

/// The most that a body of this route may be.
pub(crate) fn limit(route: &str) -> usize {
    match route == RECORDINGS {
        true => MAX_RECORDING + MAX_FORM,
        false => MAX_BODY,
    }
}

/// Refuses a body before it is read: of another kind, too large, packed, or of two lengths.
pub(crate) fn check(parts: &Parts, route: &str) -> Result<(), Problem> {
    let chunked = parts.headers.contains_key(header::TRANSFER_ENCODING);
    let length = one(parts, &header::CONTENT_LENGTH)
        .map_err(|()| Problem::new(Code::Malformed, "There is more than one `Content-Length`."))?;
    if chunked && length.is_some() {
        let problem = "`Content-Length` and `Transfer-Encoding` exclude each other.";
        return Err(Problem::new(Code::Malformed, problem));
    }
    let length = length
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .unwrap_or(0);
    // Nobody reads the body of anything but these.
    if (length == 0 && !chunked) || !matches!(parts.method, Method::POST | Method::PATCH) {
        return Ok(());
    }
    if length > limit(route) as u64 {
        return Err(too_large(route));
    }
    if parts
        .headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|encoding| encoding != "identity")
    {
        let problem = "Packed bodies are not taken.";
        return Err(Problem::new(Code::MediaType, problem).hint("Send the body as it is."));
    }
    let kind = match one(parts, &header::CONTENT_TYPE) {
        Ok(Some(kind)) => media_type(kind),
        _ => None,
    };
    let wanted = match route == RECORDINGS {
        true => "multipart/form-data",
        false => "application/json",
    };
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)) {
        let problem = format!("The body must be `{wanted}`.");
        return Err(Problem::new(Code::MediaType, problem));
    }
    Ok(())
}

/// The media type without its parameters.
fn media_type(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()?.split(';').next().map(str::trim)
}

/// The body is too large for this route.
pub(crate) fn too_large(route: &str) -> Problem {
    let most = match route == RECORDINGS {
        true => MAX_RECORDING,
        false => MAX_BODY,
    };
    Problem::new(
        Code::TooLarge,
        format!("The body is larger than {} MiB.", most >> 20),
    )
}
