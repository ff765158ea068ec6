//! Sentences that templates stand for, to train on.

use std::collections::HashSet;

use super::Sentences;
use super::compiled::Sentence;
use super::program::Op;

/// The most examples that are made at once.
const MAX_EXAMPLES: usize = 10_000;

/// Rounds through all sentences of an intent without anything new, after which there is no more.
const MAX_IDLE_ROUNDS: usize = 24;

/// The golden ratio's inverse. Its multiples, without their whole part, lie evenly in 0 to 1 for
/// any number of them.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Forms of a template are counted up to this; beyond, all are as good as without end.
const MAX_FORMS: f64 = 1e300;

impl Sentences {
    /// Up to `limit` different sentences that ask for `intent` of `plugin`, always the same ones:
    /// some of each template, spread evenly over its forms, the slots filled with values of their
    /// type. Templates whose dynamic list is empty give none.
    #[must_use]
    pub fn examples(&self, plugin: &str, intent: &str, limit: usize) -> Vec<String> {
        let limit = limit.min(MAX_EXAMPLES);
        let own = |sentence: &&Sentence| {
            sentence.source.plugin == plugin && sentence.source.intent == intent
        };
        let walks: Vec<Walk<'_>> = self
            .list
            .iter()
            .filter(own)
            .map(|sentence| Walk::new(self, sentence))
            .collect();
        let mut seen = HashSet::new();
        let mut examples = Vec::new();
        let (mut round, mut idle) = (0, 0);
        while examples.len() < limit && idle < MAX_IDLE_ROUNDS {
            idle += 1;
            for walk in &walks {
                let Some(text) = walk.text(round) else {
                    continue;
                };
                if examples.len() < limit && seen.insert(text.clone()) {
                    examples.push(text);
                    idle = 0;
                }
            }
            round += 1;
        }
        examples
    }
}

/// A template's forms, numbered.
struct Walk<'a> {
    sentences: &'a Sentences,
    ops: &'a [Op],
    /// The forms from each instruction on.
    forms: Vec<f64>,
    /// What each slot is filled with.
    samples: Vec<Vec<String>>,
}

impl<'a> Walk<'a> {
    fn new(sentences: &'a Sentences, sentence: &'a Sentence) -> Self {
        let ops = &sentence.program.ops;
        let mut forms = vec![1.0_f64; ops.len()];
        // Jumps go forward only: from the end on, all that follows is known.
        for (pc, op) in ops.iter().enumerate().rev() {
            forms[pc] = match *op {
                Op::End => 1.0,
                Op::Word(_) | Op::Slot(_) => forms[pc + 1],
                Op::Jump(to) => forms[to],
                Op::OrElse(other) => (forms[pc + 1] + forms[other]).min(MAX_FORMS),
            };
        }
        let samples = sentence.slots.iter();
        let samples = samples.map(|slot| sentences.readers[slot.reader].samples());
        Self {
            sentences,
            ops,
            forms,
            samples: samples.collect(),
        }
    }

    /// The text of one form; `None` if a slot on its way has no values.
    fn text(&self, round: usize) -> Option<String> {
        // Where the form lies among all, 0 to 1.
        let mut place = ((round as f64 + 0.5) * GOLDEN).fract();
        let mut words = Vec::new();
        let mut pc = 0;
        loop {
            match self.ops[pc] {
                Op::End => return Some(words.join(" ")),
                Op::Word(word) => {
                    words.push(self.sentences.vocabulary.words[word as usize].as_str())
                }
                Op::Slot(slot) => {
                    let samples = &self.samples[slot];
                    let at = (round + slot).checked_rem(samples.len())?;
                    words.push(&samples[at]);
                }
                Op::Jump(to) => {
                    pc = to;
                    continue;
                }
                Op::OrElse(other) => {
                    let here = self.forms[pc + 1];
                    let share = here / (here + self.forms[other]);
                    if place >= share {
                        place = (place - share) / (1.0 - share);
                        pc = other;
                        continue;
                    }
                    place /= share;
                }
            }
            pc += 1;
        }
    }
}
