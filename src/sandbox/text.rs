//! What a program writes, made safe for terminals and for a voice.
//!
//! Out go escape sequences (ECMA-48: CSI, OSC, DCS and the other strings), control characters
//! except line feed and tab, and the characters that reorder text (Unicode's bidirectional
//! overrides and isolates), with which a line can be made to look like another one.

/// Longest sequence that is swallowed; a longer one is text again, so that an opened and never
/// closed one cannot hide a whole output.
const MAX_SEQUENCE: usize = 4_096;

/// Turns bytes into text piece by piece; characters and sequences may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct SafeText {
    state: State,
    /// The beginning of a character whose rest has not come, at most 3 bytes.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After a carriage return.
    Return,
    /// After ESC.
    Escape,
    /// In a control sequence, after so many characters.
    Control(usize),
    /// In a string such as a window's title.
    Command(usize),
    /// In such a string, after ESC.
    CommandEscape(usize),
}

impl SafeText {
    /// The text of the next piece.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.partial.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.partial);
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                self.character(c, &mut text);
            }
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            if chunk_is_last(&bytes, invalid) && may_go_on(invalid) {
                self.partial = invalid.to_vec();
            } else {
                self.character(char::REPLACEMENT_CHARACTER, &mut text);
            }
        }
        text
    }

    /// The text of what is left: the beginning of a character that never came.
    pub(super) fn finish(&mut self) -> String {
        let mut text = String::new();
        if !std::mem::take(&mut self.partial).is_empty() {
            self.character(char::REPLACEMENT_CHARACTER, &mut text);
        }
        if self.state == State::Return {
            text.push('\n');
        }
        self.state = State::Text;
        text
    }

    fn character(&mut self, c: char, text: &mut String) {
        self.state = match (self.state, c) {
            (State::Return, '\n') => {
                text.push('\n');
                State::Text
            }
            (State::Return, _) => {
                // A lone one would write over the line that stands there.
                text.push('\n');
                self.state = State::Text;
                return self.character(c, text);
            }
            (State::Text, '\r') => State::Return,
            (State::Text | State::Escape, '\u{1b}') => State::Escape,
            (State::Text, '\u{9b}') => State::Control(0),
            (State::Text, '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}') => {
                State::Command(0)
            }
            (State::Text, c) => {
                if is_shown(c) {
                    text.push(c);
                }
                State::Text
            }
            (State::Escape, '[') => State::Control(0),
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Command(0),
            // Intermediate bytes, then the final one.
            (State::Escape, ' '..='/') => State::Escape,
            (State::Escape, '\n') => {
                text.push('\n');
                State::Text
            }
            (State::Escape, _) => State::Text,
            (State::Control(_), '\u{1b}') => State::Escape,
            (State::Control(_), '@'..='~') => State::Text,
            (State::Control(length), ' '..='?') if length < MAX_SEQUENCE => {
                State::Control(length + 1)
            }
            (State::Control(_), c) => {
                self.state = State::Text;
                return self.character(c, text);
            }
            (State::Command(_), '\u{07}' | '\u{9c}') => State::Text,
            (State::Command(length), '\u{1b}') => State::CommandEscape(length),
            (State::CommandEscape(_), '\\') => State::Text,
            (State::Command(length) | State::CommandEscape(length), _) if length < MAX_SEQUENCE => {
                State::Command(length + 1)
            }
            (State::Command(_) | State::CommandEscape(_), c) => {
                self.state = State::Text;
                return self.character(c, text);
            }
        };
    }
}

/// The whole of `bytes` as safe text.
pub(super) fn safe(bytes: &[u8]) -> String {
    let mut safe = SafeText::default();
    let mut text = safe.push(bytes);
    text.push_str(&safe.finish());
    text
}

fn is_shown(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        // Tags: letters that nobody sees.
        '\u{e0000}'..='\u{e007f}' => false,
        c => !c.is_control(),
    }
}

fn chunk_is_last(bytes: &[u8], invalid: &[u8]) -> bool {
    bytes.as_ptr_range().end == invalid.as_ptr_range().end
}

/// Whether bytes that are no character can become one.
fn may_go_on(invalid: &[u8]) -> bool {
    std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequences_of_terminals_go_and_the_text_stays() {
        for (written, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{07}after", "after"),
            ("\u{1b}]52;c;aGFjaw==\u{1b}\\after", "after"),
            ("\u{1b}P1$q\u{1b}\\x\u{9b}2Jy", "xy"),
            ("safe\u{202e}elif.exe\u{7}\u{8}", "safeelif.exe"),
            ("one\r\ntwo\rthree\r", "one\ntwo\nthree\n"),
            ("a\u{1b}(Bb\u{1b}\u{1b}[Kc", "abc"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(safe(written.as_bytes()), shown, "{written:?}");
        }
    }

    #[test]
    fn a_string_that_never_ends_hides_no_whole_output() {
        let text = safe(format!("\u{1b}]{}the end", "x".repeat(10_000)).as_bytes());
        assert!(text.ends_with("the end"));
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert_eq!(safe(b"a\xffb\xe2\x82"), "a\u{fffd}b\u{fffd}");
    }

    proptest! {
        #[test]
        fn nothing_that_steers_gets_through(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(safe(&bytes).chars().all(is_shown));
        }

        #[test]
        fn where_it_is_cut_does_not_matter(
            text in "([a-zäöü€😀\u{1b}\\[\\]0-9;m\r\n\u{7}\\\\]|\u{9b}){0,60}",
            junk in proptest::collection::vec(any::<u8>(), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = text.into_bytes();
            bytes.extend(junk);
            let at = if bytes.is_empty() { 0 } else { cut.index(bytes.len()) };
            let mut pieces = SafeText::default();
            let mut joined = pieces.push(&bytes[..at]);
            joined.push_str(&pieces.push(&bytes[at..]));
            joined.push_str(&pieces.finish());
            prop_assert_eq!(joined, safe(&bytes));
        }
    }
}
