//! What a program that waits and runs tells meanwhile.

use serde::Serialize;
use tokio::sync::mpsc;

use super::limits::STREAMED_BYTES;
use super::report::Tier;
use super::runs::{Output, Tap};
use super::text::SafeText;

/// What happens to a program while it waits and runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Started {
        /// What keeps it in.
        tier: Tier,
    },
    /// It wrote to stdout; safe text.
    Stdout {
        /// The text.
        text: String,
    },
    /// It wrote to stderr; safe text.
    Stderr {
        /// The text.
        text: String,
    },
}

/// Hands progress to the caller's channel and to everyone who listens. Full: what does not fit is
/// left out, since the report has it and a program must never wait for a listener.
#[derive(Debug)]
pub(super) struct Stream {
    to: Option<mpsc::Sender<Progress>>,
    tap: Option<Tap>,
    stdout: Channel,
    stderr: Channel,
}

#[derive(Debug, Default)]
struct Channel {
    text: SafeText,
    sent: u64,
}

impl Stream {
    pub(super) fn new(to: Option<mpsc::Sender<Progress>>, tap: Option<Tap>) -> Self {
        Self {
            to,
            tap,
            stdout: Channel::default(),
            stderr: Channel::default(),
        }
    }

    /// One that nobody hears.
    pub(super) fn unheard() -> Self {
        Self::new(None, None)
    }

    pub(super) fn tell(&self, progress: Progress) {
        if let Some(to) = &self.to {
            // Full or closed, see above.
            let _ = to.try_send(progress);
        }
    }

    pub(super) fn stdout(&mut self, bytes: &[u8]) {
        self.output(Output::Stdout, bytes);
    }

    pub(super) fn stderr(&mut self, bytes: &[u8]) {
        self.output(Output::Stderr, bytes);
    }

    fn output(&mut self, output: Output, bytes: &[u8]) {
        let asked = self.to.as_ref().is_some_and(|to| !to.is_closed());
        let tap = self.tap.as_ref().filter(|tap| tap.is_heard());
        if !asked && tap.is_none() {
            return;
        }
        let channel = match output {
            Output::Stdout => &mut self.stdout,
            Output::Stderr => &mut self.stderr,
        };
        let Some(text) = channel.next(bytes) else {
            return;
        };
        if let Some(tap) = tap {
            tap.tell(output, &text);
        }
        if asked {
            self.tell(match output {
                Output::Stdout => Progress::Stdout { text },
                Output::Stderr => Progress::Stderr { text },
            });
        }
    }
}

impl Channel {
    /// The text to send, if the bound is not reached.
    fn next(&mut self, bytes: &[u8]) -> Option<String> {
        if self.sent >= STREAMED_BYTES {
            return None;
        }
        let room = usize::try_from(STREAMED_BYTES - self.sent).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        self.sent += bytes.len() as u64;
        let text = self.text.push(bytes);
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_listener_who_does_not_listen_costs_nothing() {
        let (to, mut from) = mpsc::channel(1);
        let mut stream = Stream::new(Some(to), None);
        for _ in 0..1_000 {
            stream.stdout(&[b'x'; 1_024]);
        }
        assert!(stream.stdout.sent <= STREAMED_BYTES);
        assert!(matches!(from.try_recv(), Ok(Progress::Stdout { .. })));
        assert!(from.try_recv().is_err());
    }
}
