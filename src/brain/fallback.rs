//! What is said when nothing was understood: so, and the nearest things that FAME can do.

use fame_plugin::{Reply, say};

use super::decision::Decision;
use super::{MAX_QUERY_CHARS, Query};
use crate::plugins::Registry;

/// How alike a sentence must be for what it does to be worth naming.
const WORTH_NAMING: f32 = 0.5;

/// Things that are named.
const NAMED: usize = 2;

/// What is said when the plugin that was meant is not there any more.
pub(super) const LOST: &str =
    "I can't do that any more: its plugin was unloaded. Please try again.";

/// The reply to a query that `decision` made nothing of.
pub(super) fn reply(registry: &Registry, query: &Query, decision: &Decision) -> Reply {
    if query.text.chars().count() > MAX_QUERY_CHARS {
        return Reply::say("That was too long for me. Please say it in a sentence or two.");
    }
    if let Some(intent) = &query.intent {
        return Reply::say(format!("I know nothing called {intent}."))
            .display(format!("{}.", decision.reason));
    }
    if !query.text.contains(char::is_alphanumeric) {
        return Reply::say("I didn't hear any words. Please say it again.");
    }
    let named = suggestions(registry, decision);
    if named.is_empty() {
        return Reply::say("I didn't get that. Please say it in other words.");
    }
    Reply::say(format!(
        "I didn't get that. You can ask me {}.",
        say::list(&named, "or")
    ))
}

/// What the nearest candidates do; without any, the first thing that each plugin does.
fn suggestions(registry: &Registry, decision: &Decision) -> Vec<String> {
    let mut all = registry.capabilities();
    let near = decision
        .candidates
        .iter()
        .filter(|candidate| candidate.score >= WORTH_NAMING);
    let named: Vec<String> = near
        .filter_map(|near| all.iter().find(|one| one.intent == near.intent))
        .map(|one| one.summary.clone())
        .take(NAMED)
        .collect();
    if !named.is_empty() {
        return named;
    }
    all.dedup_by(|later, earlier| later.plugin == earlier.plugin);
    all.into_iter().take(NAMED).map(|one| one.summary).collect()
}
