//! Results and reports as a person would say them.

use fame_plugin::say;
use serde_json::Value;

use crate::catalogue::Entry;
use crate::check::Report;
use crate::values::Kind;

/// The most items of a list that are read out.
const ITEMS: usize = 20;

/// The longest text that is read out, in characters.
const LETTERS: usize = 160;

/// What `entry` gave on `values`, as a sentence.
pub(crate) fn result(entry: &Entry, values: &[Value], result: &Value) -> String {
    let template = match (result, &entry.says, &entry.says_no) {
        (Value::Bool(false), _, Some(no)) => no.clone(),
        (_, Some(says), _) => says.clone(),
        _ => default_template(entry),
    };
    let mut sentence = template;
    for (param, value) in entry.params.iter().zip(values) {
        // A value that looks like a slot is left alone: it is filled in last, once.
        let slot = format!("{{{}}}", param.name);
        sentence = sentence.replace(&slot, &words(value).replace('{', "("));
    }
    capital(&sentence.replace("{result}", &words(result)))
}

fn default_template(entry: &Entry) -> String {
    let said = entry
        .params
        .iter()
        .filter(|param| param.kind != Kind::Fixed);
    let slots: Vec<String> = said.map(|param| format!("{{{}}}", param.name)).collect();
    match slots.is_empty() {
        true => "It gives {result}.".into(),
        false => format!("On {} it gives {{result}}.", say::list(&slots, "and")),
    }
}

/// A value in words.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => "an empty text".into(),
        Value::String(text) => short(text),
        Value::Array(items) if items.is_empty() => "an empty list".into(),
        Value::Array(items) => {
            let spoken = items.iter().take(ITEMS).map(words);
            let mut spoken: Vec<String> = spoken.collect();
            if items.len() > ITEMS {
                spoken.push(format!("{} more", items.len() - ITEMS));
            }
            say::list(&spoken, "and")
        }
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{key} is {}", words(value));
            let spoken: Vec<String> = fields.iter().take(ITEMS).map(field).collect();
            say::list(&spoken, "and")
        }
    }
}

/// Text on one line, cut where it gets long.
pub(crate) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{} and so on", line[..end].trim_end()),
        None => line,
    }
}

/// "its 5 tests pass", "2 of its 5 tests fail".
pub(crate) fn report(report: &Report) -> String {
    match (report.failed, report.total) {
        (0, 0) => "it has no tests".into(),
        (0, 1) => "its test passes".into(),
        (0, total) => format!("its {total} tests pass"),
        (_, 1) => "its test fails".into(),
        (1, total) => format!("1 of its {total} tests fails"),
        (failed, total) => format!("{failed} of its {total} tests fail"),
    }
}

/// `text` with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_in_words() {
        for (value, said) in [
            (json!("olleh"), "olleh"),
            (json!(" \n"), "an empty text"),
            (json!("two\nlines"), "two lines"),
            (json!([2, 3, 5]), "2, 3, and 5"),
            (json!([]), "an empty list"),
            (json!(true), "yes"),
            (json!(2.5), "2.5"),
            (json!({ "a": 1, "b": [2] }), "a is 1 and b is 2"),
            (Value::Null, "nothing"),
        ] {
            assert_eq!(words(&value), said);
        }
        let many: Vec<u32> = (0..25).collect();
        assert!(words(&json!(many)).ends_with("19, and 5 more"));
        assert!(words(&json!("x".repeat(500))).len() < 200);
    }
}
