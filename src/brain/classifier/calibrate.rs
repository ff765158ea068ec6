//! From logits to probabilities that mean what they say, and to "I don't know".
//!
//! Logits become probabilities by a softmax whose one free number, the sharpness (an inverse
//! temperature, Guo, Pleiss, Sun and Weinberger 2017), is fitted on examples that were not trained
//! on. A probability only compares intents: of a text that is about none, one of them may still be
//! the likeliest by far. Whether an answer is known goes by the largest logit itself, which is high
//! only for what is like the examples (Hendrycks et al. 2022), and by how near the text is to one of
//! them ([`super::nearest`]); the threshold is what all but a set share of the right answers among
//! those examples reach, which needs no examples out of scope.

/// Held-out right answers without which a quantile of them says nothing.
const MIN_RIGHT: usize = 50;

/// What a cosine that is higher by 1 counts for, in logits. On CLINC150's validation part, with 10
/// examples an intent, 4 and 8 are alike and tell more of what is out of scope than 0.
const NEARNESS: f32 = 4.0;

/// The cosine to the nearest example that speaks neither for the likeliest class nor against it:
/// in the middle of what is in scope there (0.79 on the average) and what is not (0.56).
const EVEN_NEARNESS: f32 = 0.67;

/// The calibration when there are fewer.
const DEFAULT: Calibration = Calibration {
    sharpness: 1.0,
    threshold: 1.5,
};

/// Where the sharpness is looked for.
const SHARPNESS: (f32, f32) = (0.1, 20.0);

/// Steps of the search; each narrows the range by the golden ratio.
const STEPS: usize = 32;

/// How logits are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration {
    pub(super) sharpness: f32,
    /// The evidence from which an answer counts as known.
    pub(super) threshold: f32,
}

/// What is found out about a text: the logit of each class, of which there is one at least, and,
/// with embeddings, the cosine to the nearest example of the likeliest one.
pub(super) struct Findings {
    pub(super) logits: Vec<f32>,
    pub(super) nearness: Option<f32>,
}

/// The findings of an example that was not trained on, and its class.
pub(super) struct HeldOut {
    pub(super) findings: Findings,
    pub(super) class: usize,
}

impl Findings {
    /// What speaks for the likeliest class.
    fn evidence(&self) -> f32 {
        let above = self.nearness.map_or(0.0, |cosine| cosine - EVEN_NEARNESS);
        self.logits[best(&self.logits)] + NEARNESS * above
    }
}

impl Calibration {
    /// The score of what just reaches the threshold.
    pub(super) const EVEN: f32 = 0.5;

    /// Fits to `held_out`. `kept` is the share of right answers that the threshold lets through.
    pub(super) fn fit(held_out: &[HeldOut], kept: f32) -> Self {
        let mut evidence: Vec<f32> = held_out
            .iter()
            .filter(|one| best(&one.findings.logits) == one.class)
            .map(|one| one.findings.evidence())
            .collect();
        if evidence.len() < MIN_RIGHT {
            return DEFAULT;
        }
        evidence.sort_unstable_by(f32::total_cmp);
        let refused = (evidence.len() as f32 * (1.0 - kept)) as usize;
        Self {
            sharpness: golden_section(|sharpness| loss(held_out, sharpness)),
            threshold: evidence[refused.min(evidence.len() - 1)],
        }
    }

    /// The probability of each class.
    pub(super) fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        softmax(logits, self.sharpness)
    }

    /// How sure it is that the text is about the likeliest class at all: from 0 to 1, above
    /// [`Self::EVEN`] for what is above the threshold.
    pub(super) fn score(&self, findings: &Findings) -> f32 {
        let above = findings.evidence() - self.threshold;
        1.0 / (1.0 + (-above).exp())
    }
}

/// The mean negative log-likelihood of the true classes.
fn loss(held_out: &[HeldOut], sharpness: f32) -> f64 {
    let losses = held_out.iter().map(|one| {
        let probability = softmax(&one.findings.logits, sharpness)[one.class];
        -f64::from(probability.max(f32::MIN_POSITIVE)).ln()
    });
    losses.sum::<f64>() / held_out.len() as f64
}

