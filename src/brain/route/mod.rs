//! Which intents a text means: one stage after the other, until one decides.
//!
//! The order: the intent that the caller named, control words, the open question, sentences,
//! several requests in one sentence, what was said before, near sentences, the classifier. What
//! none of them understands is left to the language model or the fallback. Every stage leaves a
//! [`Stage`] behind, so that the decision can be explained.

mod context;
mod control;
mod guess;
mod named;
mod question;
mod sentence;
mod split;

use fame_plugin::Slots;
use fame_plugin::sentence::{MAX_WORDS, Match};
use fame_plugin::words::Words;

use super::classifier::Classifier;
use super::decision::{Candidate, Decision, MAX_CANDIDATES, Route, Routed, Stage, Step};
use super::session::{Question, Topic};
use super::{MAX_QUERY_CHARS, Query};
use crate::plugins::Registry;

/// What a decision can depend on.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) registry: &'a Registry,
    pub(super) classifier: Option<&'a Classifier>,
    /// What the conversation is about.
    pub(super) topic: Option<&'a Topic>,
    /// What FAME waits for.
    pub(super) question: Option<&'a Question>,
    /// Whether the classifier tells which words weighed most.
    pub(super) explains: bool,
}

/// One text on its way through the stages.
struct Trace<'a> {
    view: View<'a>,
    text: &'a str,
    words: &'a Words,
    /// The recogniser's confidence.
    heard: Option<f32>,
    stages: Vec<Stage>,
}

/// Decides what `query` means: one decision for each request in it, at least one.
pub(super) fn decide(view: View<'_>, query: &Query) -> Vec<Routed> {
    let text = query.text.as_str();
    if text.chars().count() > MAX_QUERY_CHARS {
        let reason = format!("longer than {MAX_QUERY_CHARS} characters");
        // The text itself would fill every event and log.
        return vec![Routed::nothing("", reason)];
    }
    let words = Words::new(text);
    if let Some(intent) = &query.intent {
        return vec![named::decide(view, text, &words, intent)];
    }
    if words.is_empty() {
        return vec![Routed::nothing(text, "no words".into())];
    }
    if words.texts().len() > MAX_WORDS {
        let reason = format!("more than {MAX_WORDS} words");
        return vec![Routed::nothing(text, reason)];
    }
    let trace = Trace {
        view,
        text,
        words: &words,
        heard: query.confidence,
        stages: Vec::new(),
    };
    trace.run()
}

impl Trace<'_> {
    fn run(mut self) -> Vec<Routed> {
        if let Some(routed) = self.control().or_else(|| self.question()) {
            return self.done(routed);
        }
        let sentence = self.sentence();
        // Words in a free slot may be a request of their own: "remind me to call and what time
        // is it". Only sentences that fit exactly on both sides tell.
        let sentence = match sentence {
            Some(routed) if routed.decision.confidence >= 1.0 => return self.done(routed),
            other => other,
        };
        if let Some(parts) = self.split(split::Least::Exact) {
            return parts;
        }
        if let Some(routed) = sentence.or_else(|| self.context()).or_else(|| self.near()) {
            return self.done(routed);
        }
        if let Some(parts) = self.split(split::Least::Understood) {
            return parts;
        }
        let routed = self.guess();
        self.done(routed)
    }

    /// A part of a longer sentence: neither a question's answer nor several requests again.
    fn run_part(mut self) -> Routed {
        let found = self
            .control()
            .or_else(|| self.sentence())
            .or_else(|| self.context())
            .or_else(|| self.near());
        let routed = match found {
            Some(routed) => routed,
            None => self.guess(),
        };
        let mut all = self.done(routed);
        all.swap_remove(0)
    }

    fn done(&mut self, mut routed: Routed) -> Vec<Routed> {
        routed.decision.stages = std::mem::take(&mut self.stages).into();
        vec![routed]
    }

    /// Leaves behind what `stage` made of the text.
    fn passed(&mut self, stage: Route, candidates: Vec<Candidate>, outcome: impl Into<String>) {
        self.stages.push(Stage {
            stage,
            candidates,
            outcome: outcome.into(),
            features: Vec::new(),
        });
    }

    /// Leaves behind that `routed` was decided.
    fn decided(&mut self, routed: Routed) -> Option<Routed> {
        let Decision {
            route,
            candidates,
            reason,
            ..
        } = &routed.decision;
        self.passed(*route, candidates.clone(), reason.clone());
        Some(routed)
    }

    /// The first of `found`, taken on `route`.
    fn matched(&self, route: Route, found: Vec<Match<'_>>, why: &str) -> Option<Routed> {
        let candidates = candidates(&found);
        let best = found.into_iter().next()?;
        let reason = format!("`{}` {why} ({:.2})", best.sentence, best.score);
        let routed = Routed::take(
            self.text,
            route,
            candidates.first()?.clone(),
            best.slots,
            reason,
        );
        Some(self.complete(routed.among(candidates)))
    }

    /// Asks for a slot that the intent cannot do without and that is not there.
    fn complete(&self, routed: Routed) -> Routed {
        match missing(self.view.registry, &routed) {
            Some(slot) => routed.then(Step::AskFor(slot)),
            None => routed,
        }
    }
}

/// The first slot that the intent of `routed` asks for and that has no value.
fn missing(registry: &Registry, routed: &Routed) -> Option<String> {
    let intent = registry.intent(routed.decision.intent.as_deref()?)?;
    let is_missing = |slot: &&String| !routed.slots.contains_key(*slot);
    intent.ask.keys().find(is_missing).cloned()
}

fn candidates(found: &[Match<'_>]) -> Vec<Candidate> {
    let candidate = |found: &Match<'_>| Candidate {
        intent: found.intent.into(),
        plugin: found.plugin.into(),
        score: found.score,
        sentence: found.sentence.into(),
    };
    found.iter().take(MAX_CANDIDATES).map(candidate).collect()
}

/// The values of `intent`'s typed slots wherever they stand in the text.
fn spot(registry: &Registry, words: &Words, plugin: &str, intent: &str) -> Slots {
    let Some(found) = registry.intent(intent) else {
        return Slots::new();
    };
    fame_plugin::sentence::spot(words, &found.slots, plugin, registry.lists()).slots
}
