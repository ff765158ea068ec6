//! Rules and slots that no sentence uses: most often a name that is spelled in two ways.

use std::collections::BTreeSet;
use std::fmt;

use crate::Manifest;

/// A part of a manifest that has no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// A rule that stands in no sentence.
    Rule {
        /// The plugin's id.
        plugin: String,
        /// The rule.
        rule: String,
    },
    /// A slot that stands in no sentence of its intent.
    Slot {
        /// The plugin's id.
        plugin: String,
        /// The intent.
        intent: String,
        /// The slot.
        slot: String,
    },
}

impl Unused {
    /// The id of the plugin that declares it.
    #[must_use]
    pub fn plugin(&self) -> &str {
        match self {
            Self::Rule { plugin, .. } | Self::Slot { plugin, .. } => plugin,
        }
    }
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule { plugin, rule } => write!(
                f,
                "plugin `{plugin}`: no sentence uses the rule `<{rule}>`; use it or remove it"
            ),
            Self::Slot {
                plugin,
                intent,
                slot,
            } => write!(
                f,
                "plugin `{plugin}`, intent `{intent}`: no sentence has the slot `{{{slot}}}`; add \
                 one or remove it"
            ),
        }
    }
}

/// What `manifest` declares in vain. An intent without any sentence is asked for in other ways,
/// and has its slots for them.
pub(super) fn find(manifest: &Manifest) -> Vec<Unused> {
    let mut used_rules = BTreeSet::new();
    let mut unused = Vec::new();
    for intent in &manifest.intents {
        let mut used_slots = BTreeSet::new();
        let mut texts: Vec<&str> = intent
            .sentences
            .iter()
            .chain(&intent.follow_ups)
            .map(String::as_str)
            .collect();
        if texts.is_empty() {
            continue;
        }
        let mut seen_rules = BTreeSet::new();
        while let Some(text) = texts.pop() {
            used_slots.extend(names(text, '{', '}'));
            for rule in names(text, '<', '>').filter(|rule| seen_rules.insert(*rule)) {
                texts.extend(manifest.rules.get(rule).map(String::as_str));
            }
        }
        used_rules.extend(seen_rules);
        let idle = intent
            .slots
            .keys()
            .filter(|slot| !used_slots.contains(slot.as_str()) && !intent.ask.contains_key(*slot));
        unused.extend(idle.map(|slot| Unused::Slot {
            plugin: manifest.id.clone(),
            intent: intent.name.clone(),
            slot: slot.clone(),
        }));
    }
    let idle = manifest.rules.keys();
    let idle = idle.filter(|rule| !used_rules.contains(rule.as_str()));
    unused.extend(idle.map(|rule| Unused::Rule {
        plugin: manifest.id.clone(),
        rule: rule.clone(),
    }));
    unused
}

/// The names between two marks.
fn names(text: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    text.split(open)
        .skip(1)
        .filter_map(move |rest| Some(rest.split_once(close)?.0.trim()))
}
