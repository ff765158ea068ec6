//! Reading a body: so much, and not for ever.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::problem::{Code, Problem};

/// Reads the whole body, which must arrive within `wait` and hold at most `limit` bytes.
pub(crate) async fn read(
    mut body: Body,
    limit: usize,
    wait: Duration,
    too_large: impl Fn() -> Problem,
) -> Result<Bytes, Problem> {
    let reading = async {
        let mut whole = Bytes::new();
        let mut parts: Option<BytesMut> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame
                .map_err(|_| Problem::new(Code::Malformed, "The body broke off or is garbled."))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = parts.as_ref().map_or(whole.len(), BytesMut::len);
            if length + data.len() > limit {
                return Err(too_large());
            }
            // Nearly every body is one piece, which needs no copy.
            match &mut parts {
                None if whole.is_empty() => whole = data,
                None => {
                    let mut joined = BytesMut::from(whole.as_ref());
                    joined.extend_from_slice(&data);
                    parts = Some(joined);
                }
                Some(parts) => parts.extend_from_slice(&data),
            }
        }
        Ok(parts.map_or(whole, BytesMut::freeze))
    };
    tokio::time::timeout(wait, reading)
        .await
        .map_err(|_| Problem::new(Code::SlowBody, "The body did not arrive in time."))?
}
