//! Bounds of what clients send, the same that `/openapi.json` tells.

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
