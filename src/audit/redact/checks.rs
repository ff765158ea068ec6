//! What a pattern cannot say of a secret.

/// Fewer digits than this make no card number, account or national number.
pub(super) const DIGITS: usize = 9;

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.chars().filter_map(|c| c.to_digit(10))
}

/// A card's number: length, issuer and check digit.
pub(super) fn card(text: &str) -> bool {
    let length = digits(text).count();
    let issued = digits(text)
        .next()
        .is_some_and(|first| (2..=6).contains(&first));
    let repeated = digits(text).all(|digit| Some(digit) == digits(text).next());
    let sum: u32 = digits(text)
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    (13..=19).contains(&length) && issued && !repeated && sum.is_multiple_of(10)
}

/// An international bank account number: its check digits.
pub(super) fn iban(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((front, back)) = compact.split_at_checked(4) else {
        return false;
    };
    let mut rest = 0;
    for c in back.iter().chain(front) {
        let Some(value) = c.to_digit(36) else {
            return false;
        };
        rest = (rest * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    (15..=34).contains(&compact.len()) && rest == 1
}

/// A social security number that can have been given out.
pub(super) fn social_security(text: &str) -> bool {
    let mut parts = text.split('-');
    let area = parts.next().unwrap_or_default();
    let mut rest = parts;
    area != "000"
        && area != "666"
        && !area.starts_with('9')
        && rest.all(|part| part.bytes().any(|b| b != b'0'))
}

/// Random letters, and no name: a digit or a capital is in it.
pub(super) fn random(text: &str) -> bool {
    let body = text.split_once('_').map_or(text, |(_, body)| body);
    body.bytes()
        .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Mixed letters and digits, as in a key.
pub(super) fn mixed(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What follows "password is" and is no password.
const NO_PASSWORD: [&str; 52] = [
    "a",
    "an",
    "the",
    "not",
    "no",
    "wrong",
    "right",
    "correct",
    "incorrect",
    "invalid",
    "valid",
    "required",
    "needed",
    "missing",
    "expired",
    "expiring",
    "empty",
    "too",
    "very",
    "being",
    "now",
    "still",
    "already",
    "set",
    "stored",
    "saved",
    "safe",
    "secure",
    "weak",
    "strong",
    "long",
    "short",
    "good",
    "bad",
    "important",
    "there",
    "here",
    "in",
    "on",
    "at",
    "for",
    "of",
    "what",
    "where",
    "why",
    "how",
    "never",
    "always",
    "hidden",
    "unknown",
    "that",
    "something",
];

/// What was said behind "my password is".
pub(super) fn spoken(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let first = first
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    !NO_PASSWORD.contains(&first.as_str()) && !text.starts_with('[')
}

/// What stands behind `password=` and is no reference to one, and no mark of ours.
pub(super) fn assigned(text: &str) -> bool {
    const NONE: [&str; 12] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "required",
        "string",
        "str",
        "optional",
        "empty",
        "yes",
    ];
    !NONE.contains(&text.to_lowercase().as_str())
        && !text.starts_with(['[', '$', '<', '{', '*', '%', '('])
}

/// What stands behind the colon of `--user name:password`, and is no group's number.
pub(super) fn login(text: &str) -> bool {
    assigned(text) && !text.bytes().all(|b| b.is_ascii_digit())
}

/// What stands between the colon and the at sign of an address.
pub(super) fn userinfo(text: &str) -> bool {
    !text.starts_with(['[', '$', '<', '{', '*'])
}
