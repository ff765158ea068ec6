//! How near a text is to what was trained on.
//!
//! A linear classifier can be sure of what is far from every example, as long as it lies on the
//! right side of its borders. The cosine to the nearest example of a class tells whether anything
//! like the text was ever seen (the nearest-neighbour score of Sun, Ming, Zhu and Li 2022).

use pulp::Arch;

use super::embedder::Embedder;

/// The embeddings of the examples, class by class, in 8 bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Examples {
    /// Where the examples of each class end.
    pub(super) ends: Vec<usize>,
    /// [`Embedder::WIDTH`] values of each example.
    pub(super) values: Vec<i8>,
    /// What to multiply an example's values with to get one of length 1.
    pub(super) scales: Vec<f32>,
}

impl Examples {
    /// Those in `rows`, each with its class, which is below `classes`. Without embeddings there
    /// are none.
    pub(super) fn new<'a>(rows: impl Iterator<Item = (usize, &'a [f32])>, classes: usize) -> Self {
        let mut rows: Vec<_> = rows
            .filter(|(_, row)| row.len() == Embedder::WIDTH)
            .collect();
        rows.sort_by_key(|(class, _)| *class);
        let mut examples = Self {
            ends: (0..classes)
                .map(|class| rows.partition_point(|(other, _)| *other <= class))
                .collect(),
            ..Self::default()
        };
        for (_, row) in rows {
            let largest = row
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let scale = f32::from(i8::MAX) / largest.max(f32::MIN_POSITIVE);
            let rounded = row.iter().map(|value| (value * scale).round() as i8);
            examples.values.extend(rounded);
            examples
                .scales
                .push(1.0 / (scale * length(row).max(f32::MIN_POSITIVE)));
        }
        examples
    }

    /// Whether these are what [`Examples::new`] can make for `classes`.
    pub(super) fn is_sound(&self, classes: usize) -> bool {
        self.ends.len() == classes
            && self.ends.is_sorted()
            && self.ends.last() == Some(&self.scales.len())
            && self.values.len() == self.scales.len() * Embedder::WIDTH
    }

    /// The cosine of `embedding` and the nearest example of `class`; none without either.
    pub(super) fn nearness(&self, class: usize, embedding: &[f32]) -> Option<f32> {
        if embedding.len() != Embedder::WIDTH {
            return None;
        }
        let first = class.checked_sub(1).map_or(0, |before| self.ends[before]);
        let examples = first..self.ends[class];
        let rows = self.values[first * Embedder::WIDTH..].chunks_exact(Embedder::WIDTH);
        let cosines = rows.zip(&self.scales[examples]);
        let nearest = Arch::new().dispatch(
            #[inline(always)]
            || {
                cosines
                    .map(|(row, scale)| scale * dot(row, embedding))
                    .max_by(f32::total_cmp)
            },
        )?;
        Some(nearest / length(embedding).max(f32::MIN_POSITIVE))
    }

    /// The size in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.values.len() + size_of_val(self.scales.as_slice()) + size_of_val(self.ends.as_slice())
    }
}

fn length(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// Sixteen sums side by side, which the compiler can keep in vector registers.
#[inline(always)]
fn dot(row: &[i8], values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    for (row, values) in row
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(values.as_chunks::<LANES>().0)
    {
        for (sum, (a, b)) in sums.iter_mut().zip(row.iter().zip(values)) {
            *sum += f32::from(*a) * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn embedding(seed: usize) -> Vec<f32> {
        (0..Embedder::WIDTH)
            .map(|at| ((at * 7 + seed * 31 + seed * at) % 101) as f32 - 50.0)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn nearness_is_the_largest_cosine(
            seeds in prop::collection::vec((0_usize..3, 0_usize..1_000), 0..12),
            seed in 0_usize..1_000,
        ) {
            let rows: Vec<_> = seeds.iter().map(|(class, seed)| (*class, embedding(*seed))).collect();
            let examples = Examples::new(rows.iter().map(|(class, row)| (*class, row.as_slice())), 3);
            prop_assert!(examples.is_sound(3));
            let text = embedding(seed);
            for class in 0..3 {
                let of_class = rows.iter().filter(|(other, _)| *other == class);
                let cosines = of_class.map(|(_, row)| {
                    let products: f32 = row.iter().zip(&text).map(|(a, b)| a * b).sum();
                    products / length(row) / length(&text)
                });
                let expected = cosines.max_by(f32::total_cmp);
                let found = examples.nearness(class, &text);
                prop_assert_eq!(found.is_some(), expected.is_some());
                let off = found.zip(expected).map_or(0.0, |(a, b)| (a - b).abs());
                prop_assert!(off < 0.01, "{found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn without_embeddings_nothing_is_near() {
        let examples = Examples::new([(0, [].as_slice()), (1, &[])].into_iter(), 2);
        assert!(examples.is_sound(2));
        assert_eq!(examples.nearness(1, &[]), None);
        assert_eq!(examples.nearness(1, &embedding(1)), None);
    }

    #[test]
    fn what_does_not_fit_together_is_unsound() {
        let row = embedding(1);
        let examples = Examples::new([(1, row.as_slice())].into_iter(), 2);
        assert!(examples.is_sound(2) && !examples.is_sound(3));
        for unsound in [
            Examples {
                ends: vec![2, 1],
                ..examples.clone()
            },
            Examples {
                ends: vec![0, 2],
                ..examples.clone()
            },
            Examples {
                values: Vec::new(),
                ..examples.clone()
            },
            Examples {
                scales: Vec::new(),
                ..examples.clone()
            },
        ] {
            assert!(!unsound.is_sound(2), "{unsound:?}");
        }
    }
}
