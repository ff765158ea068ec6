//! How good a classifier is on examples that it has not seen.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::cache::Cache;
use super::embedder::Embedder;
use super::examples::Example;
use super::features::Features;
use super::model::Classifier;
use super::{ClassifierError, Options};

/// Texts that are classified before the clock counts, to warm caches up.
const WARM_UP: usize = 20;

/// What was measured. Shares are from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What the classifier works on.
    pub features: Features,
    /// Right answers among the examples in scope, if the first guess always counts.
    pub accuracy: f64,
    /// Right answers among the examples in scope, where "I don't know" is wrong.
    pub accuracy_at_threshold: f64,
    /// "I don't know" among the examples out of scope; none without any.
    pub oos_recall: Option<f64>,
    /// Examples out of scope among those that got "I don't know"; none without either.
    pub oos_precision: Option<f64>,
    /// The median time to classify a text, in microseconds, on the calling thread.
    pub p50_us: f64,
    /// The time that 99 of 100 texts stay below, in microseconds.
    pub p99_us: f64,
    /// The time to train, embeddings included, in seconds.
    pub train_s: f64,
    /// What the trained classifier holds in memory, the sentence model's file included, in bytes.
    pub model_bytes: usize,
    /// Examples in scope that were trained on.
    pub trained_on: usize,
    /// Examples that were tested.
    pub tested_on: usize,
}

/// Trains on `train`, calibrates on `validation` (or on `train` where it is empty) and measures on
/// `test`.
pub fn evaluate(
    train: &[Example],
    validation: &[Example],
    test: &[Example],
    embedder: Option<Arc<Embedder>>,
    cache: Option<&mut Cache>,
    options: &Options,
) -> Result<Report, ClassifierError> {
    if test.is_empty() {
        return Err(ClassifierError::NothingToTest);
    }
    let sentence_model = embedder.as_ref().map_or(0, |embedder| embedder.bytes());
    let started = Instant::now();
    let classifier = Classifier::train(train, validation, embedder, cache, options)?;
    let train_s = started.elapsed().as_secs_f64();

    for example in test.iter().take(WARM_UP) {
        let _ = classifier.classify(&example.text);
    }
    let mut tally = Tally::default();
    let mut times = Vec::with_capacity(test.len());
    for example in test {
        let started = Instant::now();
        let guess = classifier.classify(&example.text);
        times.push(started.elapsed().as_secs_f64() * 1e6);
        let right = guess
            .ranked
            .first()
            .is_some_and(|best| best.intent == example.intent);
        tally.count(example, right, guess.known);
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(Report {
        features: classifier.features(),
        accuracy: share(tally.right, tally.in_scope).unwrap_or(0.0),
        accuracy_at_threshold: share(tally.right_and_known, tally.in_scope).unwrap_or(0.0),
        oos_recall: share(tally.oos_refused, tally.oos),
        oos_precision: share(tally.oos_refused, tally.refused).filter(|_| tally.oos > 0),
        p50_us: quantile(&times, 0.5),
        p99_us: quantile(&times, 0.99),
        train_s,
        model_bytes: classifier.bytes() + sentence_model,
        trained_on: train.iter().filter(|one| !one.is_out_of_scope()).count(),
        tested_on: test.len(),
    })
}

#[derive(Default)]
struct Tally {
    in_scope: usize,
    right: usize,
    right_and_known: usize,
    oos: usize,
    oos_refused: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, example: &Example, right: bool, known: bool) {
        self.refused += usize::from(!known);
        if example.is_out_of_scope() {
            self.oos += 1;
            self.oos_refused += usize::from(!known);
        } else {
            self.in_scope += 1;
            self.right += usize::from(right);
            self.right_and_known += usize::from(right && known);
        }
    }
}

/// None of nothing.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Of sorted values, of which there is one at least: the nearest rank.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_they_say() {
        let mut tally = Tally::default();
        let (known, oos) = (Example::new("a", "b"), Example::new("a", "oos"));
        tally.count(&known, true, true);
        tally.count(&known, true, false);
        tally.count(&known, false, true);
        tally.count(&oos, false, false);
        tally.count(&oos, false, true);
        assert_eq!(
            (tally.right, tally.right_and_known, tally.in_scope),
            (2, 1, 3)
        );
        assert_eq!((tally.oos_refused, tally.oos, tally.refused), (1, 2, 2));
    }

    #[test]
    fn a_quantile_is_the_value_at_its_rank() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), 100.0);
        assert_eq!(quantile(&values, 0.99), 198.0);
        assert_eq!(quantile(&values[..1], 0.99), 1.0);
    }
}
