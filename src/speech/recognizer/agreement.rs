//! Which part of a growing transcript can be trusted.
//!
//! Two readings of the same speech, the later one with more of it, agree on a prefix; that
//! prefix is shown as committed and never taken back (local agreement, Liu et al. 2020,
//! "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis
//! Selection").

/// The words so far, split by how sure they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// Words that will not change.
    pub committed: String,
    /// Words that may change.
    pub tentative: String,
}

/// Follows the readings of one utterance.
#[derive(Debug, Default)]
pub struct Agreement {
    last: Vec<String>,
    committed: Vec<String>,
}

impl Agreement {
    /// Takes the next reading of the utterance so far.
    pub fn update(&mut self, reading: &str) -> Partial {
        let words: Vec<String> = reading.split_whitespace().map(str::to_owned).collect();
        let agreed = self
            .last
            .iter()
            .zip(&words)
            .take_while(|(a, b)| alike(a, b))
            .count();
        if agreed > self.committed.len() {
            let from = self.committed.len();
            self.committed.extend_from_slice(&words[from..agreed]);
        }
        let tentative = words
            .get(self.committed.len()..)
            .unwrap_or_default()
            .join(" ");
        self.last = words;
        Partial {
            committed: self.committed.join(" "),
            tentative,
        }
    }
}

/// Whether two words are the same but for capitals and punctuation.
fn alike(a: &str, b: &str) -> bool {
    let letters = |word: &str| -> String {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readings_share_is_committed_and_stays() {
        let mut agreement = Agreement::default();
        assert_eq!(agreement.update("What time").committed, "");
        let second = agreement.update("What time is in");
        assert_eq!(
            (second.committed.as_str(), second.tentative.as_str()),
            ("What time", "is in")
        );
        let third = agreement.update("what Tom is it in Tokyo");
        assert_eq!(third.committed, "What time");
        let fourth = agreement.update("What time is it in Tokyo?");
        assert_eq!(fourth.committed, "What time");
        assert_eq!(fourth.tentative, "is it in Tokyo?");
    }

    #[test]
    fn a_shorter_reading_takes_nothing_back() {
        let mut agreement = Agreement::default();
        agreement.update("set a timer");
        agreement.update("set a timer for");
        let partial = agreement.update("set");
        assert_eq!(
            (partial.committed.as_str(), partial.tentative.as_str()),
            ("set a timer", "")
        );
    }
}
