//! Products of 8-bit matrices with tokens, which is where the time goes.
//!
//! The weights stay as they are stored, so a sentence reads 11 MB of them and not 43. Each token is
//! rounded to 16 bits by a scale of its own: a product is then a sum of whole numbers, the same on
//! every machine, and AVX2 adds 16 terms with one instruction (`vpmaddwd`).

use pulp::Arch;
#[cfg(target_arch = "x86_64")]
use pulp::{bytemuck, x86::V3};

/// Outputs that are computed together. A divisor of all numbers of outputs.
const PANEL: usize = 16;

/// Tokens that are computed together: as many as have their sums in AVX2's registers.
const MOST_TOKENS: usize = 6;

/// Values of a token side by side with those of the others of its block, two at a time.
type Pair = [i16; 2];

/// For a pair of inputs, the two weights of each output of a panel, side by side.
type PairOfWeights = [i8; 2 * PANEL];

/// The sums of a panel's outputs for some tokens.
type Sums<const TOKENS: usize> = [[i32; PANEL]; TOKENS];

/// A matrix in 8 bits with a scale for each output, and what is added to the product.
pub(super) struct Linear {
    inputs: usize,
    /// Panel by panel.
    weights: Vec<PairOfWeights>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

/// Tokens in 16 bits with a scale for each.
struct Rounded {
    /// Block by block, pair by pair; within a pair token by token.
    pairs: Vec<Pair>,
    scales: Vec<f32>,
    blocks: Vec<usize>,
}

impl Linear {
    /// A matrix of `scales.len()` rows of `inputs` weights, an even number of them. The rows are a
    /// multiple of [`PANEL`].
    pub(super) fn new(inputs: usize, rows: &[i8], scales: Vec<f32>, bias: Vec<f32>) -> Self {
        let mut weights = Vec::with_capacity(rows.len() / (2 * PANEL));
        for panel in rows.chunks_exact(PANEL * inputs) {
            for input in (0..inputs).step_by(2) {
                let mut pair = [0; 2 * PANEL];
                let (of_outputs, _) = pair.as_chunks_mut::<2>();
                for (of_output, row) in of_outputs.iter_mut().zip(panel.chunks_exact(inputs)) {
                    of_output.copy_from_slice(&row[input..input + 2]);
                }
                weights.push(pair);
            }
        }
        Self {
            inputs,
            weights,
            scales,
            bias,
        }
    }

    /// The outputs for `tokens`, each of which has as many values as there are inputs.
    pub(super) fn apply(&self, tokens: &[f32]) -> Vec<f32> {
        self.apply_with(Kernel::new(), tokens)
    }

    fn apply_with(&self, kernel: Kernel, tokens: &[f32]) -> Vec<f32> {
        let rounded = Rounded::new(tokens, self.inputs);
        let outputs = self.scales.len();
        let mut product = vec![0.0; rounded.scales.len() * outputs];
        let panels = self.weights.chunks_exact(self.inputs / 2);
        for (number, panel) in panels.enumerate() {
            let columns = number * PANEL..(number + 1) * PANEL;
            let (scales, bias) = (&self.scales[columns.clone()], &self.bias[columns.clone()]);
            let (mut first, mut pairs) = (0, rounded.pairs.as_slice());
            for count in &rounded.blocks {
                let block;
                (block, pairs) = pairs.split_at(count * panel.len());
                let mut sums = [[0; PANEL]; MOST_TOKENS];
                kernel.add(panel, block, *count, &mut sums);
                for (token, sums) in (first..first + count).zip(&sums) {
                    let scale = rounded.scales[token];
                    let row = &mut product[token * outputs..][columns.clone()];
                    let parts = sums.iter().zip(scales).zip(bias);
                    for (value, ((sum, weight_scale), bias)) in row.iter_mut().zip(parts) {
                        *value = *sum as f32 * (scale * weight_scale) + bias;
                    }
                }
                first += count;
            }
        }
        product
    }
}

impl Rounded {
    fn new(tokens: &[f32], width: usize) -> Self {
        let count = tokens.len() / width;
        // The sum of `width` products with weights of 8 bits must not overflow 32 bits.
        let most = (i32::MAX / (-i32::from(i8::MIN) * width as i32)).min(i32::from(i16::MAX));
        let mut rounded = Self {
            pairs: vec![[0; 2]; count * width / 2],
            scales: vec![0.0; count],
            blocks: blocks(count),
        };
        Arch::new().dispatch(|| rounded.fill(tokens, width, most as f32));
        rounded
    }

