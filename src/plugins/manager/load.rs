//! Starting a plugin that is a server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fame_plugin::{Intent, Manifest, Risk, Runtime};

use super::Settings;
use crate::plugins::Loaded;
use crate::plugins::content::{ContentHash, Copied, PYTHON_CACHE};
use crate::plugins::discovery::{Broken, Described, MANIFEST};
use crate::plugins::mcp::{Limits, Server, Spec, Tool};
use crate::plugins::registry::Reaper;

/// What to start.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) folder: PathBuf,
    pub(super) described: Described,
    /// Names of intents that other plugins have.
    pub(super) taken: BTreeSet<String>,
    /// Where its copy goes; nothing is there.
    pub(super) copy: PathBuf,
}

/// Why a start came to nothing.
#[derive(Debug)]
pub(super) enum Failed {
    /// The folder is no longer what was granted; it will be looked at again.
    Changed,
    /// It does not work.
    Broken(Broken),
}

/// Copies the plugin, starts its server, and adds its tools to its intents.
pub(super) async fn load(
    order: Order,
    settings: Arc<Settings>,
    reaper: Reaper,
) -> Result<Arc<Loaded>, Failed> {
    let Order {
        folder,
        described,
        taken,
        copy,
    } = order;
    let copied = copy_granted(folder.clone(), copy, described.hash).await?;
    let mut manifest = described.manifest;
    let server = Server::new(spec(&manifest, copied.folder(), &settings));
    let outcome = match server.tools().await {
        Ok(tools) => merge(&mut manifest, &tools, &taken, &folder).map(|()| tools),
        Err(error) => Err(Broken::folder(&folder, error)),
    };
    match outcome {
        Ok(tools) => Ok(Loaded::server(
            manifest, server, tools, folder, copied, &reaper,
        )),
        Err(broken) => {
            server.shutdown().await;
            Err(Failed::Broken(broken))
        }
    }
}

async fn copy_granted(folder: PathBuf, copy: PathBuf, hash: ContentHash) -> Result<Copied, Failed> {
    let from = folder.clone();
    let copied = tokio::task::spawn_blocking(move || Copied::new(&from, copy)).await;
    match copied {
        Ok(Ok(copied)) if copied.hash() == hash => Ok(copied),
        Ok(Ok(_)) => Err(Failed::Changed),
        Ok(Err(error)) => Err(Failed::Broken(Broken::folder(&folder, error))),
        Err(crash) => Err(Failed::Broken(Broken::folder(&folder, crash))),
    }
}

fn spec(manifest: &Manifest, dir: &Path, settings: &Settings) -> Spec {
    let command = match &manifest.runtime {
        Runtime::Mcp(command) => command.clone(),
        Runtime::Builtin => Vec::new(),
    };
    let data_dir = settings.data.join(&manifest.id);
    let cache = data_dir.join("pycache").display().to_string();
    Spec {
        id: manifest.id.clone(),
        command,
        dir: dir.to_owned(),
        data_dir,
        env: BTreeMap::from([(PYTHON_CACHE.into(), cache)]),
        limits: Limits {
            call_timeout: settings.limits.call_timeout.max(longest(manifest)),
            ..settings.limits
        },
    }
}

/// What its slowest intent may take.
fn longest(manifest: &Manifest) -> Duration {
    let seconds = manifest
        .intents
        .iter()
        .filter_map(|one| one.timeout_seconds);
    Duration::from_secs_f32(seconds.fold(0.0, f32::max))
}

