//! The parts of the OpenAI wire format that are read. Everything may be missing: servers differ.

use serde::Deserialize;
use serde_json::Value;

/// One event of a stream, or the whole of an answer that is not streamed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    /// Set by servers that fail in the middle of a stream.
    pub(super) error: Option<Value>,
    /// What the answer took, told by some servers at its end.
    pub(super) usage: Option<Usage>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub(super) prompt_tokens: u64,
    #[serde(default)]
    pub(super) completion_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    /// What is new, in a stream.
    pub(super) delta: Option<Delta>,
    /// All of it, from a server that does not stream.
    pub(super) message: Option<Delta>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
    /// What a reasoning model thinks: a sign of life, and never spoken.
    pub(super) reasoning_content: Option<String>,
    pub(super) reasoning: Option<String>,
    pub(super) tool_calls: Option<Vec<CallFragment>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CallFragment {
    /// Which call of the answer this is a part of.
    pub(super) index: Option<u32>,
    pub(super) id: Option<String>,
    pub(super) function: Option<FunctionFragment>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionFragment {
    pub(super) name: Option<String>,
    /// A piece of JSON text; some servers give the object itself.
    pub(super) arguments: Option<Value>,
}

impl Delta {
    /// Whether it holds a word, a thought or a piece of a call.
    pub(super) fn is_token(&self) -> bool {
        let text = [&self.content, &self.reasoning_content, &self.reasoning];
        let words = text.into_iter().flatten().any(|text| !text.is_empty());
        words
            || self
                .tool_calls
                .as_ref()
                .is_some_and(|calls| !calls.is_empty())
    }
}

/// The answer to `GET models`.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
    pub(super) data: Vec<Model>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    pub(super) id: String,
}

/// The message in an error, which servers put in different places.
pub(super) fn error_message(error: &Value) -> Option<&str> {
    [
        error.pointer("/error/message"),
        error.get("message"),
        error.get("error"),
        error.get("detail"),
        Some(error),
    ]
    .into_iter()
    .flatten()
    .find_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn error_messages_are_found_wherever_they_are() {
        for error in [
            json!({ "error": { "message": "why", "code": 400 } }),
            json!({ "error": "why" }),
            json!({ "message": "why" }),
            json!({ "detail": "why" }),
            json!("why"),
        ] {
            assert_eq!(error_message(&error), Some("why"), "{error}");
        }
        assert_eq!(error_message(&json!({ "code": 1 })), None);
    }
}
