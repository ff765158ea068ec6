//! What was decided, kept so that it can be explained afterwards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fame_plugin::Source;
use jiff::Timestamp;
use serde::Serialize;

use super::{Answer, Decision};

/// Turns that can be explained. The oldest is forgotten for one more.
pub const MAX_TURNS: usize = 256;

/// A turn with its explanation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The turn's number.
    pub turn: u64,
    /// When it was answered.
    pub at: Timestamp,
    /// The conversation.
    pub session: String,
    /// How the request came in.
    pub source: Source,
    /// What was said.
    pub text: String,
    /// What was understood, and why.
    pub decisions: Vec<Decision>,
    /// What was answered.
    pub reply: String,
    /// Time spent deciding, in milliseconds.
    pub route_ms: f64,
    /// Time spent by the plugins, in milliseconds.
    pub plugin_ms: f64,
    /// Time until the language model's first words could be used, in milliseconds; 0 without it.
    pub model_ms: f64,
}

/// The last turns.
#[derive(Default)]
pub(super) struct Turns(Mutex<VecDeque<Arc<Explained>>>);

impl Turns {
    pub(super) fn keep(&self, explained: Explained) {
        let explained = Arc::new(explained);
        let mut turns = self.lock();
        if turns.len() >= MAX_TURNS {
            turns.pop_front();
        }
        turns.push_back(explained);
    }

    /// The turn of this number; the last one without a number.
    pub(super) fn get(&self, turn: Option<u64>) -> Option<Arc<Explained>> {
        let turns = self.lock();
        match turn {
            Some(turn) => turns.iter().rev().find(|one| one.turn == turn).cloned(),
            None => turns.back().cloned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Explained>>> {
        // Whole turns are pushed and popped under this lock, so a poisoned one is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Explained {
    pub(super) fn new(query: &super::Query, answer: &Answer, at: Timestamp) -> Self {
        Self {
            turn: query.turn,
            at,
            session: query.session.clone(),
            source: query.source,
            text: query.text.clone(),
            decisions: answer.decisions().cloned().collect(),
            reply: answer.reply.speech.clone(),
            route_ms: answer.route_ms,
            plugin_ms: answer.plugin_ms,
            model_ms: answer.model_ms,
        }
    }
}