    #[inline(always)]
    fn fill(&mut self, tokens: &[f32], width: usize, most: f32) {
        let mut pairs = self.pairs.as_mut_slice();
        let mut tokens = tokens.chunks_exact(width).zip(&mut self.scales);
        let mut values = vec![0_i16; width];
        for count in &self.blocks {
            let block;
            (block, pairs) = pairs.split_at_mut(count * width / 2);
            for (place, (token, scale)) in tokens.by_ref().take(*count).enumerate() {
                let largest = token
                    .iter()
                    .fold(0.0_f32, |most, value| most.max(value.abs()));
                *scale = largest / most;
                let by = if largest > 0.0 { most / largest } else { 0.0 };
                for (rounded, value) in values.iter_mut().zip(token) {
                    *rounded = (value * by).round_ties_even() as i16;
                }
                let (halves, _) = values.as_chunks::<2>();
                for (pair, half) in block[place..].iter_mut().step_by(*count).zip(halves) {
                    *pair = *half;
                }
            }
        }
    }
}

/// `tokens` cut into blocks of [`MOST_TOKENS`] at most, as alike as can be: a block of one takes
/// nearly as long as one of two.
fn blocks(tokens: usize) -> Vec<usize> {
    let count = tokens.div_ceil(MOST_TOKENS);
    (0..count)
        .map(|block| tokens * (block + 1) / count - tokens * block / count)
        .collect()
}

/// How sums are computed.
#[derive(Clone, Copy)]
enum Kernel {
    /// As the compiler sees fit.
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2(V3),
}

impl Kernel {
    /// The fastest that this machine has.
    fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = V3::try_new() {
            return Self::Avx2(simd);
        }
        Self::Plain
    }

    /// Adds the products of a panel with a block of `count` tokens to `sums`.
    fn add(
        self,
        panel: &[PairOfWeights],
        block: &[Pair],
        count: usize,
        sums: &mut Sums<MOST_TOKENS>,
    ) {
        match count {
            1 => self.add_exactly::<1>(panel, block, sums),
            2 => self.add_exactly::<2>(panel, block, sums),
            3 => self.add_exactly::<3>(panel, block, sums),
            4 => self.add_exactly::<4>(panel, block, sums),
            5 => self.add_exactly::<5>(panel, block, sums),
            _ => self.add_exactly::<MOST_TOKENS>(panel, block, sums),
        }
    }