/// Where `loss`, which has one valley, is least; searched on a logarithmic scale (Kiefer 1953).
fn golden_section(loss: impl Fn(f32) -> f64) -> f32 {
    const RATIO: f32 = 0.618_034;
    let (mut low, mut high) = (SHARPNESS.0.ln(), SHARPNESS.1.ln());
    for _ in 0..STEPS {
        let (left, right) = (high - RATIO * (high - low), low + RATIO * (high - low));
        if loss(left.exp()) < loss(right.exp()) {
            high = right;
        } else {
            low = left;
        }
    }
    ((low + high) / 2.0).exp()
}

fn softmax(logits: &[f32], sharpness: f32) -> Vec<f32> {
    let most = logits[best(logits)];
    let parts: Vec<f32> = logits
        .iter()
        .map(|logit| (sharpness * (logit - most)).exp())
        .collect();
    let sum: f32 = parts.iter().sum();
    parts.iter().map(|part| part / sum).collect()
}

/// The class of the largest logit; the first of equals.
pub(super) fn best(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(logits: &[f32]) -> Findings {
        Findings {
            logits: logits.to_vec(),
            nearness: None,
        }
    }

    /// Examples of two classes, right with the probability that `sharpness` gives their logits.
    fn drawn(sharpness: f32) -> Vec<HeldOut> {
        let mut held_out = Vec::new();
        for step in 1..=20_u8 {
            let logits = vec![f32::from(step) / 20.0, 0.0];
            let right = (100.0 * softmax(&logits, sharpness)[0]).round() as usize;
            held_out.extend((0..100).map(|index| HeldOut {
                findings: findings(&logits),
                class: usize::from(index >= right),
            }));
        }
        held_out
    }

    #[test]
    fn the_sharpness_behind_the_examples_is_found() {
        for sharpness in [1.0, 4.0, 12.0] {
            let found = Calibration::fit(&drawn(sharpness), 0.98).sharpness;
            assert!(
                (found / sharpness - 1.0).abs() < 0.1,
                "{found} for {sharpness}"
            );
        }
    }

    #[test]
    fn the_threshold_keeps_the_share_of_right_answers() {
        let held_out = drawn(4.0);
        for kept in [0.5, 0.9, 0.98] {
            let calibration = Calibration::fit(&held_out, kept);
            let right = held_out.iter().filter(|one| one.class == 0);
            let through = right
                .clone()
                .filter(|one| calibration.score(&one.findings) >= Calibration::EVEN);
            let share = through.count() as f32 / right.count() as f32;
            // Examples with the same logits go together: one in twenty.
            assert!((kept..kept + 0.06).contains(&share), "{share} for {kept}");
        }
    }

    #[test]
    fn what_is_nearer_to_an_example_is_surer() {
        let [far, unknown, near] = [Some(0.2), None, Some(0.9)].map(|nearness| {
            DEFAULT.score(&Findings {
                logits: vec![1.0, 0.0],
                nearness,
            })
        });
        assert!(far < unknown && unknown < near);
    }

    #[test]
    fn a_handful_of_examples_changes_nothing() {
        let few: Vec<HeldOut> = drawn(4.0).into_iter().take(MIN_RIGHT / 2).collect();
        assert_eq!(Calibration::fit(&few, 0.98), DEFAULT);
        assert_eq!(Calibration::fit(&[], 0.98), DEFAULT);
    }

    #[test]
    fn probabilities_sum_to_one_whatever_the_logits() {
        for logits in [vec![0.0, 0.0], vec![1e6, -1e6, 3.0], vec![-1e30, -1e30]] {
            let sum: f32 = DEFAULT.probabilities(&logits).iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{logits:?}");
            assert!((0.0..=1.0).contains(&DEFAULT.score(&findings(&logits))));
        }
    }
}
