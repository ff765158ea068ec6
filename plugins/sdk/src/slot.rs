//! Typed values out of a sentence.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::read::say_length;
use crate::read::{
    Color, DateExpr, DateTimeExpr, Money, Place, Quantity, Recurrence, Sum, TimeOfDay, Unit,
};
use crate::say;

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
    /// A moment, day and time: `tomorrow at nine`, `in ten minutes`, `friday evening`.
    DateTime,
    /// What comes again: `every monday at nine`, `twice a day`, `the first friday of each month`.
    Recurrence,
    /// A city, country or time zone that FAME knows.
    Place,
    /// Arithmetic: `23 plus 19`, `15 percent of 80`.
    Sum,
    /// A unit of measure: `ounces`.
    Unit,
    /// An amount of a unit: `5 miles`, `a pound`.
    Quantity,
    /// A sum of money: `$5`, `five euros fifty`, `20 bucks`.
    Currency,
    /// A colour, by name: `light blue`.
    Color,
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
    /// See [`SlotType::DateTime`].
    DateTime(DateTimeExpr),
    /// See [`SlotType::Recurrence`].
    Recurrence(Recurrence),
    /// See [`SlotType::Place`].
    Place(Place),
    /// See [`SlotType::Sum`].
    Sum(Sum),
    /// See [`SlotType::Unit`].
    Unit(Unit),
    /// See [`SlotType::Quantity`].
    Quantity(Quantity),
    /// See [`SlotType::Currency`].
    Currency(Money),
    /// See [`SlotType::Color`].
    Color(Color),
    /// The words as they were said.
    Text(String),
    /// The list's entry, whichever way it was said.
    Choice(String),
}

impl SlotType {
    /// Its name in a manifest.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Ordinal => "ordinal",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date_time",
            Self::Recurrence => "recurrence",
            Self::Place => "place",
            Self::Sum => "sum",
            Self::Unit => "unit",
            Self::Quantity => "quantity",
            Self::Currency => "currency",
            Self::Color => "color",
            Self::Text => "text",
            Self::List(_) => "list",
            Self::Dynamic(_) => "dynamic",
        }
    }
}

impl Slot {
    /// The value for events and clients: numbers stay numbers, the rest is text or an object.
    /// [`crate::read::Reader::read_value`] reads it back, but for the times of a recurrence and
    /// whether a time was certain.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            Self::Ordinal(ordinal) => json!(ordinal),
            Self::Duration(duration) => json!(duration.to_string()),
            Self::Date(date) => json!(date.to_string()),
            Self::Time(time) => json!(time.to_string()),
            Self::DateTime(DateTimeExpr::In(length)) => json!({ "in": length.to_string() }),
            Self::DateTime(moment) => json!(moment.to_string()),
            Self::Recurrence(rule) => json!(rule.spoken()),
            Self::Place(place) => json!({ "name": place.name, "zone": place.zone }),
            Self::Sum(sum) => json!(sum.spoken),
            Self::Unit(unit) => json!(unit.one),
            Self::Quantity(q) => json!({ "amount": q.amount, "unit": q.unit.one }),
            Self::Currency(money) => {
                json!({ "amount": money.amount, "currency": money.currency.code })
            }
            Self::Color(color) => json!(color.to_string()),
            Self::Text(text) | Self::Choice(text) => json!(text),
        }
    }

    /// The value as a person would say it, to confirm it: "10 minutes", "tomorrow at noon".
    #[must_use]
    pub fn spoken(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Ordinal(ordinal) => say::ordinal(u64::from(*ordinal)),
            Self::Duration(duration) => say_length(*duration),
            Self::Date(date) => date.spoken(),
            Self::Time(time) => time.spoken(),
            Self::DateTime(moment) => moment.spoken(),
            Self::Recurrence(rule) => rule.spoken(),
            Self::Place(place) => place.name.into(),
            Self::Sum(sum) => sum.spoken.clone(),
            Self::Unit(unit) => unit.many.into(),
            Self::Quantity(q) => format!("{} {}", q.amount, q.unit.after(q.amount)),
            Self::Currency(money) => money.spoken(),
            Self::Color(color) => color.name().map_or_else(|| color.to_string(), Into::into),
            Self::Text(text) | Self::Choice(text) => text.clone(),
        }
    }
}
