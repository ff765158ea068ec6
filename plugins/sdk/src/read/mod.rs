//! Values out of words.
//!
//! Every reader takes the normalised words of a whole span (see [`crate::words`]) and gives the
//! value only if all of them belong to it. None looks at the clock: a date such as "next friday"
//! stays an expression until a handler resolves it.

mod answer;
mod color;
mod date;
mod datetime;
mod duration;
mod holiday;
mod money;
mod number;
mod ordinal;
mod place;
mod recurrence;
mod sample;
mod sum;
mod time;
mod unit;

pub use color::Color;
pub use date::DateExpr;
pub use datetime::DateTimeExpr;
pub(crate) use datetime::say_length;
pub use duration::duration;
pub use holiday::Holiday;
pub use money::{Currency, Money};
pub use number::{figures, number};
pub use ordinal::ordinal;
pub use place::{Place, nearest_place, place, places};
pub use recurrence::{Every, Recurrence};
pub use sum::Sum;
pub use time::TimeOfDay;
pub use unit::{Quantity, Unit};

use std::sync::Arc;

use crate::lists::{Entries, Lists};
use crate::{Slot, SlotType};

/// The longest span that a slot other than text can have, in words.
pub(crate) const MAX_SPAN: usize = 24;

/// Reads the values of one slot type.
#[derive(Clone, Debug)]
pub struct Reader {
    kind: SlotType,
    /// What is said, normalised, and the list's entry that it stands for.
    entries: Arc<Entries>,
    /// Where the entries of a dynamic list are looked up.
    dynamic: Option<(String, Lists)>,
}

impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        let plugin = |reader: &Self| reader.dynamic.as_ref().map(|(plugin, _)| plugin.clone());
        self.kind == other.kind && plugin(self) == plugin(other)
    }
}

impl Reader {
    /// A reader of `kind` for a slot of `plugin`, whose dynamic values are in `lists`.
    #[must_use]
    pub fn new(kind: SlotType, plugin: &str, lists: &Lists) -> Self {
        let mut entries = Entries::new();
        let mut dynamic = None;
        match &kind {
            SlotType::List(list) => {
                for (entry, others) in list {
                    for said in others.iter().chain([entry]) {
                        entries.insert(normal(said), entry.clone());
                    }
                }
            }
            SlotType::Dynamic(_) => dynamic = Some((plugin.to_owned(), lists.clone())),
            _ => {}
        }
        Self {
            kind,
            entries: Arc::new(entries),
            dynamic,
        }
    }

    /// The type of its values.
    #[must_use]
    pub fn kind(&self) -> &SlotType {
        &self.kind
    }

    /// Reads all of `words`. Text keeps `original`, the same span as it was said.
    #[must_use]
    pub fn read(&self, words: &[&str], original: &str) -> Option<Slot> {
        self.read_among(words, original, &self.entries())
    }

    /// The entries of its list as they are now; none if it reads something else.
    pub(crate) fn entries(&self) -> Arc<Entries> {
        match (&self.kind, &self.dynamic) {
            (SlotType::Dynamic(list), Some((plugin, lists))) => lists.get(plugin, list),
            _ => Arc::clone(&self.entries),
        }
    }

    /// Like [`Reader::read`], with its list's `entries` at some moment: while an utterance is
    /// matched, a list must not change.
    pub(crate) fn read_among(
        &self,
        words: &[&str],
        original: &str,
        entries: &Entries,
    ) -> Option<Slot> {
        if words.is_empty() || (words.len() > MAX_SPAN && self.kind != SlotType::Text) {
            return None;
        }
        match &self.kind {
            SlotType::Number => number(words).map(Slot::Number),
            SlotType::Ordinal => ordinal(words).map(Slot::Ordinal),
            SlotType::Duration => duration(words).map(Slot::Duration),
            SlotType::Date => DateExpr::read(words).map(Slot::Date),
            SlotType::Time => TimeOfDay::read(words).map(Slot::Time),
            SlotType::DateTime => DateTimeExpr::read(words).map(Slot::DateTime),
            SlotType::Recurrence => Recurrence::read(words).map(Slot::Recurrence),
            SlotType::Place => place(words).map(Slot::Place),
            SlotType::Sum => Sum::read(words).map(Slot::Sum),
            SlotType::Unit => Unit::read(words).map(Slot::Unit),
            SlotType::Quantity => Quantity::read(words).map(Slot::Quantity),
            SlotType::Currency => Money::read(words).map(Slot::Currency),
            SlotType::Color => Color::read(words).map(Slot::Color),
            SlotType::Text => Some(Slot::Text(original.into())),
            SlotType::List(_) | SlotType::Dynamic(_) => {
                entries.get(&words.join(" ")).cloned().map(Slot::Choice)
            }
        }
    }
}

/// `text` as the words it is heard as.
fn normal(text: &str) -> String {
    crate::words::Words::new(text).texts().join(" ")
}

/// Words being read from the front.
#[derive(Clone)]
struct Cursor<'a> {
    words: &'a [&'a str],
}

impl<'a> Cursor<'a> {
    fn new(words: &'a [&'a str]) -> Self {
        Self { words }
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.first().copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// Takes `phrase` (words between blanks) if it comes next.
    fn eat(&mut self, phrase: &str) -> bool {
        let mut after = self.words;
        let mut left = phrase;
        // Readers ask for hundreds of phrases at each word, and nearly none is there.
        while let Some((word, rest)) = after.split_first() {
            after = rest;
            match left.strip_prefix(word) {
                Some("") => {
                    self.words = after;
                    return true;
                }
                Some(more) => match more.strip_prefix(' ') {
                    Some(more) => left = more,
                    None => return false,
                },
                None => return false,
            }
        }
        false
    }

    /// Takes the first of `phrases` that comes next; gives which.
    fn eat_any(&mut self, phrases: &[&str]) -> Option<usize> {
        phrases.iter().position(|phrase| self.eat(phrase))
    }

    /// Takes what `read` reads, or nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut after = self.clone();
        let value = read(&mut after)?;
        *self = after;
        Some(value)
    }

    /// Takes the longest run of at most `limit` words that `read` can read.
    fn longest<T>(&mut self, limit: usize, read: impl Fn(&[&str]) -> Option<T>) -> Option<T> {
        let most = limit.min(self.words.len());
        let (len, value) = (1..=most)
            .rev()
            .find_map(|len| Some((len, read(&self.words[..len])?)))?;
        self.words = &self.words[len..];
        Some(value)
    }

    fn is_done(&self) -> bool {
        self.words.is_empty()
    }

    fn done<T>(&self, value: T) -> Option<T> {
        self.is_done().then_some(value)
    }
}

/// The words of a text, for the readers' tests.
#[cfg(test)]
fn with_words<T>(text: &str, read: impl FnOnce(&[&str]) -> T) -> T {
    read(&crate::words::Words::new(text).texts())
}
