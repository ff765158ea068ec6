//! Spoken arithmetic.

mod verbs;

use super::{Cursor, figures, ordinal};

/// Words in the longest number ("nine hundred and ninety nine thousand nine hundred and …").
const MAX_NUMBER_WORDS: usize = 16;

/// How deep parentheses and roots may nest.
const MAX_DEPTH: usize = 16;

/// Arithmetic with at least one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The formula, fully in figures and signs: `(23 + 19)`.
    pub formula: String,
    /// The same in words and figures, fit to be spoken: "23 plus 19".
    pub spoken: String,
}

impl Sum {
    /// `words` as arithmetic: "23 plus 19", "the square root of 144", "15 percent of 80".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut parser = Parser {
            cursor: Cursor::new(words),
            depth: 0,
            operations: 0,
        };
        let sum = match parser.verb() {
            Some(sum) => sum?,
            None => parser.sum()?,
        };
        parser.cursor.eat_any(&["equals", "equal", "is"]);
        (parser.operations > 0).then_some(())?;
        parser.cursor.done(sum)
    }

    fn new(formula: impl Into<String>, spoken: impl Into<String>) -> Self {
        Self {
            formula: formula.into(),
            spoken: spoken.into(),
        }
    }

    fn join(self, sign: &str, word: &str, right: Self) -> Self {
        Self::new(
            format!("({} {sign} {})", self.formula, right.formula),
            format!("{} {word} {}", self.spoken, right.spoken),
        )
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    operations: usize,
}

const PERCENT: [&str; 2] = ["percent", "per cent"];

/// Spoken with the number; sums of money are sums.
const MONEY: [&str; 4] = ["dollars", "bucks", "euros", "pounds"];

/// The ways to say an operation, its sign, and how it is spoken.
type Operation = (&'static [&'static str], &'static str, &'static str);

const ADDING: [Operation; 2] = [
    (&["plus", "added to", "add", "and add"], "+", "plus"),
    (&["minus", "take away", "less", "subtract"], "-", "minus"),
];

const MULTIPLYING: [Operation; 3] = [
    (
        &[
            "times",
            "multiplied by",
            "multiplied with",
            "multiply by",
            "multiply",
        ],
        "*",
        "times",
    ),
    (
        &[
            "divided by",
            "divided buy",
            "divided bye",
            "divide by",
            "over",
        ],
        "/",
        "divided by",
    ),
    (&["modulo", "mod"], "mod", "modulo"),
];

