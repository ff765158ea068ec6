//! A text as words, pairs of words and pieces of words.
//!
//! The features of Wang and Manning (2012) and of every strong linear baseline since: word n-grams
//! tell what is said, character n-grams within words (as scikit-learn's `char_wb`) bear with
//! inflection, compounds and misheard endings. Features are known by their hash alone; a
//! vocabulary made in training gives those that were seen a number.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Characters of a text that are looked at; what is more is left out.
const MAX_CHARS: usize = 2_000;

/// Characters of a word that are looked at.
const MAX_WORD_CHARS: usize = 64;

/// Words of a word n-gram.
const WORDS: RangeInclusive<usize> = 1..=2;

/// Characters of a character n-gram, the edge of the word counting as one.
const CHARS: RangeInclusive<usize> = 2..=4;

/// Stands for the edge of a word. No word holds it.
const EDGE: char = ' ';

/// The kind of a feature, which is part of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Words,
    Chars,
}

/// A feature of a text, before it has a number.
#[derive(Clone, Debug, PartialEq)]
struct Gram {
    kind: Kind,
    text: String,
}

/// The features that were seen in training, with their weights.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    entries: HashMap<u64, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    /// The inverse document frequency: what is in every sentence tells little.
    rarity: f32,
}

/// A text's features: number and value, sorted by number.
pub(super) type Sparse = Vec<(u32, f32)>;

impl Vocabulary {
    /// The features of `texts`. Numbers follow the order of the texts, so they do not change from
    /// run to run.
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut entries: HashMap<u64, Entry> = HashMap::new();
        let mut documents: Vec<u32> = Vec::new();
        let mut total = 0_u32;
        for text in texts {
            total += 1;
            for (hash, _) in counted(grams(text).iter().map(hash)) {
                let next = documents.len() as u32;
                let entry = entries.entry(hash).or_insert(Entry {
                    number: next,
                    rarity: 0.0,
                });
                match documents.get_mut(entry.number as usize) {
                    Some(count) => *count += 1,
                    None => documents.push(1),
                }
            }
        }
        for entry in entries.values_mut() {
            let seen = documents[entry.number as usize];
            entry.rarity = ((1.0 + total as f32) / (1.0 + seen as f32)).ln() + 1.0;
        }
        Self { entries }
    }

    /// The hashes of all features and their rarities, in the order of their numbers.
    pub(super) fn entries(&self) -> (Vec<u64>, Vec<f32>) {
        let mut entries: Vec<(&u64, &Entry)> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.number);
        entries
            .into_iter()
            .map(|(hash, entry)| (*hash, entry.rarity))
            .unzip()
    }

    /// The vocabulary with these hashes, each once, and rarities; none if they do not match.
    pub(super) fn from_entries(
        hashes: impl ExactSizeIterator<Item = u64>,
        rarities: &[f32],
    ) -> Option<Self> {
        let count = hashes.len();
        let entries: HashMap<u64, Entry> = hashes
            .zip(rarities)
            .zip(0..)
            .map(|((hash, rarity), number)| {
                let rarity = *rarity;
                (hash, Entry { number, rarity })
            })
            .collect();
        (entries.len() == count && rarities.len() == count).then_some(Self { entries })
    }

    /// How many features there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The size of the entries, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * size_of::<(u64, Entry)>()
    }

    /// The features of `text` that were seen, weighed by count and rarity; words and pieces of
    /// words each of length 1.
    pub(super) fn features(&self, text: &str) -> Sparse {
        let grams = grams(text);
        let mut features = Sparse::new();
        for kind in [Kind::Words, Kind::Chars] {
            let hashes = grams.iter().filter(|gram| gram.kind == kind).map(hash);
            let mut part: Sparse = counted(hashes)
                .filter_map(|(hash, count)| {
                    let entry = self.entries.get(&hash)?;
                    Some((entry.number, (1.0 + (count as f32).ln()) * entry.rarity))
                })
                .collect();
            let length = part
                .iter()
                .map(|(_, value)| value * value)
                .sum::<f32>()
                .sqrt();
            for (_, value) in &mut part {
                *value /= length;
            }
            features.append(&mut part);
        }
        features.sort_unstable_by_key(|(number, _)| *number);
        features
    }
}

