//! One utterance while it is matched.

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::homophone::homophones;
use super::vocabulary::Vocabulary;
use crate::lists::Entries;
use crate::read::{MAX_SPAN, Reader};
use crate::words::Words;
use crate::{Slot, SlotType};

/// An utterance's words with their numbers, and the values found in them so far: many sentences
/// ask for the same slot at the same place.
pub(super) struct Heard<'a> {
    words: &'a Words,
    texts: &'a [&'a str],
    ids: Vec<Option<u32>>,
    /// The vocabulary's words that sound like the word at this place, where they count.
    alike: Vec<Vec<u32>>,
    readers: &'a [Reader],
    lengths: RefCell<HashMap<(usize, usize), Vec<usize>>>,
    /// The lists as they were when first asked for: they stay the same for one utterance.
    entries: RefCell<HashMap<usize, Arc<Entries>>>,
    scratch: RefCell<Vec<bool>>,
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
            alike: Vec::new(),
            readers,
            lengths: RefCell::default(),
            entries: RefCell::default(),
            scratch: RefCell::default(),
        }
    }

    /// The same where words may stand for others that sound like them; `None` if none does.
    pub(super) fn by_sound(mut self, vocabulary: &Vocabulary) -> Option<Self> {
        let alike = self.texts.iter().map(|word| {
            let known = homophones(word).iter();
            known.filter_map(|word| vocabulary.get(word)).collect()
        });
        self.alike = alike.collect();
        let any = self.alike.iter().any(|alike| !alike.is_empty());
        any.then_some(self)
    }

    /// Room for one program at a time to note what it has tried, so that not each asks for its own.
    pub(super) fn scratch(&self) -> RefMut<'_, Vec<bool>> {
        self.scratch.borrow_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn texts(&self) -> &'a [&'a str] {
        self.texts
    }

    /// The vocabulary's words that it has.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        let literal = self.ids.iter().flatten();
        literal.chain(self.alike.iter().flatten()).copied()
    }

    pub(super) fn is(&self, at: usize, word: u32) -> bool {
        let alike = |alike: &Vec<u32>| alike.contains(&word);
        self.ids.get(at) == Some(&Some(word)) || self.alike.get(at).is_some_and(alike)
    }

    pub(super) fn is_text(&self, reader: usize) -> bool {
        *self.readers[reader].kind() == SlotType::Text
    }

    pub(super) fn read(&self, reader: usize, range: Range<usize>) -> Option<Slot> {
        let words = self.texts.get(range.clone())?;
        let mut all = self.entries.borrow_mut();
        let entries = all
            .entry(reader)
            .or_insert_with(|| self.readers[reader].entries());
        self.readers[reader].read_among(words, self.words.original_of(range), entries)
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
