//! Templates as little programs, and running them.
//!
//! All jumps go forward, so a program is a graph without loops. Running marks every pair of
//! instruction and word it has tried: what failed once is not tried again, and matching takes at
//! most one step a pair, whatever the template.

use std::ops::Range;

use super::heard::Heard;
use super::template::Node;
use super::vocabulary::Vocabulary;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Take this word.
    Word(u32),
    /// Take the value of this slot.
    Slot(usize),
    /// Go on at the next instruction; if that fails, at this one.
    OrElse(usize),
    /// Go on there.
    Jump(usize),
    /// Nothing may be left.
    End,
}

/// Words that a slot took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capture {
    pub(super) slot: usize,
    pub(super) range: Range<usize>,
}

/// A slot of a sentence.
#[derive(Debug)]
pub(super) struct SlotUse {
    pub(super) name: String,
    /// Its place among the readers of all sentences.
    pub(super) reader: usize,
}

/// An instruction and the number of words taken before it.
pub(super) type State = (usize, usize);

/// A compiled template.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    least: usize,
}

impl Program {
    /// Compiles `node`; `slot` numbers its slots.
    pub(super) fn compile(
        node: &Node,
        vocabulary: &mut Vocabulary,
        slot: &mut impl FnMut(&str) -> usize,
    ) -> Self {
        let mut program = Self {
            ops: Vec::new(),
            least: node.least(),
        };
        program.add(node, vocabulary, slot);
        program.ops.push(Op::End);
        program
    }

    fn add(
        &mut self,
        node: &Node,
        vocabulary: &mut Vocabulary,
        slot: &mut impl FnMut(&str) -> usize,
    ) {
        match node {
            Node::Word(word) => self.ops.push(Op::Word(vocabulary.add(word))),
            Node::Slot(name) => self.ops.push(Op::Slot(slot(name))),
            Node::All(nodes) => {
                for node in nodes {
                    self.add(node, vocabulary, slot);
                }
            }
            Node::Permuted(parts) => self.permute(parts, vocabulary, slot),
            Node::Maybe(inner) => {
                let fork = self.hole();
                self.add(inner, vocabulary, slot);
                self.ops[fork] = Op::OrElse(self.ops.len());
            }
            Node::Any(nodes) => {
                let mut ends = Vec::new();
                for (at, node) in nodes.iter().enumerate() {
                    let fork = (at + 1 < nodes.len()).then(|| self.hole());
                    self.add(node, vocabulary, slot);
                    if let Some(fork) = fork {
                        ends.push(self.hole());
                        self.ops[fork] = Op::OrElse(self.ops.len());
                    }
                }
                for end in ends {
                    self.ops[end] = Op::Jump(self.ops.len());
                }
            }
        }
    }

    /// A block for each set of parts that are taken already, smaller sets first, so that jumps go
    /// forward only: 2^n blocks instead of n! orders.
    fn permute(
        &mut self,
        parts: &[Node],
        vocabulary: &mut Vocabulary,
        slot: &mut impl FnMut(&str) -> usize,
    ) {
        let mut blocks = Vec::new();
        let mut jumps = Vec::new();
        for taken in 0..1_usize << parts.len() {
            blocks.push(self.ops.len());
            let is_left = |part: &usize| taken & (1 << part) == 0;
            let left: Vec<usize> = (0..parts.len()).filter(is_left).collect();
            for (at, part) in left.iter().enumerate() {
                let fork = (at + 1 < left.len()).then(|| self.hole());
                self.add(&parts[*part], vocabulary, slot);
                jumps.push((self.hole(), taken | 1 << part));
                if let Some(fork) = fork {
                    self.ops[fork] = Op::OrElse(self.ops.len());
                }
            }
        }
        for (jump, taken) in jumps {
            self.ops[jump] = Op::Jump(blocks[taken]);
        }
    }

    /// A place for a jump whose end is not known yet.
    fn hole(&mut self) -> usize {
        self.ops.push(Op::End);
        self.ops.len() - 1
    }

    /// The words that the slots took, if the program takes exactly the words heard.
    pub(super) fn run(&self, heard: &Heard<'_>, slots: &[SlotUse]) -> Option<Vec<Capture>> {
        if heard.len() < self.least {
            return None;
        }
        let mut tried = heard.scratch();
        tried.clear();
        tried.resize(self.ops.len() * (heard.len() + 1), false);
        let mut run = Run {
            ops: &self.ops,
            heard,
            slots,
            tried: &mut tried,
            captures: Vec::new(),
        };
        run.from(0, 0).then(|| {
            run.captures.reverse();
            run.captures
        })
    }
}

struct Run<'a> {
    ops: &'a [Op],
    heard: &'a Heard<'a>,
    slots: &'a [SlotUse],
    tried: &'a mut Vec<bool>,
    captures: Vec<Capture>,
}

impl Run<'_> {
    fn from(&mut self, mut pc: usize, mut at: usize) -> bool {
        loop {
            let pair = &mut self.tried[pc * (self.heard.len() + 1) + at];
            if std::mem::replace(pair, true) {
                return false;
            }
            match self.ops[pc] {
                Op::Word(word) if self.heard.is(at, word) => (pc, at) = (pc + 1, at + 1),
                Op::Word(_) => return false,
                Op::Slot(slot) => return self.slot(slot, pc, at),
                Op::OrElse(other) => {
                    if self.from(pc + 1, at) {
                        return true;
                    }
                    pc = other;
                }
                Op::Jump(to) => pc = to,
                Op::End => return at == self.heard.len(),
            }
        }
    }

    fn slot(&mut self, slot: usize, pc: usize, at: usize) -> bool {
        for len in self.heard.lengths(self.slots[slot].reader, at) {
            let range = at..at + len;
            if self.from(pc + 1, range.end) {
                self.captures.push(Capture { slot, range });
                return true;
            }
        }
        false
    }
}
