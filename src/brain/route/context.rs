//! What was said before, changed in one place: "and in Tokyo?", "make it twenty".
//!
//! A plugin's own follow-up sentences come first. Without any that fits, the words after "and",
//! "what about" or "make it" are read as a value of one of the last request's slots.

use fame_plugin::read::Reader;
use fame_plugin::words::Words;
use fame_plugin::{Intent, Risk, Slot, SlotType, Slots};
use jiff::SignedDuration;

use super::super::decision::{Candidate, Route, Routed, Step};
use super::super::session::Topic;
use super::Trace;

/// What a follow-up by sentence is worth: less than a whole sentence of its own.
const BY_SENTENCE: f32 = 0.95;

/// What a follow-up by value is worth.
const BY_VALUE: f32 = 0.85;

/// Openings of a request that adds to the last one, longest first.
const ADDING: [&str; 9] = [
    "and what about",
    "and how about",
    "what about",
    "how about",
    "and what is it",
    "and also",
    "and then",
    "same for",
    "and",
];

/// Openings of a request that corrects the last one, longest first.
const CORRECTING: [&str; 14] = [
    "no i meant",
    "i meant",
    "no i mean",
    "i mean",
    "make it",
    "make that",
    "change it to",
    "change that to",
    "set it to",
    "no make it",
    "sorry",
    "rather",
    "not that one but",
    "actually",
];

/// Whether the last request stays done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Adds,
    Corrects,
    None,
}

impl Trace<'_> {
    pub(super) fn context(&mut self) -> Option<Routed> {
        let Some(topic) = self.view.topic else {
            self.passed(Route::Context, Vec::new(), "nothing was said before");
            return None;
        };
        let found = self.follow_up(topic).or_else(|| self.one_value(topic));
        match found {
            Some(routed) => self.decided(routed),
            None => {
                let outcome = format!("does not go on from `{}`", topic.intent);
                self.passed(Route::Context, Vec::new(), outcome);
                None
            }
        }
    }

    /// A follow-up sentence of the plugin that the conversation is about.
    fn follow_up(&self, topic: &Topic) -> Option<Routed> {
        let registry = self.view.registry;
        let found = registry.follow_ups().find(self.words);
        let best = found
            .into_iter()
            .find(|found| found.plugin == topic.plugin)?;
        let intent = registry.intent(best.intent)?;
        let (slots, carried) = filled(intent, topic, best.slots, self.view);
        let correcting = opening(self.words).0 == Opening::Corrects;
        let take = Candidate {
            intent: best.intent.into(),
            plugin: best.plugin.into(),
            score: BY_SENTENCE * best.score,
            sentence: best.sentence.into(),
        };
        let reason = format!("`{}` goes on from `{}`", best.sentence, topic.intent);
        let mut routed = Routed::take(self.text, Route::Context, take, slots, reason);
        routed.decision.carried = carried;
        let routed = self.complete(routed);
        Some(match routed.step {
            Step::Act if correcting && intent.risk != Risk::Read => routed.then(Step::Amend),
            _ => routed,
        })
    }

    /// The last request with another value in one of its slots, or its neighbour of the same
    /// plugin that takes such a value.
    fn one_value(&self, topic: &Topic) -> Option<Routed> {
        let registry = self.view.registry;
        let (opening, rest) = opening(self.words);
        if rest.is_empty() {
            return None;
        }
        let owner = registry.plugin(&topic.plugin)?;
        let same = owner
            .manifest
            .intents
            .iter()
            .find(|one| one.name == topic.intent);
        let others = owner
            .manifest
            .intents
            .iter()
            .filter(|one| one.name != topic.intent);
        let (intent, slot, value) = same.into_iter().chain(others).find_map(|intent| {
            let (slot, value) = self.read_for(intent, topic, opening, &rest)?;
            Some((intent, slot, value))
        })?;
        let (mut slots, mut carried) = filled(intent, topic, Slots::new(), self.view);
        carried.retain(|name| *name != slot);
        let reason = format!("`{}` with another `{slot}`", topic.intent);
        slots.insert(slot, value);
        let take = Candidate {
            intent: intent.name.clone(),
            plugin: topic.plugin.clone(),
            score: BY_VALUE,
            sentence: String::new(),
        };
        let complete = registry
            .sentences()
            .accepts(&topic.plugin, &intent.name, &slots);
        if !complete {
            return None;
        }
        let mut routed = Routed::take(self.text, Route::Context, take, slots, reason);
        routed.decision.carried = carried;
        let amends = opening == Opening::Corrects && intent.name == topic.intent;
        Some(if amends {
            routed.then(Step::Amend)
        } else {
            routed
        })
    }

    /// A slot of `intent` and its value, if `rest` is one.
    fn read_for(
        &self,
        intent: &Intent,
        topic: &Topic,
        opening: Opening,
        rest: &str,
    ) -> Option<(String, Slot)> {
        let lists = self.view.registry.lists();
        let same = intent.name == topic.intent;
        intent.slots.iter().find_map(|(slot, kind)| {
            // Any words would be a text: only a correction of the very request may set one.
            if *kind == SlotType::Text {
                return None;
            }
            let reader = Reader::new(kind.clone(), &topic.plugin, lists);
            let value = reader.read_text(rest).or_else(|| {
                let last = topic.slots.get(slot).filter(|_| same)?;
                another_length(last, rest)
            })?;
            // Without "and" or "make it", a bare number is too little to go by.
            let telling = opening != Opening::None || !matches!(value, Slot::Number(_));
            telling.then(|| (slot.clone(), value))
        })
    }
}

