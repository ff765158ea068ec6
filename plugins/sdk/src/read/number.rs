//! Numbers, in words and figures.

use std::fmt;

use super::Cursor;

/// The most digits of a number; nobody says more, and products of such numbers still fit.
const MAX_DIGITS: usize = 18;

const SCALES: [(&str, u128); 4] = [
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
    ("trillion", 1_000_000_000_000),
];

pub(super) const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// `words` as a number.
#[must_use]
pub fn number(words: &[&str]) -> Option<f64> {
    figures(words)?.parse().ok()
}

/// `words` as a number written in figures, exactly as said ("three point five" is `3.5`).
#[must_use]
pub fn figures(words: &[&str]) -> Option<String> {
    let mut cursor = Cursor::new(words);
    let negative = cursor.eat_any(&["minus", "negative"]).is_some();
    let value = unsigned(&mut cursor)?;
    cursor.done(if negative {
        format!("-{value}")
    } else {
        value.to_string()
    })
}

/// A whole number without a sign.
pub(super) fn whole(words: &[&str]) -> Option<u64> {
    let mut cursor = Cursor::new(words);
    let value = cardinal(&mut cursor)?;
    cursor.done(u64::try_from(value).ok()?)
}

/// The number below twenty, or the tens, that a single word names.
pub(super) fn small(word: &str) -> Option<u64> {
    let place = |names: &[&str]| names.iter().position(|name| *name == word);
    let value = place(&SMALL).or_else(|| place(&TENS).map(|tens| (tens + 2) * 10));
    value.map(|value| value as u64)
}

/// What was said, exactly: `mantissa / 10^places`.
#[derive(Clone, Copy)]
struct Decimal {
    mantissa: u128,
    places: u32,
}

impl Decimal {
    fn whole(mantissa: u128) -> Self {
        Self {
            mantissa,
            places: 0,
        }
    }

    fn parse(figures: &str) -> Option<Self> {
        let (whole, fraction) = figures.split_once('.').unwrap_or((figures, ""));
        let digits = format!("{whole}{fraction}");
        let plain = !whole.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (plain && digits.len() <= MAX_DIGITS).then_some(())?;
        Some(Self {
            mantissa: digits.parse().ok()?,
            places: fraction.len() as u32,
        })
    }

