//! Which program of the catalogue is meant.
//!
//! The entries' sentences decide, with typed values in their slots. Where none fits, the words do:
//! how much of what was asked, rare words counting more, is in one phrase of an entry and how much
//! of that phrase was said. A word that no entry knows counts as much as the rarest, so that
//! "reverse a linked list" is not the reversing of any other list.

use std::collections::{HashMap, HashSet};

use fame_plugin::Slot;
use fame_plugin::words::Words;
use jiff::civil::Date;
use serde_json::Value;

use crate::catalogue::{Catalogue, Entry};
use crate::values::{MAX_TEXT, ValueError};

/// How alike, 0 to 1, a request and a phrase must be.
const ALIKE: f64 = 0.65;

/// How much more alike than the next entry's.
const MARGIN: f64 = 0.1;

/// Words that say nothing about what a program does.
const STOP: &str = "a an the of in on for from to and or is are it its this that with by if \
    whether all some any one my me i you be can will given every each which what how many much \
    do does as at into out no not than then program function code script simple small little \
    compute calculate find print show get return give display generate output determine tell \
    produce check test make see decide use using takes take";

/// An entry and the values that were said with it.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) given: Vec<(String, Value)>,
}

impl Catalogue {
    /// The program that does `what`: "the first twenty primes", "reverses the word banana".
    pub(crate) fn find(&self, what: &str, today: Date) -> Result<Option<Found<'_>>, ValueError> {
        if what.len() > MAX_TEXT {
            return Ok(None);
        }
        let variants = variants(what);
        let mut matches: Vec<_> = variants
            .iter()
            .flat_map(|variant| self.sentences.find(&Words::new(variant)))
            .collect();
        // "checks whether a word is …" must not be a text that begins with "checks".
        matches.sort_by(|a, b| b.score.total_cmp(&a.score));
        for found in matches {
            let Some(entry) = self.get(found.intent) else {
                continue;
            };
            let mut given = Vec::new();
            for param in &entry.params {
                let value = match found.slots.get(&param.name) {
                    Some(Slot::Number(number)) => Some(param.number(*number)?),
                    Some(Slot::Text(text)) => param.read(text, today)?,
                    Some(Slot::Date(date)) => date
                        .resolve(today)
                        .map(|date| Value::String(date.to_string())),
                    _ => continue,
                };
                given.extend(value.map(|value| (param.name.clone(), value)));
            }
            if given.len() == found.slots.len() {
                return Ok(Some(Found { entry, given }));
            }
        }
        let best = self.phrases.best(what).map(|at| &self.entries[at]);
        Ok(best.map(|entry| Found {
            entry,
            given: Vec::new(),
        }))
    }
}

/// `what` as it was said, and with its verb in the plain form: "reverses" and "reversing" are
/// "reverse".
fn variants(what: &str) -> Vec<String> {
    let mut variants = vec![what.to_owned()];
    let what = what.trim_start();
    let (verb, rest) = what.split_at(what.find(char::is_whitespace).unwrap_or(what.len()));
    if let Some(stem) = verb.strip_suffix('s').filter(|stem| !stem.ends_with('s')) {
        variants.push(format!("{stem}{rest}"));
        variants.extend(stem.strip_suffix('e').map(|stem| format!("{stem}{rest}")));
    }
    if let Some(stem) = verb.strip_suffix("ing") {
        variants.push(format!("{stem}{rest}"));
        variants.push(format!("{stem}e{rest}"));
        let mut last = stem.chars().rev();
        if let (Some(one), Some(two)) = (last.next(), last.next())
            && one == two
        {
            variants.push(format!("{}{rest}", &stem[..stem.len() - one.len_utf8()]));
        }
    }
    variants
}

/// The phrases of all entries as sets of words, and what each word tells.
#[derive(Debug)]
pub(crate) struct Phrases {
    entries: Vec<Vec<HashSet<String>>>,
    weights: HashMap<String, f64>,
    unknown: f64,
}

