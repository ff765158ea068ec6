//! Values wherever they stand.
//!
//! Where something other than a sentence has decided which intent is meant, its typed slots are
//! looked for anywhere in the text.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::Lists;
use crate::read::{MAX_SPAN, Reader};
use crate::words::Words;
use crate::{Slot, SlotType, Slots};

/// The longest text that is searched, in words: more is no command.
const MAX_WORDS: usize = 60;

/// Words before a time, which tell that a bare number is one.
const BEFORE_TIMES: [&str; 5] = ["at", "by", "around", "until", "before"];

/// What [`spot`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spotted {
    /// The values.
    pub slots: Slots,
    /// The share of the words that belong to values, 0 to 1.
    pub used: f32,
}

struct Find {
    slot: usize,
    rank: u8,
    range: Range<usize>,
    value: Slot,
}

/// The values of the typed `slots` in `words`, in any place: the longest first, none over
/// another. A value that several slots could hold goes to the most special, and among slots of
/// one type to the first. Text slots stay empty. `plugin` and `lists` give dynamic lists.
#[must_use]
pub fn spot(
    words: &Words,
    slots: &BTreeMap<String, SlotType>,
    plugin: &str,
    lists: &Lists,
) -> Spotted {
    let texts = words.texts();
    if texts.len() > MAX_WORDS {
        return Spotted::default();
    }
    let typed = || slots.iter().filter(|(_, kind)| **kind != SlotType::Text);
    let mut finds = Vec::new();
    for (slot, (_, kind)) in typed().enumerate() {
        let reader = Reader::new(kind.clone(), plugin, lists);
        let entries = reader.entries();
        for start in 0..texts.len() {
            let most = texts.len().min(start + MAX_SPAN);
            for end in start + 1..=most {
                let range = start..end;
                let original = words.original_of(range.clone());
                let value = reader.read_among(&texts[range.clone()], original, &entries);
                let rank = rank(kind, start.checked_sub(1).map(|before| texts[before]));
                finds.extend(value.map(|value| Find {
                    slot,
                    rank,
                    range,
                    value,
                }));
            }
        }
    }
    finds.sort_by_key(|find| {
        let len = Reverse(find.range.len());
        (len, find.range.start, find.rank, find.slot)
    });
    let names: Vec<&String> = typed().map(|(name, _)| name).collect();
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut found = Slots::new();
    for find in finds {
        let free =
            |range: &Range<usize>| range.end <= find.range.start || find.range.end <= range.start;
        if taken.iter().all(free) && !found.contains_key(names[find.slot]) {
            taken.push(find.range);
            found.insert(names[find.slot].clone(), find.value);
        }
    }
    let used: usize = taken.iter().map(Range::len).sum();
    Spotted {
        slots: found,
        used: used as f32 / texts.len().max(1) as f32,
    }
}

/// How general a type is, the most special first.
fn rank(kind: &SlotType, before: Option<&str>) -> u8 {
    let time_comes = before.is_some_and(|word| BEFORE_TIMES.contains(&word));
    match kind {
        SlotType::List(_) | SlotType::Dynamic(_) => 0,
        SlotType::Duration | SlotType::Date | SlotType::Recurrence => 1,
        SlotType::Currency | SlotType::Place | SlotType::Color | SlotType::Sum => 2,
        SlotType::Quantity | SlotType::Unit | SlotType::Ordinal => 3,
        SlotType::Time if time_comes => 4,
        SlotType::DateTime => 5,
        SlotType::Number => 6,
        SlotType::Time => 7,
        SlotType::Text => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, slots: &[(&str, SlotType)], lists: &Lists) -> (String, f32) {
        let slots = slots
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), kind.clone()))
            .collect();
        let spotted = spot(&Words::new(text), &slots, "test", lists);
        let told = spotted.slots.iter();
        let told: Vec<String> = told.map(|(n, v)| format!("{n}={}", v.spoken())).collect();
        (told.join(", "), spotted.used)
    }

    #[test]
    fn values_are_found_in_any_words() {
        let lists = Lists::default();
        lists.set(
            "test",
            "rooms",
            vec![("kitchen".into(), vec!["cook room".into()])],
        );
        let length = ("length", SlotType::Duration);
        let number = |name| (name, SlotType::Number);
        let time = ("time", SlotType::Time);
        let room = ("room", SlotType::Dynamic("rooms".into()));
        let tea = SlotType::List([("tea".to_owned(), vec![])].into());
        for (text, slots, expected) in [
            (
                "wake me when ten minutes are over",
                &[length.clone()][..],
                "length=10 minutes",
            ),
            (
                "roll 3 dice with 6 sides",
                &[number("a"), number("b")],
                "a=3, b=6",
            ),
            (
                "at nine for twenty five minutes",
                &[length.clone(), number("n"), time.clone()],
                "length=25 minutes, time=9:00",
            ),
            ("give me nine", &[number("n"), time], "n=9"),
            (
                "the lamp in the cook room, red",
                &[room, ("color", SlotType::Color)],
                "color=red, room=kitchen",
            ),
            (
                "some tea",
                &[("drink", tea), ("what", SlotType::Text)],
                "drink=tea",
            ),
            (
                "every monday at nine send $5 to Anna",
                &[("rule", SlotType::Recurrence), ("sum", SlotType::Currency)],
                "rule=every Monday at 9:00, sum=5 dollars",
            ),
            ("nothing here", &[length], ""),
            ("", &[number("n")], ""),
        ] {
            assert_eq!(found(text, slots, &lists).0, expected, "{text}");
        }
        let (_, used) = found("wait ten minutes now", &[("l", SlotType::Duration)], &lists);
        assert_eq!(used, 0.5);
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in "(ten|nine|at|every|monday|minutes|\\PC{0,6}| ){0,40}") {
            let slots = [("a", SlotType::Number), ("b", SlotType::DateTime), ("c", SlotType::Duration)];
            let (_, used) = found(&text, &slots, &Lists::default());
            prop_assert!((0.0..=1.0).contains(&used));
        }
    }
}
