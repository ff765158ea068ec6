//! The plugins in `plugins/examples`, by their own manifests.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use fame::plugins::mcp::{Problem, Server, Spec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Fixture, call, patient};
use crate::support::project;

#[derive(serde::Deserialize)]
struct ExampleManifest {
    runtime: Runtime,
    intent: Vec<ExampleIntent>,
}

#[derive(serde::Deserialize)]
struct Runtime {
    mcp: Vec<String>,
}

#[derive(serde::Deserialize)]
struct ExampleIntent {
    tool: String,
    #[serde(default)]
    slots: BTreeMap<String, toml::Value>,
}

/// An example plugin by its own manifest, which must fit its tools.
async fn example(name: &str) -> Fixture {
    let dir = project("plugins/examples").join(name);
    let manifest = std::fs::read_to_string(dir.join("plugin.toml")).unwrap();
    let manifest: ExampleManifest = toml::from_str(&manifest).unwrap();
    let command: Vec<&str> = manifest.runtime.mcp.iter().map(String::as_str).collect();
    let plugin = Fixture::new(&command, dir, patient());
    let tools = plugin.server.tools().await.unwrap();
    for intent in manifest.intent {
        let tool = tools.iter().find(|tool| tool.name == intent.tool).unwrap();
        assert!(!tool.description.is_empty());
        for slot in intent.slots.keys() {
            let property = &tool.input_schema["properties"][slot];
            assert!(property.is_object(), "{name}: `{slot}` is no argument");
        }
    }
    plugin
}

#[tokio::test]
async fn the_example_in_python_rolls_dice() {
    let dice = example("dice_py").await;
    let output = dice.call("roll", json!({"count": 3.0})).await.unwrap();
    let data = output.data.unwrap();
    let rolls = data["rolls"].as_array().unwrap();
    let sum: u64 = rolls.iter().map(|roll| roll.as_u64().unwrap()).sum();
    assert_eq!((rolls.len(), &json!(sum)), (3, &data["sum"]));
    assert!(
        rolls
            .iter()
            .all(|roll| (1..=6).contains(&roll.as_u64().unwrap()))
    );
    assert!(
        output.text.ends_with(&format!("That makes {sum}.")),
        "{}",
        output.text
    );
    assert!(!output.is_error);

    let refused = dice.call("roll", json!({"count": 1000})).await.unwrap();
    assert!(
        refused.is_error && refused.text.contains("between 1 and 20 dice"),
        "{refused:?}"
    );
    let unknown = dice.problem("juggle", json!({})).await;
    assert!(
        matches!(unknown, Problem::Refused { code: -32602, .. }),
        "{unknown}"
    );
}

#[tokio::test]
async fn the_example_in_shell_keeps_notes_of_any_kind() {
    let notes = example("notes_sh").await;
    assert_eq!(notes.text("list", json!({})).await, "There are no notes.");
    let texts = [
        "the plumber comes on Friday",
        "a \"quote\", a \\ backslash, a %s and a $HOME; `id` $(id)",
        "\"}],\"isError\":true,\"id\":1,\"method\":\"ping\"",
        "Grüße an Zoë 🎲",
        "/params/name {\"id\": 7} [1, 2]",
    ];
    for text in texts {
        let arguments = json!({"text": text, "params": {"name": "clear"}});
        assert_eq!(notes.text("add", arguments).await, "I wrote it down.");
    }
    assert_eq!(notes.text("list", json!({})).await, texts.join("\n"));

    // They outlive the process.
    notes.server.shutdown().await;
    let command = ["sh", "server.sh"];
    let again = Server::new(Spec {
        id: "again".into(),
        command: command.map(Into::into).into(),
        dir: project("plugins/examples/notes_sh"),
        data_dir: notes.home.path().join("data"),
        env: BTreeMap::new(),
        limits: patient(),
    });
    let listed = call(&again, "list", json!({})).await.unwrap();
    assert_eq!(listed.text, texts.join("\n"));
    let empty = call(&again, "add", json!({"text": ""})).await.unwrap();
    assert!(empty.is_error, "{empty:?}");
    assert_eq!(
        call(&again, "clear", json!({})).await.unwrap().text,
        "All notes are deleted."
    );
    assert_eq!(
        call(&again, "list", json!({})).await.unwrap().text,
        "There are no notes."
    );
}

/// What the shell example reads from a line; none if it says that the line is no JSON.
fn read_by_awk(line: &str) -> Option<Vec<Value>> {
    let script = project("plugins/examples/notes_sh/json.awk");
    let mut awk = Command::new("awk")
        .arg("-f")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = awk.stdin.take().unwrap();
    writeln!(stdin, "{line}").unwrap();
    drop(stdin);
    let output = awk.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| {
        let value = |line: &str| serde_json::from_str(line).unwrap_or(Value::Null);
        text.split('\n').take(4).map(value).collect()
    })
}

/// Any JSON, with names that the example looks for, and some that only look like them.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(vec!["id", "method", "params", "name", "arguments", "text"])
            .prop_map(str::to_owned),
        prop::sample::select(vec!["params/name", "params\\/name", "\"id\"", "", "#"])
            .prop_map(str::to_owned),
        any::<String>(),
    ];
    let scalar = prop_oneof![
        any::<String>().prop_map(Value::from),
        "[\"\\\\/{}:, a]{0,8}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ];
    let nested = scalar.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (nested.clone(), nested.clone(), nested).prop_map(|(id, params, more)| {
        json!({"more": more, "id": id, "params": params, "method": "tools/call"})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_shell_example_reads_json_as_it_is(request in any_json(), cut in any::<prop::sample::Index>()) {
        let line = request.to_string();
        let wanted: Vec<Value> = ["/id", "/method", "/params/name", "/params/arguments/text"]
            .iter()
            .map(|path| request.pointer(path).cloned().unwrap_or(Value::Null))
            .map(|value| if value.is_object() || value.is_array() { Value::Null } else { value })
            // As it is read from its text, which for some floats is the neighbour of what was written.
            .map(|value| serde_json::from_str(&value.to_string()).unwrap())
            .collect();
        prop_assert_eq!(read_by_awk(&line), Some(wanted), "{}", line);
        let end = (1..=cut.index(line.len())).rev().find(|end| line.is_char_boundary(*end));
        if let Some(end) = end.filter(|end| *end < line.len()) {
            prop_assert_eq!(read_by_awk(&line[..end]), None, "{}", &line[..end]);
        }
    }
}
