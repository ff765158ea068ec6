//! The words of all templates, numbered.

use std::collections::HashMap;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) ids: HashMap<String, u32>,
    pub(super) words: Vec<String>,
}

impl Vocabulary {
    /// The number of `word`, which it gets if it has none.
    pub(super) fn add(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = self.words.len() as u32;
        self.ids.insert(word.into(), id);
        self.words.push(word.into());
        id
    }

    /// The number of `word`, if a template has it.
    pub(super) fn get(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }
}
