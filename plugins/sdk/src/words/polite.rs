//! What people say around a request.

use std::ops::Range;

use super::Word;

/// Sounds of thinking, and the word that never changes what is asked.
const HESITATIONS: [&str; 12] = [
    "um", "umm", "uh", "uhh", "uhm", "er", "erm", "hmm", "hm", "mm", "please", "pls",
];

/// Openings, longest first where one begins with another.
const OPENINGS: &[&str] = &[
    "i would like you to",
    "i would like to know",
    "i would love to know",
    "i want you to",
    "i need you to",
    "i want to know",
    "i need to know",
    "i was wondering",
    "i wonder",
    "do you happen to know",
    "do you know",
    "can you tell me if you know",
    "could you kindly",
    "would you kindly",
    "would you mind",
    "let me know",
    "would you",
    "could you",
    "can you",
    "will you",
    "hey there",
    "hi there",
    "excuse me",
    "all right",
    "alright",
    "hello",
    "hey",
    "hi",
    "okay",
    "yeah",
    "oh",
    "ah",
    "so",
    "well",
    "now",
    "and",
    "but",
    "then",
    "just",
    "quickly",
    "actually",
    "sorry",
    "computer",
    "fame",
];

/// Closings, likewise.
const CLOSINGS: &[&str] = &[
    "if you do not mind",
    "if you would not mind",
    "thank you very much",
    "thank you so much",
    "if you could",
    "if you can",
    "can you tell me",
    "could you tell me",
    "do you know",
    "thank you",
    "thanks a lot",
    "for me",
    "will you",
    "would you",
    "can you",
    "could you",
    "thanks",
    "okay",
    "then",
    "though",
    "again",
    "buddy",
    "mate",
    "computer",
    "fame",
];

/// Removes hesitations, unless there is nothing else.
pub(super) fn drop_hesitations(words: &mut Vec<Word>) {
    let hesitates = |word: &Word| HESITATIONS.contains(&word.text.as_str());
    if !words.iter().all(hesitates) {
        words.retain(|word| !hesitates(word));
    }
}

/// The words without openings, without closings, and without both, as far as they have any and
/// are more than that.
pub(super) fn cores(words: &[&str]) -> Vec<Range<usize>> {
    let (mut start, mut end) = (0, words.len());
    while let Some(len) = longest(OPENINGS, |phrase| begun(&words[start..], phrase)) {
        start += len;
    }
    while let Some(len) = longest(CLOSINGS, |phrase| ended(&words[..end], phrase)) {
        end -= len;
    }
    let mut cores = vec![start..words.len(), 0..end, start..end];
    cores.retain(|core| core.start < core.end && core.len() < words.len());
    cores.dedup();
    cores
}

/// The most words that one of `phrases` takes.
fn longest(phrases: &[&str], takes: impl Fn(&str) -> Option<usize>) -> Option<usize> {
    phrases.iter().filter_map(|phrase| takes(phrase)).max()
}

/// How many words `phrase` takes at the beginning of `words`; none if it is not there.
fn begun(words: &[&str], phrase: &str) -> Option<usize> {
    let mut left = phrase;
    for (at, word) in words.iter().enumerate() {
        match left.strip_prefix(word)? {
            "" => return Some(at + 1),
            more => left = more.strip_prefix(' ')?,
        }
    }
    None
}

/// The same at their end.
fn ended(words: &[&str], phrase: &str) -> Option<usize> {
    let mut left = phrase;
    for (at, word) in words.iter().rev().enumerate() {
        match left.strip_suffix(word)? {
            "" => return Some(at + 1),
            more => left = more.strip_suffix(' ')?,
        }
    }
    None
}
