//! Takes out what a reasoning model thinks before it answers, where it is sent as part of the
//! answer: `<think>…</think>`.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Lets the answer through and keeps the thoughts at its beginning back.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    state: State,
    /// What cannot be told yet.
    held: String,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Beginning,
    Thinking,
    Answering,
}

impl Thoughts {
    /// What of `text`, and of what was held back before, is the answer.
    pub(super) fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        loop {
            match self.state {
                State::Beginning => {
                    let begun = self.held.trim_start();
                    if let Some(thought) = begun.strip_prefix(OPEN) {
                        self.held = thought.to_owned();
                        self.state = State::Thinking;
                    } else if OPEN.starts_with(begun) {
                        return String::new();
                    } else {
                        self.state = State::Answering;
                    }
                }
                State::Thinking => {
                    let Some((_, answer)) = self.held.split_once(CLOSE) else {
                        self.forget();
                        return String::new();
                    };
                    self.held = answer.to_owned();
                    self.state = State::Answering;
                }
                State::Answering => return std::mem::take(&mut self.held),
            }
        }
    }

    /// What was held back and turned out to be the answer.
    pub(super) fn end(self) -> String {
        match self.state {
            State::Beginning | State::Answering => self.held,
            State::Thinking => String::new(),
        }
    }

    /// Keeps of a thought only what may be the beginning of its end.
    fn forget(&mut self) {
        let keep = (0..CLOSE.len())
            .rev()
            .find(|length| self.held.ends_with(&CLOSE[..*length]))
            .unwrap_or(0);
        self.held.drain(..self.held.len() - keep);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(pieces: &[&str]) -> String {
        let mut thoughts = Thoughts::default();
        let mut answer: String = pieces.iter().map(|piece| thoughts.push(piece)).collect();
        answer.push_str(&thoughts.end());
        answer
    }

    #[test]
    fn thoughts_are_taken_out() {
        for (pieces, expected) in [
            (&["Hello."][..], "Hello."),
            (&["<think>Hm.</think>Hello."], "Hello."),
            (
                &["\n<th", "ink>H<m</t>", "</thi", "nk>", "Hello."],
                "Hello.",
            ),
            (&["<think>endless"], ""),
            (&["<th"], "<th"),
            (&["<b>Hi</b>"], "<b>Hi</b>"),
            (&["So <think>x</think>"], "So <think>x</think>"),
        ] {
            assert_eq!(answer(pieces), expected);
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_text_is_cut(
            thought in "[a-z</>é]{0,20}",
            said in "[a-z</>é ]{0,20}",
            begun in "(<think>)?",
            cut in 0..60_usize,
        ) {
            let text = format!("{begun}{thought}</think>{said}");
            let at = text.floor_char_boundary(cut.min(text.len()));
            prop_assert_eq!(answer(&[&text[..at], &text[at..]]), answer(&[&text]));
        }
    }
}
