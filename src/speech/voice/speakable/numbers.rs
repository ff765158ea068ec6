//! Numbers in words.

const ONES: [&str; 20] = [
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
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [(u64, &str); 5] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
    (100, "hundred"),
];

/// Numbers with more digits stay as they are written.
const MOST_DIGITS: usize = 15;

/// A number as written: `-1,234.50`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number<'a> {
    negative: bool,
    grouped: bool,
    whole: String,
    fraction: Option<&'a str>,
}

impl<'a> Number<'a> {
    /// The number that all of `text` is, with `,` between groups of three and `.` before decimals.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let positive = text.trim_start_matches(['-', '−']);
        let signs = text[..text.len() - positive.len()].chars().count();
        let (whole, fraction) = match positive.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (positive, None),
        };
        let mut groups = whole.split(',');
        let first = groups.next()?;
        let groups: Vec<&str> = groups.collect();
        let fits = signs <= 1
            && all_digits(first)
            && (groups.is_empty() || first.len() <= 3)
            && groups
                .iter()
                .all(|group| group.len() == 3 && all_digits(group))
            && fraction.is_none_or(all_digits);
        let whole = whole.replace(',', "");
        (fits && whole.len() <= MOST_DIGITS).then_some(Self {
            negative: signs == 1,
            grouped: !groups.is_empty(),
            whole,
            fraction,
        })
    }

    /// Whether it counts exactly one thing.
    pub(super) fn is_one(&self) -> bool {
        self.whole == "1" && self.fraction.is_none()
    }

    /// Its whole part.
    pub(super) fn whole(&self) -> u64 {
        self.whole.parse().unwrap_or(0)
    }

    /// Its decimals as written.
    pub(super) fn fraction(&self) -> Option<&'a str> {
        self.fraction
    }

    /// Whether it is below zero.
    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    /// Digits where every voice reads them well, words otherwise.
    pub(super) fn said(&self) -> String {
        let number = if self.grouped {
            self.words()
        } else {
            let fraction = self.fraction.map(|digits| format!(".{digits}"));
            format!("{}{}", self.whole, fraction.unwrap_or_default())
        };
        if self.negative {
            format!("minus {number}")
        } else {
            number
        }
    }

    fn words(&self) -> String {
        let whole = cardinal(self.whole());
        match self.fraction {
            Some(decimals) => format!("{whole} point {}", digits(decimals)),
            None => whole,
        }
    }
}

/// Whether there are digits and nothing else.
pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number of at most `most` digits and nothing else.
pub(super) fn small(text: &str, most: usize) -> Option<u64> {
    if all_digits(text) && text.len() <= most {
        text.parse().ok()
    } else {
        None
    }
}

/// Each digit by itself: "one two".
pub(super) fn digits(text: &str) -> String {
    let words = text
        .chars()
        .filter_map(|c| ONES.get(c.to_digit(10)? as usize).copied());
    words.collect::<Vec<_>>().join(" ")
}

/// How many: "one thousand two hundred thirty four".
pub(super) fn cardinal(number: u64) -> String {
    if number < 20 {
        return ONES[number as usize].to_owned();
    }
    if number < 100 {
        return followed(TENS[(number / 10) as usize].to_owned(), number % 10);
    }
    let scale = SCALES.iter().find(|(size, _)| number >= *size);
    let (size, name) = scale.copied().unwrap_or((100, "hundred"));
    followed(format!("{} {name}", cardinal(number / size)), number % size)
}

fn followed(words: String, rest: u64) -> String {
    if rest == 0 {
        words
    } else {
        format!("{words} {}", cardinal(rest))
    }
}

/// Which one: "twenty first".
pub(super) fn ordinal(number: u64) -> String {
    let cardinal = cardinal(number);
    let (head, last) = cardinal.rsplit_once(' ').unwrap_or(("", &cardinal));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    format!("{head} {last}").trim_start().to_owned()
}

/// A year as people say it: "nineteen eighty four", "two thousand five", "nineteen oh five".
pub(super) fn year(year: u64) -> String {
    let (century, rest) = (year / 100, year % 100);
    match rest {
        _ if !(1100..2100).contains(&year) || century == 20 && rest < 10 => cardinal(year),
        0 => format!("{} hundred", cardinal(century)),
        1..10 => format!("{} oh {}", cardinal(century), cardinal(rest)),
        _ => format!("{} {}", cardinal(century), cardinal(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_orders_and_dates() {
        assert_eq!(cardinal(0), "zero");
        assert_eq!(cardinal(1_234), "one thousand two hundred thirty four");
        assert_eq!(cardinal(2_000_000_015), "two billion fifteen");
        let most = cardinal(999_999_999_999_999);
        assert!(most.starts_with("nine hundred ninety nine trillion nine hundred"));
        let orders = [1, 2, 3, 5, 8, 9, 11, 12, 20, 21, 100, 1_001]
            .map(ordinal)
            .join(", ");
        assert_eq!(
            orders,
            "first, second, third, fifth, eighth, ninth, eleventh, twelfth, twentieth, \
             twenty first, one hundredth, one thousand first"
        );
        let years = [1066, 1100, 1905, 1984, 2000, 2009, 2010, 2026]
            .map(year)
            .join(", ");
        assert_eq!(
            years,
            "one thousand sixty six, eleven hundred, nineteen oh five, nineteen eighty four, \
             two thousand, two thousand nine, twenty ten, twenty twenty six"
        );
    }

    #[test]
    fn only_well_formed_numbers_are_numbers() {
        for text in [
            "", "-", "1,23", "1234,567", "1.", ".5", "1.2.3", "--1", "1e5", "٣",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(
            Number::parse("-1,234.50").unwrap().said(),
            "minus one thousand two hundred thirty four point five zero"
        );
        assert_eq!(Number::parse("−5").unwrap().said(), "minus 5");
        assert_eq!(Number::parse("3.14").unwrap().said(), "3.14");
    }
}
