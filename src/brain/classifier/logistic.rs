//! Multinomial logistic regression: weights whose sums, the logits, give each class's probability.
//!
//! The sum of the examples' cross-entropies, each times its cost, and of half the squared weights
//! is made least by L-BFGS (Liu and Nocedal 1989), which has no step size to choose. Each part of a
//! sum is computed by one thread in a fixed order, so that training gives the same weights on every
//! run. The weights of a feature add up to 0 over the classes, so a logit is far above 0 only for
//! what is like the class's examples and unlike the rest.

use std::collections::VecDeque;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

/// Steps after which training ends in any case.
const MAX_STEPS: usize = 80;

/// The part of the loss that a step must gain for training to go on.
const TOLERANCE: f64 = 1e-5;

/// Steps that the curvature is estimated from.
const MEMORY: usize = 6;

/// The part of the gain promised by the slope that a step must bring (Armijo 1966).
const SUFFICIENT: f64 = 1e-4;

/// The shortest step that is tried, as a part of the whole.
const SHORTEST: f32 = 1e-3;

/// The length of the first step, before anything is known of the curvature.
const FIRST_STEP: f64 = 0.5;

/// Values that are added up in f32 before their sum goes on in f64.
const BLOCK: usize = 1_024;

/// Rows of a matrix product that one thread computes at a time.
const PRODUCT_ROWS: usize = 192;

/// One example's features: some by their number and all of a dense block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) sparse: &'a [(u32, f32)],
    pub(super) dense: &'a [f32],
}

/// How many features there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) sparse: usize,
    pub(super) dense: usize,
    pub(super) classes: usize,
}

impl Size {
    /// How many weights that makes, one of each class for every feature and a constant one.
    pub(super) fn weights(self) -> usize {
        (self.sparse + self.dense + 1) * self.classes
    }
}

/// Examples to train on.
pub(super) struct Task<'a> {
    pub(super) size: Size,
    pub(super) rows: Vec<Row<'a>>,
    /// The class of each row.
    pub(super) labels: Vec<usize>,
    /// What a mistake on each row costs.
    pub(super) costs: Vec<f32>,
}

/// The trained weights. Those of a feature for all classes lie side by side: first the sparse
/// features, then the dense ones, then the constant one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) size: Size,
    pub(super) values: Vec<f32>,
}

impl Weights {
    /// Trains on `task`, on all cores.
    pub(super) fn train(task: &Task<'_>) -> Self {
        let problem = Problem::new(task);
        Self {
            size: task.size,
            values: minimise(task.size.weights(), |weights| problem.loss(weights)),
        }
    }

    /// The logit of each class for a row.
    pub(super) fn logits(&self, row: Row<'_>) -> Vec<f32> {
        let Size {
            sparse,
            dense,
            classes,
        } = self.size;
        let mut logits = self.values[(sparse + dense) * classes..].to_vec();
        for (feature, value) in row.sparse {
            add(&mut logits, *value, self.of(*feature as usize));
        }
        for (feature, value) in (sparse..).zip(row.dense) {
            add(&mut logits, *value, self.of(feature));
        }
        logits
    }

    /// The size of the weights, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.values.as_slice())
    }

    fn of(&self, feature: usize) -> &[f32] {
        &self.values[feature * self.size.classes..][..self.size.classes]
    }
}

/// A task, laid out for computing losses.
struct Problem<'a> {
    task: &'a Task<'a>,
    /// The dense features, row by row.
    dense: Vec<f32>,
    /// For each sparse feature the rows that have it, and its values there.
    columns: Vec<Vec<(usize, f32)>>,
}

impl<'a> Problem<'a> {
    fn new(task: &'a Task<'a>) -> Self {
        let mut columns = vec![Vec::new(); task.size.sparse];
        for (number, row) in task.rows.iter().enumerate() {
            for (feature, value) in row.sparse {
                columns[*feature as usize].push((number, *value));
            }
        }
        let dense = task.rows.iter().flat_map(|row| row.dense).copied();
        Self {
            task,
            dense: dense.collect(),
            columns,
        }
    }

    /// The loss of some weights and its gradient.
    fn loss(&self, weights: &[f32]) -> (f64, Vec<f32>) {
        let Size {
            sparse,
            dense,
            classes,
        } = self.task.size;
        let (of_sparse, rest) = weights.split_at(sparse * classes);
        let (of_dense, of_constant) = rest.split_at(dense * classes);

        // Logits at first; then, row by row, what each should have been lower.
        let mut errors = vec![0.0; self.task.rows.len() * classes];
        let losses: Vec<f64> = errors
            .par_chunks_mut(PRODUCT_ROWS * classes)
            .enumerate()
            .flat_map_iter(|(part, errors)| {
                let first = part * PRODUCT_ROWS;
                let count = errors.len() / classes;
                if dense > 0 {
                    let rows = &self.dense[first * dense..][..count * dense];
                    add_product(errors, matrix(rows, dense), matrix(of_dense, classes));
                }
                let rows = self.task.rows[first..].iter().zip(first..);
                let rows = errors.chunks_exact_mut(classes).zip(rows);
                let losses = rows.map(|(logits, (row, number))| {
                    add(logits, 1.0, of_constant);
                    for (feature, value) in row.sparse {
                        let weights = &of_sparse[*feature as usize * classes..][..classes];
                        add(logits, *value, weights);
                    }
                    cross_entropy(logits, self.task.labels[number], self.task.costs[number])
                });
                losses.collect::<Vec<f64>>()
            })
            .collect();

        let mut gradient = weights.to_vec();
        let (sparse_gradient, rest) = gradient.split_at_mut(sparse * classes);
        let (dense_gradient, constant_gradient) = rest.split_at_mut(dense * classes);
        sparse_gradient
            .par_chunks_mut(classes)
            .zip(&self.columns)
            .for_each(|(gradient, column)| {
                for (row, value) in column {
                    add(gradient, *value, &errors[row * classes..][..classes]);
                }
            });
        dense_gradient
            .par_chunks_mut(PRODUCT_ROWS * classes)
            .enumerate()
            .for_each(|(part, gradient)| {
                let first = part * PRODUCT_ROWS;
                let features = first..first + gradient.len() / classes;
                let columns = matrix(&self.dense, dense).slice_move(s![.., features]);
                add_product(gradient, columns.reversed_axes(), matrix(&errors, classes));
            });
        for errors in errors.chunks_exact(classes) {
            add(constant_gradient, 1.0, errors);
        }
        let loss = losses.iter().sum::<f64>() + 0.5 * dot(weights, weights);
        (loss, gradient)
    }
}

