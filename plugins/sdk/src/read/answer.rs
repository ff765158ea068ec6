//! One value from a whole text: an answer to a question, or a tool argument of a language model.

use jiff::SignedDuration;
use serde_json::Value;

use super::{Color, DateExpr, DateTimeExpr, Reader, TimeOfDay};
use crate::sentence::Lists;
use crate::words::Words;
use crate::{Slot, SlotType};

/// What people put before a value when they answer.
const LEAD_INS: [&str; 22] = [
    "make it",
    "it is",
    "that is",
    "let us say",
    "i said",
    "i mean",
    "i meant",
    "i want",
    "about",
    "around",
    "at",
    "in",
    "for",
    "on",
    "to",
    "by",
    "the",
    "a",
    "yes",
    "no",
    "maybe",
    "every",
];

/// Digits as they are written when nothing else is said. Not in sentences, where "for" and "to"
/// are what they seem.
const MISHEARD_DIGITS: [(&str, f64); 5] = [
    ("won", 1.0),
    ("to", 2.0),
    ("too", 2.0),
    ("for", 4.0),
    ("ate", 8.0),
];

impl SlotType {
    /// A value of this type from all of `text`, see [`Reader::read_text`].
    #[must_use]
    pub fn read_text(&self, text: &str, plugin: &str, lists: &Lists) -> Option<Slot> {
        Reader::new(self.clone(), plugin, lists).read_text(text)
    }
}

impl Reader {
    /// A value from all of `text`. Small words before it ("at", "make it") and politeness around
    /// it are overlooked, unless they are part of the value; text is kept as it is.
    #[must_use]
    pub fn read_text(&self, text: &str) -> Option<Slot> {
        if self.kind == SlotType::Text {
            let text = text.trim();
            return (!text.is_empty()).then(|| Slot::Text(text.into()));
        }
        let words = Words::new(text);
        let mut spoken = vec![words.clone()];
        spoken.extend(words.cores());
        spoken
            .iter()
            .find_map(|words| self.without_lead_ins(words))
            .or_else(|| self.misheard_digit(&words))
    }

    fn without_lead_ins(&self, words: &Words) -> Option<Slot> {
        let texts = words.texts();
        let mut start = 0;
        while start < texts.len() {
            let original = words.original_of(start..texts.len());
            if let Some(value) = self.read(&texts[start..], original) {
                return Some(value);
            }
            let lead_in = |phrase: &&str| {
                let mut rest = texts[start..].iter();
                phrase.split(' ').all(|part| rest.next() == Some(&part))
            };
            start += LEAD_INS.iter().find(|p| lead_in(p))?.split(' ').count();
        }
        None
    }

    fn misheard_digit(&self, words: &Words) -> Option<Slot> {
        let texts = words.texts();
        let digit = |(word, _): &&(&str, f64)| texts == [*word];
        let (_, number) = MISHEARD_DIGITS.iter().find(digit)?;
        (self.kind == SlotType::Number).then_some(Slot::Number(*number))
    }

    /// A value from JSON: what [`Slot::to_value`] gives, ISO 8601 dates, times and durations, or
    /// anything that [`Reader::read_text`] reads. A bare number is a length of time in seconds
    /// where a duration is wanted.
    #[must_use]
    pub fn read_value(&self, value: &Value) -> Option<Slot> {
        match value {
            Value::Number(number) => self.read_number(number.as_f64()?),
            Value::String(text) => self.read_written(text).or_else(|| self.read_text(text)),
            Value::Object(fields) => {
                let field = |name: &str| match fields.get(name)? {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                };
                let text = match &self.kind {
                    SlotType::Place => field("name")?,
                    SlotType::Quantity => format!("{} {}", field("amount")?, field("unit")?),
                    SlotType::Currency => format!("{} {}", field("amount")?, field("currency")?),
                    SlotType::DateTime => {
                        let length: SignedDuration = field("in")?.parse().ok()?;
                        return Some(Slot::DateTime(DateTimeExpr::In(length)));
                    }
                    _ => return None,
                };
                self.read_text(&text)
            }
            Value::Null | Value::Bool(_) | Value::Array(_) => None,
        }
    }

