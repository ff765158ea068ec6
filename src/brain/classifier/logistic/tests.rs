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

    fn task(&self, labels: &[usize], costs: &[f32]) -> Task<'_> {
        Task {
            size: Size {
                sparse: 1,
                dense: 1,
                classes: 3,
            },
            rows: self.rows(),
            labels: labels.to_vec(),
            costs: costs.to_vec(),
        }
    }

    fn train(&self, labels: &[usize], costs: &[f32]) -> Weights {
        Weights::train(&self.task(labels, costs))
    }
}

fn best(logits: &[f32]) -> usize {
    let order = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    order.unwrap_or_default()
}

#[test]
fn three_corners_are_told_apart() {
    let points = Points::new(&[(2.0, 0.0), (-1.0, 2.0), (-1.0, -2.0)]);
    let weights = points.train(&[0, 1, 2], &[10.0; 3]);
    for (class, row) in points.rows().into_iter().enumerate() {
        let logits = weights.logits(row);
        assert_eq!(best(&logits), class, "{logits:?}");
        assert!(logits.iter().sum::<f32>().abs() < 1e-2, "{logits:?}");
    }
}

#[test]
fn at_the_optimum_every_derivative_is_nought() {
    let points = Points::new(&[(2.0, 0.5), (-1.0, 2.0), (-1.0, -2.0), (1.5, 0.0)]);
    let task = points.task(&[0, 1, 2, 1], &[3.0, 1.0, 0.5, 2.0]);
    let weights = Weights::train(&task);
    let (_, gradient) = Problem::new(&task).loss(&weights.values);
    assert!(dot(&gradient, &gradient).sqrt() < 0.05, "{gradient:?}");
}

#[test]
fn the_gradient_is_that_of_the_loss() {
    const STEP: f32 = 1e-2;
    let points = Points::new(&[(2.0, 0.5), (-1.0, 2.0)]);
    let task = points.task(&[0, 2], &[3.0, 0.5]);
    let problem = Problem::new(&task);
    let at: Vec<f32> = (0..9_u8).map(|i| f32::from(i) / 10.0 - 0.4).collect();
    let (_, gradient) = problem.loss(&at);
    for (index, derivative) in gradient.iter().enumerate() {
        let moved = |by: f32| {
            let mut at = at.clone();
            at[index] += by;
            problem.loss(&at).0
        };
        let measured = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        assert!((measured - f64::from(*derivative)).abs() < 1e-2, "{index}");
    }
}

#[test]
fn the_costlier_of_two_that_contradict_each_other_wins() {
    let points = Points::new(&[(1.0, 0.0), (1.0, 0.0), (-1.0, 0.0)]);
    let logits = |costs: [f32; 3]| points.train(&[0, 1, 2], &costs).logits(points.rows()[0]);
    assert_eq!(best(&logits([1.0, 5.0, 1.0])), 1);
    assert_eq!(best(&logits([5.0, 1.0, 1.0])), 0);
}

proptest! {
    #[test]
    fn any_examples_give_finite_and_repeatable_weights(
        points in prop::collection::vec((-2.0_f32..2.0, -2.0_f32..2.0), 1..30),
        seed in any::<u64>(),
    ) {
        let labels: Vec<usize> =
            (0..points.len()).map(|i| (seed >> (i % 60)) as usize % 3).collect();
        let costs = vec![1.0; points.len()];
        let points = Points::new(&points);
        let weights = points.train(&labels, &costs);
        prop_assert!(weights.values.iter().all(|weight| weight.is_finite()));
        prop_assert_eq!(weights, points.train(&labels, &costs));
    }
}
