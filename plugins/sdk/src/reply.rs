//! What a plugin answers.

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

    /// Makes FAME do `act`.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
}

/// The answer that a reply waits for: a value for one slot of one intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The intent to go on with.
    pub intent: String,
    /// The slot that the next utterance fills.
    pub slot: String,
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
