//! The intent that the caller named.

use fame_plugin::words::Words;

use super::super::decision::{Candidate, Route, Routed, Step};
use super::{View, missing, spot};

/// Takes `intent` for what `text` means, with the slots that it has.
pub(super) fn decide(view: View<'_>, text: &str, words: &Words, intent: &str) -> Routed {
    let registry = view.registry;
    let Some(owner) = registry.owner(intent) else {
        let reason = format!("there is no intent `{intent}`; `fame plugins list` names them");
        return Routed::nothing(text, reason);
    };
    let plugin = owner.manifest.id.as_str();
    let found = registry.sentences().find(words);
    let fits = found.into_iter().find(|found| found.intent == intent);
    let (sentence, slots) = match fits {
        Some(found) => (found.sentence.to_owned(), found.slots),
        None => (String::new(), spot(registry, words, plugin, intent)),
    };
    let best = Candidate {
        intent: intent.into(),
        plugin: plugin.into(),
        score: 1.0,
        sentence,
    };
    let routed = Routed::take(
        text,
        Route::Named,
        best,
        slots,
        "the caller named it".into(),
    );
    match missing(registry, &routed) {
        Some(slot) => routed.then(Step::AskFor(slot)),
        None => routed,
    }
}
