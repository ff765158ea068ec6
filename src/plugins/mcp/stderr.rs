//! What a process complains about: read so that it never blocks on a full pipe for long, passed
//! to the log, and its end kept for error messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt};

use super::error::LastWords;
use super::text::one_line;

/// Lines kept for error messages.
const LINES_KEPT: usize = 4;

/// The longest line that is kept, in bytes; its rest is dropped.
const LINE_BYTES: usize = 300;

/// Lines a second that go to the log; further ones are dropped.
const LOGGED_PER_SECOND: usize = 20;

/// Bytes a second that are read. Beyond that the process waits in its pipe: a flood slows its
/// author only.
const BYTES_PER_SECOND: usize = 1024 * 1024;

/// Bytes read at once.
const READ_AT_ONCE: usize = 4 * 1024;

/// The end of a process's stderr.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    /// What is there by now.
    pub(super) fn last_words(&self) -> LastWords {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        LastWords(
            lines
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" / "),
        )
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads `stderr` to its end.
pub(super) async fn drain(plugin: String, mut stderr: impl AsyncRead + Unpin, tail: Tail) {
    let mut lines = Lines::default();
    let mut buffer = [0; READ_AT_ONCE];
    let (mut began, mut bytes, mut logged) = (Instant::now(), 0, 0);
    // A pipe that breaks is a process that ended.
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        if began.elapsed() >= Duration::from_secs(1) {
            (began, bytes, logged) = (Instant::now(), 0, 0);
        }
        lines.feed(&buffer[..read], |line| {
            if logged < LOGGED_PER_SECOND {
                logged += 1;
                tracing::debug!(plugin, line, "stderr");
            }
            tail.push(line);
        });
        bytes += read;
        if bytes >= BYTES_PER_SECOND {
            tokio::time::sleep(Duration::from_secs(1).saturating_sub(began.elapsed())).await;
        }
    }
    lines.finish(|line| tail.push(line));
}

/// Cuts bytes into lines, keeping the beginning of a line only.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(String)) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let rest = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.append(piece);
            self.finish(&mut found);
        }
        self.append(rest);
    }

    fn append(&mut self, piece: &[u8]) {
        let free = LINE_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&piece[..piece.len().min(free)]);
    }

    fn finish(&mut self, mut found: impl FnMut(String)) {
        let line = one_line(&String::from_utf8_lossy(&self.line), LINE_BYTES);
        self.line.clear();
        if !line.is_empty() {
            found(line);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_without_escapes() {
        let text: String = (0..50)
            .map(|n| format!("line {n}\u{1b}[0m\r\n\n"))
            .collect();
        let tail = Tail::default();
        drain("x".into(), text.as_bytes(), tail.clone()).await;
        assert_eq!(
            tail.last_words().0,
            "line 46[0m / line 47[0m / line 48[0m / line 49[0m"
        );
    }

    proptest! {
        #[test]
        fn pieces_make_the_same_lines_as_the_whole(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..2_000),
            size in 1_usize..50,
        ) {
            let lines = |size: usize| {
                let (mut found, mut lines) = (Vec::new(), Lines::default());
                for piece in bytes.chunks(size) {
                    lines.feed(piece, |line| found.push(line));
                }
                lines.finish(|line| found.push(line));
                found
            };
            let found = lines(size);
            prop_assert!(found.iter().all(|line| line.len() <= LINE_BYTES + "…".len()));
            prop_assert_eq!(found, lines(bytes.len().max(1)));
        }
    }
}
