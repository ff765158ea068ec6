//! The arguments of a program, out of what was said.

use fame_plugin::read::{self, DateExpr};
use fame_plugin::words::Words;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest text that is taken as an argument, in bytes.
pub(crate) const MAX_TEXT: usize = 2_000;

/// The most items of a list that is taken as an argument.
const MAX_ITEMS: usize = 200;

/// The longest words that a number is said in.
const NUMBER_WORDS: usize = 10;

/// The largest whole number that all languages here hold exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// One parameter of a program of the catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Param {
    /// Its name, also that of the slot in the entry's sentences.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What it is run on if nothing is said.
    pub(crate) default: Value,
    /// The least number that it takes.
    #[serde(default)]
    pub(crate) least: Option<f64>,
    /// The greatest number that it takes.
    #[serde(default)]
    pub(crate) most: Option<f64>,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A whole number.
    Number,
    /// Any number.
    Decimal,
    /// Text as it was said.
    Text,
    /// A list of numbers.
    Numbers,
    /// A list of words.
    Words,
    /// A date, as `YYYY-MM-DD`.
    Date,
    /// Something that cannot be said, such as a matrix: always the default.
    Fixed,
}

/// A value that is understood and not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum ValueError {
    /// More text than a program is given.
    #[error("That is too long for me; {MAX_TEXT} letters is the most I take")]
    TooLong,
    /// A list with too many items.
    #[error("That list is too long for me; {MAX_ITEMS} items is the most I take")]
    TooMany,
    /// A number beyond the parameter's limits.
    #[error("It takes a number from {least} to {most}, and {value} is not")]
    Beyond {
        /// What was said.
        value: f64,
        /// The parameter's least number.
        least: f64,
        /// The parameter's greatest number.
        most: f64,
    },
}

impl Param {
    /// Reads `text` as this parameter's value; `None` if it is none.
    pub(crate) fn read(&self, text: &str, today: Date) -> Result<Option<Value>, ValueError> {
        let text = bare(text);
        if text.len() > MAX_TEXT {
            return Err(ValueError::TooLong);
        }
        let words = Words::new(text);
        let texts = words.texts();
        let numbers = || numbers(&texts);
        let value = match self.kind {
            Kind::Number | Kind::Decimal => match numbers().as_slice() {
                [only] => return self.number(*only).map(Some),
                _ => None,
            },
            Kind::Numbers => {
                let numbers = numbers();
                if numbers.len() > MAX_ITEMS {
                    return Err(ValueError::TooMany);
                }
                (!numbers.is_empty()).then(|| numbers.into_iter().map(plain).collect())
            }
            Kind::Text => (!text.is_empty()).then(|| json!(text)),
            Kind::Words => {
                let words = list_of_words(text);
                if words.len() > MAX_ITEMS {
                    return Err(ValueError::TooMany);
                }
                (!words.is_empty()).then(|| json!(words))
            }
            Kind::Date => DateExpr::read(&texts)
                .and_then(|date| date.resolve(today))
                .map(|date| json!(date.to_string())),
            Kind::Fixed => None,
        };
        Ok(value)
    }

    /// `number` as this parameter's value, if it is within its limits.
    pub(crate) fn number(&self, number: f64) -> Result<Value, ValueError> {
        let least = self.least.unwrap_or(-EXACT);
        let most = self.most.unwrap_or(EXACT);
        let whole = self.kind == Kind::Decimal || number.fract() == 0.0;
        if whole && (least..=most).contains(&number) {
            Ok(plain(number))
        } else {
            Err(ValueError::Beyond {
                value: number,
                least,
                most,
            })
        }
    }
}

/// Whole numbers as such, so that a program prints 3 and not 3.0.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        json!(number as i64)
    } else {
        json!(number)
    }
}

