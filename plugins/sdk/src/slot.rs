//! Typed values out of a sentence.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::read::{DateExpr, Place, Quantity, Sum, TimeOfDay, Unit};

/// The values of one sentence, by slot name.
pub type Slots = BTreeMap<String, Slot>;

/// What a manifest says a slot holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotType {
    /// `twenty five`, `3.5`, `half`, `a dozen`.
    Number,
    /// `2nd`, `twenty first`.
    Ordinal,
    /// `ten minutes`, `an hour and a half`.
    Duration,
    /// `tomorrow`, `next friday`, `the 3rd of may`, `christmas`.
    Date,
    /// `half past nine`, `9:30 pm`, `noon`.
    Time,
    /// A city, country or time zone that FAME knows.
    Place,
    /// Arithmetic: `23 plus 19`, `15 percent of 80`.
    Sum,
    /// A unit of measure: `ounces`.
    Unit,
    /// An amount of a unit: `5 miles`, `a pound`.
    Quantity,
    /// Any words.
    Text,
    /// One of these, each with the other ways of saying it.
    List(BTreeMap<String, Vec<String>>),
    /// One of the values that the plugin sets under this name while it runs, see
    /// [`crate::Host::set_list`].
    Dynamic(String),
}

/// The value of one slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// See [`SlotType::Number`].
    Number(f64),
    /// See [`SlotType::Ordinal`].
    Ordinal(u32),
    /// See [`SlotType::Duration`].
    Duration(SignedDuration),
    /// See [`SlotType::Date`].
    Date(DateExpr),
    /// See [`SlotType::Time`].
    Time(TimeOfDay),
    /// See [`SlotType::Place`].
    Place(Place),
    /// See [`SlotType::Sum`].
    Sum(Sum),
    /// See [`SlotType::Unit`].
    Unit(Unit),
    /// See [`SlotType::Quantity`].
    Quantity(Quantity),
    /// The words as they were said.
    Text(String),
    /// The list's entry, whichever way it was said.
    Choice(String),
}

impl Slot {
    /// The value for events and clients: numbers stay numbers, the rest is text or an object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            Self::Ordinal(ordinal) => json!(ordinal),
            Self::Duration(duration) => json!(duration.to_string()),
            Self::Date(date) => json!(date.to_string()),
            Self::Time(time) => json!(time.to_string()),
            Self::Place(place) => json!({ "name": place.name, "zone": place.zone }),
            Self::Sum(sum) => json!(sum.spoken),
            Self::Unit(unit) => json!(unit.one),
            Self::Quantity(q) => json!({ "amount": q.amount, "unit": q.unit.one }),
            Self::Text(text) | Self::Choice(text) => json!(text),
        }
    }
}
