//! Bounds of what clients send, the same that `/openapi.json` tells.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Number;

/// What is wrong with a request, as a sentence.
pub(crate) struct Invalid(pub(crate) String);

/// What a request must hold beyond its shape.
pub(crate) trait Check {
    /// Says what is wrong with it.
    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

/// Between `least` and `most` characters.
pub(super) fn length(field: &str, text: &str, least: usize, most: usize) -> Result<(), Invalid> {
    let characters = text.chars().take(most + 1).count();
    if characters < least || characters > most {
        let problem = format!("`{field}` has between {least} and {most} characters.");
        return Err(Invalid(problem));
    }
    Ok(())
}

/// Something to read, of at most `most` characters.
pub(super) fn words(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    length(field, text, 1, most)?;
    if text.trim().is_empty() {
        return Err(Invalid(format!("`{field}` is blank.")));
    }
    Ok(())
}

/// A name of letters, digits and `_ - . :`, of at most 64 characters.
pub(super) fn name(field: &str, text: &str) -> Result<(), Invalid> {
    length(field, text, 1, 64)?;
    if !is_name(text) {
        let problem = format!("`{field}` has letters, digits and `_`, `-`, `.`, `:` only.");
        return Err(Invalid(problem));
    }
    Ok(())
}

/// A whole number, however it is written: 7 and 7.0 are the same in JSON.
pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    to_whole(&Number::deserialize(from)?)
}

/// The same where it may be left out.
pub(super) fn whole_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<Number>::deserialize(from)?;
    number.as_ref().map(to_whole).transpose()
}

fn to_whole<E: Error>(number: &Number) -> Result<u64, E> {
    let written_long = || {
        let value = number.as_f64()?;
        let whole = value.fract() == 0.0 && (0.0..=i64::MAX as f64).contains(&value);
        whole.then_some(value as u64)
    };
    number
        .as_u64()
        .or_else(written_long)
        .ok_or_else(|| E::custom("expected a whole number from 0"))
}

/// A number that every client can hold, as the document says.
pub(super) fn number(field: &str, value: Option<u64>) -> Result<(), Invalid> {
    range(field, value.unwrap_or_default(), 0, i64::MAX.unsigned_abs())
}

/// Whether all of it are letters, digits and `_ - . :`.
pub(crate) fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':'))
}

/// Between `least` and `most`.
pub(super) fn range<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: T,
    least: T,
    most: T,
) -> Result<(), Invalid> {
    if value < least || value > most {
        let problem = format!("`{field}` is between {least} and {most}.");
        return Err(Invalid(problem));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        let read = |text: &str| whole(&mut serde_json::Deserializer::from_str(text)).ok();
        for (text, number) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("2e3", Some(2_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("7.5", None),
            ("-1", None),
            ("-1.0", None),
            ("1e300", None),
            ("\"7\"", None),
            ("null", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
    }
}
