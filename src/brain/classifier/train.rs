//! How a classifier is trained and calibrated.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::cache::Cache;
use super::calibrate::{Calibration, HeldOut};
use super::embedder::Embedder;
use super::examples::{Example, OUT_OF_SCOPE};
use super::features::{Featured, Featurer};
use super::logistic::{Row, Task, Weights};
use super::model::{Classifier, Learnt};
use super::nearest;
use super::{ClassifierError, Options, saved};

/// Parts that the examples are cut into to calibrate without a validation part.
const FOLDS: usize = 5;

/// What a mistake on a plain example costs in training. Of 4, 10 and 30 the best on
/// CLINC150's validation part with 10 examples an intent.
const COST: f32 = 10.0;

impl Classifier {
    /// Trains on `examples` and calibrates on `validation`, or on parts of the examples that are
    /// left out in turn where that is empty. The same input gives the same classifier, which
    /// comes from `cache` if it was the last one there.
    ///
    /// Examples of [`OUT_OF_SCOPE`] are left out. Without an embedder it works on n-grams alone.
    pub fn train(
        examples: &[Example],
        validation: &[Example],
        embedder: Option<Arc<Embedder>>,
        cache: Option<&mut Cache>,
        options: &Options,
    ) -> Result<Self, ClassifierError> {
        let Some(cache) = cache else {
            return Self::make(examples, validation, embedder, None, options);
        };
        let key = saved::key(examples, validation, embedder.as_deref(), options);
        let kept = cache.classifier();
        if let Some(kept) = kept.and_then(|bytes| saved::restore(&bytes, &key, embedder.clone())) {
            return Ok(kept);
        }
        let classifier = Self::make(examples, validation, embedder, Some(cache), options)?;
        match saved::save(&classifier, key) {
            Ok(bytes) => cache.keep_classifier(bytes),
            Err(error) => tracing::warn!(%error, "the classifier is not kept for the next start"),
        }
        Ok(classifier)
    }

    fn make(
        examples: &[Example],
        validation: &[Example],
        embedder: Option<Arc<Embedder>>,
        mut cache: Option<&mut Cache>,
        options: &Options,
    ) -> Result<Self, ClassifierError> {
        let examples: Vec<&Example> = in_scope(examples);
        let intents: BTreeSet<&str> = examples.iter().map(|one| one.intent.as_str()).collect();
        let intents: Vec<String> = intents.into_iter().map(String::from).collect();
        if intents.len() < 2 {
            return Err(ClassifierError::TooFewIntents {
                intents: intents.len(),
            });
        }
        let class = |intent: &str| intents.binary_search_by(|one| one.as_str().cmp(intent));
        let texts: Vec<&str> = examples.iter().map(|one| one.text.as_str()).collect();
        let featurer = Featurer::new(&texts, embedder);
        let featured = featurer.all(&texts, cache.as_deref_mut())?;
        let labels: Vec<usize> = examples
            .iter()
            .filter_map(|one| class(&one.intent).ok())
            .collect();
        let costs: Vec<f32> = examples.iter().map(|one| COST * one.weight).collect();
        let data = Data {
            featurer: &featurer,
            featured: &featured,
            labels: &labels,
            costs: &costs,
            classes: intents.len(),
        };
        let learnt = data.train(|_| true);

        let mut known = in_scope(validation);
        known.retain(|one| class(&one.intent).is_ok());
        let held_out = if known.is_empty() {
            data.cross_validate()
        } else {
            let texts: Vec<&str> = known.iter().map(|one| one.text.as_str()).collect();
            let featured = featurer.all(&texts, cache)?;
            let pairs = known.iter().zip(&featured);
            pairs
                .filter_map(|(one, featured)| {
                    Some(HeldOut {
                        findings: learnt.findings(featured.row()),
                        class: class(&one.intent).ok()?,
                    })
                })
                .collect()
        };
        Ok(Self {
            calibration: Calibration::fit(&held_out, options.kept),
            intents,
            featurer,
            learnt,
        })
    }
}

fn in_scope(examples: &[Example]) -> Vec<&Example> {
    let known = |one: &&Example| one.intent != OUT_OF_SCOPE;
    examples.iter().filter(known).collect()
}

/// Examples as they are trained on.
struct Data<'a> {
    featurer: &'a Featurer,
    featured: &'a [Featured],
    labels: &'a [usize],
    costs: &'a [f32],
    classes: usize,
}

impl Data<'_> {
    /// Trains on the examples that are `wanted`.
    fn train(&self, wanted: impl Fn(usize) -> bool) -> Learnt {
        let wanted: Vec<usize> = (0..self.labels.len())
            .filter(|index| wanted(*index))
            .collect();
        let labels: Vec<usize> = wanted.iter().map(|index| self.labels[*index]).collect();
        let rows: Vec<Row<'_>> = wanted
            .iter()
            .map(|index| self.featured[*index].row())
            .collect();
        let embedded = labels
            .iter()
            .zip(&rows)
            .map(|(label, row)| (*label, row.dense));
        Learnt {
            nearest: nearest::Examples::new(embedded, self.classes),
            weights: Weights::train(&Task {
                size: self.featurer.size(self.classes),
                costs: wanted.iter().map(|index| self.costs[*index]).collect(),
                labels,
                rows,
            }),
        }
    }

    /// What is found out about every example by what was not trained on it: one in [`FOLDS`] of each
    /// intent is left out in turn.
    fn cross_validate(&self) -> Vec<HeldOut> {
        // Where each intent has one example, they must not all be left out together.
        let mut seen: Vec<usize> = (0..self.classes).collect();
        let folds: Vec<usize> = self
            .labels
            .iter()
            .map(|label| {
                seen[*label] += 1;
                seen[*label] % FOLDS
            })
            .collect();
        let mut held_out = Vec::with_capacity(self.labels.len());
        for fold in 0..FOLDS {
            let learnt = self.train(|index| folds[index] != fold);
            let left_out = (0..self.labels.len()).into_par_iter();
            let left_out = left_out.filter(|index| folds[*index] == fold);
            held_out.par_extend(left_out.map(|index| HeldOut {
                findings: learnt.findings(self.featured[index].row()),
                class: self.labels[index],
            }));
        }
        held_out
    }
}
