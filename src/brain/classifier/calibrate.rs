//! From margins to probabilities that mean what they say, and to "I don't know".
//!
//! Margins become probabilities by a softmax whose one free number, the sharpness (an inverse
//! temperature, Guo, Pleiss, Sun and Weinberger 2017), is fitted on examples that the machines
//! were not trained on. A probability only compares intents: of a text that is about none, one of
//! them is still the likeliest by far. So whether an answer is known goes by its probability beside
//! one more class, "none of them", of a fixed margin; and the threshold is what all but a set share
//! of the right answers among those examples reach, which needs no examples out of scope.

/// Held-out right answers without which a quantile of them says nothing.
const MIN_RIGHT: usize = 50;

/// The sharpness and the threshold when there are fewer.
const DEFAULT: Calibration = Calibration {
    sharpness: 4.0,
    threshold: 0.5,
};

/// The margin of "none of them": a little on the far side of every boundary.
const NONE_MARGIN: f32 = -0.2;

/// Where the sharpness is looked for.
const SHARPNESS: (f32, f32) = (0.25, 64.0);

/// Steps of the search; each narrows the range by the golden ratio.
const STEPS: usize = 32;

/// How margins are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration {
    pub(super) sharpness: f32,
    /// The confidence from which an answer counts as known.
    pub(super) threshold: f32,
}

/// The margins of an example that the machines were not trained on, and its class.
pub(super) struct HeldOut {
    pub(super) margins: Vec<f32>,
    pub(super) class: usize,
}

impl Calibration {
    /// Fits to `held_out`. `kept` is the share of right answers that the threshold lets through.
    pub(super) fn fit(held_out: &[HeldOut], kept: f32) -> Self {
        let right = held_out
            .iter()
            .filter(|one| best(&one.margins) == one.class);
        if right.clone().count() < MIN_RIGHT {
            return DEFAULT;
        }
        let sharpness = golden_section(|sharpness| loss(held_out, sharpness));
        let mut tops: Vec<f32> = right
            .map(|one| confidence(&one.margins, sharpness))
            .collect();
        tops.sort_unstable_by(f32::total_cmp);
        let refused = (tops.len() as f32 * (1.0 - kept)) as usize;
        let threshold = tops.get(refused).copied().unwrap_or(DEFAULT.threshold);
        Self {
            sharpness,
            threshold,
        }
    }

    /// The probability of each class.
    pub(super) fn probabilities(&self, margins: &[f32]) -> Vec<f32> {
        softmax(margins, self.sharpness)
    }

    /// How sure it is that the text is about the likeliest class at all, 0 to 1.
    pub(super) fn confidence(&self, margins: &[f32]) -> f32 {
        confidence(margins, self.sharpness)
    }
}

/// The mean negative log-likelihood of the true classes.
fn loss(held_out: &[HeldOut], sharpness: f32) -> f64 {
    let losses = held_out.iter().map(|one| {
        let probability = softmax(&one.margins, sharpness)[one.class];
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

fn softmax(margins: &[f32], sharpness: f32) -> Vec<f32> {
    let most = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f32> = margins
        .iter()
        .map(|margin| (sharpness * (margin - most)).exp())
        .collect();
    let sum: f32 = parts.iter().sum();
    parts.iter().map(|part| part / sum).collect()
}

/// The probability of the likeliest class beside "none of them".
fn confidence(margins: &[f32], sharpness: f32) -> f32 {
    let most = margins[best(margins)];
    let part = |margin: f32| (sharpness * (margin - most)).exp();
    1.0 / (part(NONE_MARGIN) + margins.iter().copied().map(part).sum::<f32>())
}

/// The class of the largest margin; the first of equals.
fn best(margins: &[f32]) -> usize {
    let mut best = 0;
    for (class, margin) in margins.iter().enumerate() {
        if *margin > margins[best] {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of two classes, right with the probability that `sharpness` gives their margin.
    fn drawn(sharpness: f32) -> Vec<HeldOut> {
        let mut held_out = Vec::new();
        for step in 1..=20_u8 {
            let margins = vec![f32::from(step) / 20.0, 0.0];
            let right = (100.0 * softmax(&margins, sharpness)[0]).round() as usize;
            held_out.extend((0..100).map(|index| HeldOut {
                margins: margins.clone(),
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
                .filter(|one| calibration.confidence(&one.margins) >= calibration.threshold);
            let share = through.count() as f32 / right.count() as f32;
            // Examples with the same margin go together: one in twenty.
            assert!((kept..kept + 0.06).contains(&share), "{share} for {kept}");
        }
    }

    #[test]
    fn a_handful_of_examples_changes_nothing() {
        let few: Vec<HeldOut> = drawn(4.0).into_iter().take(MIN_RIGHT / 2).collect();
        assert_eq!(Calibration::fit(&few, 0.98), DEFAULT);
        assert_eq!(Calibration::fit(&[], 0.98), DEFAULT);
    }

    #[test]
    fn probabilities_sum_to_one_whatever_the_margins() {
        for margins in [vec![0.0, 0.0], vec![1e6, -1e6, 3.0], vec![-1e30, -1e30]] {
            let sum: f32 = DEFAULT.probabilities(&margins).iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{margins:?}");
        }
    }
}
