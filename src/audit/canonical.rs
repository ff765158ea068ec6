//! The one form in which a record's text is written: bounded, on one line, and nothing hidden in it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use crate::chain::Hash;

/// What a text of a record may have, as written in JSON, in bytes. The rest is replaced by its digest.
pub const TEXT_BYTES: usize = 4 * 1024;

/// What names and the like may have, as written in JSON, in bytes.
pub(crate) const NAME_BYTES: usize = 256;

/// What a record's arguments or details may have, as written in JSON, in bytes.
pub const VALUE_BYTES: usize = 16 * 1024;

/// Deeper values are cut off there: readers stop at 128.
const DEPTH: usize = 32;

/// `value` as one line of JSON, in the order of its fields.
pub(crate) fn to_vec(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Visible))?;
    Ok(bytes)
}

/// Compact JSON, in which what cannot be seen is spelled out.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, hidden) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
            writer.write_all(text.as_bytes().get(plain..at).unwrap_or_default())?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + hidden.len_utf8();
        }
        writer.write_all(text.as_bytes().get(plain..).unwrap_or_default())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

/// What a terminal or a page may show as nothing, or by which it shows other text otherwise. (JSON
/// escapes what is below U+0020 by itself.)
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// How long `c` is in JSON, in bytes.
fn cost(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c < ' ' => 6,
        c if is_hidden(c) => 6 * c.len_utf16(),
        c => c.len_utf8(),
    }
}

/// `text` in at most `limit` bytes of JSON. A longer one ends in a mark with the size and digest of
/// the whole.
pub(crate) fn bounded(text: String, limit: usize) -> String {
    if text.len() <= limit / 6 || text.chars().map(cost).sum::<usize>() <= limit {
        return text;
    }
    let mark = format!(
        "… [cut: {} bytes, sha256 {}]",
        text.len(),
        Hash::of(text.as_bytes())
    );
    let mut room = limit.saturating_sub(mark.len());
    let mut kept = String::with_capacity(limit);
    for c in text.chars() {
        let Some(left) = room.checked_sub(cost(c)) else {
            break;
        };
        room = left;
        kept.push(c);
    }
    kept + &mark
}

/// `value` in at most [`VALUE_BYTES`] of JSON and no deeper than readers go; a larger one becomes the
/// beginning of its text with the size and digest of the whole.
pub(crate) fn bounded_value(value: Value) -> Value {
    let value = shallow(value, DEPTH);
    match to_vec(&value) {
        Ok(bytes) if bytes.len() > VALUE_BYTES => {
            // Its quotes are escaped again, which the bound counts.
            Value::String(bounded(
                String::from_utf8_lossy(&bytes).into_owned(),
                VALUE_BYTES,
            ))
        }
        _ => value,
    }
}

fn shallow(value: Value, depth: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::String("[too deep]".into()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| shallow(item, depth - 1))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, shallow(value, depth - 1)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_hidden_is_written_as_it_is() {
        let text =
            "a\n\r\0\u{1b}[31m\u{7f}\u{85}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}\"}{";
        let line = to_vec(&text).unwrap();
        assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)));
        assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), text);
    }

    #[test]
    fn a_long_text_names_the_whole() {
        let text = "é".repeat(5_000_000);
        let kept = bounded(text.clone(), TEXT_BYTES);
        assert!(kept.len() <= TEXT_BYTES);
        assert!(kept.ends_with(&format!(
            "… [cut: 10000000 bytes, sha256 {}]",
            Hash::of(text.as_bytes())
        )));
        assert_eq!(bounded("short".into(), TEXT_BYTES), "short");
    }

    #[test]
    fn a_large_or_deep_value_is_cut() {
        let mut deep = Value::Null;
        for _ in 0..5_000 {
            deep = Value::Array(vec![deep]);
        }
        let cut = bounded_value(deep);
        assert!(to_vec(&cut).unwrap().len() < 100);
        let wide = bounded_value(Value::Array(vec![Value::from("\"\""); 9_000]));
        assert!(to_vec(&wide).unwrap().len() <= VALUE_BYTES + 2);
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_within_its_bound(text: String, limit in 128usize..400) {
            let line = to_vec(&bounded(text, limit)).unwrap();
            prop_assert!(line.len() <= limit + 2);
            prop_assert!(!line.contains(&b'\n'));
            serde_json::from_slice::<String>(&line).unwrap();
        }
    }
}
