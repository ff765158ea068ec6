//! What goes into the brain, and what comes out of it.

use std::fmt;
use std::sync::Arc;

use fame_plugin::{Reply, Source};
use serde_json::Value;
use tokio::sync::mpsc;

use super::decision::Decision;
use super::policy::Asker;

/// One request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// What the user said or wrote.
    pub text: String,
    /// How sure the recogniser is of it, 0 to 1; `None` for written text.
    pub confidence: Option<f32>,
    /// How it came in.
    pub source: Source,
    /// The conversation it belongs to.
    pub session: String,
    /// The turn's number; 0 where nobody counts.
    pub turn: u64,
    /// Who asks, where that is known.
    pub user: Option<String>,
    /// The intent that the caller wants, whatever the text says.
    pub intent: Option<String>,
    /// What the client says about the situation.
    pub context: Option<Value>,
    /// Asked right before anything is changed.
    pub gate: Gate,
    /// The id of the key that it came with.
    pub key: Option<String>,
    /// Whether it came with a key that may do admin acts.
    pub admin: bool,
}

/// Says whether an act may still begin: whoever asked for it may have gone meanwhile. Once it has
/// said yes, the act runs to its end. Open unless somebody guards it.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Gate {
    /// One that asks `may`.
    pub fn guarded(may: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(may)))
    }

    pub(super) fn opens(&self) -> bool {
        self.0.as_ref().is_none_or(|may| may())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "guarded" } else { "open" })
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Query {
    pub(super) fn asker(&self) -> Asker {
        Asker {
            source: self.source,
            admin: self.admin,
        }
    }
}

/// Where sentences go that are ready before the whole reply is. Whoever reads them speaks them.
pub type Sentences = mpsc::Sender<String>;

/// What comes of a [`Query`].
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was understood first, and why.
    pub decision: Decision,
    /// What was understood after that, where the text held several requests.
    pub more: Vec<Decision>,
    /// What to say and do.
    pub reply: Reply,
    /// Whether the reply is a question, so that an answer is expected.
    pub asks: bool,
    /// The approval that the act waits for, if it does.
    pub approval: Option<u64>,
    /// Whether the words of the reply went out as [`Sentences`] already.
    pub streamed: bool,
    /// Whether everything that was asked for was done.
    pub ok: bool,
    /// Time spent deciding, in milliseconds.
    pub route_ms: f64,
    /// Time spent by the plugins, in milliseconds.
    pub plugin_ms: f64,
    /// Time until the language model's first words could be used, in milliseconds; 0 without it.
    pub model_ms: f64,
}

impl Answer {
    /// All that was understood, in its order.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        std::iter::once(&self.decision).chain(&self.more)
    }
}