/// Reads `text` as the values of all of `params` that can be said: "hello with shift 3", "48 and
/// 18". `None` if it is not that; a parameter of its own name before the value is overlooked.
pub(crate) fn read_all(
    params: &[Param],
    text: &str,
    today: Date,
) -> Result<Option<Vec<(String, Value)>>, ValueError> {
    if text.len() > MAX_TEXT {
        return Err(ValueError::TooLong);
    }
    let said: Vec<&Param> = params
        .iter()
        .filter(|param| param.kind != Kind::Fixed)
        .collect();
    let words = Words::new(text);
    let numeric = |param: &&Param| matches!(param.kind, Kind::Number | Kind::Decimal);
    if said.len() > 1 && said.iter().all(numeric) {
        let numbers = numbers(&words.texts());
        if numbers.len() > said.len() {
            return Ok(None);
        }
        let pairs = said.iter().zip(numbers);
        let values: Result<Vec<_>, _> = pairs
            .map(|(param, number)| Ok((param.name.clone(), param.number(number)?)))
            .collect();
        return values.map(|values| (!values.is_empty()).then_some(values));
    }
    match said.as_slice() {
        [] => Ok(None),
        [only] => Ok(only
            .read(text, today)?
            .map(|value| vec![(only.name.clone(), value)])),
        several => split(several, &words, 0, today),
    }
}

/// Words between two arguments.
const BETWEEN: &[&str] = &[
    "and", "with", "by", "for", "in", "to", "from", "at", "times", "of",
];

/// Gives each of `params` a run of the words from `start` on, with a word of [`BETWEEN`] between
/// them.
fn split(
    params: &[&Param],
    words: &Words,
    start: usize,
    today: Date,
) -> Result<Option<Vec<(String, Value)>>, ValueError> {
    let texts = words.texts();
    let Some((first, rest)) = params.split_first() else {
        return Ok(None);
    };
    let value = |end: usize| {
        let own = texts.get(start).is_some_and(|word| *word == first.name);
        let from = start + usize::from(own && start + 1 < end);
        let said = words.original_of(from..end);
        // "roll with 3" has a number in it, and is none.
        let numeric = matches!(first.kind, Kind::Number | Kind::Decimal);
        if numeric && read::number(&Words::new(bare(said)).texts()).is_none() {
            return Ok(None);
        }
        first.read(said, today)
    };
    if rest.is_empty() {
        return Ok(value(texts.len())?.map(|value| vec![(first.name.clone(), value)]));
    }
    let ends = texts.iter().enumerate().skip(start + 1);
    for (at, _) in ends.filter(|(_, word)| BETWEEN.contains(word)) {
        let Some(value) = value(at)? else { continue };
        if let Some(mut others) = split(rest, words, at + 1, today)? {
            others.insert(0, (first.name.clone(), value));
            return Ok(Some(others));
        }
    }
    Ok(None)
}

/// All numbers among `words`, each as long as it can be.
pub(crate) fn numbers(words: &[&str]) -> Vec<f64> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let most = NUMBER_WORDS.min(words.len() - at);
        let number = (1..=most)
            .rev()
            .find_map(|len| Some((len, read::number(&words[at..at + len])?)));
        match number {
            // "a" alone is no number, but "a dozen" is.
            Some((len, number)) => {
                found.push(number);
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

/// `text` without what only says what it is ("the word …") and without quotation marks.
fn bare(text: &str) -> &str {
    const NOUNS: &[&str] = &[
        "word", "words", "string", "text", "sentence", "phrase", "name", "number", "numbers",
        "list", "array", "input", "value", "values", "date", "letters", "items",
    ];
    let mut text = text.trim();
    if let Some((first, rest)) = text.split_once(char::is_whitespace)
        && matches!(first.to_lowercase().as_str(), "the" | "a" | "an" | "my")
        && let Some((noun, rest)) = rest.trim_start().split_once(char::is_whitespace)
        && NOUNS.contains(&noun.to_lowercase().as_str())
    {
        text = rest.trim();
    }
    let quotes: &[char] = &[
        '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}',
    ];
    text.trim_matches(quotes)
}

/// "apple, pear and fig" is three words.
fn list_of_words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',');
    parts
        .filter(|part| !part.is_empty() && !part.eq_ignore_ascii_case("and"))
        .map(String::from)
        .collect()
}

#[cfg(test)]
mod tests;
