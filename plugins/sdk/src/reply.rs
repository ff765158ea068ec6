//! What a plugin answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One answer. Begin with [`Reply::say`] or [`Reply::silent`] and add to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The words to speak, as a person would say them. Empty: nothing is said.
    pub speech: String,
    /// What a screen shows instead, where that differs (digits, Markdown).
    pub display: Option<String>,
    /// The answer for programs.
    pub data: Option<Value>,
    /// A question that the reply ends with.
    pub follow_up: Option<FollowUp>,
    /// How the act is taken back: handed to [`Plugin::undo`](crate::Plugin::undo) if the user
    /// wants that.
    #[serde(default)]
    pub undo: Option<String>,
    /// How sure the answer is, 0 to 1, where the plugin can tell.
    #[serde(default)]
    pub confidence: Option<f32>,
    /// Where the answer comes from.
    #[serde(default)]
    pub sources: Vec<SourceRef>,
    /// What "it" and "that one" mean from now on: values by slot name, beside those of the
    /// request itself.
    #[serde(default)]
    pub focus: BTreeMap<String, String>,
    /// What FAME itself shall do, as far as the plugin is permitted to.
    pub acts: Vec<Act>,
}

impl Reply {
    /// Says `speech`.
    pub fn say(speech: impl Into<String>) -> Self {
        Self {
            speech: speech.into(),
            ..Self::default()
        }
    }

    /// Says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// Shows `display` on a screen.
    #[must_use]
    pub fn display(mut self, display: impl Into<String>) -> Self {
        self.display = Some(display.into());
        self
    }

    /// Hands `data` to programs.
    #[must_use]
    pub fn data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    /// Ends with a question: the ear stays open for what `follow_up` expects.
    #[must_use]
    pub fn ask(mut self, follow_up: FollowUp) -> Self {
        self.follow_up = Some(follow_up);
        self
    }

    /// Offers to take the act back with `token`.
    #[must_use]
    pub fn undo(mut self, token: impl Into<String>) -> Self {
        self.undo = Some(token.into());
        self
    }

    /// Says how sure the answer is, 0 to 1.
    #[must_use]
    pub fn confidence(mut self, confidence: f32) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// Names where the answer comes from.
    #[must_use]
    pub fn source(mut self, title: impl Into<String>, url: Option<String>) -> Self {
        self.sources.push(SourceRef {
            title: title.into(),
            url,
        });
        self
    }

    /// Makes `value` what is meant when the user leaves `slot` out next.
    #[must_use]
    pub fn focus(mut self, slot: impl Into<String>, value: impl Into<String>) -> Self {
        self.focus.insert(slot.into(), value.into());
        self
    }

    /// Makes FAME do `act`.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
}

/// Where an answer comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// Its name, fit to be read out.
    pub title: String,
    /// Its address.
    #[serde(default)]
    pub url: Option<String>,
}

/// The answer that a reply waits for: a value for one slot of one intent. The slots of the request
/// that led to the question are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The intent to go on with.
    pub intent: String,
    /// The slot that the next utterance fills.
    pub slot: String,
    /// What there is to choose from; empty if any value of the slot's type will do.
    #[serde(default)]
    pub choices: Vec<String>,
}

impl FollowUp {
    /// Waits for any value of `slot`.
    pub fn new(intent: impl Into<String>, slot: impl Into<String>) -> Self {
        Self {
            intent: intent.into(),
            slot: slot.into(),
            choices: Vec::new(),
        }
    }

    /// Waits for one of `choices`, by name or by rank ("the second one").
    #[must_use]
    pub fn among(mut self, choices: Vec<String>) -> Self {
        self.choices = choices;
        self
    }
}

/// What FAME itself can be made to do. Each act needs a permission, see [`crate::Permission`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", content = "by", rename_all = "snake_case")]
pub enum Act {
    /// Cut the sentence being spoken.
    StopSpeaking,
    /// Give up the request in progress.
    CancelTurn,
    /// Say the last reply again.
    Repeat,
    /// Change the loudness by this much of full scale (0.1 is a tenth louder).
    VolumeBy(f32),
    /// Change the speed by this much of the voice's own.
    RateBy(f32),
    /// Listen for the wake phrase only.
    Sleep,
    /// Listen as configured again.
    Wake,
    /// Close the microphone.
    Mute,
}
