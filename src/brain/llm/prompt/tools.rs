//! Intents as tools.

use serde_json::{Map, Value, json};

use super::super::Tool;

/// An intent that the model may ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct IntentTool {
    /// The intent's name, a plain word and unique; the tool gets it too.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// A sentence that asks for it.
    pub example: String,
    /// What it needs to know.
    pub slots: Vec<IntentSlot>,
}

/// A value that an intent needs.
#[derive(Clone, Debug, PartialEq)]
pub struct IntentSlot {
    /// The slot's name, a plain word.
    pub name: String,
    /// What it holds, as a manifest names it: `number`, `duration`, `text`, `list` and so on.
    pub kind: String,
    /// The values of a `list`.
    pub choices: Vec<String>,
    /// Whether no sentence does without it.
    pub required: bool,
}

/// The tool for an intent. Its arguments are words as a person would say them, since they are
/// read by the same rules; only plain numbers are numbers.
#[must_use]
pub fn tool(intent: &IntentTool) -> Tool {
    let properties: Map<String, Value> = intent
        .slots
        .iter()
        .map(|slot| (slot.name.clone(), schema(slot)))
        .collect();
    let required: Vec<&str> = intent
        .slots
        .iter()
        .filter(|slot| slot.required)
        .map(|slot| slot.name.as_str())
        .collect();
    Tool {
        name: intent.name.clone(),
        description: format!("{}. Example: \"{}\"", intent.summary, intent.example),
        parameters: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
    }
}

fn schema(slot: &IntentSlot) -> Value {
    let words = |what: &str| json!({ "type": "string", "description": what });
    match slot.kind.as_str() {
        "number" => json!({ "type": "number" }),
        "ordinal" => json!({ "type": "integer", "minimum": 1 }),
        "list" => json!({ "type": "string", "enum": slot.choices }),
        "duration" => words("a length of time in words, such as \"10 minutes\""),
        "date" => words("a day in words, such as \"tomorrow\" or \"may 3rd\""),
        "time" => words("a time of day in words, such as \"9:30 pm\""),
        "place" => words("a city, a country or a time zone, such as \"Tokyo\""),
        "sum" => words("arithmetic in words or signs, such as \"15 percent of 80\""),
        "unit" => words("a unit of measure, such as \"ounces\""),
        "quantity" => words("a number and its unit, such as \"5 miles\""),
        // `text`, and what later kinds are read from.
        _ => words("the user's own words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str, kind: &str, choices: &[&str], required: bool) -> IntentSlot {
        IntentSlot {
            name: name.into(),
            kind: kind.into(),
            choices: choices.iter().map(|&choice| choice.into()).collect(),
            required,
        }
    }

    #[test]
    fn an_intent_becomes_a_tool_with_a_schema() {
        let tool = tool(&IntentTool {
            name: "set_timer".into(),
            summary: "set a timer".into(),
            example: "set a timer for ten minutes".into(),
            slots: vec![
                slot("duration", "duration", &[], true),
                slot("sound", "list", &["bell", "gong"], false),
                slot("times", "number", &[], false),
            ],
        });
        assert_eq!(tool.name, "set_timer");
        assert_eq!(
            tool.description,
            "set a timer. Example: \"set a timer for ten minutes\""
        );
        assert_eq!(tool.parameters["required"], json!(["duration"]));
        let properties = &tool.parameters["properties"];
        assert_eq!(properties["sound"]["enum"], json!(["bell", "gong"]));
        assert_eq!(properties["times"]["type"], "number");
        assert_eq!(properties["duration"]["type"], "string");
        assert_eq!(tool.parameters["additionalProperties"], false);
    }

    #[test]
    fn every_kind_of_slot_has_a_type() {
        for kind in [
            "number",
            "ordinal",
            "duration",
            "date",
            "time",
            "place",
            "sum",
            "unit",
            "quantity",
            "text",
            "list",
            "a later kind",
        ] {
            let schema = schema(&slot("x", kind, &["a"], true));
            assert!(schema["type"].is_string(), "{kind}: {schema}");
        }
    }
}