    fn times(self, factor: u128) -> Option<Self> {
        Some(Self {
            mantissa: self.mantissa.checked_mul(factor)?,
            ..self
        })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        let widen = |d: Self| {
            d.mantissa
                .checked_mul(10_u128.checked_pow(places - d.places)?)
        };
        Some(Self {
            mantissa: widen(self)?.checked_add(widen(other)?)?,
            places,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let width = self.places as usize + 1;
        let digits = format!("{:0>width$}", self.mantissa);
        let (whole, fraction) = digits.split_at(digits.len() - self.places as usize);
        match fraction.trim_end_matches('0') {
            "" => f.write_str(whole),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

fn unsigned(cursor: &mut Cursor<'_>) -> Option<Decimal> {
    if let Some(value) = cursor.attempt(dozens) {
        return Some(value);
    }
    if let Some(part) = cursor.attempt(fraction) {
        // "half a million"
        let factor = cursor.attempt(|c| c.eat("a").then_some(()).and_then(|()| scale(c)));
        return factor.map_or(Some(part), |factor| part.times(factor));
    }
    let value = match cursor.attempt(decimal) {
        Some(value) => match cursor.attempt(scale) {
            Some(factor) => value.times(factor)?,
            None => value,
        },
        None => Decimal::whole(cursor.attempt(cardinal)?),
    };
    // "two and a half"
    match cursor.attempt(|c| c.eat("and").then_some(()).and_then(|()| fraction(c))) {
        Some(part) if value.places == 0 => {
            let factor = cursor.attempt(scale).unwrap_or(1);
            value.plus(part)?.times(factor)
        }
        Some(_) => None,
        None => Some(value),
    }
}

/// Whole numbers with a name of their own: "a dozen", "a couple of".
fn dozens(cursor: &mut Cursor<'_>) -> Option<Decimal> {
    if cursor.eat_any(&["a couple of", "a couple"]).is_some() {
        return Some(Decimal::whole(2));
    }
    let half = cursor.eat_any(&["half a", "a half"]).is_some();
    let count = if half {
        6
    } else if cursor.eat("a") {
        12
    } else {
        12 * cursor.attempt(below_thousand)?
    };
    cursor.eat("dozen").then_some(Decimal::whole(count))
}

fn fraction(cursor: &mut Cursor<'_>) -> Option<Decimal> {
    const PARTS: [(&str, u128); 8] = [
        ("three quarters", 75),
        ("3 quarters", 75),
        ("a half", 50),
        ("one half", 50),
        ("a quarter", 25),
        ("one quarter", 25),
        ("half", 50),
        ("quarter", 25),
    ];
    let (_, hundredths) = PARTS.iter().find(|(name, _)| cursor.eat(name))?;
    Some(Decimal {
        mantissa: *hundredths,
        places: 2,
    })
}

/// "three point one four", "point five", `3.14`.
fn decimal(cursor: &mut Cursor<'_>) -> Option<Decimal> {
    if let Some(value) = cursor.attempt(|c| {
        c.next()
            .filter(|w| w.contains('.'))
            .and_then(Decimal::parse)
    }) {
        return Some(value);
    }
    let whole = cursor.attempt(cardinal).unwrap_or(0);
    cursor.eat("point").then_some(())?;
    let mut figures = format!("{whole}.");
    let bare = figures.len();
    while let Some(digits) = cursor.attempt(|c| digits_after_point(c.next()?)) {
        figures.push_str(&digits);
    }
    (figures.len() > bare)
        .then(|| Decimal::parse(&figures))
        .flatten()
}

fn digits_after_point(word: &str) -> Option<String> {
    match word {
        "oh" | "o" => Some("0".into()),
        word if word.bytes().all(|b| b.is_ascii_digit()) => Some(word.into()),
        word => small(word).map(|value| value.to_string()),
    }
}

fn scale(cursor: &mut Cursor<'_>) -> Option<u128> {
    let word = cursor.next()?;
    SCALES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, factor)| *factor)
}

/// A whole number: groups of falling scale, "and" between them as people like.
fn cardinal(cursor: &mut Cursor<'_>) -> Option<u128> {
    let mut total: u128 = 0;
    let mut last_scale = u128::MAX;
    loop {
        let group = cursor.attempt(|c| {
            let joined = c.eat("and");
            if joined && last_scale == u128::MAX {
                return None;
            }
            let count = c
                .attempt(below_thousand)
                .or_else(|| c.attempt(one_of_scale));
            let count = count?;
            let factor = c.attempt(scale).unwrap_or(1);
            (factor < last_scale).then_some((count, factor))
        });
        match group {
            Some((count, factor)) => {
                total = total.checked_add(count.checked_mul(factor)?)?;
                last_scale = factor;
            }
            None if last_scale == u128::MAX => return None,
            None => return Some(total),
        }
        if last_scale == 1 {
            return Some(total);
        }
    }
}

/// The "a" of "a million", or nothing before "million"; the scale itself is left.
fn one_of_scale(cursor: &mut Cursor<'_>) -> Option<u128> {
    cursor.eat("a");
    cursor.clone().attempt(scale).map(|_| 1)
}

/// A group: "a hundred and two", "twenty five hundred", `102`; figures may be of any size.
fn below_thousand(cursor: &mut Cursor<'_>) -> Option<u128> {
    let first = cursor.attempt(below_hundred).or_else(|| {
        cursor.attempt(|c| {
            c.eat("a");
            c.clone().eat("hundred").then_some(1)
        })
    })?;
    if first >= 100 || !cursor.eat("hundred") {
        return Some(first);
    }
    let rest = cursor.attempt(|c| {
        c.eat("and");
        below_hundred(c).filter(|rest| *rest < 100 && *rest > 0)
    });
    Some(first * 100 + rest.unwrap_or(0))
}

fn below_hundred(cursor: &mut Cursor<'_>) -> Option<u128> {
    let word = cursor.next()?;
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return (word.len() <= MAX_DIGITS)
            .then(|| word.parse().ok())
            .flatten();
    }
    let value = match word {
        "nought" | "naught" | "nil" => 0,
        word => small(word)?,
    };
    let unit = if value >= 20 {
        cursor.attempt(|c| small(c.next()?).filter(|unit| (1..10).contains(unit)))
    } else {
        None
    };
    Some(u128::from(value + unit.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    fn read(text: &str) -> Option<String> {
        with_words(text, figures)
    }

    #[test]
    fn the_ways_to_say_a_number() {
        for (text, expected) in [
            ("zero", "0"),
            ("twenty-five", "25"),
            ("a hundred and two", "102"),
            ("one hundred two", "102"),
            ("hundred", "100"),
            ("twenty five hundred", "2500"),
            ("a thousand", "1000"),
            ("two thousand and six", "2006"),
            ("three million two hundred thousand and one", "3200001"),
            ("2 million", "2000000"),
            ("1.5 million", "1500000"),
            ("two point five billion", "2500000000"),
            ("half a million", "500000"),
            ("two and a half million", "2500000"),
            ("three point five", "3.5"),
            ("three point one four one five", "3.1415"),
            ("point oh five", "0.05"),
            ("3.50", "3.5"),
            ("two and a half", "2.5"),
            ("5 and three quarters", "5.75"),
            ("half", "0.5"),
            ("a dozen", "12"),
            ("half a dozen", "6"),
            ("two dozen", "24"),
            ("a couple of", "2"),
            ("nought point five", "0.5"),
            ("2½", "2.5"),
            ("½", "0.5"),
            ("minus twelve", "-12"),
            ("1,000,000", "1000000"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            "a",
            "and",
            "five and",
            "twenty twenty",
            "five six",
            "one thousand million thousand",
            "point",
            "hundred hundred",
            "two dogs",
            "2nd",
            "9:30",
            "3.5 and a half",
            "99999999999999999999999999",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    fn spell(n: u64, and: bool) -> String {
        let name = |names: &[&str], at: u64| names[at as usize].to_owned();
        let join = |head: String, rest: u64| match rest {
            0 => head,
            rest if and && rest < 100 => format!("{head} and {}", spell(rest, and)),
            rest => format!("{head} {}", spell(rest, and)),
        };
        match n {
            0..20 => name(&SMALL, n),
            20..100 if n.is_multiple_of(10) => name(&TENS, n / 10 - 2),
            20..100 => format!("{}-{}", name(&TENS, n / 10 - 2), name(&SMALL, n % 10)),
            100..1000 => join(format!("{} hundred", name(&SMALL, n / 100)), n % 100),
            _ => join(format!("{} thousand", spell(n / 1000, and)), n % 1000),
        }
    }

    #[test]
    fn every_number_comes_back_as_it_is_spelled() {
        // All that has a form of its own, then one of each stretch up to a million.
        let all = (0..2_000).chain((2_000..1_000_000).step_by(97));
        for n in all {
            for and in [false, true] {
                let spelled = spell(n, and);
                assert_eq!(read(&spelled), Some(n.to_string()), "{spelled}");
            }
        }
    }

    proptest! {
        #[test]
        fn spelled_numbers_come_back(n in 0_u64..1_000_000, and: bool) {
            prop_assert_eq!(read(&spell(n, and)), Some(n.to_string()));
        }

        #[test]
        fn figures_come_back(n in 0_u64..1_000_000_000, cents in 1_u32..100) {
            let text = format!("{n}.{cents:02}");
            prop_assert_eq!(read(&text).unwrap().parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
        }

        #[test]
        fn no_words_break_it(words in proptest::collection::vec(
            prop::sample::select(vec!["a", "half", "and", "hundred", "million", "trillion", "dozen",
                "point", "twenty", "five", "999999999999999999", "3.5", "minus"]), 0..14)) {
            let _ = figures(&words);
        }
    }
}
