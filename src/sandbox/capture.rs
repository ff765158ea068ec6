//! Keeps the beginning and the end of an output of any length.

use std::collections::VecDeque;

use super::limits::KEPT_OUTPUT_BYTES;
use super::text;

/// Takes all that a program writes to one stream, so that it never waits, and keeps a bounded part.
#[derive(Debug, Default)]
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    bytes: u64,
}

/// What is told of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) text: String,
    pub(super) bytes: u64,
    pub(super) truncated: bool,
}

impl Capture {
    /// Takes the next piece.
    pub(super) fn push(&mut self, mut piece: &[u8]) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        let room = KEPT_OUTPUT_BYTES - self.head.len();
        if room > 0 {
            let (first, rest) = piece.split_at(room.min(piece.len()));
            self.head.extend_from_slice(first);
            piece = rest;
        }
        let piece = &piece[piece.len().saturating_sub(KEPT_OUTPUT_BYTES)..];
        let excess = (self.tail.len() + piece.len()).saturating_sub(KEPT_OUTPUT_BYTES);
        self.tail.drain(..excess);
        self.tail.extend(piece);
    }

    /// Ends it.
    pub(super) fn finish(mut self) -> Captured {
        let kept = (self.head.len() + self.tail.len()) as u64;
        let left_out = self.bytes - kept;
        let text = if left_out == 0 {
            self.head.extend(self.tail);
            text::safe(&self.head)
        } else {
            let tail: Vec<u8> = self.tail.into();
            format!(
                "{}\n[… {left_out} bytes left out …]\n{}",
                text::safe(&self.head),
                text::safe(&tail)
            )
        };
        Captured {
            text,
            bytes: self.bytes,
            truncated: left_out > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end() {
        let mut capture = Capture::default();
        capture.push(b"first\n");
        for _ in 0..100_000 {
            capture.push(b"middle\n");
        }
        capture.push(b"last");
        let captured = capture.finish();
        assert!(captured.truncated);
        assert_eq!(captured.bytes, 6 + 700_000 + 4);
        assert!(captured.text.starts_with("first\nmiddle"));
        assert!(captured.text.ends_with("middle\nlast"));
        assert!(captured.text.len() <= 2 * KEPT_OUTPUT_BYTES + 100);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_below_the_bound(sizes in proptest::collection::vec(0_usize..20_000, 0..6)) {
            let all: Vec<u8> = (0..sizes.iter().sum::<usize>()).map(|i| b'a' + (i % 26) as u8).collect();
            let mut capture = Capture::default();
            let mut rest = all.as_slice();
            for size in sizes {
                let (piece, after) = rest.split_at(size);
                capture.push(piece);
                rest = after;
            }
            let captured = capture.finish();
            prop_assert_eq!(captured.bytes, all.len() as u64);
            prop_assert_eq!(captured.truncated, all.len() > 2 * KEPT_OUTPUT_BYTES);
            if !captured.truncated {
                prop_assert_eq!(captured.text.as_bytes(), all.as_slice());
            }
        }
    }
}
