//! Takes away what is in a text for the eye only: Markdown, code, emoji.

use super::or_bare;

/// What stands for a block of code, which nobody wants read out.
const CODE: &str = "Code left out.";

/// Text without Markdown, code and emoji, on one line. Headings, list items and paragraphs become
/// sentences.
///
/// Doing it twice changes nothing, and text with a letter or digit never becomes empty.
pub fn plain(text: &str) -> String {
    let numbered = text
        .lines()
        .filter(|line| number_marker(line.trim()).is_some())
        .count()
        > 1;
    let mut blocks = Blocks::default();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        match (fence, fence_of(line)) {
            (Some(open), Some(close)) if close.starts_with(open) && close == line => fence = None,
            (Some(_), _) => {}
            (None, Some(open)) => {
                fence = Some(open);
                blocks.own(CODE);
            }
            (None, None) => {
                let (stripped, is_block) = strip_line(line, numbered);
                if !stripped.contains(char::is_alphanumeric) {
                    blocks.end();
                } else if is_block {
                    blocks.own(&stripped);
                } else {
                    blocks.add(&stripped);
                }
            }
        }
    }
    or_bare(blocks.text, text)
}

/// The blocks so far, as one line.
#[derive(Default)]
struct Blocks {
    text: String,
    ended: bool,
}

impl Blocks {
    /// A line that goes on with the one before.
    fn add(&mut self, line: &str) {
        if self.ended
            && self
                .text
                .ends_with(|c: char| c.is_alphanumeric() || c == ')')
        {
            self.text.push('.');
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.ended = false;
        self.text.push_str(line);
    }

    /// A line that stands by itself.
    fn own(&mut self, line: &str) {
        self.ended = true;
        self.add(line);
        self.ended = true;
    }

    fn end(&mut self) {
        self.ended = true;
    }
}

/// The run of back-ticks or tildes that opens or closes a block of code.
fn fence_of(line: &str) -> Option<&str> {
    let run = |mark| &line[..line.len() - line.trim_start_matches(mark).len()];
    let run = if line.starts_with('`') {
        run('`')
    } else {
        run('~')
    };
    let rest = &line[run.len()..];
    (run.len() >= 3 && !rest.contains('`')).then_some(run)
}

/// A line without markup, and whether the markup made it a block of its own.
fn strip_line(line: &str, numbered: bool) -> (String, bool) {
    let mut is_block = line.starts_with('|');
    let mut text = if is_block {
        cells(line)
    } else {
        line.to_owned()
    };
    loop {
        let mut rest = text.as_str();
        while let Some(inner) = block_marker(rest) {
            is_block |= !rest.starts_with('>');
            rest = inner;
        }
        let rest = match number_marker(rest).filter(|_| numbered) {
            Some((number, inner)) => {
                is_block = true;
                format!("{number}: {inner}")
            }
            None => rest.to_owned(),
        };
        let stripped = strip_inline(&rest);
        if stripped == text {
            return (stripped, is_block);
        }
        text = stripped;
    }
}

/// A table's row as a list.
fn cells(row: &str) -> String {
    let cells = row
        .split('|')
        .map(str::trim)
        .filter(|cell| !cell.is_empty());
    cells.collect::<Vec<_>>().join(", ")
}

/// What follows a heading's, list item's or quotation's mark.
fn block_marker(line: &str) -> Option<&str> {
    if let Some(quoted) = line.strip_prefix('>') {
        return Some(quoted.trim_start());
    }
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return Some(heading.trim_start());
    }
    let item = line
        .strip_prefix(['-', '*', '+', '•'])?
        .strip_prefix(' ')?
        .trim_start();
    let done = ["[ ] ", "[x] ", "[X] "]
        .iter()
        .find_map(|mark| item.strip_prefix(mark));
    Some(done.unwrap_or(item))
}

/// The number and the text of an item such as `2. Stir`.
fn number_marker(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &line[..line.len() - rest.len()];
    let item = rest.strip_prefix(['.', ')'])?.strip_prefix(' ')?;
    ((1..=2).contains(&number.len())).then_some((number, item.trim_start()))
}

/// A line without the markup inside it, its spaces single.
fn strip_inline(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut text = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let previous = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let run = chars[at..].iter().take_while(|next| **next == c).count();
        let next = chars.get(at + run).copied();
        let sides = (previous, next);
        match c {
            ']' if next == Some('(') && run == 1 => {
                // The target of a link, up to its bracket or, where that is missing, not at all.
                let target = chars[at..].iter().position(|c| *c == ')');
                at += target.unwrap_or(0);
            }
            '!' if next == Some('[') => {}
            '\\' if next.is_some_and(|next| next.is_ascii_punctuation()) => {}
            '*' if run == 1 && multiplies(sides) => text.push('*'),
            '*' | '_' if both(sides, char::is_alphanumeric) => text.push(' '),
            '~' if run == 1 && next.is_some_and(|next| next.is_ascii_digit()) => text.push('~'),
            '#' if run == 1 && marks_a_word(sides) => text.push('#'),
            '*' | '_' | '~' | '#' | '`' => {}
            '[' | ']' | '{' | '}' | '|' => text.push(' '),
            c if is_invisible(c) => {}
            c if c.is_control() || is_emoji(c) => text.push(' '),
            c => {
                text.extend(std::iter::repeat_n(c, run));
            }
        }
        at += run;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn both((previous, next): (Option<char>, Option<char>), test: fn(char) -> bool) -> bool {
    previous.is_some_and(test) && next.is_some_and(test)
}

/// A star between two factors, both close to it or both apart.
fn multiplies(sides: (Option<char>, Option<char>)) -> bool {
    both(sides, char::is_alphanumeric) || both(sides, |c| c == ' ')
}

/// `C#`, `#1`.
fn marks_a_word((previous, next): (Option<char>, Option<char>)) -> bool {
    previous.is_some_and(char::is_alphabetic) || next.is_some_and(char::is_alphanumeric)
}

/// Joiners, variation selectors and the like.
fn is_invisible(c: char) -> bool {
    matches!(
        u32::from(c),
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0x20e3
            | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe007f
    )
}

/// Pictures. What counts as a letter or digit stays.
fn is_emoji(c: char) -> bool {
    let picture = matches!(
        u32::from(c),
        0x2300..=0x23ff | 0x2460..=0x24ff | 0x25a0..=0x27bf | 0x2b00..=0x2bff
            | 0x1f000..=0x1faff | 0x3030 | 0x303d | 0x3297 | 0x3299
    );
    picture && !c.is_alphanumeric()
}
