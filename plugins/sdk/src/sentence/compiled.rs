//! One sentence, ready to be matched.

use super::program::{Program, SlotUse};
use super::template::Source;

/// A template with its program.
#[derive(Debug)]
pub(super) struct Sentence {
    pub(super) source: Source,
    pub(super) program: Program,
    pub(super) slots: Vec<SlotUse>,
}
