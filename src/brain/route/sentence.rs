//! Sentences: those that fit, and those that nearly do.

use fame_plugin::Risk;
use fame_plugin::sentence::Match;

use super::super::decision::{Candidate, Route, Routed, Step};
use super::{Trace, candidates};

/// How much better than the next intent the nearest one must fit to be taken for it.
const MARGIN: f32 = 0.04;

/// The recogniser's confidence below which a near match must be nearer.
const POORLY_HEARD: f32 = 0.5;

/// How much nearer.
const POORLY_HEARD_EXTRA: f32 = 0.05;

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

impl Trace<'_> {
    pub(super) fn sentence(&mut self) -> Option<Routed> {
        let found = self.view.registry.sentences().find(self.words);
        if found.is_empty() {
            self.passed(Route::Sentence, Vec::new(), "no sentence fits");
            return None;
        }
        let routed = self.matched(Route::Sentence, found, "matches")?;
        self.decided(routed)
    }

    pub(super) fn near(&mut self) -> Option<Routed> {
        let found = self.view.registry.sentences().near(self.words);
        match self.judge(&found) {
            Ok(Judged::Take) => {
                let routed =
                    self.matched(Route::Near, found, "is near enough to what was said:")?;
                self.decided(routed)
            }
            Ok(Judged::AskFor(slot)) => {
                let best = found.first()?;
                let heard = best.missing.first().map_or("", |missing| &missing.heard);
                let reason = format!(
                    "`{}` fits but for `{slot}`, which \"{heard}\" is not",
                    best.sentence
                );
                let all = candidates(&found);
                let take = Candidate {
                    score: best.complete_score,
                    ..all.first()?.clone()
                };
                let slots = best.slots.clone();
                let routed = Routed::take(self.text, Route::Near, take, slots, reason);
                self.decided(routed.among(all).then(Step::AskFor(slot)))
            }
            Err(outcome) => {
                self.passed(Route::Near, candidates(&found), outcome);
                None
            }
        }
    }

    /// Whether the nearest sentence is taken, and if not, why.
    fn judge(&self, found: &[Match<'_>]) -> Result<Judged, String> {
        let best = found
            .first()
            .ok_or("no sentence shares a telling word with it")?;
        let intent = self.view.registry.intent(best.intent);
        let risk = intent.map_or(Risk::Admin, |intent| intent.risk);
        let needed =
            threshold(risk).ok_or_else(|| format!("`{}` must be said exactly", best.intent))?;
        let needed = match self.heard {
            Some(heard) if heard < POORLY_HEARD => needed + POORLY_HEARD_EXTRA,
            _ => needed,
        };
        // A slot that found no value is asked for if all else fits: it is never guessed.
        let asked = match best.missing.as_slice() {
            [only] if intent.is_some_and(|intent| intent.ask.contains_key(&only.slot)) => {
                Some(only.slot.clone())
            }
            _ => None,
        };
        let score = |found: &Match<'_>| match asked {
            Some(_) => found.complete_score,
            None => found.score,
        };
        let reached = score(best);
        if reached < needed {
            return Err(format!(
                "the nearest sentence fits to {reached:.2}, less than {needed:.2}"
            ));
        }
        if let Some(next) = found.get(1).filter(|next| reached - score(next) < MARGIN) {
            return Err(format!(
                "`{}` and `{}` fit about equally well",
                best.intent, next.intent
            ));
        }
        Ok(asked.map_or(Judged::Take, Judged::AskFor))
    }
}

/// What is made of the nearest sentence.
enum Judged {
    Take,
    AskFor(String),
}
