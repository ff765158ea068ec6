//! Which intent a text means.

use fame_plugin::sentence::{MAX_WORDS, Match};
use fame_plugin::words::Words;
use fame_plugin::{Risk, Slots};

use super::MAX_QUERY_CHARS;
use super::decision::{Candidate, Decision, Route};
use crate::plugins::Registry;

/// Candidates that a decision lists.
const MAX_CANDIDATES: usize = 5;

/// How much better than the next intent the nearest one must fit to be taken for it.
const MARGIN: f32 = 0.04;

/// The recogniser's confidence below which a near match must be nearer.
const POORLY_HEARD: f32 = 0.5;

/// How much nearer.
const POORLY_HEARD_EXTRA: f32 = 0.05;

/// A decision and the slots as the plugin takes them.
pub(super) struct Routed {
    pub(super) decision: Decision,
    pub(super) slots: Slots,
}

/// Decides what `text` means; `heard` is the recogniser's confidence.
pub(super) fn decide(registry: &Registry, text: &str, heard: Option<f32>) -> Routed {
    if text.chars().count() > MAX_QUERY_CHARS {
        return nothing(
            Vec::new(),
            format!("longer than {MAX_QUERY_CHARS} characters"),
        );
    }
    let words = Words::new(text);
    if words.is_empty() {
        return nothing(Vec::new(), "no words".into());
    }
    if words.texts().len() > MAX_WORDS {
        return nothing(Vec::new(), format!("more than {MAX_WORDS} words"));
    }
    let control = registry.control().find(&words);
    if !control.is_empty() {
        return matched(Route::Control, control, "is a control word");
    }
    let found = registry.sentences().find(&words);
    if !found.is_empty() {
        return matched(Route::Sentence, found, "matches");
    }
    near(registry, registry.sentences().near(&words), heard)
}

/// How near a sentence must be for its intent to be taken as meant. For what changes something,
/// one of two words may be another that sounds like it ("flow down"). What cannot be undone must
/// be said exactly.
fn threshold(risk: Risk) -> Option<f32> {
    match risk {
        Risk::Read => Some(0.8),
        Risk::Write => Some(0.87),
        Risk::Destructive | Risk::Admin => None,
    }
}

fn near(registry: &Registry, found: Vec<Match<'_>>, heard: Option<f32>) -> Routed {
    let Some(best) = found.first() else {
        return nothing(Vec::new(), "no sentence shares a telling word".into());
    };
    let risk = registry
        .intent(best.intent)
        .map_or(Risk::Admin, |intent| intent.risk);
    let extra = if heard.is_some_and(|heard| heard < POORLY_HEARD) {
        POORLY_HEARD_EXTRA
    } else {
        0.0
    };
    let score = best.score;
    let Some(needed) = threshold(risk).map(|needed| needed + extra) else {
        let reason = format!("`{}` must be said exactly", best.intent);
        return nothing(candidates(&found), reason);
    };
    if score < needed {
        let reason = format!("the nearest sentence fits to {score:.2}, less than {needed:.2}");
        return nothing(candidates(&found), reason);
    }
    if let Some(next) = found.get(1).filter(|next| score - next.score < MARGIN) {
        let reason = format!(
            "`{}` and `{}` fit about equally well",
            best.intent, next.intent
        );
        return nothing(candidates(&found), reason);
    }
    matched(Route::Near, found, "is near enough to what was said:")
}

/// The first of `found`, taken on `route`.
fn matched(route: Route, found: Vec<Match<'_>>, why: &str) -> Routed {
    let candidates = candidates(&found);
    let Some(best) = found.into_iter().next() else {
        return nothing(candidates, "nothing matches".into());
    };
    let decision = Decision {
        intent: Some(best.intent.into()),
        plugin: Some(best.plugin.into()),
        confidence: best.score,
        slots: best
            .slots
            .iter()
            .map(|(name, slot)| (name.clone(), slot.to_value()))
            .collect(),
        route,
        candidates,
        reason: format!("`{}` {why} ({:.2})", best.sentence, best.score),
    };
    Routed {
        decision,
        slots: best.slots,
    }
}

fn nothing(candidates: Vec<Candidate>, reason: String) -> Routed {
    let decision = Decision {
        intent: None,
        plugin: None,
        confidence: 0.0,
        slots: Default::default(),
        route: Route::Fallback,
        candidates,
        reason,
    };
    Routed {
        decision,
        slots: Slots::new(),
    }
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
