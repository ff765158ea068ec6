//! Dates, years and decades.

use super::numbers::{cardinal, ordinal, small, year as year_words};
use super::words::{Ahead, Spoken};

const MONTHS: [(&str, &[&str]); 12] = [
    ("January", &["Jan"]),
    ("February", &["Feb"]),
    ("March", &["Mar"]),
    ("April", &["Apr"]),
    ("May", &[]),
    ("June", &["Jun"]),
    ("July", &["Jul"]),
    ("August", &["Aug"]),
    ("September", &["Sep", "Sept"]),
    ("October", &["Oct"]),
    ("November", &["Nov"]),
    ("December", &["Dec"]),
];

const WEEKDAYS: [(&str, &[&str]); 7] = [
    ("Monday", &["Mon"]),
    ("Tuesday", &["Tue", "Tues"]),
    ("Wednesday", &["Wed"]),
    ("Thursday", &["Thu", "Thur", "Thurs"]),
    ("Friday", &["Fri"]),
    ("Saturday", &["Sat"]),
    ("Sunday", &["Sun"]),
];

/// Words before a number that make it a year, if nothing after it speaks against it.
const BEFORE_YEAR: &[&str] = &[
    "in", "In", "since", "Since", "until", "till", "by", "By", "before", "Before", "after",
    "After", "during", "year", "circa", "early", "late", "mid", "from", "From", "summer", "spring",
    "autumn", "fall", "winter",
];

/// Words after a number that are not what it counts.
const AFTER_YEAR: &[&str] = &[
    "and", "or", "but", "to", "until", "is", "was", "were", "the", "a", "an", "he", "she", "it",
    "they", "we", "I", "you", "with", "by", "at", "for", "when", "as", "that", "which", "there",
    "after", "because", "in", "on",
];

/// `2026-11-25`, `11/25/2026`, `25.11.2026`.
pub(super) fn numeric(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let parts: Vec<&str> = core.split(['-', '/', '.']).collect();
    let [first, second, third] = parts.as_slice() else {
        return None;
    };
    let separators: Vec<char> = core.chars().filter(|c| !c.is_ascii_digit()).collect();
    if separators.windows(2).any(|pair| pair[0] != pair[1]) {
        return None;
    }
    if first.len() == 4 {
        let date = full(small(second, 2)?, small(third, 2)?, small(first, 4)?)?;
        return (separators[0] != '.').then_some(Spoken::one(date));
    }
    if third.len() != 4 || separators[0] == '-' {
        return None;
    }
    let (a, b, year) = (small(first, 2)?, small(second, 2)?, small(third, 4)?);
    let date = match separators[0] {
        '.' => full(b, a, year)?,
        _ if a > 12 => full(b, a, year)?,
        _ if b > 12 || a == b => full(a, b, year)?,
        // Nobody can know which is the month: the numbers in their order are right either way.
        _ if a > 0 && b > 0 => {
            format!("{}, {}, {}", cardinal(a), cardinal(b), year_words(year))
        }
        _ => return None,
    };
    Some(Spoken::one(date))
}

/// `Nov. 25, 2026`, `November 25th`, `November 2026`.
pub(super) fn month_first(ahead: &Ahead<'_>) -> Option<Spoken> {
    let month = month(ahead, 0)?;
    let number = ahead.word(1).filter(|word| word.before.is_empty())?;
    if let Some(year) = calendar_year(&number.core) {
        return Some(Spoken::many(2, format!("{month} {}", year_words(year))));
    }
    let day = format!("{month} {}", ordinal(day(&number.core)?));
    let year = ahead
        .word(2)
        .filter(|year| year.before.is_empty() && matches!(number.after.as_str(), "" | ","));
    match year.and_then(|year| calendar_year(&year.core)) {
        Some(year) => Some(Spoken::many(3, format!("{day}, {}", year_words(year)))),
        None => Some(Spoken::many(2, day)),
    }
}

