//! A key as text: `fame_<id>_<secret><checksum>`.
//!
//! The id is public and names the key in lists and logs. The checksum covers all that stands before
//! it, so that a slip of the hand is told from a wrong key without asking anybody. All is lower
//! case hexadecimal, in exactly one way.

use secrecy::SecretString;

/// What every key begins with, so that people and scanners know one when they see it.
pub const PREFIX: &str = "fame_";

/// Characters of a key's id.
pub(crate) const ID_LENGTH: usize = 10;

/// Random bytes of a key's id.
const ID_BYTES: usize = ID_LENGTH / 2;

/// Random bytes of a key.
pub(crate) const SECRET_BYTES: usize = 32;

/// Bytes of the checksum.
const SUM_BYTES: usize = 4;

/// Characters of a whole key.
pub(crate) const LENGTH: usize = PREFIX.len() + ID_LENGTH + 1 + 2 * SECRET_BYTES + 2 * SUM_BYTES;

/// Why a text is no key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It does not look like one.
    #[error("this is no key; a key begins with `{PREFIX}` and has {LENGTH} characters")]
    Shape,
    /// It looks like one, but a character is wrong.
    #[error("the key has a mistake in it; copy it anew, as a whole")]
    Checksum,
}

/// A key that somebody shows, taken apart. It borrows the text and is never printed.
pub(crate) struct Shown<'a> {
    /// The public id.
    pub(crate) id: &'a str,
    /// What is secret.
    pub(crate) secret: [u8; SECRET_BYTES],
}

/// Takes a key apart. Takes as long for one wrong key as for another of the same shape.
pub(crate) fn parse(text: &str) -> Result<Shown<'_>, TextError> {
    if text.len() != LENGTH || !text.is_ascii() {
        return Err(TextError::Shape);
    }
    let rest = text.strip_prefix(PREFIX).ok_or(TextError::Shape)?;
    let (id, rest) = rest.split_once('_').ok_or(TextError::Shape)?;
    let mut id_bytes = [0; ID_BYTES];
    let mut secret = [0; SECRET_BYTES];
    let mut sum = [0; SUM_BYTES];
    let (secret_text, sum_text) = rest
        .split_at_checked(2 * SECRET_BYTES)
        .ok_or(TextError::Shape)?;
    let whole = from_hex(id, &mut id_bytes)
        & from_hex(secret_text, &mut secret)
        & from_hex(sum_text, &mut sum);
    if !whole {
        return Err(TextError::Shape);
    }
    let covered = text.len() - 2 * SUM_BYTES;
    let expected = text.as_bytes().get(..covered).map(crc32fast::hash);
    if expected != Some(u32::from_be_bytes(sum)) {
        return Err(TextError::Checksum);
    }
    Ok(Shown { id, secret })
}

/// The text of a key.
pub(crate) fn write(id: &str, secret: &[u8; SECRET_BYTES]) -> SecretString {
    // Room for all of it, so that no half of the secret is left behind by a growing buffer.
    let mut text = String::with_capacity(LENGTH);
    text.push_str(PREFIX);
    text.push_str(id);
    text.push('_');
    push_hex(&mut text, secret);
    let sum = crc32fast::hash(text.as_bytes());
    push_hex(&mut text, &sum.to_be_bytes());
    SecretString::from(text)
}

/// A new id, from random bytes.
pub(crate) fn id_of(random: [u8; ID_BYTES]) -> String {
    let mut id = String::with_capacity(ID_LENGTH);
    push_hex(&mut id, &random);
    id
}

/// Whether a key stands somewhere in `text`, for those who must refuse or hide it. It says so for
/// mistyped ones, too.
pub fn looks_like_key(text: &str) -> bool {
    text.match_indices(PREFIX).any(|(at, _)| {
        let rest = text.as_bytes().get(at + PREFIX.len()..).unwrap_or(&[]);
        let id = rest.iter().take_while(|byte| byte.is_ascii_hexdigit());
        id.count() == ID_LENGTH && rest.get(ID_LENGTH) == Some(&b'_')
    })
}

/// Appends `bytes` as lower case hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(match digit {
                0..=9 => b'0' + digit,
                _ => b'a' + digit - 10,
            }));
        }
    }
}

/// Reads exactly `into.len()` bytes of lower case hexadecimal digits. It looks at every digit,
/// whatever the ones before were, and at no table.
pub(crate) fn from_hex(text: &str, into: &mut [u8]) -> bool {
    if text.len() != 2 * into.len() {
        return false;
    }
    let mut good = true;
    for (byte, pair) in into.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let mut value = 0;
        for digit in pair {
            let decimal = digit.wrapping_sub(b'0');
            let letter = digit.wrapping_sub(b'a');
            good &= (decimal < 10) | (letter < 6);
            let of_letter = letter.wrapping_add(10) & 15;
            value = value << 4 | if decimal < 10 { decimal } else { of_letter };
        }
        *byte = value;
    }
    good
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(random: [u8; ID_BYTES], secret: [u8; SECRET_BYTES]) {
            let id = id_of(random);
            let key = write(&id, &secret);
            let text = key.expose_secret();
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert!(looks_like_key(text));
            let shown = parse(text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(shown.id, id);
            prop_assert_eq!(shown.secret, secret);
        }

        #[test]
        fn every_slip_is_noticed(
            random: [u8; ID_BYTES],
            secret: [u8; SECRET_BYTES],
            at in 0..LENGTH,
            other in 0u8..128,
        ) {
            let key = write(&id_of(random), &secret);
            let mut text = key.expose_secret().as_bytes().to_vec();
            prop_assume!(text[at] != other);
            text[at] = other;
            let text = String::from_utf8(text).unwrap();
            prop_assert!(parse(&text).is_err());
        }

        #[test]
        fn swapped_neighbours_are_a_mistake(secret: [u8; SECRET_BYTES], at in 16..LENGTH - 9) {
            let key = write("0123456789", &secret);
            let mut text = key.expose_secret().as_bytes().to_vec();
            prop_assume!(text[at] != text[at + 1]);
            text.swap(at, at + 1);
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(parse(&text).err(), Some(TextError::Checksum));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,200}", tail in "[0-9a-f_]{0,90}") {
            prop_assert!(parse(&text).is_err());
            // Well shaped, but a checksum that fits is one in four thousand million.
            let _ = parse(&format!("{PREFIX}{tail}"));
            let _ = looks_like_key(&text);
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_key() {
        let key = write("0123456789", &[0xab; SECRET_BYTES]);
        let text = key.expose_secret();
        for other in [
            text.to_uppercase(),
            text.replace('a', "A"),
            format!("{text} "),
            format!("{text}\0"),
            format!(" {text}"),
            text[..LENGTH - 1].to_owned(),
            text[..20].to_owned(),
            String::new(),
        ] {
            assert_eq!(parse(&other).err(), Some(TextError::Shape));
        }
    }

    #[test]
    fn keys_are_seen_inside_other_text() {
        let key = write("0123456789", &[1; SECRET_BYTES]);
        let text = key.expose_secret();
        assert!(looks_like_key(&format!("/query?x={text}&y=1")));
        assert!(looks_like_key(&text[..30]));
        assert!(!looks_like_key("fame_plugin_universal_developer"));
        assert!(!looks_like_key("fame_"));
    }
}
