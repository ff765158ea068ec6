//! The classifier: what was said in other words.

use fame_plugin::Risk;

use super::super::decision::{Candidate, MAX_CANDIDATES, Route, Routed, Stage, Step};
use super::{Trace, missing, spot};

/// How sure the classifier must be of an intent that changes something.
const SURE_TO_WRITE: f32 = 0.8;

impl Trace<'_> {
    /// What the classifier makes of the text; at the least, what it might have meant.
    pub(super) fn guess(&mut self) -> Routed {
        let Some(classifier) = self.view.classifier else {
            self.passed(Route::Classifier, Vec::new(), "not trained yet");
            return self.nothing("no sentence is near enough".into(), Vec::new());
        };
        let guess = classifier.classify(self.text);
        let registry = self.view.registry;
        let candidates: Vec<Candidate> = guess
            .ranked
            .iter()
            // It may still know a plugin that is gone.
            .filter_map(|scored| {
                let owner = registry.owner(&scored.intent)?;
                Some(Candidate {
                    intent: scored.intent.clone(),
                    plugin: owner.manifest.id.clone(),
                    score: scored.probability,
                    sentence: String::new(),
                })
            })
            .take(MAX_CANDIDATES)
            .collect();
        let verdict = self.weigh(&candidates, guess.known, guess.score, guess.threshold);
        // Every word is left out once for this, which is too slow for each request.
        let features = candidates
            .first()
            .filter(|_| self.view.explains)
            .map(|best| classifier.explain(self.text, &best.intent))
            .unwrap_or_default();
        let outcome = match &verdict {
            Ok(routed) => routed.decision.reason.clone(),
            Err(reason) => reason.clone(),
        };
        self.stages.push(Stage {
            stage: Route::Classifier,
            candidates: candidates.clone(),
            outcome,
            features: features
                .into_iter()
                .map(|reason| (reason.word, reason.weight))
                .collect(),
        });
        match verdict {
            Ok(routed) => routed.among(candidates),
            Err(reason) => self.nothing(reason, candidates),
        }
    }

    fn weigh(
        &self,
        candidates: &[Candidate],
        known: bool,
        score: f32,
        threshold: f32,
    ) -> Result<Routed, String> {
        let registry = self.view.registry;
        let best = candidates.first().ok_or("nothing comes to mind")?;
        if !known {
            return Err(format!(
                "perhaps `{}`, but not sure enough ({score:.2}, less than {threshold:.2})",
                best.intent
            ));
        }
        let intent = registry
            .intent(&best.intent)
            .ok_or("its plugin was unloaded")?;
        match intent.risk {
            Risk::Read => {}
            Risk::Write if best.score >= SURE_TO_WRITE => {}
            Risk::Write => {
                return Err(format!(
                    "`{}` changes something, and {:.2} is less than {SURE_TO_WRITE:.2}",
                    best.intent, best.score
                ));
            }
            Risk::Destructive | Risk::Admin => {
                return Err(format!("`{}` must be said exactly", best.intent));
            }
        }
        let slots = spot(registry, self.words, &best.plugin, &best.intent);
        let reason = format!("it sounds like `{}` ({:.2})", best.intent, best.score);
        let routed = Routed::take(self.text, Route::Classifier, best.clone(), slots, reason);
        if let Some(slot) = missing(registry, &routed) {
            return Ok(routed.then(Step::AskFor(slot)));
        }
        let complete = registry
            .sentences()
            .accepts(&best.plugin, &best.intent, &routed.slots);
        if complete {
            Ok(routed)
        } else {
            Err(format!(
                "it sounds like `{}`, but a value that it needs was not said",
                best.intent
            ))
        }
    }

    /// Nothing was understood; the fallback names what is nearest by sentence or by sound.
    fn nothing(&self, reason: String, candidates: Vec<Candidate>) -> Routed {
        let near = self
            .stages
            .iter()
            .find(|stage| stage.stage == Route::Near)
            .map(|stage| stage.candidates.clone())
            .unwrap_or_default();
        let mut all = near;
        for candidate in candidates {
            if !all.iter().any(|one| one.intent == candidate.intent) {
                all.push(candidate);
            }
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        all.truncate(MAX_CANDIDATES);
        Routed::nothing(self.text, reason).among(all)
    }
}
