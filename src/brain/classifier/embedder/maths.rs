//! What is done to each token alone, on vectors of values as wide as the processor has.

use pulp::Arch;

/// Sums that are added up side by side, which the compiler keeps in vector registers.
const LANES: usize = 8;

/// Layer normalisation (Ba, Kiros and Hinton 2016) of tokens.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Norm {
    const EPSILON: f32 = 1e-12;

    /// Adds `added` to `tokens`, value by value, and normalises each.
    pub(super) fn add_and_apply(&self, tokens: &mut [f32], added: &[f32]) {
        Arch::new().dispatch(|| {
            for (value, added) in tokens.iter_mut().zip(added) {
                *value += added;
            }
            self.each(tokens);
        });
    }

    /// Normalises each token.
    pub(super) fn apply(&self, tokens: &mut [f32]) {
        Arch::new().dispatch(|| self.each(tokens));
    }

    #[inline(always)]
    fn each(&self, tokens: &mut [f32]) {
        let width = self.weight.len();
        for token in tokens.chunks_exact_mut(width) {
            let mean = sum(token, |value| value) / width as f32;
            let variance = sum(token, |value| (value - mean) * (value - mean)) / width as f32;
            let scale = 1.0 / (variance + Self::EPSILON).sqrt();
            for ((value, weight), bias) in token.iter_mut().zip(&self.weight).zip(&self.bias) {
                *value = (*value - mean) * scale * weight + bias;
            }
        }
    }
}

/// Gaussian error linear units (Hendrycks and Gimpel 2016), the exact ones.
pub(super) fn gelu(values: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for value in values {
                *value *= 0.5 * (1.0 + erf(*value * std::f32::consts::FRAC_1_SQRT_2));
            }
        },
    );
}

/// Attention of one head within one sentence. `projected` holds, token by token, query, key and
/// value of all heads side by side; `into` gets the values of all heads, token by token.
pub(super) fn attend<const HEAD: usize>(
    projected: &[f32],
    into: &mut [f32],
    width: usize,
    first: usize,
) {
    Arch::new().dispatch(
        #[inline(always)]
        || attend_each::<HEAD>(projected, into, width, first),
    );
}

#[inline(always)]
fn attend_each<const HEAD: usize>(projected: &[f32], into: &mut [f32], width: usize, first: usize) {
    let tokens = || projected.chunks_exact(3 * width);
    let part = |token: &[f32], index: usize| -> [f32; HEAD] {
        let head = token[index * width + first..].first_chunk();
        head.copied().unwrap_or([0.0; HEAD])
    };
    let mut shares = vec![0.0; projected.len() / (3 * width)];
    for (token, into) in tokens().zip(into.chunks_exact_mut(width)) {
        let query = part(token, 0).map(|value| value / (HEAD as f32).sqrt());
        let mut largest = f32::NEG_INFINITY;
        for (share, other) in shares.iter_mut().zip(tokens()) {
            *share = dot(&query, &part(other, 1));
            largest = largest.max(*share);
        }
        for share in &mut shares {
            *share = exp(*share - largest);
        }
        let whole = sum(&shares, |share| share);
        let mut mixed = [0.0; HEAD];
        for (share, other) in shares.iter().zip(tokens()) {
            for (mixed, value) in mixed.iter_mut().zip(part(other, 2)) {
                *mixed += share * value;
            }
        }
        into[first..first + HEAD].copy_from_slice(&mixed.map(|value| value / whole));
    }
}

#[inline(always)]
fn dot<const SIZE: usize>(a: &[f32; SIZE], b: &[f32; SIZE]) -> f32 {
    let mut products = *a;
    for (product, b) in products.iter_mut().zip(b) {
        *product *= b;
    }
    sum(&products, |product| product)
}

/// The sum of what `of` makes of each value.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += of(*value);
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    let rest: f32 = rest.iter().map(|value| of(*value)).sum();
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}

/// The error function, to within 5e-7 (Abramowitz and Stegun 1964, 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let polynomial = t
        * (0.254_829_6
            + t * (-0.284_496_74 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    (1.0 - polynomial * exp(-x * x)).copysign(x)
}

/// The exponential of what is 0 or less, to within a few parts in ten million; 0 for what is far
/// below. Unlike the system's it has no branches, so that it works on vectors.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Below this, the result is no normal number any more.
    const LEAST: f32 = -87.0;
    /// Added to a small number, it rounds that to a whole one, which its lowest bits then hold.
    const ROUNDER: f32 = 12_582_912.0;
    /// The logarithm of 2 in two parts, the first of few digits: products with it are exact.
    const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
    let rounded = x.max(LEAST) * std::f32::consts::LOG2_E + ROUNDER;
    let power = rounded - ROUNDER;
    let r = (x.max(LEAST) - power * LN_2.0) - power * LN_2.1;
    let polynomial = 1.0
        + r * (1.0
            + r * (0.5
                + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    let scale = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if x < LEAST { 0.0 } else { polynomial * scale }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_error_function_is_that_of_the_tables() {
        // Abramowitz and Stegun, table 7.1.
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.112_462_916),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (1.5, 0.966_105_15),
            (2.0, 0.995_322_3),
            (10.0, 1.0),
        ] {
            assert!((erf(x) - expected).abs() < 5e-7, "{x}: {}", erf(x));
            assert!((erf(-x) + expected).abs() < 5e-7, "-{x}: {}", erf(-x));
        }
    }

    #[test]
    fn gelu_is_what_it_is_defined_as() {
        let mut values = [-20.0, -1.0, 0.0, 1.0, 3.0, 20.0];
        gelu(&mut values);
        let expected = [0.0, -0.158_655_25, 0.0, 0.841_344_7, 2.995_950_3, 20.0];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 3e-6, "{value} {expected}");
        }
    }

    #[test]
    fn a_normalised_token_has_mean_nought_and_deviation_one() {
        let norm = Norm {
            weight: vec![1.0; 5],
            bias: vec![0.0; 5],
        };
        let mut tokens = vec![1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        norm.add_and_apply(&mut tokens, &[10.0; 10]);
        let root = 2.0_f32.sqrt();
        let expected = [
            -root,
            -root / 2.0,
            0.0,
            root / 2.0,
            root,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
        ];
        for (value, expected) in tokens.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-5, "{tokens:?}");
        }
    }

    #[test]
    fn attention_goes_to_the_token_whose_key_is_like_the_query() {
        // Two tokens of width 2, one head: query, key, value.
        let projected = [
            50.0, 0.0, 50.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 50.0, 3.0, 4.0,
        ];
        let mut into = [0.0; 4];
        attend::<2>(&projected, &mut into, 2, 0);
        assert_eq!(into, [1.0, 2.0, 2.0, 3.0]);
    }

    proptest! {
        #[test]
        fn the_exponential_is_the_systems(x in -200.0_f32..0.0) {
            let expected = if x < -87.0 { 0.0 } else { x.exp() };
            prop_assert!((exp(x) - expected).abs() <= expected * 1e-6, "{} {}", exp(x), expected);
        }
    }
}