    fn add_exactly<const TOKENS: usize>(
        self,
        panel: &[PairOfWeights],
        block: &[Pair],
        sums: &mut Sums<MOST_TOKENS>,
    ) {
        let (block, _) = block.as_chunks::<TOKENS>();
        let Some(sums) = sums.first_chunk_mut::<TOKENS>() else {
            return;
        };
        match self {
            Self::Plain => add(panel, block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => simd.vectorize(|| add_avx2(simd, panel, block, sums)),
        }
    }
}

fn add<const TOKENS: usize>(
    panel: &[PairOfWeights],
    block: &[[Pair; TOKENS]],
    sums: &mut Sums<TOKENS>,
) {
    for (weights, tokens) in panel.iter().zip(block) {
        let (weights, _) = weights.as_chunks::<2>();
        for (sums, token) in sums.iter_mut().zip(tokens) {
            let [first, second] = token.map(i32::from);
            for (sum, of_output) in sums.iter_mut().zip(weights) {
                let [of_first, of_second] = of_output.map(i32::from);
                // They are too small to overflow, see `Rounded::new`: checks would only cost time.
                let products = first
                    .wrapping_mul(of_first)
                    .wrapping_add(second.wrapping_mul(of_second));
                *sum = sum.wrapping_add(products);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn add_avx2<const TOKENS: usize>(
    simd: V3,
    panel: &[PairOfWeights],
    block: &[[Pair; TOKENS]],
    sums: &mut Sums<TOKENS>,
) {
    let mut vectors = sums.map(bytemuck::cast::<_, [pulp::i32x8; 2]>);
    for (weights, tokens) in panel.iter().zip(block) {
        let weights = bytemuck::cast::<_, [pulp::i8x16; 2]>(*weights)
            .map(|half| simd.convert_i8x16_to_i16x16(half));
        for (sums, token) in vectors.iter_mut().zip(tokens) {
            let token = bytemuck::cast(simd.splat_i32x8(bytemuck::cast(*token)));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                let products = simd.multiply_wrapping_add_adjacent_i16x16(weights, token);
                *sum = simd.wrapping_add_i32x8(*sum, products);
            }
        }
    }
    *sums = vectors.map(bytemuck::cast);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Weights and tokens that look random, from a linear congruential generator.
    fn drawn(seed: u64, count: usize) -> impl Iterator<Item = i8> {
        let states = std::iter::successors(Some(seed), |state| {
            let next = state.wrapping_mul(6_364_136_223_846_793_005);
            Some(next.wrapping_add(1_442_695_040_888_963_407))
        });
        states.skip(1).take(count).map(|state| (state >> 56) as i8)
    }

    fn linear(seed: u64, inputs: usize, outputs: usize) -> (Vec<i8>, Linear) {
        let rows: Vec<i8> = drawn(seed, inputs * outputs)
            .map(|one| one.max(-127))
            .collect();
        let scales = (0..outputs)
            .map(|output| 0.01 + output as f32 / 1e3)
            .collect();
        let bias = (0..outputs).map(|output| output as f32 / 10.0).collect();
        let linear = Linear::new(inputs, &rows, scales, bias);
        (rows, linear)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_product_is_that_of_the_definition(
            seed in any::<u64>(),
            pairs in 1_usize..40,
            panels in 1_usize..4,
            count in 0_usize..20,
        ) {
            let (inputs, outputs) = (2 * pairs, panels * PANEL);
            let (rows, linear) = linear(seed, inputs, outputs);
            let tokens: Vec<f32> = drawn(!seed, count * inputs).map(|one| f32::from(one) / 50.0).collect();
            let product = linear.apply(&tokens);
            prop_assert_eq!(product.len(), count * outputs);
            for (token, product) in tokens.chunks(inputs).zip(product.chunks(outputs)) {
                for (output, value) in product.iter().enumerate() {
                    let row = &rows[output * inputs..][..inputs];
                    let sum: f64 = row.iter().zip(token).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                    let expected = sum * f64::from(linear.scales[output]) + f64::from(linear.bias[output]);
                    // Half a step of 16 bits for every input, all in one direction.
                    let bound = 1e-3 + 127.0 * inputs as f64 * f64::from(linear.scales[output]) * 2.6 / 65_534.0;
                    prop_assert!((expected - f64::from(*value)).abs() < bound, "{expected} {value}");
                }
            }
        }

        #[test]
        fn every_kernel_gives_the_same(seed in any::<u64>(), pairs in 1_usize..40, count in 0_usize..20) {
            let inputs = 2 * pairs;
            let (_, linear) = linear(seed, inputs, 2 * PANEL);
            let tokens: Vec<f32> = drawn(!seed, count * inputs).map(f32::from).collect();
            prop_assert_eq!(linear.apply(&tokens), linear.apply_with(Kernel::Plain, &tokens));
        }

        #[test]
        fn blocks_are_all_tokens_and_alike(tokens in 0_usize..600) {
            let blocks = blocks(tokens);
            prop_assert_eq!(blocks.iter().sum::<usize>(), tokens);
            let (least, most) = (blocks.iter().min(), blocks.iter().max());
            if let (Some(least), Some(most)) = (least, most) {
                prop_assert!(*least > 0 && *most <= MOST_TOKENS && most - least <= 1);
            }
        }
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        for inputs in [384, 1_536] {
            let rows = vec![i8::MIN; PANEL * inputs];
            let linear = Linear::new(inputs, &rows, vec![1.0; PANEL], vec![0.0; PANEL]);
            let expected = f32::from(i8::MIN) * inputs as f32 * 1e6;
            for (value, expected) in [(1e6, expected), (-1e6, -expected)] {
                let product = linear.apply(&vec![value; inputs]);
                assert!(
                    product
                        .iter()
                        .all(|one| (one / expected - 1.0).abs() < 1e-5),
                    "{product:?}"
                );
            }
        }
    }

    #[test]
    fn nought_and_what_is_no_number_stay_harmless() {
        let linear = Linear::new(2, &[1; 2 * PANEL], vec![1.0; PANEL], vec![0.5; PANEL]);
        assert_eq!(linear.apply(&[0.0, 0.0]), vec![0.5; PANEL]);
        assert_eq!(linear.apply(&[f32::NAN, f32::NAN]), vec![0.5; PANEL]);
    }
}
