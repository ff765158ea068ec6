//! Which topics an observer wants: `query.completed`, `query.*`, `timer.#`.

use std::fmt;
use std::str::FromStr;

/// The longest topic or pattern, in bytes.
pub const TOPIC_BYTES: usize = 128;

/// A set of topics.
///
/// A topic is a row of words with dots between them. In a pattern `*` stands for one word, `#` or
/// `**` for any number of them, none included (the wildcards of AMQP 0-9-1 topic exchanges).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Word(String),
    /// `*`
    One,
    /// `#`
    Any,
}

/// Why a text is no pattern, or no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// More than [`TOPIC_BYTES`].
    #[error("a topic pattern of {0} bytes is too long; use at most {TOPIC_BYTES}")]
    TooLong(usize),
    /// Nothing before, after or between dots.
    #[error(
        "`{0}` has an empty word; write words with single dots between them, such as `query.*`"
    )]
    EmptyWord(String),
    /// A word with something else in it than small letters, digits, `_` and `-`.
    #[error(
        "`{word}` in `{pattern}` is no word of a topic; use small letters, digits, `_` and `-`, \
         or `*` for one word and `#` for any number"
    )]
    BadWord {
        /// The word.
        word: String,
        /// All of it.
        pattern: String,
    },
}

impl Pattern {
    /// The pattern that every topic fits.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![Part::Any])
    }

    /// Whether `topic` belongs to the set.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        let words: Vec<&str> = topic.split('.').collect();
        let parts = &self.0;
        let (mut part, mut word) = (0, 0);
        // Where the last `#` is, and the first word that it does not take yet. Only the last one
        // ever has to take more, which keeps this within parts times words steps.
        let mut last_any: Option<(usize, usize)> = None;
        while word < words.len() {
            match parts.get(part) {
                Some(Part::Any) => {
                    last_any = Some((part, word));
                    part += 1;
                }
                Some(Part::One) => {
                    part += 1;
                    word += 1;
                }
                Some(Part::Word(wanted)) if wanted == words[word] => {
                    part += 1;
                    word += 1;
                }
                _ => match &mut last_any {
                    Some((any, next)) => {
                        *next += 1;
                        part = *any + 1;
                        word = *next;
                    }
                    None => return false,
                },
            }
        }
        parts[part..].iter().all(|rest| *rest == Part::Any)
    }
}

/// Checks that `topic` is one: no wildcards, only words.
pub(super) fn check_topic(topic: &str) -> Result<(), PatternError> {
    split(topic)?.try_for_each(|word| check_word(word, topic))
}

fn split(text: &str) -> Result<impl Iterator<Item = &str>, PatternError> {
    if text.len() > TOPIC_BYTES {
        return Err(PatternError::TooLong(text.len()));
    }
    if text.split('.').any(str::is_empty) {
        return Err(PatternError::EmptyWord(text.to_owned()));
    }
    Ok(text.split('.'))
}

fn check_word(word: &str, all: &str) -> Result<(), PatternError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if word.chars().all(fits) {
        return Ok(());
    }
    Err(PatternError::BadWord {
        word: word.to_owned(),
        pattern: all.to_owned(),
    })
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let part = |word: &str| match word {
            "*" => Ok(Part::One),
            "#" | "**" => Ok(Part::Any),
            word => check_word(word, text).map(|()| Part::Word(word.to_owned())),
        };
        split(text)?.map(part).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, part) in self.0.iter().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            let part = match part {
                Part::Word(word) => word,
                Part::One => "*",
                Part::Any => "#",
            };
            write!(f, "{dot}{part}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn wildcards_stand_for_whole_words() {
        for (wanted, topic, fits) in [
            ("query.completed", "query.completed", true),
            ("query.completed", "query.received", false),
            ("query", "query.completed", false),
            ("query.*", "query.completed", true),
            ("query.*", "query", false),
            ("query.*", "query.of.mine", false),
            ("query.#", "query", true),
            ("query.**", "query.of.mine", true),
            ("#.changed", "state.changed", true),
            ("#.changed", "changed", true),
            ("#.changed", "changed.state", false),
            ("a.#.b.*.c", "a.x.b.b.y.c", true),
            ("a.#.b.*.c", "a.x.b.c", false),
            ("#", "reply", true),
            ("*", "reply", true),
        ] {
            assert_eq!(pattern(wanted).matches(topic), fits, "{wanted} on {topic}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        let parse = |text: &str| text.parse::<Pattern>().unwrap_err();
        for empty in ["", ".", "query.", ".query", "query..completed"] {
            assert_eq!(parse(empty), PatternError::EmptyWord(empty.into()));
        }
        for (text, word) in [("quer*", "quer*"), ("a.b c.d", "b c"), ("Query.*", "Query")] {
            let (word, pattern) = (word.into(), text.into());
            assert_eq!(parse(text), PatternError::BadWord { word, pattern });
        }
        let long = "a".repeat(TOPIC_BYTES + 1);
        assert_eq!(parse(&long), PatternError::TooLong(TOPIC_BYTES + 1));
        assert!(check_topic("timer.*").is_err());
        assert!(check_topic("timer.rang").is_ok());
    }

    /// What the documentation says, word for word.
    fn by_definition(parts: &[&str], words: &[&str]) -> bool {
        match (parts, words) {
            ([], []) => true,
            (["#" | "**", rest @ ..], _) => {
                (0..=words.len()).any(|taken| by_definition(rest, &words[taken..]))
            }
            ([part, parts @ ..], [word, words @ ..]) => {
                (*part == "*" || part == word) && by_definition(parts, words)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_matches_by_the_definition(
            parts in prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "#", "**"]), 1..8),
            words in prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..8),
        ) {
            let pattern = pattern(&parts.join("."));
            prop_assert_eq!(pattern.matches(&words.join(".")), by_definition(&parts, &words));
        }

        #[test]
        fn any_text_is_a_pattern_that_reads_back_or_an_error(text in "[a-z*#.A ]{0,20}|.{0,200}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string().parse::<Pattern>().unwrap(), pattern);
            }
        }
    }
}
