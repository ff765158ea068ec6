//! Notices when a model goes round in circles, which small ones do until their tokens are used up.

use std::collections::HashMap;

/// So often the same sentence or line may come in one answer: a refrain does. With one more, the
/// model goes round in circles.
const MOST_TIMES: u32 = 3;

/// Sentences of fewer words do not count: "No." may come often.
const LEAST_WORDS: usize = 3;

/// So often the same word may follow on itself.
const MOST_STUTTERS: u32 = 16;

/// A text under way.
#[derive(Debug, Default)]
pub(super) struct Repetition {
    /// Bytes seen.
    at: usize,
    /// The words of the sentence under way, in lower case, each with a space behind it.
    sentence: String,
    words: usize,
    word: String,
    last_word: String,
    stutters: u32,
    /// How often each sentence came, and where it ended first.
    seen: HashMap<String, (u32, usize)>,
}

impl Repetition {
    /// Takes what comes next. Once the text goes round in circles, gives how many of its bytes are
    /// worth hearing.
    pub(super) fn push(&mut self, text: &str) -> Option<usize> {
        for c in text.chars() {
            let begun = self.at;
            self.at += c.len_utf8();
            if c.is_alphanumeric() || matches!(c, '\'' | '’') {
                self.word.extend(c.to_lowercase());
                continue;
            }
            let circle = self.end_word().then_some(begun);
            let ends = matches!(c, '\n' | '.' | '!' | '?' | ';');
            let circle = circle.or_else(|| ends.then(|| self.end_sentence()).flatten());
            if circle.is_some() {
                return circle;
            }
        }
        None
    }

    /// Tells whether it was the same word too often.
    fn end_word(&mut self) -> bool {
        if self.word.is_empty() {
            return false;
        }
        self.stutters = match self.word == self.last_word {
            true => self.stutters + 1,
            false => 0,
        };
        self.sentence.push_str(&self.word);
        self.sentence.push(' ');
        self.words += 1;
        self.last_word = std::mem::take(&mut self.word);
        self.stutters >= MOST_STUTTERS
    }

    /// Where the sentence ended first, if it came too often.
    fn end_sentence(&mut self) -> Option<usize> {
        let sentence = std::mem::take(&mut self.sentence);
        if std::mem::take(&mut self.words) < LEAST_WORDS {
            return None;
        }
        let (times, first) = self.seen.entry(sentence).or_insert((0, self.at));
        *times += 1;
        (*times > MOST_TIMES).then_some(*first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(text: &str) -> Option<&str> {
        let mut repetition = Repetition::default();
        let end = text
            .split_inclusive(' ')
            .find_map(|part| repetition.push(part));
        end.map(|end| &text[..end])
    }

    #[test]
    fn circles_are_noticed_and_cut_after_the_first_time() {
        let circle = "The moon is far.\nIt is very far away.\n";
        assert_eq!(heard(&circle.repeat(3)), None);
        assert_eq!(heard(&circle.repeat(4)), Some("The moon is far."));
        let later = format!("Well, listen to me.\n{}", circle.repeat(9));
        assert_eq!(heard(&later), Some("Well, listen to me.\nThe moon is far."));
        assert_eq!(
            heard("where are we in the world\n".repeat(4).as_str()),
            Some("where are we in the world\n")
        );
    }

    #[test]
    fn a_stutter_is_noticed() {
        let text = format!("I say {}", "no ".repeat(40));
        assert!(heard(&text).is_some_and(|heard| heard.len() < 70));
    }

    #[test]
    fn what_people_repeat_is_let_through() {
        for text in [
            "No. No. No. No. No. No.",
            "Row, row, row your boat. Merrily, merrily, merrily, merrily, life is but a dream.",
            "1. Stir.\n2. Stir.\n3. Stir.\n4. Stir.\n5. Stir.",
            "",
        ] {
            assert_eq!(heard(text), None, "{text}");
        }
    }

    proptest! {
        /// However it comes in parts, it is noticed at the same place.
        #[test]
        fn parts_do_not_matter(words in prop::collection::vec("[a-b]{1,2}[ .\n]", 0..200)) {
            let whole = words.concat();
            let mut by_char = Repetition::default();
            let in_parts = whole.split_inclusive(|_| true).find_map(|c| by_char.push(c));
            prop_assert_eq!(Repetition::default().push(&whole), in_parts);
            if let Some(end) = in_parts {
                prop_assert!(whole.is_char_boundary(end));
            }
        }
    }
}
