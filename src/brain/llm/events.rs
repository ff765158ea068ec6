//! Server-sent events out of bytes.

use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, LinesCodec, LinesCodecError};

/// The longest line of a stream. A chunk of an answer has a few hundred bytes.
pub const MAX_LINE_BYTES: usize = 256 * 1024;

/// Why a stream cannot be read on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EventsError {
    LineTooLong,
    NotText,
}

/// Reads the `data` of events; other fields and comments are passed over. The pieces of the
/// stream may be cut anywhere.
pub(super) struct Events {
    lines: LinesCodec,
    buffer: BytesMut,
    /// The `data` lines of the event under way.
    data: Option<String>,
    is_first_line: bool,
}

impl Events {
    pub(super) fn new() -> Self {
        Self {
            lines: LinesCodec::new_with_max_length(MAX_LINE_BYTES),
            buffer: BytesMut::new(),
            data: None,
            is_first_line: true,
        }
    }

    /// Takes the next bytes; [`Self::next`] gives what they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The data of the next whole event; `None` if more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<String>, EventsError> {
        while let Some(line) = self.lines.decode(&mut self.buffer)? {
            let event = self.line(&line)?;
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// The data of an event that only the end of the stream completes. The standard drops it, but
    /// servers forget the last empty line.
    pub(super) fn end(&mut self) -> Result<Option<String>, EventsError> {
        if let Some(line) = self.lines.decode_eof(&mut self.buffer)? {
            self.line(&line)?;
        }
        Ok(self.data.take())
    }

    fn line(&mut self, line: &str) -> Result<Option<String>, EventsError> {
        let first = std::mem::take(&mut self.is_first_line);
        let line = if first {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field != "data" {
            return Ok(None);
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) if data.len() + value.len() >= MAX_LINE_BYTES => {
                return Err(EventsError::LineTooLong);
            }
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
        }
        Ok(None)
    }
}

impl From<LinesCodecError> for EventsError {
    fn from(error: LinesCodecError) -> Self {
        match error {
            LinesCodecError::MaxLineLengthExceeded => Self::LineTooLong,
            LinesCodecError::Io(_) => Self::NotText,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> Result<Vec<String>, EventsError> {
        let mut events = Events::new();
        let mut data = Vec::new();
        for piece in pieces {
            events.push(piece);
            while let Some(event) = events.next()? {
                data.push(event);
            }
        }
        data.extend(events.end()?);
        Ok(data)
    }

    #[test]
    fn data_is_found_among_other_lines() {
        let stream = "\u{feff}: ping\r\nevent: x\ndata: one\r\n\r\n\n\nid: 7\ndata:two\ndata:  three\n\ndata\n\ndata: [DONE]";
        let expected = ["one", "two\n three", "", "[DONE]"];
        assert_eq!(all(&[stream.as_bytes()]).unwrap(), expected);
    }

    #[test]
    fn lines_and_events_have_a_limit() {
        let long = format!("data: {}", "x".repeat(MAX_LINE_BYTES));
        assert_eq!(all(&[long.as_bytes()]), Err(EventsError::LineTooLong));
        let mut events = Events::new();
        let line = format!("data: {}\n", "x".repeat(1_000));
        let error = (0..MAX_LINE_BYTES).find_map(|_| {
            events.push(line.as_bytes());
            events.next().err()
        });
        assert_eq!(error, Some(EventsError::LineTooLong));
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert_eq!(all(&[b"data: \xff\n"]), Err(EventsError::NotText));
        let half = "data: é".as_bytes();
        assert_eq!(all(&[&half[..half.len() - 1]]), Err(EventsError::NotText));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_stream_is_cut(
            lines in proptest::collection::vec("(data: ?)?[a-zé😀{}:]{0,12}", 0..12),
            cuts in proptest::collection::vec(1..9_usize, 0..40),
        ) {
            let stream = lines.join("\n");
            let whole = all(&[stream.as_bytes()]).unwrap();
            let mut rest = stream.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = more;
            }
            pieces.push(rest);
            prop_assert_eq!(all(&pieces).unwrap(), whole);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = all(&[&bytes]);
        }
    }
}
