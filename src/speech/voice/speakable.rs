//! Text as a person would say it.
//!
//! A reply is written for the eye. [`plain`] takes away what is only there for the eye (markup,
//! emoji, code), and [`spoken`] writes out what voices say badly: times, dates, years, money,
//! units, abbreviations, symbols, addresses. Plain numbers stay digits: every voice reads those.

mod abbreviations;
mod addresses;
mod compounds;
mod dates;
mod markup;
mod measures;
mod money;
mod numbers;
mod symbols;
mod times;
mod words;

pub(super) use abbreviations::{Ending, ending};
pub use markup::plain;

use self::words::{Ahead, Spoken, Word};

/// What each rule is: it looks at the words ahead, and says how many it takes and how they sound.
type Rule = fn(&Ahead<'_>) -> Option<Spoken>;

/// The first rule that applies decides, so the more specific ones come first.
const RULES: &[Rule] = &[
    addresses::email,
    addresses::web,
    money::amount,
    times::clock,
    dates::numeric,
    dates::month_first,
    dates::day_first,
    dates::weekday,
    compounds::fraction,
    compounds::dotted,
    compounds::telephone,
    dates::decade,
    measures::measure,
    dates::year,
    compounds::multiple,
    compounds::number,
    abbreviations::expand,
];

/// Rounds after which a sentence counts as said. One is enough unless a rule uncovers work for
/// another, as in `5k*`.
const ROUNDS: usize = 8;

/// One sentence of [`plain`] text, written as it is said.
///
/// Saying it twice changes nothing, and text with a letter or digit never becomes empty.
pub fn spoken(sentence: &str) -> String {
    let mut said = say(sentence);
    for _ in 1..ROUNDS {
        let again = say(&said);
        if again == said {
            break;
        }
        said = again;
    }
    or_bare(said, sentence)
}

fn say(sentence: &str) -> String {
    let words: Vec<Word> = sentence
        .split_whitespace()
        .flat_map(compounds::unfold)
        .collect();
    let mut said: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let ahead = Ahead::new(&words, at);
        let spoken = RULES.iter().find_map(|rule| rule(&ahead));
        let spoken = spoken.unwrap_or_else(|| Spoken::one(symbols::written_out(&ahead)));
        let text = ahead.frame(&spoken);
        if !text.is_empty() {
            said.push(text);
        }
        at += spoken.words.max(1);
    }
    said.join(" ")
}

/// `result`, or if nothing to say is left of `text` there, the bare letters and digits of `text`.
fn or_bare(result: String, text: &str) -> String {
    if result.contains(char::is_alphanumeric) || !text.contains(char::is_alphanumeric) {
        return result;
    }
    let bare = text.replace(|c: char| !c.is_alphanumeric(), " ");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
