//! The wake phrase, found in a transcript by its sound.

mod phones;

use phones::{Phone, likeness, phones};

/// Words before the phrase that may be something else ("um, hey fame").
const LEADING_WORDS: usize = 2;

/// How much more alike a phrase must sound when it does not come first.
const NOT_FIRST: f32 = 0.08;

/// Words beyond the phrase's own number that it may have been written in ("hey fay m").
const SPARE_WORDS: usize = 1;

/// The phrase as found.
#[derive(Clone, Debug, PartialEq)]
pub struct WakeMatch {
    /// The words taken for the phrase.
    pub heard: String,
    /// How alike they sound, 0 to 1.
    pub score: f32,
    /// What was said after it; empty for the phrase alone.
    pub rest: String,
}

/// A phrase to listen for.
#[derive(Clone, Debug)]
pub struct WakePhrase {
    phrase: String,
    sounds: Vec<Phone>,
    words: usize,
    threshold: f32,
}

impl WakePhrase {
    /// Listens for `phrase`; what sounds at least `threshold` (0 to 1) like it is accepted.
    pub fn new(phrase: &str, threshold: f32) -> Self {
        Self {
            phrase: phrase.to_owned(),
            sounds: phrase.split_whitespace().flat_map(phones).collect(),
            words: phrase.split_whitespace().count(),
            threshold,
        }
    }

    /// The phrase as configured.
    pub fn phrase(&self) -> &str {
        &self.phrase
    }

    /// Looks for the phrase at the start of a sentence of the transcript; the likest place wins.
    pub fn find(&self, transcript: &str) -> Option<WakeMatch> {
        if self.sounds.is_empty() {
            return None;
        }
        let words = words(transcript);
        let mut best: Option<WakeMatch> = None;
        for first in 0..words.len() {
            let opens_sentence = first == 0 || ends_sentence(words[first - 1].1);
            if !opens_sentence && first > LEADING_WORDS {
                continue;
            }
            let threshold = if first == 0 {
                self.threshold
            } else {
                self.threshold + NOT_FIRST
            };
            for last in first..words.len().min(first + self.words + SPARE_WORDS) {
                // The phrase does not run over the end of a sentence: "Hey! Same to you."
                if words[first..last]
                    .iter()
                    .any(|(_, word)| word.ends_with(['.', '?']))
                {
                    break;
                }
                let sounds: Vec<Phone> = words[first..=last]
                    .iter()
                    .flat_map(|(_, word)| phones(word))
                    .collect();
                let score = likeness(&self.sounds, &sounds);
                if score >= threshold && best.as_ref().is_none_or(|best| score > best.score) {
                    let end = words[last].0 + words[last].1.len();
                    best = Some(WakeMatch {
                        heard: transcript[words[first].0..end]
                            .trim_end_matches(is_mark)
                            .to_owned(),
                        score,
                        rest: transcript[end..]
                            .trim_start_matches(|c| is_mark(c) || c.is_whitespace())
                            .trim()
                            .to_owned(),
                    });
                }
            }
        }
        best
    }
}

/// The words of a text with their byte positions.
fn words(text: &str) -> Vec<(usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split_whitespace()
        .map(|word| (word.as_ptr() as usize - start, word))
        .collect()
}

fn ends_sentence(word: &str) -> bool {
    word.ends_with(['.', '!', '?'])
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '.' | '!' | '?' | ';' | ':' | '-' | '–' | '—' | '…' | '"'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<WakeMatch> {
        WakePhrase::new("hey fame", crate::config::Listen::default().wake_threshold).find(text)
    }

    #[test]
    fn whispers_spellings_of_the_phrase_are_accepted() {
        for text in [
            "Hey Fame",
            "Hey, fame.",
            "Hey, Thane",
            "Hey, name",
            "Hey fain",
            "hay fame!",
            "A fame.",
            "Hey Fain.",
        ] {
            let found = find(text);
            assert!(
                found.as_ref().is_some_and(|found| found.rest.is_empty()),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn what_follows_in_one_breath_is_kept() {
        let found = find("Hey Fame, what time is it?").unwrap();
        assert_eq!(
            (found.heard.as_str(), found.rest.as_str()),
            ("Hey Fame", "what time is it?")
        );
        assert_eq!(find("Um, hey Fame! Stop.").unwrap().rest, "Stop.");
    }

    #[test]
    fn ordinary_speech_is_not_the_phrase() {
        for text in [
            "Hey, I'm going home.",
            "Hey, man.",
            "Hey there, how are you?",
            "He may have been rich.",
            "They came to town.",
            "Hey, what time is it?",
            "The same thing.",
            "Hey.",
            "",
            "…",
            "It brought her fame.",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
