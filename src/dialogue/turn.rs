//! One request and its answer.

use fame_plugin::Act;

use super::io::{Answered, Replied, Ticket, TurnId};
use crate::bus::Latency;

/// What a turn waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The brain's answer.
    Thinking,
    /// The end of the reply, and while its sentences come one by one, the next of them.
    Speaking,
}

/// A turn in progress.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) id: TurnId,
    pub(super) phase: Phase,
    /// When the phase began.
    pub(super) since: u64,
    /// When the turn began.
    pub(super) begun: u64,
    /// The client that waits for the outcome.
    pub(super) ticket: Option<Ticket>,
    pub(super) latency: Latency,
    /// What was spoken of the reply so far.
    pub(super) spoken: String,
    /// What the client is told.
    pub(super) reply: Replied,
    /// Whether the brain is done with it.
    pub(super) answered: bool,
    /// Parts of the reply that the voice has not finished.
    pub(super) at_voice: usize,
    /// Whether the client waits for the reply to be heard, not just for its words.
    pub(super) delivers_at_end: bool,
    /// The intent that waits for an answer, if the reply is a question.
    pub(super) asks: Option<String>,
    /// Whether it belongs to another conversation than the spoken one: its questions are asked
    /// and answered elsewhere.
    pub(super) elsewhere: bool,
    /// What to do once the reply was heard.
    pub(super) then: Vec<Act>,
}

impl Turn {
    pub(super) fn new(id: TurnId, now: u64) -> Self {
        Self {
            id,
            phase: Phase::Thinking,
            since: now,
            begun: now,
            ticket: None,
            latency: Latency::default(),
            spoken: String::new(),
            reply: Replied {
                turn: id,
                ..Replied::default()
            },
            answered: false,
            at_voice: 0,
            delivers_at_end: false,
            asks: None,
            elsewhere: false,
            then: Vec::new(),
        }
    }

    /// Takes over what the brain answered.
    pub(super) fn answered(&mut self, answer: &Answered) {
        self.answered = true;
        self.latency.route = answer.route_ms;
        self.latency.plugin = answer.plugin_ms;
        self.latency.model = answer.model_ms;
        if answer.expects_answer {
            let intent = answer.intent().map(|(intent, _)| intent.to_owned());
            self.asks = Some(intent.unwrap_or_default());
        }
    }

    /// Whether its words went to the voice one by one.
    pub(super) fn was_spoken(&self) -> bool {
        !self.spoken.is_empty()
    }

    /// Hands one more part of the reply to the voice.
    pub(super) fn speak(&mut self, part: &str, now: u64) {
        if !self.spoken.is_empty() {
            self.spoken.push(' ');
        }
        self.spoken.push_str(part);
        self.at_voice += 1;
        self.phase = Phase::Speaking;
        self.since = now;
    }

    /// Where the time went, with the total from the endpoint's decision to the first sample.
    pub(super) fn latency(&self) -> Latency {
        let Latency {
            recognise,
            route,
            plugin,
            model,
            first_sound,
            ..
        } = self.latency;
        Latency {
            total: recognise + route + plugin + model + first_sound,
            ..self.latency
        }
    }
}
