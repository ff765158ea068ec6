//! Signs that are said as words, or not at all.

use super::words::Ahead;

/// Signs of several characters, before those of one.
const SIGNS: &[(&str, &str)] = &[
    ("->", "to"),
    ("=>", "to"),
    ("<=", "less than or equal to"),
    (">=", "greater than or equal to"),
    ("!=", "not equal to"),
    ("==", "equals"),
    ("&", "and"),
    ("@", "at"),
    ("+", "plus"),
    ("=", "equals"),
    ("≠", "not equal to"),
    ("<", "less than"),
    (">", "greater than"),
    ("≤", "less than or equal to"),
    ("≥", "greater than or equal to"),
    ("×", "times"),
    ("÷", "divided by"),
    ("−", "minus"),
    ("±", "plus or minus"),
    ("≈", "about"),
    ("~", "about"),
    ("^", "to the power of"),
    ("²", "squared"),
    ("³", "cubed"),
    ("√", "the square root of"),
    ("∞", "infinity"),
    ("π", "pi"),
    ("%", "percent"),
    ("‰", "per mille"),
    ("°", "degrees"),
    ("$", "dollars"),
    ("€", "euros"),
    ("£", "pounds"),
    ("¥", "yen"),
    ("₹", "rupees"),
    ("→", "to"),
    ("⇒", "to"),
    ("§", "section"),
];

/// Signs that are for the eye only.
const SILENT: &[char] = &[
    '/', '\\', '|', '_', '`', '•', '·', '®', '™', '©', '[', ']', '{', '}',
];

/// The word in hand with its signs as words.
pub(super) fn written_out(ahead: &Ahead<'_>) -> String {
    let core = ahead.core();
    let between_numbers = ahead.previous().is_some_and(ends_in_number)
        && ahead
            .joined(1)
            .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
    match core {
        "-" | "–" if between_numbers => return "minus".into(),
        "/" if between_numbers => return "divided by".into(),
        _ => {}
    }
    let mut said = String::with_capacity(core.len());
    let mut rest = core;
    while let Some(c) = rest.chars().next() {
        if let Some((sign, word)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            said.extend([" ", word, " "]);
            rest = &rest[sign.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '#' => said.push_str(sharp(&said, rest)),
            '*' => said.push_str(star(core, &said, rest)),
            c if SILENT.contains(&c) || c.is_control() => said.push(' '),
            c => said.push(c),
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ends_in_number(word: &str) -> bool {
    word.ends_with(|c: char| c.is_ascii_digit())
}

/// `C#`, `#1`, `#tag`.
fn sharp(before: &str, after: &str) -> &'static str {
    if before.ends_with(char::is_alphabetic) {
        " sharp "
    } else if after.starts_with(|c: char| c.is_ascii_digit()) {
        " number "
    } else {
        " "
    }
}

/// A star is said where it multiplies.
fn star(core: &str, before: &str, after: &str) -> &'static str {
    let between =
        before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
    if core == "*" || between {
        " times "
    } else {
        " "
    }
}
