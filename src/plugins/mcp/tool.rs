//! What a server offers.

use rmcp::model;
use serde_json::Value;

use super::text::plain;

/// The most tools of one server that are taken; the rest of its list is left out.
pub const TOOLS_AT_MOST: usize = 128;

/// The longest name of a tool (as the protocol advises), in bytes.
const NAME_BYTES: usize = 128;

/// The longest description that is kept, in bytes; the rest is cut off.
const DESCRIPTION_BYTES: usize = 2 * 1024;

/// The largest schema, as bytes of JSON. A tool with a larger one is left out.
const SCHEMA_BYTES: usize = 32 * 1024;

/// A tool of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name, for [`Server::call`](super::Server::call): letters, digits, `_`, `-`, `.`, `/`.
    pub name: String,
    /// What it does, as its author says it. It is data, not an instruction.
    pub description: String,
    /// The JSON schema of its arguments.
    pub input_schema: Value,
    /// Whether it leaves everything as it is, if its author says so. A hint, never a permission.
    pub read_only: Option<bool>,
    /// Whether it may destroy something, if its author says so. A hint, never a permission.
    pub destructive: Option<bool>,
}

impl Tool {
    /// A tool as FAME takes it; none if its name or schema are beyond the bounds.
    pub(super) fn from_wire(tool: model::Tool) -> Option<Self> {
        if !is_name(&tool.name) {
            return None;
        }
        let input_schema = Value::Object(tool.input_schema.as_ref().clone());
        if input_schema.to_string().len() > SCHEMA_BYTES {
            return None;
        }
        let description = tool.description.as_deref().unwrap_or_default();
        let hints = tool.annotations.unwrap_or_default();
        Some(Self {
            name: tool.name.into_owned(),
            description: plain(description, DESCRIPTION_BYTES).0,
            input_schema,
            read_only: hints.read_only_hint,
            destructive: hints.destructive_hint,
        })
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(name: &str, description: &str, filler: usize) -> model::Tool {
        serde_json::from_value(json!({
            "name": name,
            "description": description,
            "inputSchema": {"type": "object", "title": "x".repeat(filler)},
            "annotations": {"readOnlyHint": true},
        }))
        .unwrap()
    }

    #[test]
    fn a_tool_is_taken_with_its_hints_and_without_escapes() {
        let tool = Tool::from_wire(wire("files.read-1", "Reads\u{1b}[2J.", 1)).unwrap();
        assert_eq!(tool.description, "Reads[2J.");
        assert_eq!((tool.read_only, tool.destructive), (Some(true), None));
        assert_eq!(tool.input_schema["type"], "object");
    }

    #[test]
    fn what_is_beyond_the_bounds_is_cut_or_left_out() {
        let long = Tool::from_wire(wire("a", &"x".repeat(9_999), 1)).unwrap();
        assert_eq!(long.description.len(), DESCRIPTION_BYTES);
        for (name, filler) in [
            ("", 1),
            ("a b", 1),
            ("ü", 1),
            (&*"n".repeat(129), 1),
            ("a", SCHEMA_BYTES),
        ] {
            assert_eq!(Tool::from_wire(wire(name, "", filler)), None, "{name}");
        }
    }
}
