//! Requests of programs that need no voice, answered beside the dialogue: where nobody speaks,
//! nobody has to wait for their turn.
//!
//! They are the brain's from the first moment to the last, on whatever task asked for them. Only
//! what changes the dialogue itself is handed to it in the end ([`Silent::concerns`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::keeper::Keeper;
use super::shared::Shared;
use crate::brain::{Brain, Query};
use crate::bus::{Event, Latency};
use crate::dialogue::core::THINKING_LIMIT_MS;
use crate::dialogue::io::{Answered, Outcome, Replied, Silent, TurnId, TurnNumbers, received};

/// Requests that may be worked on at the same time. One more is refused.
const PLACES: usize = 256;

/// A request that has no answer after this long is given up.
const LIMIT: Duration = Duration::from_millis(THINKING_LIMIT_MS);

/// See the module's documentation.
pub(super) struct Background {
    places: Semaphore,
    numbers: TurnNumbers,
    shared: Arc<Shared>,
    brain: Arc<Brain>,
    keeper: Keeper,
}

impl Background {
    pub(super) fn new(
        shared: Arc<Shared>,
        brain: Arc<Brain>,
        numbers: TurnNumbers,
        keeper: Keeper,
    ) -> Self {
        Self {
            places: Semaphore::new(PLACES),
            numbers,
            shared,
            brain,
            keeper,
        }
    }

    /// Has `query` answered; else tells how it ended. Dropped before its end, it is cancelled.
    pub(super) async fn answer(&self, mut query: Query) -> Result<Silent, Outcome> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Outcome::Busy);
        };
        let begun = Instant::now();
        let turn = self.numbers.next();
        query.turn = turn;
        let open = Open {
            shared: &self.shared,
            turn,
            answered: false,
        };
        self.shared.publish(received(&query));
        let session = query.session.clone();
        let after_question = self.brain.has_question(&session);
        // In a place of its own: it is large, and would be carried from task to task.
        let answering = Box::pin(self.brain.answer(query, None));
        let Ok(answer) = tokio::time::timeout(LIMIT, answering).await else {
            return Err(Outcome::Cancelled);
        };
        open.close();
        self.keeper.keep(turn);
        Ok(Silent {
            turn,
            session,
            after_question,
            answer: Answered::new(turn, answer),
            took_ms: begun.elapsed().as_secs_f64() * 1_000.0,
        })
    }

    /// Tells the world of an answer that does not concern the dialogue; gives what its client is
    /// told.
    pub(super) fn tell(&self, silent: Silent) -> Replied {
        let Silent {
            turn,
            answer,
            took_ms,
            ..
        } = silent;
        let latency_ms = answer.latency();
        let speech = answer.speech.clone();
        let (events, reply) = answer.told(turn, speech, took_ms);
        for event in events {
            self.shared.publish(event);
        }
        self.shared.publish(Event::TurnFinished {
            latency_ms,
            cancelled: false,
            turn: Some(turn),
        });
        reply
    }
}

/// A turn without an answer. Dropped like that, it was cancelled.
struct Open<'a> {
    shared: &'a Shared,
    turn: TurnId,
    answered: bool,
}

impl Open<'_> {
    fn close(mut self) {
        self.answered = true;
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.publish(Event::TurnFinished {
                latency_ms: Latency::default(),
                cancelled: true,
                turn: Some(self.turn),
            });
        }
    }
}
