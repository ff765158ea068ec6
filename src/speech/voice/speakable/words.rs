//! A sentence as words, each with the punctuation around it, and what rules see of it.

const OPENING: &[char] = &['(', '[', '{', '"', '\'', '“', '‘', '«', '¿', '¡'];
const CLOSING: &[char] = &[
    '.', ',', ';', ':', '!', '?', '…', ')', ']', '}', '"', '\'', '”', '’', '»',
];

/// A word between its punctuation: `("e.g.",` is `("`, `e.g`, `.",`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) before: String,
    pub(super) core: String,
    pub(super) after: String,
}

impl Word {
    pub(super) fn new(text: &str) -> Self {
        let rest = text.trim_start_matches(OPENING);
        let core = rest.trim_end_matches(CLOSING);
        Self {
            before: text[..text.len() - rest.len()].to_owned(),
            core: core.to_owned(),
            after: rest[core.len()..].to_owned(),
        }
    }

    /// A word without punctuation.
    pub(super) fn bare(core: &str) -> Self {
        Self {
            before: String::new(),
            core: core.to_owned(),
            after: String::new(),
        }
    }

    /// Whether the first mark after it is a full stop.
    pub(super) fn has_dot(&self) -> bool {
        self.after.starts_with('.')
    }
}

/// What a rule makes of the words ahead.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    /// How many words it takes.
    pub(super) words: usize,
    /// How they sound.
    pub(super) text: String,
    /// Whether the full stop after the last of them is theirs and not the sentence's.
    pub(super) takes_dot: bool,
}

impl Spoken {
    /// One word that sounds like this.
    pub(super) fn one(text: String) -> Self {
        Self::many(1, text)
    }

    /// Several words that sound like this.
    pub(super) fn many(words: usize, text: String) -> Self {
        Self {
            words,
            text,
            takes_dot: false,
        }
    }

    /// The same, with the full stop.
    pub(super) fn with_dot(self) -> Self {
        Self {
            takes_dot: true,
            ..self
        }
    }
}

/// The words from some place of a sentence on, and the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead<'a> {
    words: &'a [Word],
    at: usize,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(words: &'a [Word], at: usize) -> Self {
        Self { words, at }
    }

    /// The text of the word in hand.
    pub(super) fn core(&self) -> &'a str {
        self.word(0).map_or("", |word| &word.core)
    }

    /// The word this many places ahead; 0 is the one in hand.
    pub(super) fn word(&self, places: usize) -> Option<&'a Word> {
        self.words.get(self.at + places)
    }

    /// The text of the word this many places ahead, if no punctuation lies in between.
    pub(super) fn joined(&self, places: usize) -> Option<&'a str> {
        let between = self.words.get(self.at..self.at + places)?;
        let word = self.word(places)?;
        let open = word.before.is_empty() && between.iter().all(|word| word.after.is_empty());
        open.then_some(word.core.as_str())
    }

    /// The word before the one in hand.
    pub(super) fn before(&self) -> Option<&'a Word> {
        self.words.get(self.at.checked_sub(1)?)
    }

    /// The text of the word before the one in hand, if no punctuation lies in between.
    pub(super) fn previous(&self) -> Option<&'a str> {
        let word = self.before()?;
        let open = word.after.is_empty() && self.word(0)?.before.is_empty();
        open.then_some(word.core.as_str())
    }

    /// The spoken text between the punctuation that was around its words.
    pub(super) fn frame(&self, spoken: &Spoken) -> String {
        let last = self.at + spoken.words.max(1) - 1;
        let before = self.word(0).map_or("", |word| &word.before);
        let after = self.words.get(last).map_or("", |word| &word.after);
        let sentence_ends = last + 1 >= self.words.len();
        let after = match after.strip_prefix('.') {
            Some(rest) if spoken.takes_dot && !sentence_ends => rest,
            _ => after,
        };
        format!("{before}{}{after}", spoken.text.trim())
    }
}