impl Parser<'_> {
    /// Takes one of `operations` if it comes next.
    fn operation(&mut self, operations: &'static [Operation]) -> Option<&'static Operation> {
        let cursor = &mut self.cursor;
        let found = operations
            .iter()
            .find(|(said, _, _)| cursor.eat_any(said).is_some())?;
        self.operations += 1;
        Some(found)
    }

    fn sum(&mut self) -> Option<Sum> {
        let mut left = self.product()?;
        while let Some((_, sign, word)) = self.operation(&ADDING) {
            if let Some(percent) = self.bare_percent() {
                // "80 plus 10 percent" is a tenth more of the 80, not of 1.
                let formula = format!("({} * (1 {sign} {percent} / 100))", left.formula);
                left = Sum::new(formula, format!("{} {word} {percent} percent", left.spoken));
                continue;
            }
            let right = self.product()?;
            left = left.join(sign, word, right);
        }
        Some(left)
    }

    /// A percentage of nothing in particular.
    fn bare_percent(&mut self) -> Option<String> {
        self.cursor.attempt(|c| {
            let number = c.longest(MAX_NUMBER_WORDS, figures)?;
            c.eat_any(&PERCENT)?;
            (!matches!(c.peek(), Some("of" | "off" | "times"))).then_some(number)
        })
    }

    fn product(&mut self) -> Option<Sum> {
        let mut left = self.power()?;
        while let Some((_, sign, word)) = self.operation(&MULTIPLYING) {
            let right = self.power()?;
            left = left.join(sign, word, right);
        }
        Some(left)
    }

    fn power(&mut self) -> Option<Sum> {
        let mut base = self.atom()?;
        loop {
            let after = if self.cursor.eat("squared") {
                Some(("2".to_owned(), "squared".to_owned()))
            } else if self.cursor.eat("cubed") {
                Some(("3".to_owned(), "cubed".to_owned()))
            } else {
                self.exponent()
            };
            let Some((exponent, words)) = after else {
                break;
            };
            self.operations += 1;
            base = Sum::new(
                format!("({}^{exponent})", base.formula),
                format!("{} {words}", base.spoken),
            );
        }
        if self.cursor.eat("factorial") {
            self.operations += 1;
            base = Sum::new(
                format!("({}!)", base.formula),
                format!("{} factorial", base.spoken),
            );
        }
        Some(base)
    }

    /// "to the power of 3", "to the fifth", "to the minus 2".
    fn exponent(&mut self) -> Option<(String, String)> {
        self.cursor.attempt(|c| {
            let bare = c
                .eat_any(&["raised to the power of", "to the power of", "to the power"])
                .is_none();
            if bare {
                c.eat_any(&["raised to the", "to the"])?;
                if let Some(rank) = c.longest(2, ordinal) {
                    c.eat("power");
                    return Some((rank.to_string(), format!("to the power of {rank}")));
                }
            }
            let exponent = c.longest(MAX_NUMBER_WORDS, figures)?;
            let spoken = format!("to the power of {}", speak(&exponent));
            Some((format!("({exponent})"), spoken))
        })
    }

    fn atom(&mut self) -> Option<Sum> {
        self.depth += 1;
        let atom = if self.depth > MAX_DEPTH {
            None
        } else {
            self.nested_atom()
        };
        self.depth -= 1;
        atom
    }

    fn nested_atom(&mut self) -> Option<Sum> {
        if self.cursor.eat("(") {
            let inner = self.sum()?;
            let spoken = format!("({})", inner.spoken);
            return self
                .cursor
                .eat(")")
                .then(|| Sum::new(inner.formula, spoken));
        }
        if let Some(function) = self.function() {
            return function;
        }
        let number = self
            .cursor
            .longest(MAX_NUMBER_WORDS, figures)
            .or_else(|| self.homophone())?;
        if self.cursor.eat_any(&PERCENT).is_none() {
            let money = self.cursor.eat_any(&MONEY).map_or("", |at| MONEY[at]);
            let spoken = format!("{} {money}", speak(&number));
            return Some(Sum::new(signed(&number), spoken.trim_end()));
        }
        let share = format!("{number} / 100");
        let (word, share) = match self.cursor.eat_any(&["off of", "of", "off"]) {
            Some(1) => ("of", format!("({share})")),
            Some(_) => ("off", format!("(1 - {share})")),
            None => return Some(Sum::new(format!("({share})"), format!("{number} percent"))),
        };
        self.operations += 1;
        let whole = self.atom()?;
        let spoken = format!("{number} percent {word} {}", whole.spoken);
        Some(Sum::new(format!("({share} * {})", whole.formula), spoken))
    }

    /// What is said before its operand; `Some(None)` if the operand is missing.
    fn function(&mut self) -> Option<Option<Sum>> {
        const FUNCTIONS: [(&[&str], &str, &str); 8] = [
            (
                &[
                    "the square root of",
                    "square root of",
                    "the square root",
                    "square root",
                ],
                "sqrt(_)",
                "the square root of",
            ),
            (
                &["the cube root of", "cube root of", "the cubed root of"],
                "cbrt(_)",
                "the cube root of",
            ),
            (
                &["half of", "one half of", "a half of"],
                "(_ / 2)",
                "half of",
            ),
            (&["a third of", "one third of"], "(_ / 3)", "a third of"),
            (
                &["two thirds of", "2 thirds of"],
                "(_ * 2 / 3)",
                "two thirds of",
            ),
            (
                &["a quarter of", "one quarter of", "a fourth of"],
                "(_ / 4)",
                "a quarter of",
            ),
            (
                &["three quarters of", "3 quarters of"],
                "(_ * 3 / 4)",
                "three quarters of",
            ),
            (&["twice", "double"], "(_ * 2)", "twice"),
        ];
        let cursor = &mut self.cursor;
        let found = FUNCTIONS
            .iter()
            .find(|(said, _, _)| cursor.eat_any(said).is_some());
        let (_, formula, word) = found?;
        self.operations += 1;
        Some(self.atom().map(|of| {
            Sum::new(
                formula.replace('_', &of.formula),
                format!("{word} {}", of.spoken),
            )
        }))
    }

    /// Where only a number can stand, a recogniser may have heard a word that sounds like one.
    fn homophone(&mut self) -> Option<String> {
        self.cursor.attempt(|c| {
            Some(match c.next()? {
                "to" | "too" => "2".into(),
                "for" | "fore" => "4".into(),
                "ate" => "8".into(),
                "won" => "1".into(),
                _ => return None,
            })
        })
    }
}

