//! A text cut into the pieces that are spoken one after the other.

use super::speakable::{Ending, ending};

/// A sentence longer than this is cut at a clause mark, or else between two words, so that its
/// first sound does not wait for all of it.
pub const LONGEST: usize = 240;

/// A piece shorter than this is not cut off a long sentence.
const SHORTEST_PIECE: usize = 40;

/// The sentences of a text that [`plain`](super::speakable::plain) has been over, in order. Apart
/// from the spaces between them they hold all of it.
///
/// In doubt two sentences stay together: a missing pause is better than one after `Dr.`.
pub fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut begin = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if ends_at(&text[begin..end], &text[end..]) {
            push(&mut sentences, &text[begin..end]);
            begin = end;
        }
    }
    push(&mut sentences, &text[begin..]);
    sentences
}

/// Adds a sentence, in pieces if it is too long.
fn push<'a>(sentences: &mut Vec<&'a str>, sentence: &'a str) {
    let mut rest = sentence.trim();
    while let Some(cut) = clause_end(rest) {
        let (piece, more) = rest.split_at(cut);
        sentences.push(piece.trim_end());
        rest = more.trim_start();
    }
    if !rest.is_empty() {
        sentences.push(rest);
    }
}

/// Whether a sentence ends between `so_far` and `ahead`.
fn ends_at(so_far: &str, ahead: &str) -> bool {
    let mut following = ahead.chars();
    let before_space = following.next().is_some_and(char::is_whitespace);
    if !before_space {
        return false;
    }
    let bare = so_far.trim_end_matches(['"', '\'', ')', '”', '’', '»']);
    let marks = bare.trim_end_matches(['.', '!', '?', '…']);
    let mark = &bare[marks.len()..];
    let next = ahead
        .trim_start()
        .chars()
        .find(|c| !matches!(c, '"' | '\'' | '(' | '“' | '‘' | '«'));
    let capital = next.is_some_and(char::is_uppercase);
    match mark {
        "" => false,
        "." => {
            let word = marks.rsplit(char::is_whitespace).next().unwrap_or_default();
            let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
            match ending(word) {
                Ending::Sure => true,
                Ending::BeforeCapital => capital,
                Ending::Never => false,
                Ending::UnlessNumber => !next.is_some_and(|c| c.is_ascii_digit()),
            }
        }
        // Three dots within a sentence are a pause.
        mark if mark.chars().all(|c| matches!(c, '.' | '…')) => {
            !next.is_some_and(char::is_lowercase)
        }
        _ => true,
    }
}

/// Where to cut a sentence that is too long.
fn clause_end(sentence: &str) -> Option<usize> {
    let limit = sentence.char_indices().nth(LONGEST)?.0;
    let earliest = sentence.char_indices().nth(SHORTEST_PIECE)?.0;
    let ends_before = |test: fn(char) -> bool| {
        let space = sentence[..limit].char_indices().rev().find(|(at, c)| {
            let before = sentence[..*at].chars().next_back();
            *at >= earliest && c.is_whitespace() && before.is_some_and(test)
        });
        space.map(|(at, _)| at)
    };
    ends_before(|c| matches!(c, ';' | ':' | ',' | '—' | '–'))
        .or_else(|| ends_before(|_| true))
        .or(Some(limit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_a_person_would_pause() {
        let cases: &[&[&str]] = &[
            &["Hello there.", "How are you?", "Fine!"],
            &["Dr. Lee met Mr. Smith, e.g. at 3.14 p.m. on Nov. 5."],
            &["It is 3 p.m.", "Tomorrow it rains."],
            &["It costs 1.50 dollars at example.com today."],
            &["Apples, pears, etc.", "Then go on."],
            &["Use J. R. Smith's copy, approx. 5 pages."],
            &["So do I.", "Then we go."],
            &["See No. 5.", "No.", "I said no."],
            &[
                "Well... maybe.",
                "Yes…",
                "No?!",
                "(Really.)",
                "“Sure.”",
                "Good.",
            ],
            &["I live in the U.S. Senate building."],
            &["no capitals here.", "still two sentences."],
            &["It is 5.", "Next is 6."],
            &[],
        ];
        for sentences in cases {
            assert_eq!(split(&sentences.join("  ")), *sentences);
        }
    }

    #[test]
    fn long_sentences_are_cut_at_clauses() {
        let clause = "and so it went on for quite a while, ";
        let long = clause.repeat(20);
        let pieces = split(&long);
        assert!(pieces.len() >= 3, "{pieces:?}");
        assert!(
            pieces
                .iter()
                .all(|piece| piece.ends_with(',') && piece.len() <= LONGEST)
        );
        let unbroken = "x".repeat(3 * LONGEST);
        assert_eq!(split(&unbroken).len(), 3);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in r#"([a-zé.!?…,;:"') 0-9]|Dr\.|etc\.|\p{L}{1,80}| ){0,400}"#) {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            let sentences = split(&text);
            prop_assert_eq!(bare(&sentences.concat()), bare(&text));
            for sentence in sentences {
                prop_assert!(!sentence.trim().is_empty());
                prop_assert!(sentence.chars().count() <= LONGEST);
            }
        }
    }
}