/// All features of a text, in its order, repeated ones too.
fn grams(text: &str) -> Vec<Gram> {
    let words = words(text);
    let mut grams = Vec::new();
    for length in WORDS {
        grams.extend(words.windows(length).map(|words| Gram {
            kind: Kind::Words,
            text: words.join(" "),
        }));
    }
    for word in &words {
        grams.extend(pieces(word));
    }
    grams
}

/// The character n-grams of a word.
fn pieces(word: &str) -> Vec<Gram> {
    let edged: Vec<char> = [EDGE]
        .into_iter()
        .chain(word.chars())
        .chain([EDGE])
        .collect();
    let mut pieces = Vec::new();
    for length in CHARS {
        pieces.extend(edged.windows(length).map(|chars| Gram {
            kind: Kind::Chars,
            text: chars.iter().collect(),
        }));
    }
    pieces
}

/// The words of a text in lower case: letters, digits and apostrophes.
fn words(text: &str) -> Vec<String> {
    let start: String = text.chars().take(MAX_CHARS).collect();
    start
        .to_lowercase()
        .replace('’', "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_WORD_CHARS).collect())
        .collect()
}

/// Hashes and how often each comes, in order of the hash.
fn counted(hashes: impl Iterator<Item = u64>) -> impl Iterator<Item = (u64, usize)> {
    let mut hashes: Vec<u64> = hashes.collect();
    hashes.sort_unstable();
    let runs: Vec<(u64, usize)> = hashes
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len()))
        .collect();
    runs.into_iter()
}

/// FNV-1a (Fowler, Noll and Vo) in 64 bits: the same on every machine and in every version.
fn hash(gram: &Gram) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let kind = match gram.kind {
        Kind::Words => 1,
        Kind::Chars => 2,
    };
    let bytes = [kind].into_iter().chain(gram.text.bytes());
    bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(grams: &[Gram], kind: Kind) -> Vec<&str> {
        let of_kind = grams.iter().filter(|gram| gram.kind == kind);
        of_kind.map(|gram| gram.text.as_str()).collect()
    }

    #[test]
    fn a_text_is_its_words_their_pairs_and_pieces() {
        let grams = grams("What’s  UP?");
        assert_eq!(texts(&grams, Kind::Words), ["what's", "up", "what's up"]);
        let pieces = texts(&grams, Kind::Chars);
        assert!(pieces.ends_with(&[" u", "up", "p ", " up", "up ", " up "]));
    }

    #[test]
    fn what_is_rare_counts_for_more() {
        let vocabulary = Vocabulary::new(["play a song", "play a film"].into_iter());
        let features = vocabulary.features("play song");
        let value = |word: &str| {
            let gram = Gram {
                kind: Kind::Words,
                text: word.into(),
            };
            let number = vocabulary.entries[&hash(&gram)].number;
            let feature = features.iter().find(|(feature, _)| *feature == number);
            feature.map(|(_, value)| *value)
        };
        assert!(value("song") > value("play"));
        assert_eq!(value("film"), None);
    }

    #[test]
    fn nothing_known_is_no_feature() {
        let vocabulary = Vocabulary::new(["play a song"].into_iter());
        assert_eq!(vocabulary.features("xyz"), []);
        assert_eq!(vocabulary.features(""), []);
    }

    proptest! {
        #[test]
        fn features_are_known_sorted_and_of_the_right_length(known in ".{0,40}", text in ".{0,40}") {
            let vocabulary = Vocabulary::new([known.as_str()].into_iter());
            for text in [&text, &known] {
                let features = vocabulary.features(text);
                prop_assert!(features.is_sorted_by(|a, b| a.0 < b.0));
                prop_assert!(features.iter().all(|(number, _)| (*number as usize) < vocabulary.len()));
                let square: f32 = features.iter().map(|(_, value)| value * value).sum();
                prop_assert!(square < 2.0 + 1e-3);
            }
        }

        #[test]
        fn case_and_punctuation_do_not_matter(words in prop::collection::vec("[a-z]{1,8}", 1..6)) {
            let plain = words.join(" ");
            let vocabulary = Vocabulary::new([plain.as_str()].into_iter());
            let loud = format!("{}!", words.join(", ").to_uppercase());
            prop_assert_eq!(vocabulary.features(&loud), vocabulary.features(&plain));
        }
    }
}
