//! What happened lately.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Event, Pattern, Published};

/// Events that are kept. [`Event::AudioLevel`] and [`Event::TranscriptPartial`] are not: there are
/// about ten a second, they would push out all else, and what they say is over at once.
pub const HISTORY: usize = 1000;

/// The last [`HISTORY`] events, and how far it no longer goes back.
#[derive(Default)]
pub(super) struct History {
    kept: VecDeque<Arc<Published>>,
    /// The latest event pushed out; 0 if none was.
    forgotten: u64,
}

/// What an observer missed while it was away.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The events, oldest first.
    pub events: Vec<Arc<Published>>,
    /// Whether that is all: false if older ones are no longer kept, or if the observer speaks of
    /// another run of the daemon, whose events were numbered anew. It should then ask for the
    /// state.
    pub complete: bool,
}

impl History {
    pub(super) fn keep(&mut self, published: &Arc<Published>) {
        if matches!(
            published.event,
            Event::AudioLevel { .. } | Event::TranscriptPartial { .. }
        ) {
            return;
        }
        if self.kept.len() == HISTORY
            && let Some(oldest) = self.kept.pop_front()
        {
            self.forgotten = oldest.seq;
        }
        self.kept.push_back(published.clone());
    }

    /// The last `limit` of the events after `after` that fit `pattern`, oldest first.
    pub(super) fn read(
        &self,
        after: Option<u64>,
        pattern: Option<&Pattern>,
        limit: usize,
    ) -> Vec<Arc<Published>> {
        let mut found: Vec<_> = self
            .kept
            .iter()
            .rev()
            .take_while(|published| after.is_none_or(|after| published.seq > after))
            .filter(|published| {
                pattern.is_none_or(|pattern| pattern.matches(published.event.topic()))
            })
            .take(limit)
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// All that fits `pattern` after the event `after`; `last` is the latest one published.
    pub(super) fn replay(&self, after: u64, pattern: &Pattern, last: u64) -> Replay {
        let of_another_run = after > last;
        Replay {
            events: self.read((!of_another_run).then_some(after), Some(pattern), HISTORY),
            complete: !of_another_run && after >= self.forgotten,
        }
    }
}
