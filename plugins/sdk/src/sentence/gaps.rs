//! What an aligned sentence lacks.
//!
//! A slot without a value is a question that can be asked. The words that were heard in its place
//! show what was said instead ("time" where "at nine" belongs).

use std::ops::Range;

use super::program::{Capture, Op, State};

/// A slot without a value, and the words in its place.
pub(super) struct Gap {
    pub(super) slot: usize,
    pub(super) heard: Range<usize>,
}

/// An alignment read step by step.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) captures: Vec<Capture>,
    pub(super) gaps: Vec<Gap>,
    /// Whether each word of the template that is on the way was heard, and each word heard is in
    /// the template, a slot or a gap.
    pub(super) words_fit: bool,
}

enum Step {
    /// A word heard that the template does not have.
    Surplus(usize),
    /// A word of the template that was not heard.
    Dropped,
    /// A word that is in both.
    Word,
    Value(Capture),
    Missing(usize),
}

impl Reading {
    /// Reads the states of an alignment, first to last. With `is_typed`, a value of such a slot
    /// counts as missing if surplus words stand right beside it: "tomorrow time" is no date.
    pub(super) fn new(states: &[State], ops: &[Op], is_typed: impl Fn(usize) -> bool) -> Self {
        let at = states.last().map_or(0, |state| state.1);
        let steps: Vec<(Step, usize)> = states
            .windows(2)
            .filter_map(|pair| Some((step(ops, pair[0], pair[1])?, pair[0].1)))
            .collect();
        let mut reading = Self {
            words_fit: true,
            ..Self::default()
        };
        // The words up to here are in their place.
        let mut placed = 0;
        for (place, (step, word)) in steps.iter().enumerate() {
            let surplus = |(step, _): &&(Step, usize)| matches!(step, Step::Surplus(_));
            let before = steps[..place].iter().rev().take_while(surplus).count();
            let after = steps[place + 1..].iter().take_while(surplus).count();
            match step {
                Step::Missing(slot) => {
                    let heard = (word - before).max(placed)..(word + after).min(at);
                    placed = heard.end;
                    reading.gaps.push(Gap { slot: *slot, heard });
                }
                Step::Value(capture) if before + after > 0 && is_typed(capture.slot) => {
                    let range = &capture.range;
                    let heard = (range.start - before).max(placed)..(range.end + after).min(at);
                    placed = heard.end;
                    let slot = capture.slot;
                    reading.gaps.push(Gap { slot, heard });
                }
                Step::Value(capture) => reading.captures.push(capture.clone()),
                Step::Dropped => reading.words_fit = false,
                Step::Surplus(_) | Step::Word => {}
            }
        }
        let in_gap = |word: &usize| reading.gaps.iter().any(|gap| gap.heard.contains(word));
        let stray = steps.iter().any(|(step, _)| match step {
            Step::Surplus(word) => !in_gap(word),
            _ => false,
        });
        reading.words_fit &= !stray;
        reading
    }
}

/// What happened between two states; nothing for a jump.
fn step(ops: &[Op], from: State, to: State) -> Option<Step> {
    match ops[from.0] {
        _ if to.0 == from.0 => Some(Step::Surplus(from.1)),
        Op::Word(_) if to.1 == from.1 => Some(Step::Dropped),
        Op::Word(_) => Some(Step::Word),
        Op::Slot(slot) if to.1 == from.1 => Some(Step::Missing(slot)),
        Op::Slot(slot) => Some(Step::Value(Capture {
            slot,
            range: from.1..to.1,
        })),
        Op::OrElse(_) | Op::Jump(_) | Op::End => None,
    }
}
