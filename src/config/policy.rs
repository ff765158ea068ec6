//! `[policy]`: what may be done without asking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What may be done without further ado.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Do it.
    Allow,
    /// Ask first.
    Confirm,
    /// Never.
    Deny,
}

/// `[policy]`: the owner's rules. What a risk is left to stands in [`Policy::default`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// For intents that look something up.
    pub read: Rule,
    /// For intents that change something that can be changed back.
    pub write: Rule,
    /// For intents that change something for good.
    pub destructive: Rule,
    /// For intents that change FAME or the machine.
    pub admin: Rule,
    /// For single intents, by name; only ever stricter than their risk's rule.
    pub intents: BTreeMap<String, Rule>,
    /// For all intents of a plugin, by its id; likewise.
    pub plugins: BTreeMap<String, Rule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            read: Rule::Allow,
            write: Rule::Allow,
            destructive: Rule::Confirm,
            admin: Rule::Confirm,
            intents: BTreeMap::new(),
            plugins: BTreeMap::new(),
        }
    }
}