    fn read_number(&self, number: f64) -> Option<Slot> {
        match &self.kind {
            SlotType::Number => Some(Slot::Number(number)),
            SlotType::Ordinal => {
                let whole = number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number);
                whole.then_some(Slot::Ordinal(number as u32))
            }
            SlotType::Duration => {
                let length = SignedDuration::try_from_secs_f64(number).ok()?;
                (number >= 0.0).then_some(Slot::Duration(length))
            }
            _ => self.read_text(&number.to_string()),
        }
    }

    /// Values as programs write them, which no one says.
    fn read_written(&self, text: &str) -> Option<Slot> {
        let text = text.trim();
        match &self.kind {
            SlotType::Duration => {
                let length: SignedDuration = text.parse().ok()?;
                (!length.is_negative()).then_some(Slot::Duration(length))
            }
            SlotType::Date => DateExpr::parse(text).map(Slot::Date),
            SlotType::Time => TimeOfDay::parse(text).map(Slot::Time),
            SlotType::DateTime => {
                if let Some(day) = DateExpr::parse(text) {
                    return Some(Slot::DateTime(DateTimeExpr::Day(day)));
                }
                if let Some(time) = TimeOfDay::parse(text) {
                    return Some(Slot::DateTime(DateTimeExpr::Time(time)));
                }
                let (day, time) = text.rsplit_once(['T', ' '])?;
                let day = DateExpr::parse(day).or_else(|| {
                    match SlotType::Date.read_text(day, "", &Lists::default())? {
                        Slot::Date(day) => Some(day),
                        _ => None,
                    }
                })?;
                let time = TimeOfDay::parse(time.trim_end_matches('Z'))?;
                Some(Slot::DateTime(DateTimeExpr::DayTime(day, time)))
            }
            SlotType::Color => Color::parse(text).map(Slot::Color),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(kind: &SlotType, text: &str) -> Option<Slot> {
        kind.read_text(text, "test", &Lists::default())
    }

    fn spoken(kind: SlotType, answer: &str) -> Option<String> {
        text(&kind, answer).map(|slot| slot.spoken())
    }

    #[test]
    fn answers_are_read_whatever_stands_before_them() {
        for (kind, answer, value) in [
            (SlotType::Duration, "Ten minutes, please.", "10 minutes"),
            (SlotType::Duration, "make it for ten minutes", "10 minutes"),
            (SlotType::Time, "at 9 PM", "9:00 PM"),
            (SlotType::Time, "It's half past nine.", "9:30"),
            (SlotType::Date, "on the 3rd of May", "May 3rd"),
            (SlotType::Date, "for tomorrow", "tomorrow"),
            (
                SlotType::DateTime,
                "um, tomorrow at noon",
                "tomorrow at noon",
            ),
            (SlotType::DateTime, "in ten minutes", "in 10 minutes"),
            (SlotType::Recurrence, "every monday", "every Monday"),
            (SlotType::Number, "to", "2"),
            (SlotType::Number, "For.", "4"),
            (SlotType::Number, "about twenty-five", "25"),
            (SlotType::Ordinal, "the second", "2nd"),
            (SlotType::Place, "in Tokyo", "Tokyo"),
            (SlotType::Currency, "about $5", "5 dollars"),
            (SlotType::Color, "make it light blue", "light blue"),
            (SlotType::Quantity, "5 miles", "5 miles"),
            (SlotType::Text, " Buy milk. ", "Buy milk."),
            (
                SlotType::List([("tea".to_owned(), vec!["a cup of tea".to_owned()])].into()),
                "a cup of tea for me",
                "tea",
            ),
        ] {
            assert_eq!(
                spoken(kind.clone(), answer).as_deref(),
                Some(value),
                "{kind:?} {answer}"
            );
        }
        for (kind, answer) in [
            (SlotType::Duration, "ten"),
            (SlotType::Date, "what is the weather tomorrow"),
            (SlotType::Number, "at"),
            (SlotType::Number, ""),
            (SlotType::Text, "  "),
            (SlotType::Place, "the movie"),
        ] {
            assert_eq!(text(&kind, answer), None, "{kind:?} {answer}");
        }
    }

    #[test]
    fn arguments_of_a_tool_are_read() {
        let read = |kind: SlotType, value: Value| {
            let reader = Reader::new(kind, "test", &Lists::default());
            reader.read_value(&value).map(|slot| slot.spoken())
        };
        for (kind, value, expected) in [
            (SlotType::Number, json!(2.5), "2.5"),
            (SlotType::Number, json!("twelve"), "12"),
            (SlotType::Ordinal, json!(3), "3rd"),
            (SlotType::Duration, json!(600), "10 minutes"),
            (SlotType::Duration, json!("PT1H20M"), "1 hour 20 minutes"),
            (SlotType::Duration, json!("ten minutes"), "10 minutes"),
            (SlotType::Date, json!("2027-05-03"), "May 3rd 2027"),
            (SlotType::Time, json!("21:30"), "9:30 PM"),
            (SlotType::Time, json!("09:30:00"), "9:30 AM"),
            (
                SlotType::DateTime,
                json!("2027-05-03T09:00:00"),
                "May 3rd 2027 at 9:00 AM",
            ),
            (
                SlotType::DateTime,
                json!("2027-05-03 09:00"),
                "May 3rd 2027 at 9:00 AM",
            ),
            (
                SlotType::DateTime,
                json!({ "in": "PT10M" }),
                "in 10 minutes",
            ),
            (SlotType::Color, json!("#0000ff"), "blue"),
            (
                SlotType::Currency,
                json!({ "amount": 5, "currency": "EUR" }),
                "5 euros",
            ),
            (
                SlotType::Quantity,
                json!({ "amount": 5, "unit": "mile" }),
                "5 miles",
            ),
            (SlotType::Place, json!({ "name": "Tokyo" }), "Tokyo"),
        ] {
            assert_eq!(
                read(kind, value.clone()).as_deref(),
                Some(expected),
                "{value}"
            );
        }
        for (kind, value) in [
            (SlotType::Number, json!(null)),
            (SlotType::Number, json!([1])),
            (SlotType::Ordinal, json!(0)),
            (SlotType::Ordinal, json!(1.5)),
            (SlotType::Duration, json!(-5)),
            (SlotType::Duration, json!(1e300)),
            (SlotType::Duration, json!("-PT5M")),
            (SlotType::Color, json!("#00")),
            (SlotType::DateTime, json!({ "at": "noon" })),
        ] {
            assert_eq!(read(kind, value.clone()), None, "{value}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for (kind, said) in [
            (SlotType::Number, "three point five"),
            (SlotType::Ordinal, "twenty first"),
            (SlotType::Duration, "an hour and a half"),
            (SlotType::Date, "next friday"),
            (SlotType::Date, "in five days"),
            (SlotType::Time, "9:30 pm"),
            (SlotType::DateTime, "tomorrow at 9 pm"),
            (SlotType::DateTime, "next friday at noon"),
            (SlotType::DateTime, "in ten minutes"),
            (SlotType::DateTime, "christmas at noon"),
            (SlotType::Recurrence, "every other friday at 9 pm"),
            (SlotType::Place, "new york"),
            (SlotType::Unit, "ounces"),
            (SlotType::Quantity, "5 miles"),
            (SlotType::Currency, "five euros fifty"),
            (SlotType::Color, "tomato"),
            (SlotType::Text, "call mum"),
        ] {
            let slot = text(&kind, said).unwrap();
            let reader = Reader::new(kind, "test", &Lists::default());
            assert_eq!(reader.read_value(&slot.to_value()), Some(slot), "{said}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_none(text in "\\PC{0,40}", number: f64) {
            for kind in [SlotType::Duration, SlotType::Date, SlotType::Time, SlotType::DateTime,
                SlotType::Recurrence, SlotType::Currency, SlotType::Color, SlotType::Ordinal] {
                let reader = Reader::new(kind, "test", &Lists::default());
                let _ = reader.read_value(&json!(text));
                let _ = reader.read_value(&json!(number));
            }
        }
    }
}
