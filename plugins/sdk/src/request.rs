//! What a plugin is asked.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::{
    Color, DateExpr, DateTimeExpr, Money, Place, Quantity, Recurrence, Sum, TimeOfDay, Unit,
};
use crate::{PluginError, Slot, Slots};

/// One request, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the user said, as it was said.
    pub text: String,
    /// The intent that matched: a name from the plugin's own manifest.
    pub intent: String,
    /// The values found in the sentence, by slot name.
    pub slots: Slots,
    /// The conversation it belongs to.
    pub session: String,
    /// Who asks, where that is known.
    pub user: Option<String>,
    /// How it came in.
    pub source: Source,
    /// What else is known about it.
    pub context: Context,
}

/// How a request came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Spoken to the microphone.
    #[default]
    Voice,
    /// Sent by a client over the local socket.
    Ipc,
    /// Read from a file.
    Headless,
    /// Sent by another program over HTTP.
    Rest,
}

/// What is known about a request beside its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// How sure FAME is that this intent was meant, 0 to 1.
    pub confidence: f32,
    /// How sure the recogniser was of the words, where it heard them, 0 to 1.
    pub heard: Option<f32>,
    /// The slots whose values the sentence did not say: they come from what was said before.
    pub carried: Vec<String>,
    /// What the client says about the situation, if it says anything.
    pub client: Option<Value>,
}

impl Context {
    /// Both certainties.
    #[must_use]
    pub fn new(confidence: f32, heard: Option<f32>) -> Self {
        Self {
            confidence,
            heard,
            ..Self::default()
        }
    }
}

/// The value of a slot, or an error that names the slot.
macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// If the sentence had no such slot, or one of another type.
        pub fn $name(&self, slot: &str) -> Result<&$type, PluginError> {
            match self.slots.get(slot) {
                Some(Slot::$variant(value)) => Ok(value),
                _ => Err(self.missing(slot)),
            }
        }
    };
}

impl Request {
    getter!(
        /// The number in `slot`.
        number, Number, f64
    );
    getter!(
        /// The rank in `slot`.
        ordinal, Ordinal, u32
    );
    getter!(
        /// The time of day in `slot`.
        time, Time, TimeOfDay
    );
    getter!(
        /// The length of time in `slot`.
        duration, Duration, SignedDuration
    );
    getter!(
        /// The date in `slot`.
        date, Date, DateExpr
    );
    getter!(
        /// The moment in `slot`.
        date_time, DateTime, DateTimeExpr
    );
    getter!(
        /// The rule in `slot` by which something comes again.
        recurrence, Recurrence, Recurrence
    );
    getter!(
        /// The sum of money in `slot`.
        currency, Currency, Money
    );
    getter!(
        /// The colour in `slot`.
        color, Color, Color
    );
    getter!(
        /// The place in `slot`.
        place, Place, Place
    );
    getter!(
        /// The arithmetic in `slot`.
        sum, Sum, Sum
    );
    getter!(
        /// The unit in `slot`.
        unit, Unit, Unit
    );
    getter!(
        /// The amount in `slot`.
        quantity, Quantity, Quantity
    );
    getter!(
        /// The words in `slot`, as they were said.
        text, Text, str
    );
    getter!(
        /// The list's entry in `slot`.
        choice, Choice, str
    );

    fn missing(&self, slot: &str) -> PluginError {
        PluginError::MissingSlot {
            intent: self.intent.clone(),
            slot: slot.into(),
        }
    }
}
