//! The classifier: features, weights, calibration.

use super::calibrate::{Calibration, Findings, best};
use super::features::{Featurer, Features};
use super::logistic::{Row, Weights};
use super::nearest;

/// Intents that a guess lists.
pub const MAX_RANKED: usize = 5;

/// Words of a text that are weighed for an explanation.
const MAX_EXPLAINED_WORDS: usize = 32;

/// Reasons that an explanation gives.
const MAX_REASONS: usize = 5;

/// Tells which intent a text means, or that it does not know.
pub struct Classifier {
    pub(super) intents: Vec<String>,
    pub(super) featurer: Featurer,
    pub(super) learnt: Learnt,
    pub(super) calibration: Calibration,
}

/// What was learnt from examples.
pub(super) struct Learnt {
    pub(super) weights: Weights,
    pub(super) nearest: nearest::Examples,
}

/// What a text may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The likeliest intents, best first, [`MAX_RANKED`] at most.
    pub ranked: Vec<Scored>,
    /// Whether the text is surely enough about the first of them to be taken for it.
    pub known: bool,
    /// How much the text is like what the first one's examples say, 0 to 1.
    pub score: f32,
    /// The score from which an answer is known.
    pub threshold: f32,
}

/// An intent and how likely it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The intent's name.
    pub intent: String,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

/// A word of a text and what it does for an intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The word.
    pub word: String,
    /// How much less probable the intent would be without it; below 0 if it speaks against.
    pub weight: f32,
}

impl Classifier {
    /// What `text` may mean. Takes a few milliseconds with embeddings, well under one without.
    #[must_use]
    pub fn classify(&self, text: &str) -> Guess {
        let findings = self.findings(text);
        let probabilities = self.calibration.probabilities(&findings.logits);
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
        let ranked: Vec<Scored> = order
            .into_iter()
            .take(MAX_RANKED)
            .map(|class| Scored {
                intent: self.intents[class].clone(),
                probability: probabilities[class],
            })
            .collect();
        let score = self.calibration.score(&findings);
        Guess {
            ranked,
            known: score >= Calibration::EVEN,
            score,
            threshold: Calibration::EVEN,
        }
    }

    /// The words of `text` that weigh most for `intent`, the weightiest first: each is left out in
    /// turn, and the probability that is lost is its weight.
    #[must_use]
    pub fn explain(&self, text: &str, intent: &str) -> Vec<Reason> {
        let Ok(class) = self
            .intents
            .binary_search_by(|one| one.as_str().cmp(intent))
        else {
            return Vec::new();
        };
        let whole = self.probabilities(text)[class];
        let words: Vec<&str> = text.split_whitespace().take(MAX_EXPLAINED_WORDS).collect();
        let mut reasons: Vec<Reason> = (0..words.len())
            .map(|left_out| {
                let mut rest = words.clone();
                let word = rest.remove(left_out);
                Reason {
                    word: word.to_owned(),
                    weight: whole - self.probabilities(&rest.join(" "))[class],
                }
            })
            .collect();
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons.truncate(MAX_REASONS);
        reasons
    }

    /// What it works on.
    #[must_use]
    pub fn features(&self) -> Features {
        self.featurer.features()
    }

    /// The intents, in alphabetical order.
    #[must_use]
    pub fn intents(&self) -> &[String] {
        &self.intents
    }

    /// What it holds in memory beside the embedder, in bytes: weights, examples and vocabulary.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.learnt.weights.bytes() + self.learnt.nearest.bytes() + self.featurer.bytes()
    }

    fn probabilities(&self, text: &str) -> Vec<f32> {
        self.calibration.probabilities(&self.findings(text).logits)
    }

    fn findings(&self, text: &str) -> Findings {
        self.learnt.findings(self.featurer.one(text).row())
    }
}

impl Learnt {
    pub(super) fn findings(&self, row: Row<'_>) -> Findings {
        let logits = self.weights.logits(row);
        Findings {
            nearness: self.nearest.nearness(best(&logits), row.dense),
            logits,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