/// Checks that the server has the tools that the manifest names, and makes an intent without
/// sentences of every other one.
fn merge(
    manifest: &mut Manifest,
    tools: &[Tool],
    taken: &BTreeSet<String>,
    folder: &Path,
) -> Result<(), Broken> {
    let tool_of = |intent: &Intent| intent.tool.clone().unwrap_or_else(|| intent.name.clone());
    let named: BTreeSet<String> = manifest.intents.iter().map(tool_of).collect();
    let missing = named
        .iter()
        .find(|name| tools.iter().all(|tool| tool.name != **name));
    if let Some(missing) = missing {
        let offered: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        return Err(Broken {
            file: Some(folder.join(MANIFEST)),
            line: None,
            column: None,
            reason: format!(
                "an intent needs the tool `{missing}`, which the server does not offer; it has \
                 {}",
                offered.join(", ")
            ),
        });
    }
    for tool in tools.iter().filter(|tool| !named.contains(&tool.name)) {
        let own = |name: &str| manifest.intents.iter().any(|intent| intent.name == name);
        let free = |name: &String| !taken.contains(name) && !own(name);
        let name = plain(&tool.name);
        let longer = format!("{}_{name}", manifest.id);
        let Some(name) = [name, longer].into_iter().find(free) else {
            let (plugin, tool) = (&manifest.id, &tool.name);
            tracing::warn!(
                plugin,
                tool,
                "left out: its name is taken; give it an intent"
            );
            continue;
        };
        manifest.intents.push(intent(name, tool));
    }
    Ok(())
}

fn intent(name: String, tool: &Tool) -> Intent {
    let risk = match (tool.destructive, tool.read_only) {
        (Some(true), _) => Risk::Destructive,
        (_, Some(true)) => Risk::Read,
        _ => Risk::Write,
    };
    Intent {
        example: name.replace('_', " "),
        name,
        risk,
        tool: Some(tool.name.clone()),
        ..Intent::default()
    }
}

/// A tool's name as the name of an intent: `Get-Weather` is `get_weather`.
fn plain(tool: &str) -> String {
    let mut name = String::new();
    for c in tool.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.into()
    } else {
        format!("tool_{name}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MANIFEST_TEXT: &str = r#"
        id = "x"
        name = "X"
        version = "1"
        summary = "s"
        runtime = { mcp = ["x"] }

        [[intent]]
        name = "roll_dice"
        tool = "roll"
        risk = "read"
        example = "Roll."
        sentences = ["roll"]
    "#;

    fn tool(name: &str, read_only: Option<bool>, destructive: Option<bool>) -> Tool {
        Tool {
            name: name.into(),
            description: "d".into(),
            input_schema: serde_json::json!({}),
            read_only,
            destructive,
        }
    }

    fn merged(tools: &[Tool], taken: &[&str]) -> Result<Vec<(String, Risk)>, Broken> {
        let mut manifest = Manifest::parse(MANIFEST_TEXT).unwrap();
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        merge(&mut manifest, tools, &taken, Path::new("x"))?;
        let intents = manifest.intents.into_iter();
        Ok(intents.map(|intent| (intent.name, intent.risk)).collect())
    }

    #[test]
    fn tools_become_intents_as_risky_as_they_say_or_more() {
        let tools = [
            tool("roll", Some(true), None),
            tool("Get-Weather", Some(true), None),
            tool("set.it", None, None),
            tool("delete_all", Some(true), Some(true)),
            tool("search", Some(false), Some(false)),
            tool("roll-dice", None, None),
        ];
        let expected = [
            ("roll_dice", Risk::Read),
            ("get_weather", Risk::Read),
            ("set_it", Risk::Write),
            ("delete_all", Risk::Destructive),
            ("x_search", Risk::Write),
            ("x_roll_dice", Risk::Write),
        ]
        .map(|(name, risk)| (name.to_owned(), risk));
        assert_eq!(merged(&tools, &["search"]).unwrap(), expected);
    }

    #[test]
    fn a_tool_that_is_not_there_is_told_with_those_that_are() {
        let error = merged(&[tool("throw", None, None)], &[]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`roll`") && text.contains("it has throw"),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn any_tool_gets_a_name_that_a_manifest_could_have(tool in "\\PC{0,40}") {
            let name = plain(&tool);
            let text = MANIFEST_TEXT.replace("roll_dice", &name);
            prop_assert!(Manifest::parse(&text).is_ok(), "{name}");
        }
    }
}