/// `25 November 2026`, `25th Nov.`.
pub(super) fn day_first(ahead: &Ahead<'_>) -> Option<Spoken> {
    let day = ordinal(day(ahead.core())?);
    ahead.joined(1)?;
    let month = month(ahead, 1)?;
    let the = match ahead.previous() {
        Some("the" | "The") => "",
        _ => "the ",
    };
    let date = format!("{the}{day} of {month}");
    let month_word = ahead.word(1)?;
    let year = ahead.word(2).filter(|word| {
        word.before.is_empty() && matches!(month_word.after.as_str(), "" | "," | ".")
    });
    match year.and_then(|word| calendar_year(&word.core)) {
        Some(year) => Some(Spoken::many(3, format!("{date}, {}", year_words(year)))),
        None if month_word.core != month => Some(Spoken::many(2, date).with_dot()),
        None => Some(Spoken::many(2, date)),
    }
}

/// `Mon, Nov 23`: a short weekday only counts before a date.
pub(super) fn weekday(ahead: &Ahead<'_>) -> Option<Spoken> {
    let name = full_name(ahead.core(), &WEEKDAYS).filter(|name| *name != ahead.core())?;
    let follows = ahead.word(1)?;
    let is_date = month(ahead, 1).is_some() || day(&follows.core).is_some();
    is_date.then(|| Spoken::one(name.to_owned()).with_dot())
}

/// `the 1990s`, `the '90s`.
pub(super) fn decade(ahead: &Ahead<'_>) -> Option<Spoken> {
    let digits = ahead.core().strip_suffix('s')?;
    let number = small(digits, 4)?;
    let words = match digits.len() {
        4 if (1100..2100).contains(&number) && number % 10 == 0 => year_words(number),
        2 if number >= 20 && number % 10 == 0 => {
            let apostrophe = ahead.word(0)?.before.ends_with(['\'', '‘', '’']);
            let after_the = matches!(ahead.previous(), Some("the" | "The" | "early" | "late"));
            (apostrophe || after_the).then(|| cardinal(number))?
        }
        _ => return None,
    };
    let decade = match words.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{words}s"),
    };
    Some(Spoken::one(decade))
}

/// `in 1984`: a number of four digits, where it is clear that it counts nothing.
pub(super) fn year(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let (digits, possessive) = match core.strip_suffix("'s").or(core.strip_suffix("’s")) {
        Some(digits) => (digits, "'s"),
        None => (core, ""),
    };
    let year = calendar_year(digits)?;
    let counts_nothing = match ahead.joined(1) {
        Some(next) => AFTER_YEAR.contains(&next),
        None => true,
    };
    let placed = ahead
        .previous()
        .is_some_and(|word| BEFORE_YEAR.contains(&word));
    let clear = placed && (counts_nothing || !possessive.is_empty());
    clear.then(|| Spoken::one(format!("{}{possessive}", year_words(year))))
}

/// Two years with a dash between them.
pub(super) fn years(from: &str, to: &str) -> Option<String> {
    let (from, to) = (calendar_year(from)?, calendar_year(to)?);
    (from < to).then(|| format!("{} to {}", year_words(from), year_words(to)))
}

fn calendar_year(text: &str) -> Option<u64> {
    small(text, 4).filter(|year| (1100..2100).contains(year))
}

fn day(text: &str) -> Option<u64> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| text.strip_suffix(end));
    small(digits.unwrap_or(text), 2).filter(|day| (1..=31).contains(day))
}

fn full(month: u64, day: u64, year: u64) -> Option<String> {
    let (name, _) = MONTHS.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let day = (1..=31).contains(&day).then(|| ordinal(day))?;
    Some(format!("{name} {day}, {}", year_words(year)))
}

/// The full name of the month at a place ahead. A short one may have a full stop.
fn month(ahead: &Ahead<'_>, places: usize) -> Option<&'static str> {
    let word = ahead.word(places)?;
    let full = full_name(&word.core, &MONTHS)?;
    let unbroken = word.after.is_empty() || full != word.core && word.after == ".";
    (places > 0 || unbroken).then_some(full)
}

fn full_name(word: &str, names: &[(&'static str, &[&str])]) -> Option<&'static str> {
    let mut names = names.iter();
    names
        .find(|(full, short)| *full == word || short.contains(&word))
        .map(|(full, _)| *full)
}
