//! An act on its way from what was understood to what is done and recorded.

use std::sync::Arc;

use fame_plugin::{Intent, Slots};
use serde_json::{Map, Value};

use super::decision::Route;
use crate::plugins::Loaded;

/// An act that is about to be done.
pub(super) struct Order<'a> {
    pub(super) loaded: &'a Arc<Loaded>,
    pub(super) intent: &'a Intent,
    pub(super) slots: Slots,
    /// The arguments for a server, where they are not the slots.
    pub(super) arguments: Option<Map<String, Value>>,
    pub(super) carried: Vec<String>,
    pub(super) confidence: f32,
    /// Whether the last act is to be taken back first.
    pub(super) amends: bool,
    /// Whether the language model chose it.
    pub(super) by_model: bool,
    /// The stage that understood it.
    pub(super) route: Route,
    /// Why it did, in words.
    pub(super) reason: String,
    /// Who agreed to it, once somebody was asked.
    pub(super) consent: Option<Consent>,
}

/// Who agreed to an act that needed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consent {
    /// The approval's number; none for a yes in the conversation.
    pub(super) approval: Option<u64>,
    /// Who gave it.
    pub(super) by: String,
}
