//! Control words: they win over everything else.

use fame_plugin_control as words;

use super::super::decision::{Route, Routed, Step};
use super::super::session::Awaits;
use super::Trace;

impl Trace<'_> {
    pub(super) fn control(&mut self) -> Option<Routed> {
        let found = self.view.registry.control().find(self.words);
        if found.is_empty() {
            self.passed(Route::Control, Vec::new(), "no control word");
            return None;
        }
        let routed = self.matched(Route::Control, found, "is a control word")?;
        let step = self.control_step(routed.decision.intent.as_deref().unwrap_or_default());
        self.decided(routed.then(step))
    }

    /// What a control word does depends on what FAME waits for.
    fn control_step(&self, intent: &str) -> Step {
        let awaits = self.view.question.map(|question| &question.awaits);
        match (intent, awaits) {
            (words::YES, Some(Awaits::Consent { .. })) => Step::Confirmed,
            (words::NO, Some(_)) => Step::Declined,
            (words::CANCEL, Some(_)) => Step::Declined,
            (words::REPEAT, Some(_)) => Step::AskAgain,
            (words::UNDO, _) => Step::Undo,
            _ => Step::Act,
        }
    }
}
