//! Plugins in words.

use std::fmt::Write;

use crate::ipc::protocol::{PluginInfo, PluginState};

/// All plugins, one a line; what needs the user's attention follows its plugin.
pub(super) fn table(plugins: &[PluginInfo]) -> String {
    let width = |text: fn(&PluginInfo) -> &str| {
        let lengths = plugins.iter().map(|info| text(info).chars().count());
        lengths.max().unwrap_or(0)
    };
    let (id, version) = (width(|info| &info.id), width(|info| &info.version));
    let state = width(|info| state_word(info.state));
    let mut text = String::new();
    for info in plugins {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:id$}  {:version$}  {:state$}  {}",
            info.id,
            info.version,
            state_word(info.state),
            info.summary
        );
        if let Some(todo) = todo(info) {
            let _ = writeln!(text, "{:id$}  {todo}", "");
        }
    }
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One plugin, an aspect a line.
pub(super) fn details(info: &PluginInfo) -> String {
    let mut rows = vec![
        (
            "plugin",
            format!("{} ({}) {}", info.name, info.id, info.version),
        ),
        ("", info.summary.clone()),
        (
            "from",
            info.folder.clone().unwrap_or_else(|| "FAME itself".into()),
        ),
        ("state", state_words(info)),
    ];
    rows.extend(todo(info).map(|todo| ("", todo)));
    if !info.command.is_empty() {
        rows.push(("runs", info.command.join(" ")));
    }
    rows.push(("intents", info.intents.join(", ")));
    rows.extend(may(info).into_iter().enumerate().map(|(at, what)| {
        let label = if at == 0 { "may" } else { "" };
        (label, what)
    }));
    if !info.hash.is_empty() {
        rows.push(("content", info.hash.clone()));
    }
    rows.extend(
        info.facts
            .iter()
            .map(|(label, value)| (label.as_str(), value.clone())),
    );
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (label, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label:width$}  {value}");
    }
    text.trim_end().into()
}

/// What the user is asked to allow.
pub(super) fn request(info: &PluginInfo) -> String {
    let mut text = format!(
        "{} ({}) {}: {}\n",
        info.name, info.id, info.version, info.summary
    );
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "It runs `{}` with your rights on files and the network,",
        info.command.join(" ")
    );
    if info.permissions.is_empty() {
        let _ = writeln!(text, "and asks FAME for nothing else.");
        return text.trim_end().into();
    }
    let _ = writeln!(text, "and through FAME it may:");
    for (permission, what) in info.permissions.iter().zip(may(info)) {
        let new = if info.new.contains(&permission.permission) {
            " (new)"
        } else {
            ""
        };
        let _ = writeln!(text, "  {what}{new}");
    }
    text.trim_end().into()
}

/// How a plugin is after a change.
pub(super) fn outcome(info: &PluginInfo) -> String {
    let mut text = format!("{}: {}", info.id, state_words(info));
    if let Some(todo) = todo(info) {
        text = format!("{text}\n{todo}");
    }
    text
}

/// What is wrong with a plugin, and where.
pub(super) fn fault(info: &PluginInfo) -> String {
    let mut text = String::new();
    if let Some(file) = &info.file {
        text = format!("{file}:");
        for place in [info.line, info.column].into_iter().flatten() {
            text = format!("{text}{place}:");
        }
        text.push(' ');
    }
    text + info.reason.as_deref().unwrap_or_default()
}

fn may(info: &PluginInfo) -> Vec<String> {
    let what = |permission: &crate::ipc::protocol::PluginPermission| match (
        permission.permission.as_str(),
        info.hosts.is_empty(),
    ) {
        ("http", false) => format!("{} ({})", permission.meaning, info.hosts.join(", ")),
        _ => permission.meaning.clone(),
    };
    info.permissions.iter().map(what).collect()
}

fn state_word(state: PluginState) -> &'static str {
    match state {
        PluginState::Loading => "starting",
        PluginState::Loaded => "loaded",
        PluginState::Disabled => "off",
        PluginState::NeedsGrant => "waiting",
        PluginState::Broken => "broken",
        PluginState::Unknown => "unknown to this version of `fame`",
    }
}

fn state_words(info: &PluginInfo) -> String {
    let word = state_word(info.state);
    match (info.state, info.answers) {
        (PluginState::Loaded, _) | (_, false) => word.into(),
        (_, true) => format!("{word}; its earlier version answers"),
    }
}

/// What the user can do about it.
fn todo(info: &PluginInfo) -> Option<String> {
    let id = &info.id;
    match info.state {
        PluginState::NeedsGrant => Some(format!("let it run with `fame plugins grant {id}`")),
        PluginState::Disabled => Some(format!("switch it on with `fame plugins enable {id}`")),
        PluginState::Broken => Some(fault(info)),
        PluginState::Loading | PluginState::Loaded | PluginState::Unknown => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::ipc::protocol::PluginPermission;

    fn dice() -> PluginInfo {
        PluginInfo {
            id: "dice".into(),
            name: "Dice".into(),
            version: "1.0.0".into(),
            summary: "Rolls dice".into(),
            folder: Some("plugins/dice".into()),
            state: PluginState::NeedsGrant,
            command: vec!["python3".into(), "server.py".into()],
            permissions: vec![
                PluginPermission {
                    permission: "store".into(),
                    meaning: "keep data".into(),
                },
                PluginPermission {
                    permission: "http".into(),
                    meaning: "reach the web services it lists".into(),
                },
            ],
            hosts: vec!["dice.example.org".into()],
            new: vec!["http".into()],
            ..PluginInfo::default()
        }
    }

    #[test]
    fn a_list_says_what_to_do_and_where_to_look() {
        let broken = PluginInfo {
            id: "x".into(),
            state: PluginState::Broken,
            file: Some("plugins/x/plugin.toml".into()),
            line: Some(3),
            column: Some(7),
            reason: Some("no".into()),
            ..PluginInfo::default()
        };
        let clock = PluginInfo {
            id: "clock".into(),
            version: "1".into(),
            summary: "The time".into(),
            state: PluginState::Loaded,
            ..PluginInfo::default()
        };
        assert_eq!(
            table(&[clock, dice(), broken]),
            "clock  1      loaded   The time\n\
             dice   1.0.0  waiting  Rolls dice\n       \
             let it run with `fame plugins grant dice`\n\
             x             broken\n       \
             plugins/x/plugin.toml:3:7: no"
        );
    }

    #[test]
    fn a_request_names_all_that_the_plugin_may_do() {
        assert_eq!(
            request(&dice()),
            "Dice (dice) 1.0.0: Rolls dice\n\
             It runs `python3 server.py` with your rights on files and the network,\n\
             and through FAME it may:\n  \
             keep data\n  \
             reach the web services it lists (dice.example.org) (new)"
        );
        let nothing = PluginInfo {
            permissions: Vec::new(),
            ..dice()
        };
        assert!(request(&nothing).ends_with("and asks FAME for nothing else."));
    }

    #[test]
    fn details_leave_out_what_is_not_known() {
        let mut info = dice();
        info.answers = true;
        let text = details(&info);
        assert!(
            text.contains("waiting; its earlier version answers"),
            "{text}"
        );
        assert!(!text.contains("content"), "{text}");
        info.facts = vec![("process".into(), "42".into())];
        assert!(details(&info).ends_with("process  42"));
    }
}
