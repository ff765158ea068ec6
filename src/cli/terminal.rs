//! Where a command writes: data on one side, words for people on the other.

use std::env;
use std::io::{self, IsTerminal, Write};

use clap::builder::StyledStr;
use serde::Serialize;

/// stdout and stderr, or what a test puts in their place.
pub struct Terminal {
    data: Box<dyn Write>,
    notes: Box<dyn Write>,
    data_colour: bool,
    notes_colour: bool,
    /// Where help is wrapped; none: where the real terminal ends.
    width: Option<usize>,
}

impl Terminal {
    /// The process's own, coloured where a person looks and `NO_COLOR` is not set.
    pub fn of_process() -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            data: Box::new(io::stdout()),
            notes: Box::new(io::stderr()),
            data_colour: wanted && io::stdout().is_terminal(),
            notes_colour: wanted && io::stderr().is_terminal(),
            width: None,
        }
    }

    /// Two other writers, without colour and 100 characters wide.
    pub fn new(data: impl Write + 'static, notes: impl Write + 'static) -> Self {
        Self {
            data: Box::new(data),
            notes: Box::new(notes),
            data_colour: false,
            notes_colour: false,
            width: Some(100),
        }
    }

    /// Where help is wrapped, where that is not the real terminal's matter.
    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Writes text to stdout and ends the line. What the daemon said may come from anywhere, so
    /// control characters, which could steer the terminal, are left out.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        let mut plain: String = text.chars().filter(|c| shown(*c)).collect();
        plain.push('\n');
        self.raw(plain.as_bytes())
    }

    /// Writes a value to stdout as one line of JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.raw(&line)
    }

    /// Writes bytes to stdout as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.write_all(bytes)?;
        self.data.flush()
    }

    /// Writes text with clap's styles to stdout.
    pub(super) fn styled_data(&mut self, text: &StyledStr) -> io::Result<()> {
        let text = styled(text, self.data_colour);
        self.raw(text.as_bytes())
    }

    /// Writes text with clap's styles to stderr.
    pub(super) fn styled_note(&mut self, text: &StyledStr) {
        let text = styled(text, self.notes_colour);
        self.put_note(&text);
    }

    /// Tells people something on stderr.
    pub(super) fn note(&mut self, text: &str) {
        let plain: String = text.chars().filter(|c| shown(*c)).collect();
        self.put_note(&format!("{plain}\n"));
    }

    /// Writes text to stderr as it comes, line ends included, and without control characters.
    pub(super) fn aside(&mut self, text: &str) {
        let plain: String = text.chars().filter(|c| shown(*c)).collect();
        self.put_note(&plain);
    }

    /// Tells people on stderr what went wrong and what to do.
    pub(super) fn error(&mut self, problem: &str, hint: Option<&str>) {
        self.labelled("error", "31", problem);
        if let Some(hint) = hint {
            self.put_note("\n");
            self.labelled("hint", "36", hint);
        }
    }

    /// Tells people on stderr what is not as it should be, while the command goes on.
    pub(super) fn warning(&mut self, problem: &str) {
        self.labelled("warning", "33", problem);
    }

    fn labelled(&mut self, label: &str, colour: &str, text: &str) {
        if self.notes_colour {
            self.put_note(&format!("\u{1b}[1;{colour}m{label}\u{1b}[0m: "));
        } else {
            self.put_note(&format!("{label}: "));
        }
        self.note(text);
    }

    /// There is nobody left to tell when stderr does not take it.
    fn put_note(&mut self, text: &str) {
        let _ = self.notes.write_all(text.as_bytes());
        let _ = self.notes.flush();
    }
}

fn shown(c: char) -> bool {
    !c.is_control() || c == '\n' || c == '\t'
}

fn styled(text: &StyledStr, colour: bool) -> String {
    if colour {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}
