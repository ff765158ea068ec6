//! Numbers in company: ranges, fractions, versions, telephone numbers, signs.

use super::dates;
use super::measures::unit;
use super::numbers::{Number, all_digits, digits, ordinal, small};
use super::words::{Ahead, Spoken, Word};

const VULGAR: &[(char, u64, u64)] = &[
    ('½', 1, 2),
    ('⅓', 1, 3),
    ('⅔', 2, 3),
    ('¼', 1, 4),
    ('¾', 3, 4),
    ('⅕', 1, 5),
    ('⅛', 1, 8),
    ('⅜', 3, 8),
    ('⅝', 5, 8),
    ('⅞', 7, 8),
];

const DASHES: [char; 2] = ['-', '–'];

/// A word as one or more: `10–20%` becomes `10`, `to`, `20%`.
pub(super) fn unfold(text: &str) -> Vec<Word> {
    let word = Word::new(text);
    let Some(parts) = range(&word.core) else {
        return vec![word];
    };
    let mut words: Vec<Word> = parts.split(' ').map(Word::bare).collect();
    if let Some(first) = words.first_mut() {
        first.before = word.before;
    }
    if let Some(last) = words.last_mut() {
        last.after = word.after;
    }
    words
}

fn range(core: &str) -> Option<String> {
    let (from, to) = core.split_once(DASHES)?;
    if let Some(years) = dates::years(from, to) {
        return Some(years);
    }
    let sign = from.chars().next().filter(|sign| "$€£¥".contains(*sign));
    let from_number = sign.map_or(from, |sign| from.trim_start_matches(sign));
    let to_bare = sign.map_or(to, |sign| to.trim_start_matches(sign));
    let to_number = to_bare.trim_end_matches(|c: char| c.is_alphabetic() || "%°".contains(c));
    if !is_quantity(from_number) || !is_quantity(to_number) || is_telephone(&[from, to]) {
        return None;
    }
    let sign = sign.map(String::from).unwrap_or_default();
    Some(if from_number == to_bare {
        format!("{from} {from}")
    } else {
        format!("{from} to {sign}{to_bare}")
    })
}

/// A number without a sign, or a time, that is no code such as `007`.
fn is_quantity(text: &str) -> bool {
    let digits = text.replacen(':', "", 1);
    let starts = text.starts_with(|c: char| c.is_ascii_digit());
    let coded = text.len() > 1 && text.starts_with('0') && all_digits(text);
    starts && !coded && Number::parse(&digits).is_some()
}

/// `3/4`, `3 1/2`, `1½`, each perhaps with a unit.
pub(super) fn fraction(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let (whole, part, words) = if let Some(part) = simple_fraction(core) {
        (None, part, 1)
    } else if let Some((whole, part)) = glued_fraction(core) {
        (Some(whole), part, 1)
    } else {
        let part = simple_fraction(ahead.joined(1)?)?;
        (Some(small(core, 4)?), part, 2)
    };
    let said = match whole {
        Some(whole) => format!("{whole} and {}", portion(part, "a")),
        None => portion(part, "one"),
    };
    Some(match ahead.joined(words).and_then(unit) {
        Some(unit) => {
            let name = if whole.is_some() || part.0 > 1 {
                unit.many
            } else {
                unit.one
            };
            Spoken::many(words + 1, format!("{said} {name}")).with_dot()
        }
        None => Spoken::many(words, said),
    })
}

fn simple_fraction(text: &str) -> Option<(u64, u64)> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return vulgar(c);
    }
    let (above, below) = text.split_once(['/', '⁄'])?;
    let (above, below) = (small(above, 2)?, small(below, 2)?);
    let common = matches!(below, 2..=6 | 8 | 10 | 12 | 16 | 20);
    (common && above > 0 && above < below).then_some((above, below))
}

fn glued_fraction(text: &str) -> Option<(u64, (u64, u64))> {
    let last = text.chars().next_back()?;
    let whole = small(&text[..text.len() - last.len_utf8()], 4)?;
    Some((whole, vulgar(last)?))
}

fn vulgar(c: char) -> Option<(u64, u64)> {
    VULGAR
        .iter()
        .find(|(sign, _, _)| *sign == c)
        .map(|(_, above, below)| (*above, *below))
}

/// A fraction in words; `one` is how a single part is counted.
fn portion((above, below): (u64, u64), one: &str) -> String {
    let name = match below {
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        _ => ordinal(below),
    };
    match (above, below) {
        (1, _) if one == "a" && below == 8 => format!("an {name}"),
        (1, _) => format!("{one} {name}"),
        (_, 2) => format!("{above} halves"),
        _ => format!("{} {name}s", super::numbers::cardinal(above)),
    }
}

/// `1.2.3`, `v1.2.3`, `192.168.1.1`.
pub(super) fn dotted(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let (version, numbers) = match core.strip_prefix(['v', 'V']) {
        Some(rest) => ("version ", rest),
        None => ("", core),
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    let is_dotted = parts.len() > 2 && parts.iter().all(|part| all_digits(part));
    is_dotted.then(|| Spoken::one(format!("{version}{}", parts.join(" dot "))))
}

/// `555-1234`, `1-800-555-1234`: digit by digit.
pub(super) fn telephone(ahead: &Ahead<'_>) -> Option<Spoken> {
    let groups: Vec<&str> = ahead.core().trim_start_matches('+').split(DASHES).collect();
    let said: Vec<String> = groups.iter().map(|group| digits(group)).collect();
    is_telephone(&groups).then(|| Spoken::one(said.join(", ")))
}

fn is_telephone(groups: &[&str]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let shaped = match sizes.as_slice() {
        [3, 4] => true,
        sizes => sizes.len() > 2 && sizes.iter().sum::<usize>() >= 7,
    };
    shaped && sizes.iter().all(|size| *size <= 5) && groups.iter().all(|group| all_digits(group))
}

/// `2x`, `100k`.
pub(super) fn multiple(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let number = core.strip_suffix(['x', '×', 'k', 'K'])?;
    let number = Number::parse(number)?.said();
    let scale = if core.ends_with(['k', 'K']) {
        "thousand"
    } else {
        "times"
    };
    Some(Spoken::one(format!("{number} {scale}")))
}

/// `1,234.5`, `-5`, `#1`, `~5`, `1,000th`.
pub(super) fn number(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let signs = [
        ("#", "number "),
        ("~", "about "),
        ("≈", "about "),
        ("±", "plus or minus "),
    ];
    let sign = signs
        .iter()
        .find_map(|(sign, word)| Some((core.strip_prefix(sign)?, *word)));
    let (rest, word) = sign.unwrap_or((core, ""));
    if let Some(number) = Number::parse(rest) {
        let said = number.said();
        return (said != core).then(|| Spoken::one(format!("{word}{said}")));
    }
    let count = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| rest.strip_suffix(end))?;
    let number = Number::parse(count).filter(|_| count.contains(','))?;
    let whole = number.fraction().is_none() && !number.is_negative();
    whole.then(|| Spoken::one(format!("{word}{}", ordinal(number.whole()))))
}