fn signed(number: &str) -> String {
    if number.starts_with('-') {
        format!("({number})")
    } else {
        number.into()
    }
}

fn speak(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(positive) => format!("minus {positive}"),
        None => number.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    #[test]
    fn the_ways_to_say_a_sum() {
        for (text, formula, spoken) in [
            ("23+19", "(23 + 19)", "23 plus 19"),
            ("twenty-three plus nineteen", "(23 + 19)", "23 plus 19"),
            ("8 x 7", "(8 * 7)", "8 times 7"),
            ("2 plus 3 times 4", "(2 + (3 * 4))", "2 plus 3 times 4"),
            ("(2 + 3) * 4", "((2 + 3) * 4)", "(2 plus 3) times 4"),
            ("80 plus 10%", "(80 * (1 + 10 / 100))", "80 plus 10 percent"),
            (
                "20% off $50",
                "((1 - 20 / 100) * 50)",
                "20 percent off 50 dollars",
            ),
            ("a hundred divided by four", "(100 / 4)", "100 divided by 4"),
            ("5 minus 7 minus 2", "((5 - 7) - 2)", "5 minus 7 minus 2"),
            ("minus 5 plus 2", "((-5) + 2)", "minus 5 plus 2"),
            ("15% of 80", "((15 / 100) * 80)", "15 percent of 80"),
            (
                "the square root of 144",
                "sqrt(144)",
                "the square root of 144",
            ),
            (
                "square root of 9 plus 1",
                "(sqrt(9) + 1)",
                "the square root of 9 plus 1",
            ),
            ("5 squared", "(5^2)", "5 squared"),
            ("2 to the power of ten", "(2^(10))", "2 to the power of 10"),
            ("2^10", "(2^(10))", "2 to the power of 10"),
            ("ten to the fifth", "(10^5)", "10 to the power of 5"),
            ("half of 90", "(90 / 2)", "half of 90"),
            ("3.5 plus 2", "(3.5 + 2)", "3.5 plus 2"),
            ("six factorial", "(6!)", "6 factorial"),
            ("17 mod 5", "(17 mod 5)", "17 modulo 5"),
            ("add five and seven", "(5 + 7)", "5 plus 7"),
            ("subtract 5 from 12", "(12 - 5)", "12 minus 5"),
            (
                "multiply 6 by the square root of 9",
                "(6 * sqrt(9))",
                "6 times the square root of 9",
            ),
            (
                "the difference between 4 and 9",
                "abs(4 - 9)",
                "the difference between 4 and 9",
            ),
            ("two plus to", "(2 + 2)", "2 plus 2"),
            ("for plus 2 equals", "(4 + 2)", "4 plus 2"),
        ] {
            let sum = with_words(text, Sum::read);
            assert_eq!(sum, Some(Sum::new(formula, spoken)), "{text}");
        }
    }

    #[test]
    fn what_is_no_sum() {
        for text in [
            "",
            "five",
            "plus",
            "5 plus",
            "five dogs",
            "love",
            "the square root",
            "10 percent",
            "to",
            "5 to 7",
        ] {
            assert_eq!(with_words(text, Sum::read), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_words_break_it(words in proptest::collection::vec(prop::sample::select(vec![
            "(", ")", "5", "plus", "minus", "the square root of", "percent", "of", "twice", "squared",
            "to the", "fifth", "a", "hundred"]), 0..24)) {
            let words: Vec<&str> = words.iter().flat_map(|w| w.split(' ')).collect();
            if let Some(sum) = Sum::read(&words) {
                prop_assert_eq!(sum.formula.matches('(').count(), sum.formula.matches(')').count());
            }
        }
    }
}
