//! One request and its answer.

use fame_plugin::Act;

use super::io::{Answered, Ticket, TurnId};
use crate::bus::{Event, Latency};

/// What a turn waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The brain's answer.
    Thinking,
    /// The end of the reply.
    Speaking,
}

/// A turn in progress.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) id: TurnId,
    pub(super) phase: Phase,
    /// When the phase began.
    pub(super) since: u64,
    /// The client that waits for the outcome.
    pub(super) ticket: Option<Ticket>,
    pub(super) latency: Latency,
    /// The reply.
    pub(super) spoken: String,
    /// How the request was understood: intent and plugin.
    pub(super) matched: Option<(String, String)>,
    /// Whether the client waits for the reply to be heard, not just for its words.
    pub(super) delivers_at_end: bool,
    /// Whether the reply is a question.
    pub(super) opens_ear: bool,
    /// What to do once the reply was heard.
    pub(super) then: Vec<Act>,
}

impl Turn {
    pub(super) fn new(id: TurnId, now: u64) -> Self {
        Self {
            id,
            phase: Phase::Thinking,
            since: now,
            ticket: None,
            latency: Latency::default(),
            spoken: String::new(),
            matched: None,
            delivers_at_end: false,
            opens_ear: false,
            then: Vec::new(),
        }
    }

    pub(super) fn answered(&mut self, answer: &Answered) {
        self.latency.route = answer.route_ms;
        self.latency.plugin = answer.plugin_ms;
        self.opens_ear = answer.expects_answer;
        if let Some(Event::IntentMatched { intent, plugin, .. }) = &answer.matched {
            self.matched = Some((intent.clone(), plugin.clone()));
        }
    }

    pub(super) fn speak(&mut self, now: u64) {
        self.phase = Phase::Speaking;
        self.since = now;
    }

    /// Where the time went, with the total from the endpoint's decision to the first sample.
    pub(super) fn latency(&self) -> Latency {
        let Latency {
            recognise,
            route,
            plugin,
            first_sound,
            ..
        } = self.latency;
        Latency {
            total: recognise + route + plugin + first_sound,
            ..self.latency
        }
    }
}
