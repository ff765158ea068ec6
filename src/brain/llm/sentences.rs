//! Cuts a text that is still being written into what can be spoken already.
//!
//! In doubt two sentences stay together: the voice, which knows more about abbreviations, cuts
//! each piece again. What only makes sense as a whole, a list or a block of code, is one piece.

/// A piece is no longer than this, in characters, apart from blocks of code.
pub const LONGEST_PIECE: usize = 400;

/// Words whose full stop does not end a sentence, in lower case. Single letters and words with a
/// full stop inside (`e.g.`, `p.m.`, `U.S.`) need no entry.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "al", "approx", "apr", "assn", "aug", "ave", "avg", "blvd", "ca", "capt", "cf", "ch", "co",
    "col", "corp", "dec", "dept", "dr", "eg", "esp", "est", "etc", "feb", "fig", "ft", "gen",
    "gov", "ie", "inc", "incl", "jan", "jr", "lt", "ltd", "messrs", "mr", "mrs", "ms", "mt", "no",
    "nos", "nov", "oct", "op", "pp", "prof", "rd", "rep", "rev", "sen", "sep", "sept", "sgt",
    "sr", "st", "viz", "vol", "vs",
];

/// What opens and closes a block of code.
const FENCE: &str = "```";

/// Marks that may stand between the end of a sentence and the space after it, or before the first
/// letter of the next.
pub(super) const CLOSERS: &[char] = &['"', '\'', ')', ']', '*', '_', '”', '’', '»'];
const OPENERS: &[char] = &['"', '\'', '(', '[', '*', '_', '“', '‘', '«'];

/// A text under way.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    pending: String,
}

impl Sentences {
    /// The pieces that `text` completes, in order and without the space around them. Together
    /// with those before and after they hold all of the text but that space.
    pub(super) fn push(&mut self, text: &str) -> Vec<String> {
        self.pending.push_str(text);
        let mut pieces = Vec::new();
        while let Some(end) = first_end(&self.pending) {
            let rest = self.pending.split_off(end);
            pieces.extend(trimmed(&std::mem::replace(&mut self.pending, rest)));
        }
        pieces
    }

    /// What is held back until more is known.
    pub(super) fn pending(&self) -> &str {
        &self.pending
    }

    /// What is left when the text is over.
    pub(super) fn end(self) -> Option<String> {
        trimmed(&self.pending)
    }
}

fn trimmed(piece: &str) -> Option<String> {
    let piece = piece.trim();
    (!piece.is_empty()).then(|| piece.to_owned())
}

/// Where the first piece of `text` certainly ends.
fn first_end(text: &str) -> Option<usize> {
    let begin = text.len() - text.trim_start().len();
    let after_begin = &text[begin..];
    if FENCE.starts_with(after_begin) {
        return None;
    }
    if let Some(code) = after_begin.strip_prefix(FENCE) {
        return Some(begin + FENCE.len() + end_of_code(code)?);
    }
    let mut last_space = None;
    for (length, (at, c)) in after_begin.char_indices().enumerate() {
        let (so_far, ahead) = after_begin.split_at(at);
        if c.is_whitespace() {
            if ends_between(so_far, ahead) {
                return Some(begin + at);
            }
            last_space = Some(at);
        }
        if length == LONGEST_PIECE {
            return Some(begin + last_space.unwrap_or(at));
        }
    }
    None
}

/// Where a block ends whose opening fence is behind, its closing line with it.
fn end_of_code(code: &str) -> Option<usize> {
    let (line, _) = code.match_indices('\n').find(|(at, _)| {
        let next = &code[at + 1..];
        let line = next.split_once('\n').map(|(line, _)| line);
        line.is_some_and(|line| line.trim() == FENCE)
    })?;
    let closing = &code[line + 1..];
    Some(line + 1 + closing.find('\n')?)
}

/// Whether a piece ends between `so_far` and `ahead`, which begins with a space. Not before the
/// first letter of what follows is known.
fn ends_between(so_far: &str, ahead: &str) -> bool {
    let following = ahead.trim_start();
    let space = &ahead[..ahead.len() - following.len()];
    let next = following.trim_start_matches(OPENERS).chars().next();
    let Some(next) = next else {
        return false;
    };
    if space.contains('\n') && following.starts_with(FENCE) {
        return true;
    }
    if space.matches('\n').count() > 1 {
        return true;
    }
    let bare = so_far.trim_end_matches(CLOSERS);
    let words = bare.trim_end_matches(['.', '!', '?', '…']);
    match &bare[words.len()..] {
        "" => false,
        "." => !next.is_lowercase() && !next.is_ascii_digit() && may_end(words),
        dots if dots.chars().all(|c| matches!(c, '.' | '…')) => next.is_uppercase(),
        _ => true,
    }
}

