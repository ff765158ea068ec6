//! Sums that begin with what to do: "add 5 and 7", "the difference between 9 and 4".

use super::{Parser, Sum};

/// The openings, what stands between the two operands, the formula and the words with the
/// operands as `A` and `B`.
type Verb = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
    &'static str,
);

const VERBS: [Verb; 5] = [
    (
        &["add", "the sum of", "sum of", "sum"],
        &["and", "to", "plus", "with"],
        "(A + B)",
        "A plus B",
    ),
    (
        &["subtract", "take away", "take", "deduct"],
        &["from", "away from"],
        "(B - A)",
        "B minus A",
    ),
    (
        &["multiply", "the product of", "product of"],
        &["by", "and", "with", "times"],
        "(A * B)",
        "A times B",
    ),
    (&["divide"], &["by"], "(A / B)", "A divided by B"),
    (
        &[
            "the difference between",
            "difference between",
            "the difference of",
        ],
        &["and"],
        "abs(A - B)",
        "the difference between A and B",
    ),
];

impl Parser<'_> {
    /// A whole sum of this kind, if one of its openings comes next; `Some(None)` if the rest of
    /// it does not.
    pub(super) fn verb(&mut self) -> Option<Option<Sum>> {
        let cursor = &mut self.cursor;
        let found = VERBS
            .iter()
            .find(|(openings, ..)| cursor.eat_any(openings).is_some());
        let (_, between, formula, spoken) = found?;
        self.operations += 1;
        Some(self.two(between).map(|(a, b)| {
            Sum::new(
                fill(formula, &a.formula, &b.formula),
                fill(spoken, &a.spoken, &b.spoken),
            )
        }))
    }

    fn two(&mut self, between: &[&str]) -> Option<(Sum, Sum)> {
        let first = self.atom()?;
        self.cursor.eat_any(between)?;
        Some((first, self.atom()?))
    }
}

fn fill(template: &str, a: &str, b: &str) -> String {
    let part = |c: char| match c {
        'A' => a.to_owned(),
        'B' => b.to_owned(),
        c => c.to_string(),
    };
    template.chars().map(part).collect()
}