/// The values as a matrix, row by row.
fn matrix(values: &[f32], width: usize) -> ArrayView2<'_, f32> {
    let shape = (values.len() / width, width);
    #[expect(clippy::expect_used, reason = "a matrix of so many values")]
    ArrayView2::from_shape(shape, values).expect("whole rows")
}

/// Adds the product of `a` and `b` to `sums`, row by row.
fn add_product(sums: &mut [f32], a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) {
    let shape = (a.nrows(), b.ncols());
    #[expect(
        clippy::expect_used,
        reason = "the callers' sums have a row for each of `a`"
    )]
    let mut sums = ArrayViewMut2::from_shape(shape, sums).expect("whole rows");
    general_mat_mul(1.0, &a, &b, 1.0, &mut sums);
}

/// Turns a row's logits into the derivatives of its loss, which is returned.
fn cross_entropy(logits: &mut [f32], label: usize, cost: f32) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let own = logits[label] - most;
    for logit in &mut *logits {
        *logit = (*logit - most).exp();
    }
    let sum: f32 = logits.iter().sum();
    for part in &mut *logits {
        *part *= cost / sum;
    }
    logits[label] -= cost;
    f64::from(cost) * f64::from(sum.ln() - own)
}

/// Where `loss`, which is convex, is least, looked for from 0. `loss` returns the gradient, too.
fn minimise(size: usize, loss: impl Fn(&[f32]) -> (f64, Vec<f32>)) -> Vec<f32> {
    let mut at = vec![0.0; size];
    let (mut value, mut gradient) = loss(&at);
    let mut curvature = Curvature::default();
    for _ in 0..MAX_STEPS {
        let direction = curvature.direction(&gradient);
        let slope = dot(&gradient, &direction);
        let mut length = 1.0;
        let (next, next_value, next_gradient) = loop {
            let mut next = at.clone();
            add(&mut next, length, &direction);
            let (next_value, next_gradient) = loss(&next);
            if next_value <= value + SUFFICIENT * f64::from(length) * slope {
                break (next, next_value, next_gradient);
            }
            length /= 2.0;
            if length < SHORTEST {
                return at;
            }
        };
        let gained = value - next_value;
        curvature.learn(
            difference(&next, &at),
            difference(&next_gradient, &gradient),
        );
        (at, value, gradient) = (next, next_value, next_gradient);
        if gained < TOLERANCE * value.abs() {
            break;
        }
    }
    at
}

/// What the last steps tell of the inverse of the second derivatives.
#[derive(Default)]
struct Curvature {
    /// Steps and how much the gradient changed over them, the latest last.
    steps: VecDeque<(Vec<f32>, Vec<f32>)>,
}

impl Curvature {
    fn learn(&mut self, step: Vec<f32>, change: Vec<f32>) {
        if dot(&step, &change) <= 0.0 {
            return;
        }
        if self.steps.len() == MEMORY {
            self.steps.pop_front();
        }
        self.steps.push_back((step, change));
    }

    /// The step to take from a point with this gradient, by the two loops of Nocedal (1980).
    fn direction(&self, gradient: &[f32]) -> Vec<f32> {
        let mut direction: Vec<f32> = gradient.iter().map(|value| -value).collect();
        let mut shares = Vec::with_capacity(MEMORY);
        for (step, change) in self.steps.iter().rev() {
            let share = dot(step, &direction) / dot(step, change);
            add(&mut direction, -share as f32, change);
            shares.push(share);
        }
        let scale = match self.steps.back() {
            Some((step, change)) => dot(step, change) / dot(change, change),
            None => FIRST_STEP / dot(gradient, gradient).sqrt().max(f64::MIN_POSITIVE),
        };
        for value in &mut direction {
            *value *= scale as f32;
        }
        for ((step, change), share) in self.steps.iter().zip(shares.iter().rev()) {
            let rest = share - dot(change, &direction) / dot(step, change);
            add(&mut direction, rest as f32, step);
        }
        direction
    }
}

/// Adds `scale` times `values` to `sums`.
fn add(sums: &mut [f32], scale: f32, values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += scale * value;
    }
}

fn difference(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK));
    blocks.map(|(a, b)| f64::from(dot_block(a, b))).sum()
}

/// Eight sums side by side, which the compiler can keep in vector registers.
fn dot_block(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
