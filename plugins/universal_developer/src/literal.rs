//! Values as source text. Nothing that a user said gets into a program in any other way.

use serde_json::Value;

use crate::language::Language;

/// `value` as an expression of `language`.
///
/// A JSON string is a string of Python and JavaScript too: both know all escapes that JSON
/// writes, and no character that JSON leaves as it is can end their strings.
pub(crate) fn literal(language: Language, value: &Value) -> String {
    match (language, value) {
        (Language::Python, Value::Null) => "None".into(),
        (Language::Python, Value::Bool(true)) => "True".into(),
        (Language::Python, Value::Bool(false)) => "False".into(),
        (_, Value::Array(items)) => {
            let items = items.iter().map(|item| literal(language, item));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        (_, Value::Object(fields)) => {
            let field = |(key, value): (&String, &Value)| {
                let key = Value::String(key.clone());
                format!("{key}: {}", literal(language, value))
            };
            format!(
                "{{{}}}",
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            )
        }
        (_, plain) => plain.to_string(),
    }
}

/// `values` as the arguments of a call.
pub(crate) fn arguments(language: Language, values: &[Value]) -> String {
    let values = values.iter().map(|value| literal(language, value));
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_expressions() {
        let value = json!([1, 2.5, "a\"b\n`${c}`", true, null, { "k": [false] }]);
        assert_eq!(
            literal(Language::Python, &value),
            r#"[1, 2.5, "a\"b\n`${c}`", True, None, {"k": [False]}]"#
        );
        assert_eq!(
            literal(Language::JavaScript, &value),
            r#"[1, 2.5, "a\"b\n`${c}`", true, null, {"k": [false]}]"#
        );
        assert_eq!(
            arguments(Language::Python, &[json!("x"), json!(3)]),
            r#""x", 3"#
        );
    }
}
