//! Ranks: "2nd", "twenty first".

use super::number::small;

const NAMES: [&str; 20] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// `words` as a rank: up to 99 in words, any in figures.
#[must_use]
pub fn ordinal(words: &[&str]) -> Option<u32> {
    match words {
        [word] => figures(word)
            .or_else(|| below_twenty(word))
            .or_else(|| tens(word)),
        [tens, unit] => {
            let tens = small(tens).filter(|tens| *tens >= 20)?;
            let unit = below_twenty(unit).filter(|unit| *unit < 10)?;
            Some(u32::try_from(tens).ok()? + unit)
        }
        _ => None,
    }
}

fn figures(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|suffix| word.strip_suffix(suffix))?;
    digits.parse().ok().filter(|rank| *rank > 0)
}

fn below_twenty(word: &str) -> Option<u32> {
    let rank = NAMES
        .iter()
        .position(|name| *name == word && !name.is_empty())?;
    u32::try_from(rank).ok()
}

/// "twentieth" is "twenty" with another end.
fn tens(word: &str) -> Option<u32> {
    let tens = small(&format!("{}y", word.strip_suffix("ieth")?))?;
    u32::try_from(tens).ok().filter(|tens| *tens >= 20)
}

#[cfg(test)]
mod tests {
    use super::super::with_words;
    use super::*;

    #[test]
    fn ranks() {
        for (text, rank) in [
            ("1st", 1),
            ("second", 2),
            ("twelfth", 12),
            ("twentieth", 20),
            ("twenty-first", 21),
            ("ninety ninth", 99),
            ("102nd", 102),
        ] {
            assert_eq!(with_words(text, ordinal), Some(rank), "{text}");
        }
        for text in ["two", "0th", "twenty tenth", "twenty two", "dieth", ""] {
            assert_eq!(with_words(text, ordinal), None, "{text}");
        }
    }
}
