//! One linear support vector machine for each intent: is it this one or any other?
//!
//! Trained by dual coordinate descent with shrinking on the squared hinge loss (Hsieh, Chang, Lin,
//! Keerthi and Sundararajan 2008; the method of LIBLINEAR's solver 1). It has no step size, ends
//! near the one optimum, and with its fixed seed gives the same weights on every run, whatever the
//! number of threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::random::Random;

/// Passes over the examples after which training ends in any case.
const MAX_PASSES: usize = 200;

/// The largest violation of the optimum's conditions that is let be.
const TOLERANCE: f32 = 0.1;

/// The order of the examples comes from here.
const SEED: u64 = 0xFA3E;

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

/// Examples to train on.
pub(super) struct Task<'a> {
    pub(super) size: Size,
    pub(super) rows: Vec<Row<'a>>,
    /// The class of each row.
    pub(super) labels: Vec<usize>,
    /// What a mistake on each row costs.
    pub(super) costs: Vec<f32>,
}

/// The trained machines. Weights of a feature for all classes lie side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Machines {
    size: Size,
    sparse: Vec<f32>,
    dense: Vec<f32>,
    bias: Vec<f32>,
}

impl Machines {
    /// Trains on `task`, on all cores.
    pub(super) fn train(task: &Task<'_>) -> Self {
        let Size {
            sparse,
            dense,
            classes,
        } = task.size;
        let mut machines = Self {
            size: task.size,
            sparse: vec![0.0; sparse * classes],
            dense: vec![0.0; dense * classes],
            bias: vec![0.0; classes],
        };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut trained = Vec::new();
            loop {
                let class = next.fetch_add(1, Ordering::Relaxed);
                if class >= classes {
                    return trained;
                }
                trained.push((class, separate(task, class)));
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let trained = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.min(classes))
                .map(|_| scope.spawn(work))
                .collect();
            let joined = workers.into_iter().map(|worker| worker.join());
            let trained: Vec<Vec<(usize, Weights)>> = joined
                .map(|trained| trained.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect();
            trained
        });
        for (class, weights) in trained.into_iter().flatten() {
            machines.put(class, &weights);
        }
        machines
    }

    /// How far on its own side of each class's boundary the row lies.
    pub(super) fn margins(&self, row: Row<'_>) -> Vec<f32> {
        let classes = self.size.classes;
        let mut margins = self.bias.clone();
        let mut add = |weights: &[f32], value: f32| {
            for (margin, weight) in margins.iter_mut().zip(weights) {
                *margin += value * weight;
            }
        };
        for (feature, value) in row.sparse {
            add(
                &self.sparse[*feature as usize * classes..][..classes],
                *value,
            );
        }
        for (weights, value) in self.dense.chunks_exact(classes).zip(row.dense) {
            add(weights, *value);
        }
        margins
    }

    /// The size of the weights, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * (self.sparse.len() + self.dense.len() + self.bias.len())
    }

    fn put(&mut self, class: usize, weights: &Weights) {
        let classes = self.size.classes;
        let place = |all: &mut [f32], one: &[f32]| {
            for (row, weight) in all.chunks_exact_mut(classes).zip(one) {
                row[class] = *weight;
            }
        };
        place(&mut self.sparse, &weights.sparse);
        place(&mut self.dense, &weights.dense);
        self.bias[class] = weights.bias;
    }
}

/// The weights of one class.
struct Weights {
    sparse: Vec<f32>,
    dense: Vec<f32>,
    bias: f32,
}

impl Weights {
    fn margin(&self, row: Row<'_>) -> f32 {
        let sparse = row.sparse.iter();
        let sparse = sparse.map(|(feature, value)| self.sparse[*feature as usize] * value);
        sparse.sum::<f32>() + dot(&self.dense, row.dense) + self.bias
    }

    fn add(&mut self, row: Row<'_>, step: f32) {
        for (feature, value) in row.sparse {
            self.sparse[*feature as usize] += step * value;
        }
        for (weight, value) in self.dense.iter_mut().zip(row.dense) {
            *weight += step * value;
        }
        self.bias += step;
    }
}

/// Eight sums side by side, which the compiler can keep in vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

