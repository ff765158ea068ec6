//! Whether an intent has what its sentences would have given it.

use super::Sentences;
use super::compiled::Sentence;
use super::program::{Op, Program};
use crate::Slots;

impl Sentences {
    /// Whether one of the intent's sentences can be said with no more than `slots`: where something
    /// other than a sentence has decided for the intent, it then has what its handler relies on.
    #[must_use]
    pub fn accepts(&self, plugin: &str, intent: &str, slots: &Slots) -> bool {
        let own = |one: &&Sentence| one.source.plugin == plugin && one.source.intent == intent;
        self.list.iter().filter(own).any(|sentence| {
            sentence
                .program
                .passes(&|slot| slots.contains_key(&sentence.slots[slot].name))
        })
    }
}

impl Program {
    /// Whether there is a way through it that takes only slots that `has` has.
    fn passes(&self, has: &impl Fn(usize) -> bool) -> bool {
        let mut open = vec![false; self.ops.len()];
        // All jumps go forward, so what follows an instruction is known before it.
        for (pc, op) in self.ops.iter().enumerate().rev() {
            open[pc] = match *op {
                Op::Word(_) => open[pc + 1],
                Op::Slot(slot) => has(slot) && open[pc + 1],
                Op::OrElse(other) => open[pc + 1] || open[other],
                Op::Jump(to) => open[to],
                Op::End => true,
            };
        }
        open.first().copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::Lists;
    use crate::{Manifest, Slot};

    #[test]
    fn a_sentence_needs_its_slots_but_not_the_optional_ones() {
        let manifest = Manifest::parse(
            r#"
            id = "x"
            name = "X"
            version = "1"
            summary = "s"
            [[intent]]
            name = "go"
            risk = "read"
            example = "go"
            slots = { place = "text", day = "text", why = "text" }
            sentences = ["go to {place} [on {day}]", "(leave|depart) (on {day} for {place}|because {why})"]
            "#,
        )
        .unwrap();
        let sentences = Sentences::compile([&manifest], &Lists::default()).unwrap();
        for (names, expected) in [
            (&["place"][..], true),
            (&["place", "day"], true),
            (&["why"], true),
            (&["day"], false),
            (&[], false),
        ] {
            let slots = names
                .iter()
                .map(|name| ((*name).to_owned(), Slot::Text("x".into())))
                .collect();
            assert_eq!(sentences.accepts("x", "go", &slots), expected, "{names:?}");
            assert!(!sentences.accepts("y", "go", &slots));
        }
    }
}
