//! Lines with a limit: the same reading for the server and the client.

use std::io;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::bytes::{Buf, Bytes, BytesMut};

use super::protocol::MAX_FRAME;

/// Bytes taken from the system in one go.
pub(super) const READ_AT_ONCE: usize = 8 * 1024;

/// What the bytes of a peer come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line without its end.
    Line(Bytes),
    /// A line longer than the limit. Its bytes are gone; the next line is read as usual.
    TooLong,
}

/// Cuts bytes into lines and never keeps more than one line at its longest.
///
/// Empty lines are passed over. What follows the last `\n` when the peer hangs up is half a
/// frame and is dropped.
#[derive(Debug)]
pub struct LineCodec {
    limit: usize,
    /// Bytes at the front of the buffer that are known to hold no line end.
    scanned: usize,
    /// Whether the rest of a line that was too long is being skipped.
    skipping: bool,
}

impl Default for LineCodec {
    fn default() -> Self {
        Self::with_limit(MAX_FRAME)
    }
}

impl LineCodec {
    /// A codec whose lines hold at most `limit` bytes without their end.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            scanned: 0,
            skipping: false,
        }
    }

    /// Takes the next frame off the front of `buffer`, or says that more bytes are needed.
    pub fn next_frame(&mut self, buffer: &mut BytesMut) -> Option<Frame> {
        loop {
            let unseen = buffer.get(self.scanned..).unwrap_or_default();
            let Some(length) = unseen.iter().position(|byte| *byte == b'\n') else {
                return self.without_end(buffer);
            };
            let length = self.scanned + length;
            self.scanned = 0;
            let line = buffer.split_to(length).freeze();
            buffer.advance(1);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if line.len() > self.limit {
                return Some(Frame::TooLong);
            }
            if !line.trim_ascii().is_empty() {
                return Some(Frame::Line(line));
            }
        }
    }

    fn without_end(&mut self, buffer: &mut BytesMut) -> Option<Frame> {
        if self.skipping {
            buffer.clear();
            return None;
        }
        if buffer.len() <= self.limit {
            self.scanned = buffer.len();
            return None;
        }
        buffer.clear();
        self.scanned = 0;
        self.skipping = true;
        Some(Frame::TooLong)
    }
}

/// Frames from a source that is read without blocking.
#[derive(Debug)]
pub struct FrameReader<R> {
    source: R,
    codec: LineCodec,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads frames of at most [`MAX_FRAME`] bytes from `source`.
    pub fn new(source: R) -> Self {
        Self {
            source,
            codec: LineCodec::default(),
            buffer: BytesMut::new(),
        }
    }

    /// The source, without what has been read of it.
    pub fn into_source(self) -> R {
        self.source
    }

    /// The next frame, or none when the peer hung up. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.codec.next_frame(&mut self.buffer) {
                return Ok(Some(frame));
            }
            self.buffer.reserve(READ_AT_ONCE);
            if self.source.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// A message that cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// It does not fit into a frame.
    #[error("a message of {bytes} bytes does not fit into a frame of {MAX_FRAME} bytes")]
    TooLong {
        /// How long it would be.
        bytes: usize,
    },
    /// It has no form in JSON.
    #[error("cannot write a message as JSON")]
    Json(#[from] serde_json::Error),
}

/// A message as the line that goes on the wire.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, EncodeError> {
    let mut line = serde_json::to_vec(message)?;
    if line.len() > MAX_FRAME {
        return Err(EncodeError::TooLong { bytes: line.len() });
    }
    line.push(b'\n');
    Ok(line.into())
}
