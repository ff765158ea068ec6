//! An utterance as words.
//!
//! Whatever a person or a recogniser writes ("What's 23+19?", "It's 3:05PM", "twenty-five") comes
//! out as lower-case words without punctuation, contractions spelled out and symbols named. The
//! original is kept: every word knows where it stands in it. Numbers stay as they are, because
//! only a slot's type tells whether "second" is a rank or a length of time.

mod contraction;
mod polite;
mod scan;

use std::ops::Range;

/// A normalised utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    original: String,
    words: Vec<Word>,
}

/// One word and the bytes of the original that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    text: String,
    span: Range<usize>,
}

impl Words {
    /// Normalises `text`. Hesitations ("um") and "please" are left out.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut words = contraction::expand(scan::scan(text));
        polite::drop_hesitations(&mut words);
        Self {
            original: text.into(),
            words,
        }
    }

    /// The same without the politeness before the request ("could you …"), after it
    /// ("… for me"), and both, as far as there is any.
    #[must_use]
    pub fn cores(&self) -> Vec<Self> {
        let part = |range: Range<usize>| Self {
            original: self.original.clone(),
            words: self.words[range].to_vec(),
        };
        polite::cores(&self.texts()).into_iter().map(part).collect()
    }

    /// What was said, untouched.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The original's text from the first to the last of these words.
    #[must_use]
    pub fn original_of(&self, range: Range<usize>) -> &str {
        match self.words.get(range) {
            Some([first, .., last]) => &self.original[first.span.start..last.span.end],
            Some([only]) => &self.original[only.span.clone()],
            _ => "",
        }
    }

    /// The normalised words.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }

    /// Whether nothing is left of the text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn norm(text: &str) -> String {
        Words::new(text).texts().join(" ")
    }

    #[test]
    fn what_whisper_writes() {
        for (text, normal) in [
            ("What time is it?", "what time is it"),
            ("What's the time?", "what is the time"),
            ("What\u{2019}s 12 times 12?", "what is 12 times 12"),
            ("What is 23+19?", "what is 23 plus 19"),
            ("What is 8 x 7?", "what is 8 times 7"),
            ("8x7", "8 times 7"),
            ("3 - 2", "3 minus 2"),
            ("10-4", "10 minus 4"),
            ("-5 + 2", "minus 5 plus 2"),
            ("100/4", "100 over 4"),
            ("6 ÷ 2 = ?", "6 divided by 2"),
            ("(2+3)*4", "( 2 plus 3 ) times 4"),
            ("What is 15% of 80?", "what is 15 percent of 80"),
            ("$5 and £2.50", "5 dollars and 2.50 pounds"),
            ("5€, 20 € and 50¢", "5 euros 20 euros and 50 cents"),
            ("1½ cups", "1 and a half cups"),
            ("the 2nd of May", "the 2nd of may"),
            ("May 3rd, 2027.", "may 3rd 2027"),
            ("It's 3:05 p.m.", "it is 3:05 pm"),
            ("at 3PM", "at 3 pm"),
            ("nine o'clock", "nine oclock"),
            ("twenty-five", "twenty five"),
            ("1,234,567 and 1, 2", "1234567 and 1 2"),
            ("3.5 or .5", "3.5 or 0.5"),
            ("Um, what, uh, day is it, please?", "what day is it"),
            ("Don't stop.", "do not stop"),
            ("New Year's Eve", "new years eve"),
            ("São Paulo", "sao paulo"),
            ("2^10", "2 to the power of 10"),
            ("√16", "square root of 16"),
            ("and/or well-known", "and or well known"),
            ("[BLANK_AUDIO] * * *", "blank audio"),
            ("...", ""),
        ] {
            assert_eq!(norm(text), normal, "{text}");
        }
    }

    #[test]
    fn politeness_is_not_the_request() {
        let cores = |text: &str| {
            let cores = Words::new(text).cores();
            cores
                .iter()
                .map(|core| core.texts().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            cores("Could you please tell me a joke?"),
            ["tell me a joke"]
        );
        assert_eq!(
            cores("Hey, could you say that again for me?"),
            [
                "say that again for me",
                "hey could you say that",
                "say that"
            ]
        );
        assert_eq!(
            cores("do you know what time it is, thanks")[2],
            "what time it is"
        );
        for text in ["thank you", "what time is it", ""] {
            assert!(cores(text).is_empty(), "{text}: {:?}", cores(text));
        }
    }

    #[test]
    fn the_original_is_kept() {
        let words = Words::new("Call  Mum's friend at $5");
        assert_eq!(words.original_of(1..3), "Mum's friend");
        assert_eq!(words.original_of(4..5), "5");
        assert_eq!(words.original_of(3..9), "");
    }

    proptest! {
        #[test]
        fn any_text_becomes_plain_words(text in "\\PC{0,80}") {
            let words = Words::new(&text);
            for (at, word) in words.texts().iter().enumerate() {
                prop_assert!(!word.is_empty() && !word.contains(' '));
                prop_assert!(!word.contains(|c: char| c.is_ascii_uppercase()));
                prop_assert!(text.contains(words.original_of(at..at + 1)));
            }
        }

        #[test]
        fn normal_text_stays(text in "[a-z]{1,8}( [a-z]{1,8}){0,5}") {
            let once = norm(&text);
            prop_assert_eq!(norm(&once), once);
        }
    }
}