/// Whether a full stop after the last word of `words` may end a sentence.
fn may_end(words: &str) -> bool {
    let line = words.rsplit('\n').next().unwrap_or_default();
    if line.trim().bytes().all(|byte| byte.is_ascii_digit()) {
        // The number of a list's item.
        return false;
    }
    let word = words.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    let lower = word.to_lowercase();
    !(word.contains('.') || is_initial && word != "I" || ABBREVIATIONS.contains(&lower.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pieces of a text that comes in these parts.
    fn pieces<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut sentences = Sentences::default();
        let mut pieces: Vec<String> = parts
            .into_iter()
            .flat_map(|part| sentences.push(part))
            .collect();
        pieces.extend(sentences.end());
        pieces
    }

    #[test]
    fn sentences_are_cut_where_it_is_certain() {
        let cases: &[&[&str]] = &[
            &[
                "It is three.",
                "Shall I wake you?",
                "Yes!",
                "Good…",
                "Night.",
            ],
            &["Dr. Lee paid 3.5 million, e.g. at 3 p.m. on Nov. 5."],
            &["J. R. Smith lives in the U.S. Senate, approx. Five miles off."],
            &["So do I.", "Then go."],
            &[
                "He said “Stop.”",
                "(Really.)",
                "*Fine.*",
                "See example.com now.",
            ],
            &["Wait... what?", "Well..."],
            &["no capitals. no cut."],
            &["It is 5. 6 is next."],
            &["Apples, pears, etc. Then go."],
            &["Pardon?!", "no capital is needed."],
            &[],
        ];
        for expected in cases {
            assert_eq!(pieces([expected.join("  ").as_str()]), *expected);
        }
    }

    #[test]
    fn blocks_stay_whole() {
        let list = "1. Stir.\n2. Bake.";
        assert_eq!(
            pieces([list, "\n\nEnjoy!"].concat().split_inclusive(' ')),
            [list, "Enjoy!"]
        );
        assert_eq!(
            pieces(["- tea\n- milk\n\nThat is all"]),
            ["- tea\n- milk", "That is all"]
        );
        let code = "```rust\nlet a = 1; // One. Two.\n\nstop()\n```";
        let text = format!("Like this:\n{code}\nDone.");
        assert_eq!(pieces([text.as_str()]), ["Like this:", code, "Done."]);
        let open = "```\nOne. Two.\n\nThree.";
        assert_eq!(pieces([open]), [open]);
    }

    #[test]
    fn a_sentence_is_handed_on_with_the_first_letter_of_the_next() {
        let mut sentences = Sentences::default();
        assert!(sentences.push("It is three.").is_empty());
        assert!(sentences.push(" ").is_empty());
        assert_eq!(sentences.push("S"), ["It is three."]);
        assert_eq!(sentences.push("o. \n\n*Y"), ["So."]);
        assert_eq!(sentences.end(), Some("*Y".to_owned()));
    }

    #[test]
    fn long_pieces_are_cut_between_words() {
        let long = "and so on ".repeat(100);
        let cut = pieces([long.as_str()]);
        assert_eq!(cut.join(" "), long.trim());
        assert!(
            cut.iter().all(|piece| piece.len() <= LONGEST_PIECE),
            "{cut:?}"
        );
        let unbroken = "é".repeat(2 * LONGEST_PIECE + 1);
        assert_eq!(pieces([unbroken.as_str()]).len(), 3);
    }

    /// A text as a model may write it, and what must not be cut in it.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            4 => "[a-zA-Zé]{1,9}[.!?…,;]{0,2}",
            1 => prop::sample::select(vec!["3.5", "e.g.", "p.m.", "Dr.", "\"So.\"", "1.", "```", "(Ah)"])
                .prop_map(str::to_owned),
        ];
        let space = prop::sample::select(vec![" ", " ", " ", "  ", "\n", "\n\n"]);
        proptest::collection::vec((word, space), 0..80)
            .prop_map(|words| words.into_iter().map(|(w, s)| w + s).collect())
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_word_is_cut(text in text()) {
            let cut = pieces([text.as_str()]);
            let words: Vec<&str> = text.split_whitespace().collect();
            let of_pieces: Vec<&str> = cut.iter().flat_map(|p| p.split_whitespace()).collect();
            prop_assert_eq!(of_pieces, words);
            for piece in &cut {
                prop_assert!(piece.contains(FENCE) || piece.chars().count() <= LONGEST_PIECE);
            }
        }

        #[test]
        fn no_sentence_ends_with_an_abbreviation(text in text()) {
            let line = text.replace(FENCE, "").replace('\n', " ");
            let cut = pieces([line.as_str()]);
            for piece in cut.iter().rev().skip(1) {
                // Longer ones may have been cut for their length.
                if piece.chars().count() < LONGEST_PIECE / 2 {
                    let last = piece.split_whitespace().next_back().unwrap_or_default();
                    prop_assert!(!["e.g.", "p.m.", "Dr.", "3."].contains(&last), "{piece}");
                }
            }
        }

        #[test]
        fn it_does_not_matter_where_the_text_is_cut(text in text(), sizes in proptest::collection::vec(1..8_usize, 1..400)) {
            let mut rest = text.as_str();
            let mut parts = Vec::new();
            for size in sizes {
                let (part, more) = rest.split_at(rest.floor_char_boundary(size.min(rest.len())));
                parts.push(part);
                rest = more;
            }
            parts.push(rest);
            prop_assert_eq!(pieces(parts), pieces([text.as_str()]));
        }
    }
}
