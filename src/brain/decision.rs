//! A decision, with its explanation.

use std::ops::Deref;
use std::sync::Arc;

use fame_plugin::Slots;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Candidates that a stage lists.
pub(super) const MAX_CANDIDATES: usize = 5;

/// What a text was understood as, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The part of the text that this is about.
    pub text: String,
    /// The intent; `None` if nothing was understood.
    pub intent: Option<String>,
    /// The plugin that owns the intent.
    pub plugin: Option<String>,
    /// How sure the decision is, 0 to 1.
    pub confidence: f32,
    /// The values found in the text, or carried over from what was said before.
    pub slots: Map<String, Value>,
    /// The slots that were carried over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<String>,
    /// The stage that decided.
    pub route: Route,
    /// What that stage considered, best first.
    pub candidates: Vec<Candidate>,
    /// Why it was decided so, in words.
    pub reason: String,
    /// Every stage that was tried, in order: what it found and why it did or did not decide.
    pub stages: Stages,
    /// What the policy said about acting on it; none if there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// One thing that the text could have meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The intent.
    pub intent: String,
    /// The plugin that owns it.
    pub plugin: String,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// The sentence that fits best; empty for a stage that does not go by sentences.
    pub sentence: String,
}

/// Stages in their order, shared: events and the memory of turns hold the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages(Arc<Vec<Stage>>);

impl From<Vec<Stage>> for Stages {
    fn from(stages: Vec<Stage>) -> Self {
        Self(Arc::new(stages))
    }
}

impl Stages {
    /// The stages, to be changed; they are copied first if others hold them.
    pub(super) fn to_mut(&mut self) -> &mut Vec<Stage> {
        Arc::make_mut(&mut self.0)
    }
}

impl Deref for Stages {
    type Target = [Stage];

    fn deref(&self) -> &[Stage] {
        &self.0
    }
}

impl Serialize for Stages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

/// What one stage made of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// The stage.
    pub stage: Route,
    /// What it considered, best first.
    pub candidates: Vec<Candidate>,
    /// Why it decided, or why it passed.
    pub outcome: String,
    /// The features that weighed most, with their weight, where the stage has such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<(String, f32)>,
}

/// The stage that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The caller named the intent.
    Named,
    /// A control word.
    Control,
    /// The answer to what FAME asked.
    Question,
    /// A sentence that matches.
    Sentence,
    /// What was said before, changed in one place.
    Context,
    /// A sentence that nearly matches.
    Near,
    /// The classifier.
    Classifier,
    /// The language model.
    Model,
    /// Nothing was understood.
    Fallback,
}

impl Route {
    /// The stage's name in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Control => "control",
            Self::Question => "question",
            Self::Sentence => "sentence",
            Self::Context => "context",
            Self::Near => "near",
            Self::Classifier => "classifier",
            Self::Model => "model",
            Self::Fallback => "fallback",
        }
    }
}

/// A decision and the slots as the plugin takes them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routed {
    pub(super) decision: Decision,
    pub(super) slots: Slots,
    pub(super) step: Step,
}

/// What follows from a decision.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// The intent is acted on.
    Act,
    /// The last act is taken back first, then the intent is acted on.
    Amend,
    /// The user is asked for a slot first.
    AskFor(String),
    /// What waits for a yes is done.
    Confirmed,
    /// What waits for a yes is dropped.
    Declined,
    /// The question is asked once more: the answer was not understood.
    AskAgain,
    /// The last act is taken back.
    Undo,
    /// Nothing was understood.
    Nothing,
}

impl Routed {
    /// Decides for `intent` of `plugin`.
    pub(super) fn take(
        text: &str,
        route: Route,
        best: Candidate,
        slots: Slots,
        reason: String,
    ) -> Self {
        let decision = Decision {
            text: text.into(),
            intent: Some(best.intent.clone()),
            plugin: Some(best.plugin.clone()),
            confidence: best.score,
            slots: to_values(&slots),
            carried: Vec::new(),
            route,
            candidates: vec![best],
            reason,
            stages: Stages::default(),
            verdict: None,
        };
        Self {
            decision,
            slots,
            step: Step::Act,
        }
    }

    /// Makes nothing of `text`.
    pub(super) fn nothing(text: &str, reason: String) -> Self {
        let decision = Decision {
            text: text.into(),
            intent: None,
            plugin: None,
            confidence: 0.0,
            slots: Map::new(),
            carried: Vec::new(),
            route: Route::Fallback,
            candidates: Vec::new(),
            reason,
            stages: Stages::default(),
            verdict: None,
        };
        Self {
            decision,
            slots: Slots::new(),
            step: Step::Nothing,
        }
    }

    /// The same with another consequence.
    pub(super) fn then(mut self, step: Step) -> Self {
        self.step = step;
        self
    }

    /// The same with the candidates that stood against it.
    pub(super) fn among(mut self, candidates: Vec<Candidate>) -> Self {
        self.decision.candidates = candidates;
        self
    }

    /// The same with other slots.
    pub(super) fn with_slots(mut self, slots: Slots) -> Self {
        self.decision.slots = to_values(&slots);
        self.slots = slots;
        self
    }
}

/// Slots for events and clients.
pub(super) fn to_values(slots: &Slots) -> Map<String, Value> {
    let value = |(name, slot): (&String, &fame_plugin::Slot)| (name.clone(), slot.to_value());
    slots.iter().map(value).collect()
}
