//! Abbreviations: what they stand for, and whether their full stop may end a sentence.

use super::words::{Ahead, Spoken};

/// Where a short form has its meaning.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Anywhere,
    /// With a full stop only: without it, it is a word or a name.
    WithDot,
    /// Before a word with a capital.
    BeforeName,
    /// After a word with a capital, with a full stop.
    AfterName,
    BeforeNumber,
}

use Place::{AfterName, Anywhere, BeforeName, BeforeNumber, WithDot};

/// Short forms without their last full stop. Of several with one form, the first that is in its
/// place counts.
#[rustfmt::skip]
const SHORT: &[(&str, &str, Place)] = &[
    ("e.g", "for example", Anywhere), ("eg", "for example", WithDot),
    ("i.e", "that is", Anywhere), ("ie", "that is", WithDot),
    ("etc", "et cetera", Anywhere), ("vs", "versus", Anywhere),
    ("approx", "approximately", Anywhere), ("ca", "circa", WithDot), ("cf", "compare", WithDot),
    ("esp", "especially", WithDot), ("incl", "including", WithDot), ("max", "maximum", WithDot),
    ("avg", "average", WithDot), ("dept", "department", WithDot),
    ("aka", "also known as", Anywhere), ("a.k.a", "also known as", Anywhere),
    ("w/", "with", Anywhere), ("w/o", "without", Anywhere),
    ("Mr", "Mister", BeforeName), ("Mrs", "Missus", BeforeName), ("Dr", "Doctor", BeforeName),
    ("Dr", "Drive", AfterName), ("Prof", "Professor", BeforeName), ("St", "Saint", BeforeName),
    ("St", "Street", AfterName), ("Mt", "Mount", BeforeName), ("Rev", "Reverend", BeforeName),
    ("Gov", "Governor", BeforeName), ("Gen", "General", BeforeName),
    ("Sen", "Senator", BeforeName), ("Rep", "Representative", BeforeName),
    ("Capt", "Captain", BeforeName), ("Col", "Colonel", BeforeName),
    ("Lt", "Lieutenant", BeforeName), ("Sgt", "Sergeant", BeforeName),
    ("Jr", "Junior", AfterName), ("Sr", "Senior", AfterName), ("Ave", "Avenue", AfterName),
    ("Blvd", "Boulevard", AfterName), ("Rd", "Road", AfterName), ("Inc", "Incorporated", AfterName),
    ("Ltd", "Limited", AfterName), ("Corp", "Corporation", AfterName),
    ("Co", "Company", AfterName),
    ("No", "number", BeforeNumber), ("no", "number", BeforeNumber),
    ("Nos", "numbers", BeforeNumber), ("vol", "volume", BeforeNumber),
    ("Vol", "Volume", BeforeNumber), ("fig", "figure", BeforeNumber),
    ("Fig", "Figure", BeforeNumber), ("p", "page", BeforeNumber), ("pp", "pages", BeforeNumber),
    ("ch", "chapter", BeforeNumber), ("Ch", "Chapter", BeforeNumber),
];

/// Short forms that may end a sentence, though they have no entry of their own above.
const MAY_END: &[&str] = &[
    "a.m", "p.m", "A.M", "P.M", "min", "mins", "sec", "hr", "hrs", "ft", "oz", "lb", "lbs", "tsp",
    "tbsp", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec",
];

/// What the short form in hand stands for.
pub(super) fn expand(ahead: &Ahead<'_>) -> Option<Spoken> {
    let word = ahead.word(0)?;
    let next = ahead.word(1);
    let starts_with = |test: fn(char) -> bool| {
        next.is_some_and(|next| next.before.is_empty() && next.core.starts_with(test))
    };
    // A comma may stand before what follows a name: `Acme, Inc.`
    let after_name = || {
        ahead
            .before()
            .is_some_and(|word| word.core.starts_with(char::is_uppercase))
    };
    let (_, long, _) = SHORT.iter().find(|(short, _, place)| {
        *short == word.core
            && match place {
                Anywhere => true,
                WithDot => word.has_dot(),
                BeforeName => starts_with(char::is_uppercase),
                AfterName => word.has_dot() && after_name(),
                BeforeNumber => word.has_dot() && starts_with(|c| c.is_ascii_digit()),
            }
    })?;
    Some(Spoken::one((*long).to_owned()).with_dot())
}

/// What a full stop after a word says about the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::speech::voice) enum Ending {
    /// It ends.
    Sure,
    /// It ends if a capital follows.
    BeforeCapital,
    /// It goes on, unless nothing follows.
    Never,
    /// It goes on if a number follows.
    UnlessNumber,
}

/// What a full stop after `word` says about the sentence.
pub(in crate::speech::voice) fn ending(word: &str) -> Ending {
    if MAY_END.contains(&word) {
        return Ending::BeforeCapital;
    }
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    if is_initial && word != "I" {
        return Ending::Never;
    }
    let places: Vec<Place> = SHORT
        .iter()
        .filter(|(short, ..)| *short == word)
        .map(|(.., place)| *place)
        .collect();
    match places.as_slice() {
        [] if is_initialism(word) => Ending::Never,
        [] => Ending::Sure,
        [BeforeNumber] => Ending::UnlessNumber,
        places if places.contains(&AfterName) && !places.contains(&BeforeName) => {
            Ending::BeforeCapital
        }
        _ if word == "etc" => Ending::BeforeCapital,
        _ => Ending::Never,
    }
}

/// `U.S`, `e.g`.
fn is_initialism(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| part.chars().count() == 1)
        && word.chars().all(|c| c == '.' || c.is_alphabetic())
}
