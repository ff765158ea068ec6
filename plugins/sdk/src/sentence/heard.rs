//! One utterance while it is matched.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use super::Vocabulary;
use crate::read::{MAX_SPAN, Reader};
use crate::words::Words;
use crate::{Slot, SlotType};

/// An utterance's words with their numbers, and the values found in them so far: many sentences
/// ask for the same slot at the same place.
pub(super) struct Heard<'a> {
    words: &'a Words,
    texts: &'a [&'a str],
    ids: Vec<Option<u32>>,
    readers: &'a [Reader],
    lengths: RefCell<HashMap<(usize, usize), Vec<usize>>>,
}

impl<'a> Heard<'a> {
    pub(super) fn new(
        words: &'a Words,
        texts: &'a [&'a str],
        vocabulary: &Vocabulary,
        readers: &'a [Reader],
    ) -> Self {
        let ids = texts.iter().map(|word| vocabulary.get(word)).collect();
        Self {
            words,
            texts,
            ids,
            readers,
            lengths: RefCell::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn texts(&self) -> &'a [&'a str] {
        self.texts
    }

    pub(super) fn ids(&self) -> &[Option<u32>] {
        &self.ids
    }

    pub(super) fn is(&self, at: usize, word: u32) -> bool {
        self.ids.get(at) == Some(&Some(word))
    }

    pub(super) fn is_text(&self, reader: usize) -> bool {
        *self.readers[reader].kind() == SlotType::Text
    }

    pub(super) fn read(&self, reader: usize, range: Range<usize>) -> Option<Slot> {
        let words = self.texts.get(range.clone())?;
        self.readers[reader].read(words, self.words.original_of(range))
    }

    /// How many words from `at` on a slot can take. A typed value takes all it can; text takes as
    /// few as it may, so that what follows it in the template is not swallowed.
    pub(super) fn lengths(&self, reader: usize, at: usize) -> Vec<usize> {
        let left = self.texts.len() - at;
        if self.is_text(reader) {
            return (1..=left).collect();
        }
        let known = |lengths: &HashMap<_, Vec<usize>>| lengths.get(&(reader, at)).cloned();
        if let Some(lengths) = known(&self.lengths.borrow()) {
            return lengths;
        }
        let reads = |len: &usize| self.read(reader, at..at + len).is_some();
        let lengths: Vec<usize> = (1..=left.min(MAX_SPAN)).rev().filter(reads).collect();
        self.lengths
            .borrow_mut()
            .insert((reader, at), lengths.clone());
        lengths
    }
}
