//! Several requests in one sentence.

use fame_plugin::words::Words;
use fame_plugin::{Risk, Slots};

use super::super::decision::{Route, Routed, Step};
use super::super::session::Topic;
use super::{Trace, View};

/// Requests that one sentence may hold. More stay together in the last.
const MAX_PARTS: usize = 4;

/// Words that may separate requests, in one sentence. With more it stays whole.
const MAX_ANDS: usize = 5;

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "then")
}

/// What every part must be for a sentence to be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Least {
    /// A sentence that fits with none of its words in a free slot, a control word, or what goes on
    /// from such a part.
    Exact,
    /// Understood in any way.
    Understood,
}

impl Trace<'_> {
    /// The requests in the text, if it is several and every one of them is understood.
    pub(super) fn split(&self, least: Least) -> Option<Vec<Routed>> {
        let mut parts = Vec::new();
        let mut rest = self.words.original().to_owned();
        let mut topic: Option<Topic> = None;
        while parts.len() + 1 < MAX_PARTS {
            let Some((head, tail, routed)) = self.first_part(&rest, topic.as_ref(), least) else {
                break;
            };
            debug_assert!(tail.len() < rest.len() && !head.is_empty());
            topic = topic_of(&routed, self).or(topic);
            parts.push(routed);
            rest = tail;
        }
        if parts.is_empty() {
            return None;
        }
        let last = self.part(&rest, topic.as_ref());
        is_request(&last, least).then_some(())?;
        parts.push(last);
        Some(parts)
    }

    /// The shortest beginning of `text` up to an "and" that is a request, and what follows it.
    fn first_part(
        &self,
        text: &str,
        topic: Option<&Topic>,
        least: Least,
    ) -> Option<(String, String, Routed)> {
        let words = Words::new(text);
        let texts = words.texts();
        // Each "and" doubles the ways to split.
        if texts.iter().filter(|word| is_and(word)).count() > MAX_ANDS {
            return None;
        }
        (1..texts.len().saturating_sub(1)).find_map(|at| {
            if !is_and(texts[at]) {
                return None;
            }
            let mut next = at + 1;
            while next < texts.len() && matches!(texts[next], "then" | "also" | "and") {
                next += 1;
            }
            if next >= texts.len() {
                return None;
            }
            let (head, tail) = (
                words.original_of(0..at),
                words.original_of(next..texts.len()),
            );
            let routed = self.part(head, topic);
            // The tail is looked at too before the head is taken: "salt and pepper" is one.
            let follows = topic_of(&routed, self);
            let fits = is_request(&routed, least)
                && self.leads_on(tail, follows.as_ref().or(topic), least);
            fits.then(|| (head.to_owned(), tail.to_owned(), routed))
        })
    }

    /// Whether `text` is a request, or begins with one.
    fn leads_on(&self, text: &str, topic: Option<&Topic>, least: Least) -> bool {
        is_request(&self.part(text, topic), least) || self.first_part(text, topic, least).is_some()
    }

    fn part(&self, text: &str, topic: Option<&Topic>) -> Routed {
        let words = Words::new(text);
        let trace = Trace {
            view: View {
                topic,
                question: None,
                ..self.view
            },
            text,
            words: &words,
            heard: self.heard,
            stages: Vec::new(),
        };
        trace.run_part()
    }
}

/// What the next part can go on from.
fn topic_of(routed: &Routed, trace: &Trace<'_>) -> Option<Topic> {
    let (plugin, intent) = (
        routed.decision.plugin.as_deref()?,
        routed.decision.intent.as_deref()?,
    );
    let risk = trace.view.registry.intent(intent)?.risk;
    let slots: Slots = routed.slots.clone();
    // "Delete this and that" is not two deletions.
    (risk == Risk::Read || risk == Risk::Write).then(|| Topic::passing(plugin, intent, slots))
}

fn is_request(routed: &Routed, least: Least) -> bool {
    let decision = &routed.decision;
    let acts = matches!(routed.step, Step::Act | Step::AskFor(_) | Step::Amend);
    let exact = match decision.route {
        Route::Sentence => decision.confidence >= 1.0,
        // "… in Tokyo and in Paris": a value of its own for the request before it.
        Route::Control | Route::Context => true,
        _ => false,
    };
    // To stop is no part of a longer order.
    let stops = decision
        .intent
        .as_deref()
        .is_some_and(|intent| fame_plugin_control::STOPPING.contains(&intent));
    acts && !stops && decision.intent.is_some() && (exact || least == Least::Understood)
}