/// Finds the weights that separate `class` from the others.
fn separate(task: &Task<'_>, class: usize) -> Weights {
    let mut weights = Weights {
        sparse: vec![0.0; task.size.sparse],
        dense: vec![0.0; task.size.dense],
        bias: 0.0,
    };
    let squares: Vec<f32> = task.rows.iter().map(|row| square(*row)).collect();
    let mut alphas = vec![0.0_f32; task.rows.len()];
    let mut active: Vec<usize> = (0..task.rows.len()).collect();
    let mut random = Random::new(SEED);
    // An example whose gradient is above the last pass's worst violation will hardly move again.
    let mut shrink_above = f32::INFINITY;
    for _ in 0..MAX_PASSES {
        random.shuffle(&mut active);
        let (mut worst, mut least) = (f32::NEG_INFINITY, f32::INFINITY);
        let mut kept = Vec::with_capacity(active.len());
        for index in &active {
            let row = task.rows[*index];
            let side = if task.labels[*index] == class {
                1.0
            } else {
                -1.0
            };
            let slack = 0.5 / task.costs[*index];
            let alpha = alphas[*index];
            let gradient = side * weights.margin(row) - 1.0 + slack * alpha;
            if alpha == 0.0 && gradient > shrink_above {
                continue;
            }
            kept.push(*index);
            let projected = if alpha == 0.0 {
                gradient.min(0.0)
            } else {
                gradient
            };
            worst = worst.max(projected);
            least = least.min(projected);
            if projected.abs() > f32::EPSILON {
                let moved = (alpha - gradient / (squares[*index] + slack)).max(0.0);
                weights.add(row, (moved - alpha) * side);
                alphas[*index] = moved;
            }
        }
        let all = kept.len() == alphas.len();
        active = kept;
        if worst - least > TOLERANCE {
            shrink_above = if worst > 0.0 { worst } else { f32::INFINITY };
        } else if all {
            break;
        } else {
            // Done with those that are left: see whether the others still keep their place.
            active = (0..alphas.len()).collect();
            shrink_above = f32::INFINITY;
        }
    }
    weights
}

/// The square of a row's length, the constant feature included.
fn square(row: Row<'_>) -> f32 {
    let sparse: f32 = row.sparse.iter().map(|(_, value)| value * value).sum();
    1.0 + sparse + dot(row.dense, row.dense)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Points of the plane as rows: the first value sparse, the second dense.
    struct Points {
        sparse: Vec<[(u32, f32); 1]>,
        dense: Vec<[f32; 1]>,
    }

    impl Points {
        fn new(points: &[(f32, f32)]) -> Self {
            Self {
                sparse: points.iter().map(|(x, _)| [(0, *x)]).collect(),
                dense: points.iter().map(|(_, y)| [*y]).collect(),
            }
        }

        fn rows(&self) -> Vec<Row<'_>> {
            let pairs = self.sparse.iter().zip(&self.dense);
            pairs.map(|(sparse, dense)| Row { sparse, dense }).collect()
        }

        fn train(&self, labels: &[usize], costs: &[f32]) -> Machines {
            Machines::train(&Task {
                size: Size {
                    sparse: 1,
                    dense: 1,
                    classes: 3,
                },
                rows: self.rows(),
                labels: labels.to_vec(),
                costs: costs.to_vec(),
            })
        }
    }

    fn best(margins: &[f32]) -> usize {
        let order = (0..margins.len()).max_by(|a, b| margins[*a].total_cmp(&margins[*b]));
        order.unwrap_or_default()
    }

    #[test]
    fn three_corners_are_told_apart() {
        let points = Points::new(&[(2.0, 0.0), (-1.0, 2.0), (-1.0, -2.0)]);
        let machines = points.train(&[0, 1, 2], &[10.0; 3]);
        for (class, row) in points.rows().into_iter().enumerate() {
            let margins = machines.margins(row);
            assert_eq!(best(&margins), class, "{margins:?}");
            assert!(margins[class] > 0.5, "{margins:?}");
        }
    }

    #[test]
    fn the_optimum_is_that_of_the_one_dimensional_case() {
        // Two points at 1 and -1 with cost C: by symmetry there is no bias, and w minimises
        // w^2 / 2 + 2 C (1 - w)^2, which is least at 4 C / (1 + 4 C).
        let points = Points::new(&[(1.0, 0.0), (-1.0, 0.0)]);
        for cost in [0.1, 1.0, 5.0] {
            let machines = points.train(&[0, 1], &[cost; 2]);
            let expected = 4.0 * cost / (1.0 + 4.0 * cost);
            assert!((machines.sparse[0] - expected).abs() < 0.05, "{machines:?}");
        }
    }

    #[test]
    fn the_costlier_of_two_that_contradict_each_other_wins() {
        let points = Points::new(&[(1.0, 0.0), (1.0, 0.0), (-1.0, 0.0)]);
        let margins = |costs: [f32; 3]| points.train(&[0, 1, 2], &costs).margins(points.rows()[0]);
        assert_eq!(best(&margins([1.0, 5.0, 1.0])), 1);
        assert_eq!(best(&margins([5.0, 1.0, 1.0])), 0);
    }

    proptest! {
        #[test]
        fn any_examples_give_finite_and_repeatable_weights(
            points in prop::collection::vec((-2.0_f32..2.0, -2.0_f32..2.0), 1..30),
            seed in any::<u64>(),
        ) {
            let labels: Vec<usize> = (0..points.len()).map(|i| (seed >> (i % 60)) as usize % 3).collect();
            let costs = vec![1.0; points.len()];
            let points = Points::new(&points);
            let machines = points.train(&labels, &costs);
            prop_assert!(machines.sparse.iter().chain(&machines.dense).all(|w| w.is_finite()));
            prop_assert_eq!(machines, points.train(&labels, &costs));
        }
    }
}
