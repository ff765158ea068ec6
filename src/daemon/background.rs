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
        tell(&self.shared, silent)
    }

    /// Ends an answer that concerns the dialogue, which does not take it: it is too busy, or gone.
    /// Gives what the client is told, if something came of its request.
    pub(super) fn untaken(&self, silent: Silent) -> Option<Replied> {
        untaken(&self.shared, silent)
    }
}

fn tell(shared: &Shared, silent: Silent) -> Replied {
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
        shared.publish(event);
    }
    shared.publish(Event::TurnFinished {
        latency_ms,
        cancelled: false,
        turn: Some(turn),
    });
    reply
}

/// What was asked of a plugin is done, and its answer is told. What was asked of FAME itself (to
/// be louder, to go to sleep) is the dialogue's to do, and is not.
fn untaken(shared: &Shared, silent: Silent) -> Option<Replied> {
    if silent.answer.acts.is_empty() {
        return Some(tell(shared, silent));
    }
    shared.publish(cancelled(silent.turn));
    None
}

fn cancelled(turn: TurnId) -> Event {
    Event::TurnFinished {
        latency_ms: Latency::default(),
        cancelled: true,
        turn: Some(turn),
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
            self.shared.publish(cancelled(self.turn));
        }
    }
}

#[cfg(test)]
mod tests {
    use fame_plugin::Act;

    use super::*;
    use crate::bus::Bus;
    use crate::daemon::memory::Memory;

    fn silent(acts: Vec<Act>) -> Silent {
        Silent {
            turn: 7,
            session: "room".into(),
            after_question: true,
            answer: Answered {
                speech: "For ten minutes, done.".into(),
                ok: true,
                acts,
                ..Answered::default()
            },
            took_ms: 1.0,
        }
    }

    /// What is told of what the dialogue did not take, and whether its turn was cancelled.
    fn ended(silent: Silent) -> (Option<String>, Vec<bool>) {
        let bus = Bus::new();
        let mut events = bus.subscribe();
        let told = untaken(&Shared::new(bus, Memory::default()), silent);
        let mut finished = Vec::new();
        while let Ok(published) = events.try_recv() {
            if let Event::TurnFinished { cancelled, .. } = published.event {
                finished.push(cancelled);
            }
        }
        (told.map(|reply| reply.text), finished)
    }

    #[test]
    fn what_a_plugin_did_is_told_although_the_dialogue_is_busy() {
        let done = Some("For ten minutes, done.".into());
        assert_eq!(ended(silent(Vec::new())), (done, vec![false]));
    }

    #[test]
    fn what_only_the_dialogue_can_do_is_not_said_to_be_done() {
        assert_eq!(ended(silent(vec![Act::Sleep])), (None, vec![true]));
    }
}
