//! The open question: what FAME asked is answered before anything else is understood.

use fame_plugin::read::{Reader, ordinal};
use fame_plugin::words::Words;
use fame_plugin::{Slot, SlotType};

use super::super::decision::{Candidate, Route, Routed, Step};
use super::super::session::{Awaits, Question};
use super::Trace;

/// How alike a choice and what was heard must be, 0 to 1.
const ALIKE: f64 = 0.8;

/// How sure the classifier must be that the person speaks of something else.
const SURE_OF_ANOTHER: f32 = 0.9;

impl Trace<'_> {
    pub(super) fn question(&mut self) -> Option<Routed> {
        let question = self.view.question?;
        match &question.awaits {
            Awaits::Value { slot, choices } => {
                if let Some(value) = self.value(question, slot, choices) {
                    return self.answered(question, slot, value);
                }
            }
            Awaits::Consent { .. } => {}
        }
        if let Some(other) = self.another_subject() {
            let outcome = format!("not an answer to \"{}\", but `{other}`", question.text);
            self.passed(Route::Question, Vec::new(), outcome);
            return None;
        }
        if question.again {
            let outcome = format!("no answer to \"{}\" for the second time", question.text);
            self.passed(Route::Question, Vec::new(), outcome);
            return None;
        }
        let reason = format!("no answer to \"{}\"", question.text);
        let again = self.take(question, reason, 0.0).then(Step::AskAgain);
        self.decided(again)
    }

    fn answered(&mut self, question: &Question, slot: &str, value: Slot) -> Option<Routed> {
        let reason = format!("`{slot}`, which \"{}\" asked for", question.text);
        let mut routed = self.take(question, reason, 1.0);
        let mut slots = question.slots.clone();
        routed.decision.carried = slots.keys().cloned().collect();
        slots.insert(slot.into(), value);
        let routed = self.complete(routed.with_slots(slots));
        self.decided(routed)
    }

    fn take(&self, question: &Question, reason: String, score: f32) -> Routed {
        let best = Candidate {
            intent: question.intent.clone(),
            plugin: question.plugin.clone(),
            score,
            sentence: String::new(),
        };
        Routed::take(
            self.text,
            Route::Question,
            best,
            question.slots.clone(),
            reason,
        )
    }

    /// The value that the text is, if it is one.
    fn value(&self, question: &Question, slot: &str, choices: &[String]) -> Option<Slot> {
        if !choices.is_empty() {
            return chosen(self.words, choices).map(Slot::Choice);
        }
        let registry = self.view.registry;
        let kind = registry.intent(&question.intent)?.slots.get(slot)?;
        // Any words are a text, even those that ask for something else.
        if *kind == SlotType::Text && self.another_subject().is_some() {
            return None;
        }
        Reader::new(kind.clone(), &question.plugin, registry.lists()).read_text(self.text)
    }

    /// The intent that the text clearly asks for by itself.
    fn another_subject(&self) -> Option<String> {
        let found = self.view.registry.sentences().find(self.words);
        if let Some(best) = found.first().filter(|best| best.score >= 1.0) {
            return Some(best.intent.into());
        }
        let guess = self.view.classifier?.classify(self.text);
        let best = guess.ranked.into_iter().next()?;
        (guess.known && best.probability >= SURE_OF_ANOTHER).then_some(best.intent)
    }
}

/// The one of `choices` that the words name: itself, something like it, or its rank.
fn chosen(words: &Words, choices: &[String]) -> Option<String> {
    let said = words.texts().join(" ");
    let normal = |choice: &String| Words::new(choice).texts().join(" ");
    if let Some(same) = choices.iter().find(|choice| normal(choice) == said) {
        return Some(same.clone());
    }
    if let Some(at) = rank(words, choices.len()) {
        return choices.get(at).cloned();
    }
    let mut alike: Vec<(f64, &String)> = choices
        .iter()
        // Without blanks: "past a" is how a recogniser may write "pasta".
        .map(|choice| {
            (
                strsim::jaro_winkler(&joined(&normal(choice)), &joined(&said)),
                choice,
            )
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    alike.first().map(|(_, choice)| (*choice).clone())
}

/// The words without "the" and the blanks between them.
fn joined(text: &str) -> String {
    text.split(' ').filter(|word| *word != "the").collect()
}

/// The place that "the second one", "number two" or "the last" stands for, from 0.
fn rank(words: &Words, count: usize) -> Option<usize> {
    let texts = words.texts();
    let core: Vec<&str> = texts
        .into_iter()
        .filter(|word| {
            !matches!(
                *word,
                "the" | "one" | "number" | "option" | "i" | "mean" | "take"
            )
        })
        .collect();
    if core == ["last"] {
        return count.checked_sub(1);
    }
    let number = || fame_plugin::read::number(&core).map(|number| number as u32);
    let rank = ordinal(&core).or_else(number)?;
    (rank as usize).checked_sub(1).filter(|at| *at < count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_named_or_counted() {
        let choices = ["pasta timer", "egg timer", "tea timer"].map(String::from);
        for (said, expected) in [
            ("Egg timer.", Some("egg timer")),
            ("the second one", Some("egg timer")),
            ("Number three", Some("tea timer")),
            ("the last one", Some("tea timer")),
            ("the past a timer", Some("pasta timer")),
            ("the fourth one", None),
            ("what time is it", None),
        ] {
            let chosen = chosen(&Words::new(said), &choices);
            assert_eq!(chosen.as_deref(), expected, "{said}");
        }
    }
}
