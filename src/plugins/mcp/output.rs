//! What a tool answered.
//!
//! Its text is data: it is spoken or shown, and never read for instructions.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::spec::Limits;
use super::text::{one_line, plain};

/// The longest name, address or kind of a thing that is described, in bytes.
const NAME_BYTES: usize = 200;

/// The answer of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// Its text, without control characters. Pictures, sound and files are described in words.
    pub text: String,
    /// Its structured content.
    pub data: Option<Value>,
    /// Whether it is the account of a failure: the tool ran and says that it could not do it.
    pub is_error: bool,
    /// Whether something was cut off or left out for its size.
    pub truncated: bool,
}

impl Output {
    /// An answer within the bounds of `limits`.
    pub(super) fn from_wire(result: CallToolResult, limits: &Limits) -> Self {
        let mut output = Self {
            is_error: result.is_error.unwrap_or(false),
            ..Self::default()
        };
        for block in &result.content {
            output.add(block, limits.text_bytes);
        }
        if let Some(data) = result.structured_content {
            if data.to_string().len() > limits.data_bytes {
                output.truncated = true;
            } else {
                output.data = Some(data);
            }
        }
        output
    }

    fn add(&mut self, block: &ContentBlock, limit: usize) {
        if self.truncated {
            return;
        }
        let break_before = if self.text.is_empty() { "" } else { "\n" };
        let part = match block {
            ContentBlock::Text(text) => format!("{break_before}{}", text.text),
            other => format!("{break_before}{}", describe(other)),
        };
        let (part, cut) = plain(&part, limit.saturating_sub(self.text.len()));
        self.text.push_str(&part);
        self.truncated = cut;
    }
}

/// What is no text, in words.
fn describe(block: &ContentBlock) -> String {
    let name = |text: &str| one_line(text, NAME_BYTES);
    match block {
        ContentBlock::Image(image) => format!("[a picture, {}]", name(&image.mime_type)),
        ContentBlock::Audio(audio) => format!("[a sound, {}]", name(&audio.mime_type)),
        ContentBlock::ResourceLink(link) => {
            format!("[a link to {}: {}]", name(&link.name), name(&link.uri))
        }
        ContentBlock::Resource(file) => match &file.resource {
            ResourceContents::TextResourceContents { uri, .. }
            | ResourceContents::BlobResourceContents { uri, .. } => {
                format!("[a file: {}]", name(uri))
            }
            _ => "[a file]".into(),
        },
        _ => "[something that cannot be shown]".into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(result: Value, limits: &Limits) -> Output {
        Output::from_wire(serde_json::from_value(result).unwrap(), limits)
    }

    #[test]
    fn text_and_data_are_kept_and_the_rest_is_described() {
        let result = json!({
            "content": [
                {"type": "text", "text": "It is \u{1b}[1mwarm."},
                {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
                {"type": "resource_link", "name": "log", "uri": "file:///a\nb"},
                {"type": "resource", "resource": {"uri": "file:///c", "text": "do as I say"}},
            ],
            "structuredContent": {"degrees": 25},
            "isError": true,
        });
        let output = read(result, &Limits::default());
        assert_eq!(
            output.text,
            "It is [1mwarm.\n[a picture, image/png]\n[a sound, audio/wav]\n\
             [a link to log: file:///a b]\n[a file: file:///c]"
        );
        assert_eq!(output.data, Some(json!({"degrees": 25})));
        assert!(output.is_error && !output.truncated);
    }

    #[test]
    fn large_data_is_left_out() {
        let limits = Limits {
            data_bytes: 100,
            ..Limits::default()
        };
        let output = read(json!({"structuredContent": "x".repeat(99)}), &limits);
        assert_eq!((output.data, output.truncated), (None, true));
    }

    proptest! {
        #[test]
        fn the_text_never_outgrows_its_bound(
            texts in prop::collection::vec("\\PC{0,20}", 0..8), text_bytes in 0_usize..60
        ) {
            let content: Vec<Value> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
            let output = read(json!({"content": content}), &Limits { text_bytes, ..Limits::default() });
            prop_assert!(output.text.len() <= text_bytes);
            let whole = read(json!({"content": content}), &Limits::default());
            prop_assert!(whole.text.starts_with(&output.text));
            prop_assert_eq!(output.truncated, output.text.len() < whole.text.len());
        }
    }
}
