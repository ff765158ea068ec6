//! What was said before.

use std::collections::VecDeque;

use super::super::Message;

/// Turns that are remembered; the oldest go first.
pub const MAX_HISTORY_TURNS: usize = 8;

/// Characters that are remembered, of all turns together; the oldest turns go first.
pub const MAX_HISTORY_CHARS: usize = 6_000;

/// The last turns of a conversation.
#[derive(Clone, Debug, Default)]
pub struct History {
    turns: VecDeque<Turn>,
}

#[derive(Clone, Debug)]
struct Turn {
    said: String,
    answered: String,
}

impl Turn {
    fn chars(&self) -> usize {
        self.said.chars().count() + self.answered.chars().count()
    }
}

impl History {
    /// Adds a turn. One that is longer than [`MAX_HISTORY_CHARS`] by itself is not remembered,
    /// and nothing before it either: the conversation would have a hole.
    pub fn remember(&mut self, said: &str, answered: &str) {
        self.turns.push_back(Turn {
            said: said.to_owned(),
            answered: answered.to_owned(),
        });
        while self.turns.len() > MAX_HISTORY_TURNS || self.chars() > MAX_HISTORY_CHARS {
            self.turns.pop_front();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.turns.clear();
    }

    /// The turns as messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let messages = |turn: &Turn| {
            [
                Message::User(turn.said.clone()),
                Message::Assistant {
                    text: turn.answered.clone(),
                    calls: Vec::new(),
                },
            ]
        };
        self.turns.iter().flat_map(messages).collect()
    }

    fn chars(&self) -> usize {
        self.turns.iter().map(Turn::chars).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_oldest_turns_go_first() {
        let mut history = History::default();
        for turn in 0..=MAX_HISTORY_TURNS {
            history.remember(&format!("said {turn}"), "answered");
        }
        let messages = history.messages();
        assert_eq!(messages.len(), 2 * MAX_HISTORY_TURNS);
        assert_eq!(messages[0], Message::User("said 1".into()));
        history.clear();
        assert!(history.messages().is_empty());
    }

    proptest! {
        #[test]
        fn history_is_bounded_and_ends_with_the_last_turn(
            lengths in proptest::collection::vec((0..4_000_usize, 0..4_000_usize), 1..30),
        ) {
            let mut history = History::default();
            for (said, answered) in lengths {
                history.remember(&"é".repeat(said), &"a".repeat(answered));
                prop_assert!(history.chars() <= MAX_HISTORY_CHARS);
                prop_assert!(history.turns.len() <= MAX_HISTORY_TURNS);
                prop_assert_eq!(history.turns.is_empty(), said + answered > MAX_HISTORY_CHARS);
            }
        }
    }
}
