//! What a program does, in a few words: which of many phrases a request is like.
//!
//! What counts is how much of what was asked, rare words counting more, is in one phrase of an entry
//! and how much of that phrase was said. A word that no entry knows counts as much as the rarest, so
//! that "reverse a linked list" is not the reversing of any other list.

use std::collections::{HashMap, HashSet};

use fame_plugin::words::Words;

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