/// "Twenty", where ten minutes were asked for: twenty minutes.
fn another_length(last: &Slot, rest: &str) -> Option<Slot> {
    let Slot::Duration(last) = last else {
        return None;
    };
    let words = Words::new(rest);
    let number = fame_plugin::read::number(&words.texts())?;
    let unit = [3_600, 60, 1]
        .into_iter()
        .find(|unit| last.as_secs().abs() >= *unit)?;
    let length = SignedDuration::try_from_secs_f64(number * unit as f64).ok()?;
    Some(Slot::Duration(length))
}

/// What the words begin with, and the words after it.
fn opening(words: &Words) -> (Opening, String) {
    let said = words.texts().join(" ");
    let after = |phrases: &[&str]| {
        phrases.iter().find_map(|phrase| {
            let rest = said.strip_prefix(phrase)?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim().to_owned())
        })
    };
    if let Some(rest) = after(&CORRECTING) {
        (Opening::Corrects, rest)
    } else if let Some(rest) = after(&ADDING) {
        (Opening::Adds, rest)
    } else {
        (Opening::None, said)
    }
}

/// `said`, and for the intent's other slots the values that are known from before; with the names
/// of those.
fn filled(
    intent: &Intent,
    topic: &Topic,
    said: Slots,
    view: super::View<'_>,
) -> (Slots, Vec<String>) {
    let mut slots = said;
    let mut carried = Vec::new();
    for (name, kind) in &intent.slots {
        if slots.contains_key(name) {
            continue;
        }
        let focus = topic.focus.get(name).and_then(|text| {
            Reader::new(kind.clone(), &topic.plugin, view.registry.lists()).read_text(text)
        });
        if let Some(value) = focus.or_else(|| topic.slots.get(name).cloned()) {
            slots.insert(name.clone(), value);
            carried.push(name.clone());
        }
    }
    (slots, carried)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_tell_adding_from_correcting() {
        for (text, expected, rest) in [
            ("And in Tokyo?", Opening::Adds, "in tokyo"),
            ("What about tomorrow?", Opening::Adds, "tomorrow"),
            ("Make it twenty.", Opening::Corrects, "twenty"),
            ("No, I meant Paris.", Opening::Corrects, "paris"),
            ("Tokyo", Opening::None, "tokyo"),
            ("Android", Opening::None, "android"),
        ] {
            assert_eq!(
                opening(&Words::new(text)),
                (expected, rest.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_bare_number_keeps_the_unit_of_the_length() {
        let minutes = |minutes| Slot::Duration(SignedDuration::from_mins(minutes));
        assert_eq!(another_length(&minutes(10), "twenty"), Some(minutes(20)));
        assert_eq!(another_length(&minutes(120), "3"), Some(minutes(180)));
        assert_eq!(another_length(&minutes(10), "tokyo"), None);
        assert_eq!(another_length(&Slot::Number(1.0), "20"), None);
    }
}
