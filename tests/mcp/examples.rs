//! The plugins in `plugins/examples`, by their own manifests.

use std::collections::BTreeMap;

use fame::plugins::mcp::{Problem, Server, Spec};
use serde_json::json;

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
