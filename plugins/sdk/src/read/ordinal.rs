//! Ranks: "2nd", "twenty first".

use super::number::{SMALL, small, whole};

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

/// `words` as a rank: "2nd", "twenty first", "one hundred and third".
#[must_use]
pub fn ordinal(words: &[&str]) -> Option<u32> {
    match words {
        [word] => figures(word)
            .or_else(|| below_twenty(word))
            .or_else(|| tens(word)),
        [head @ .., last] => {
            let cardinal = cardinal(last)?;
            let words: Vec<&str> = head.iter().copied().chain([cardinal.as_str()]).collect();
            whole(&words).and_then(|rank| u32::try_from(rank).ok())
        }
        [] => None,
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

/// The number word of a rank's last word: "hundred" of "hundredth", "three" of "third".
fn cardinal(word: &str) -> Option<String> {
    if matches!(word, "hundredth" | "thousandth") {
        return Some(word.trim_end_matches("th").into());
    }
    let tens = || Some(format!("{}y", word.strip_suffix("ieth")?));
    match below_twenty(word) {
        Some(rank) => SMALL.get(rank as usize).map(|name| (*name).into()),
        None => tens(),
    }
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
            ("one hundred and third", 103),
            ("two hundred and twenty-first", 221),
            ("a hundredth", 100),
            ("two thousandth", 2000),
        ] {
            assert_eq!(with_words(text, ordinal), Some(rank), "{text}");
        }
        for text in [
            "two",
            "0th",
            "twenty tenth",
            "two first",
            "twenty two",
            "dieth",
            "two hundred second first",
            "",
        ] {
            assert_eq!(with_words(text, ordinal), None, "{text}");
        }
    }
}
