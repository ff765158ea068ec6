//! What a record says.

mod parts;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{NAME_BYTES, TEXT_BYTES, bounded, bounded_value};
use crate::chain::Hash;
use crate::error::{AuditError, Result};
use crate::kind::Kind;
use crate::redact::Redactor;
use crate::seal::Seal;

pub use parts::{
    Approval, Decision, Heard, Outcome, PluginUsed, Route, SandboxUsed, Source, Status, Verdict,
    Via,
};

/// One thing to record. What does not apply is left out. Texts are rid of secrets and cut to
/// [`TEXT_BYTES`](crate::TEXT_BYTES), names to 256 bytes, values to
/// [`VALUE_BYTES`](crate::VALUE_BYTES).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Record {
    /// Before, after or note.
    pub kind: Kind,
    /// For what comes after: the sequence number of what came before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// For a note: what happened, like `plugin.granted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What was heard or read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// How it was understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// Who does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginUsed>,
    /// With what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// Whether it may be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Who agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// What ran in the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxUsed>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How long it took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_us: Option<u64>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Record {
    /// Something is about to be done.
    #[must_use]
    pub fn before() -> Self {
        Self {
            kind: Kind::Before,
            ..Self::default()
        }
    }

    /// What became of the act whose record before has the number `of`.
    #[must_use]
    pub fn after(of: u64) -> Self {
        Self {
            kind: Kind::After,
            of: Some(of),
            ..Self::default()
        }
    }

    /// What became of the act whose record is on its way yet, see
    /// [`Log::follow`](crate::Log::follow).
    #[must_use]
    pub fn following() -> Self {
        Self {
            kind: Kind::After,
            ..Self::default()
        }
    }

    /// Something happened; `event` is a name like `plugin.granted`.
    #[must_use]
    pub fn note(event: impl Into<String>) -> Self {
        Self {
            kind: Kind::Note,
            event: Some(event.into()),
            ..Self::default()
        }
    }

    /// Refuses what only the log itself may say, and what says too little.
    pub(crate) fn check(&self) -> Result<()> {
        match (self.kind, self.of, &self.event) {
            (Kind::Before, None, _) | (Kind::After, Some(_), _) | (Kind::Note, _, Some(_)) => {
                Ok(())
            }
            (Kind::Before, Some(_), _) => {
                Err(AuditError::Record("what comes before is of nothing yet"))
            }
            (Kind::After, None, _) => Err(AuditError::Record(
                "what comes after names the record before it: use `Record::after`",
            )),
            (Kind::Note, _, None) => Err(AuditError::Record(
                "a note names what happened: use `Record::note`",
            )),
            _ => Err(AuditError::Record("that kind is the log's own")),
        }
    }

    /// Whether all its texts together have at most `limit` bytes.
    pub(crate) fn is_within(&mut self, limit: usize) -> bool {
        let mut bytes = 0_usize;
        self.visit(&mut |text, _| bytes = bytes.saturating_add(text.len()));
        let mut left = limit.checked_sub(bytes);
        for value in [&self.arguments, &self.details].into_iter().flatten() {
            left = left.and_then(|left| left_after(value, left));
        }
        left.is_some()
    }

    /// The same without secrets and within bounds.
    pub(crate) fn prepared(mut self, redactor: &Redactor) -> Self {
        self.visit(&mut |text, limit| {
            let whole = std::mem::take(text);
            *text = bounded(redactor.text(&whole).into_owned(), limit);
        });
        for value in [&mut self.arguments, &mut self.details]
            .into_iter()
            .flatten()
        {
            *value = bounded_value(redactor.value(value.take()));
        }
        self
    }

    /// Calls `see` with every text and its bound.
    fn visit(&mut self, see: &mut impl FnMut(&mut String, usize)) {
        let mut name = |text: &mut Option<String>| {
            if let Some(text) = text {
                see(text, NAME_BYTES);
            }
        };
        name(&mut self.event);
        name(&mut self.session);
        if let Some(source) = &mut self.source {
            name(&mut source.id);
        }
        if let Some(route) = &mut self.route {
            name(&mut route.stage);
            name(&mut route.intent);
        }
        if let Some(plugin) = &mut self.plugin {
            name(&mut plugin.version);
            name(&mut plugin.sha256);
        }
        if let Some(decision) = &mut self.decision {
            name(&mut decision.risk);
        }
        if let Some(approval) = &mut self.approval {
            name(&mut approval.id);
            name(&mut approval.by);
        }
        if let Some(sandbox) = &mut self.sandbox {
            name(&mut sandbox.tier);
            name(&mut sandbox.profile);
            name(&mut sandbox.image);
            name(&mut sandbox.ended);
        }
        if let Some(plugin) = &mut self.plugin {
            see(&mut plugin.name, NAME_BYTES);
        }
        if let Some(heard) = &mut self.heard {
            see(&mut heard.text, TEXT_BYTES);
        }
        let texts = [
            self.route.as_mut().and_then(|route| route.why.as_mut()),
            self.decision
                .as_mut()
                .and_then(|decision| decision.why.as_mut()),
            self.outcome
                .as_mut()
                .and_then(|outcome| outcome.text.as_mut()),
        ];
        for text in texts.into_iter().flatten() {
            see(text, TEXT_BYTES);
        }
    }
}

/// What is left of `left` bytes after the texts of `value`, each of its parts counted as some.
fn left_after(value: &Value, left: usize) -> Option<usize> {
    const PART: usize = 8;
    let left = left.checked_sub(PART)?;
    match value {
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(items) => items
            .iter()
            .try_fold(left, |left, item| left_after(item, left)),
        Value::Object(fields) => fields.iter().try_fold(left, |left, (key, value)| {
            left_after(value, left.checked_sub(key.len())?)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(left),
    }
}

/// A record as it is in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1 without a gap.
    pub seq: u64,
    /// The wall clock when it was written.
    pub time: Timestamp,
    /// Nanoseconds since the machine started.
    pub mono: u64,
    /// By how much the wall clock was set back since the record before, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_back_ms: Option<u64>,
    /// What it says.
    #[serde(flatten)]
    pub record: Record,
    /// What the log itself says with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
    /// Its place in the chain.
    pub hash: Hash,
}