impl Phrases {
    /// Weighs the words by how few entries have them (inverse document frequency).
    pub(crate) fn new(entries: Vec<Vec<String>>) -> Self {
        let entries: Vec<Vec<HashSet<String>>> = entries
            .into_iter()
            .map(|phrases| phrases.iter().map(|phrase| telling(phrase)).collect())
            .collect();
        let mut counts: HashMap<String, f64> = HashMap::new();
        for phrases in &entries {
            let words: HashSet<&String> = phrases.iter().flatten().collect();
            for word in words {
                *counts.entry(word.clone()).or_default() += 1.0;
            }
        }
        let all = entries.len() as f64;
        let weight = |count: f64| (1.0 + all / count).ln();
        Self {
            entries,
            weights: counts
                .into_iter()
                .map(|(word, count)| (word, weight(count)))
                .collect(),
            unknown: weight(1.0),
        }
    }

    /// The entry whose best phrase is like `text` enough, and more so than any other's.
    pub(crate) fn best(&self, text: &str) -> Option<usize> {
        let said = telling(text);
        let mut scores: Vec<(f64, usize)> = self
            .entries
            .iter()
            .map(|phrases| {
                let alike = phrases.iter().map(|phrase| self.alike(&said, phrase));
                alike.fold(0.0, f64::max)
            })
            .zip(0..)
            .collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (best, at) = *scores.first()?;
        let second = scores.get(1).map_or(0.0, |(score, _)| *score);
        (best >= ALIKE && best - second >= MARGIN).then_some(at)
    }

    /// What both have, by weight, over what either has.
    fn alike(&self, said: &HashSet<String>, phrase: &HashSet<String>) -> f64 {
        let weight = |words: &mut dyn Iterator<Item = &String>| -> f64 {
            words
                .map(|word| self.weights.get(word).copied().unwrap_or(self.unknown))
                .sum()
        };
        let either = weight(&mut said.union(phrase));
        if either == 0.0 {
            return 0.0;
        }
        weight(&mut said.intersection(phrase)) / either
    }
}

/// The words of `text` that tell something, without their endings. Numbers are values, not words.
pub(crate) fn telling(text: &str) -> HashSet<String> {
    let words = Words::new(text);
    let texts = words.texts();
    let stop: HashSet<&str> = STOP.split_whitespace().collect();
    texts
        .into_iter()
        .filter(|word| !stop.contains(word) && word.chars().any(char::is_alphabetic))
        .map(stem)
        .collect()
}

/// A crude stem, the same for "sort", "sorts", "sorted", "sorting" and "sorter".
fn stem(word: &str) -> String {
    let word = word
        .strip_suffix('s')
        .filter(|stem| stem.len() > 2 && !stem.ends_with('s'))
        .unwrap_or(word);
    let stem = ["ing", "ed", "er", "or"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
        .filter(|stem| stem.len() > 2)
        .unwrap_or(word);
    stem.strip_suffix('e')
        .filter(|stem| stem.len() > 2)
        .unwrap_or(stem)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_in_all_forms() {
        for said in ["reverses a word", "reversing a word"] {
            assert!(variants(said).contains(&"reverse a word".into()), "{said}");
        }
        assert!(variants("swapping two").contains(&"swap two".into()));
        assert!(variants("searches a list").contains(&"search a list".into()));
        assert_eq!(variants("pass"), ["pass"]);
        assert_eq!(variants(""), [""]);
    }

    #[test]
    fn rare_words_tell_more_and_unknown_ones_most() {
        let phrases = Phrases::new(vec![
            vec!["reverse a list".into()],
            vec!["sort a list".into(), "order items".into()],
            vec!["sum of a list".into()],
        ]);
        assert_eq!(phrases.best("sorting lists"), Some(1));
        assert_eq!(phrases.best("order the items"), Some(1));
        assert_eq!(phrases.best("reverse a linked list"), None);
        assert_eq!(phrases.best("list"), None);
        assert_eq!(phrases.best("the of"), None);
    }
}
