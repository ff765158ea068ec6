//! From a decision to what is done about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fame_plugin::{Context, Intent, Reply, Request, Risk, Slots};
use jiff::Timestamp;
use serde_json::Value;
use tracing::{Instrument, debug_span};

use super::approvals::{Ask, Waiting};
use super::call::{self, Call};
use super::decision::{Route, Routed, Step};
use super::journal::{Recorded, UNRECORDED, Unrecorded};
use super::order::{Consent, Order};
use super::policy::{self, Verdict};
use super::session::{Awaits, Done, Question};
use super::{Brain, Mind, Query, fallback};
use crate::plugins::Loaded;

/// What came of one decision.
#[derive(Debug, Default)]
pub(super) struct Acted {
    pub(super) reply: Reply,
    /// Whether the reply is a question.
    pub(super) asks: bool,
    pub(super) approval: Option<u64>,
    /// Whether what was asked for was done.
    pub(super) ok: bool,
    pub(super) verdict: Option<&'static str>,
    pub(super) plugin_ms: f64,
}

impl Acted {
    fn said(speech: impl Into<String>) -> Self {
        Self {
            reply: Reply::say(speech),
            ok: true,
            ..Self::default()
        }
    }

    fn refused(speech: impl Into<String>) -> Self {
        Self {
            reply: Reply::say(speech),
            ..Self::default()
        }
    }

    /// Both, one after the other, in one reply.
    pub(super) fn and(self, next: Self) -> Self {
        let (first, second) = (self.reply, next.reply);
        let display = (first.display.is_some() || second.display.is_some()).then(|| {
            let shown = |reply: &Reply| {
                reply
                    .display
                    .clone()
                    .unwrap_or_else(|| reply.speech.clone())
            };
            format!("{}\n{}", shown(&first), shown(&second))
        });
        let reply = Reply {
            speech: [first.speech, second.speech]
                .map(|speech| speech.trim().to_owned())
                .into_iter()
                .filter(|speech| !speech.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            display,
            data: match (first.data, second.data) {
                (Some(Value::Array(mut all)), Some(next)) => {
                    all.push(next);
                    Some(Value::Array(all))
                }
                (Some(first), Some(second)) => Some(Value::Array(vec![first, second])),
                (one, other) => one.or(other),
            },
            acts: [first.acts, second.acts].concat(),
            sources: [first.sources, second.sources].concat(),
            follow_up: second.follow_up.or(first.follow_up),
            undo: second.undo,
            confidence: first.confidence.or(second.confidence),
            focus: second.focus,
        };
        Self {
            reply,
            asks: self.asks || next.asks,
            approval: self.approval.or(next.approval),
            ok: self.ok && next.ok,
            verdict: next.verdict,
            plugin_ms: self.plugin_ms + next.plugin_ms,
        }
    }

    fn asked(question: &str) -> Self {
        Self {
            asks: true,
            ..Self::said(question)
        }
    }
}

impl Brain {
    /// Does what follows from `routed`. `question` is what was open when it was decided.
    pub(super) async fn act(
        &self,
        mind: &Mind,
        query: &Query,
        routed: &Routed,
        question: Option<&Question>,
    ) -> Acted {
        match &routed.step {
            Step::Act | Step::Amend => {
                let Some(order) = order(mind, routed) else {
                    return Acted::refused(fallback::LOST);
                };
                if routed.decision.route != Route::Control || self.closes_question(routed) {
                    self.in_session(query, |session, now| session.close_question(now));
                } else if let Some(question) = question {
                    self.in_session(query, |session, now| session.ask(question.refreshed(now)));
                }
                let mut acted = self.decide_and_do(query, order).await;
                // "Louder" in mid-question leaves it open.
                acted.asks |= routed.decision.route == Route::Control
                    && question.is_some()
                    && !self.closes_question(routed);
                acted
            }
            Step::AskFor(slot) => self.ask_for(mind, query, routed, slot),
            Step::AskAgain => match question {
                Some(question) => self.ask_again(query, routed, question),
                None => Acted::refused(fallback::LOST),
            },
            Step::Declined => {
                self.in_session(query, |session, now| session.close_question(now));
                Acted::said("Okay, I won't.")
            }
            Step::Confirmed => self.confirmed(mind, query).await,
            Step::Undo => {
                // Whoever takes something back is not answering.
                self.in_session(query, |session, now| session.close_question(now));
                self.undo(query).await
            }
            Step::Nothing => {
                self.in_session(query, |session, now| {
                    session.close_question(now);
                    session.strayed();
                });
                Acted {
                    reply: fallback::reply(&mind.registry, query, &routed.decision),
                    ..Acted::default()
                }
            }
        }
    }

    /// Stop and cancel end what FAME waits for; other control words do not.
    fn closes_question(&self, routed: &Routed) -> bool {
        let intent = routed.decision.intent.as_deref().unwrap_or_default();
        fame_plugin_control::STOPPING.contains(&intent)
    }

    /// Asks the policy, and acts as far as it allows.
    pub(super) async fn decide_and_do(&self, query: &Query, order: Order<'_>) -> Acted {
        let act = policy::Act {
            intent: &order.intent.name,
            risk: order.intent.risk,
            plugin: &order.loaded.manifest.id,
            granted: order
                .loaded
                .manifest
                .permissions
                .is_subset(&order.loaded.granted),
        };
        let verdict = policy::decide(&self.policy, query.asker(), act);
        let told = Some(verdict.as_str());
        let consented = order.consent.is_some();
        if !(verdict == Verdict::Confirm && consented) {
            self.journal.refused(query, &order, &verdict);
        }
        let acted = match verdict {
            Verdict::Confirm if !consented => self.ask_consent(query, order),
            Verdict::Allow | Verdict::Confirm => self.carry_out(query, order).await,
            Verdict::Approve => self.ask_approval(query, order),
            Verdict::Deny(reason) => Acted::refused(format!("I can't do that: {reason}.")),
        };
        Acted {
            verdict: acted.verdict.or(told),
            ..acted
        }
    }

    fn ask_consent(&self, query: &Query, order: Order<'_>) -> Acted {
        let text = consent_text(&order, &query.text);
        let owner = (
            order.loaded.manifest.id.as_str(),
            order.intent.name.as_str(),
        );
        let amends = order.amends;
        self.in_session(query, |session, now| {
            let awaits = Awaits::Consent { amends };
            session.ask(Question::new(text.clone(), owner, order.slots, awaits, now));
        });
        Acted {
            // Nothing was done yet.
            ok: false,
            ..Acted::asked(&text)
        }
    }

    fn ask_approval(&self, query: &Query, order: Order<'_>) -> Acted {
        let ask = Ask {
            what: consent_text(&order, &query.text),
            intent: &order.intent.name,
            plugin: &order.loaded.manifest.id,
            slots: order.slots,
            risk: order.intent.risk,
            source: query.source,
            session: &query.session,
            text: &query.text,
        };
        match self.approvals.ask(ask, self.now()) {
            Ok((approval, new)) => {
                if new {
                    self.tell_approval(&approval);
                }
                let reply =
                    Reply::say("That needs your approval, which you can give on the screen.")
                        .display(format!(
                            "That needs your approval: `fame approvals yes {}`",
                            approval.id
                        ));
                Acted {
                    reply,
                    approval: Some(approval.id),
                    ..Acted::default()
                }
            }
            Err(error) => Acted::refused(format!("I can't do that: {error}.")),
        }
    }

    pub(super) fn ask_for(&self, mind: &Mind, query: &Query, routed: &Routed, slot: &str) -> Acted {
        let Some(order) = order(mind, routed) else {
            return Acted::refused(fallback::LOST);
        };
        let Some(text) = order.intent.ask.get(slot) else {
            return Acted::refused(fallback::LOST);
        };
        let owner = (
            order.loaded.manifest.id.as_str(),
            order.intent.name.as_str(),
        );
        self.in_session(query, |session, now| {
            let awaits = Awaits::Value {
                slot: slot.into(),
                choices: Vec::new(),
            };
            session.ask(Question::new(text.clone(), owner, order.slots, awaits, now));
        });
        Acted {
            ok: false,
            ..Acted::asked(text)
        }
    }

    fn ask_again(&self, query: &Query, routed: &Routed, question: &Question) -> Acted {
        let on_request = routed.decision.route == Route::Control;
        self.in_session(query, |session, now| {
            session.ask(match on_request {
                true => question.refreshed(now),
                false => question.once_more(now),
            });
        });
        let text = match on_request {
            true => question.text.clone(),
            false => format!("Sorry, I didn't get that. {}", question.text),
        };
        Acted {
            ok: on_request,
            ..Acted::asked(&text)
        }
    }

    async fn confirmed(&self, mind: &Mind, query: &Query) -> Acted {
        let question = self.in_session(query, |session, now| session.close_question(now));
        let Some(question) = question else {
            return Acted::refused("There is nothing I wait for.");
        };
        let owner = mind.registry.plugin(&question.plugin);
        let intent = mind.registry.intent(&question.intent);
        let (Some(loaded), Some(intent)) = (owner, intent) else {
            return Acted::refused(fallback::LOST);
        };
        let order = Order {
            loaded,
            intent,
            slots: question.slots,
            arguments: None,
            carried: Vec::new(),
            confidence: 1.0,
            amends: question.awaits == Awaits::Consent { amends: true },
            by_model: false,
            route: Route::Question,
            reason: format!("a yes to: {}", question.text),
            consent: Some(Consent {
                approval: None,
                by: super::source_name(query.source).into(),
            }),
        };
        self.decide_and_do(query, order).await
    }

    /// Takes the last act back.
    async fn undo(&self, query: &Query) -> Acted {
        let done = self.in_session(query, |session, now| session.take_act(now));
        let Some(done) = done else {
            return Acted::refused("There is nothing to undo.");
        };
        self.take_back(query, done).await
    }

    async fn take_back(&self, query: &Query, done: Done) -> Acted {
        let begun = self.journal.begin_undo(query, &done.loaded, &done.token);
        let recorded = match begun.await {
            Ok(recorded) => recorded,
            Err(error) => return unrecorded(&error),
        };
        let start = Instant::now();
        let called = call::call(&done.loaded, Call::Undo(done.token), self.call_timeout).await;
        let plugin_ms = super::milliseconds(start);
        recorded
            .end(&called)
            .instrument(debug_span!("record"))
            .await;
        let mut reply = called.reply;
        if called.ok && reply.speech.is_empty() {
            reply.speech = "Undone.".into();
        }
        Acted {
            reply,
            ok: called.ok,
            verdict: Some(Verdict::Allow.as_str()),
            plugin_ms,
            ..Acted::default()
        }
    }

    /// Has the plugin do it, and remembers what it did.
    pub(super) async fn carry_out(&self, query: &Query, order: Order<'_>) -> Acted {
        if order.amends {
            let plugin = &order.loaded.manifest.id;
            let last = self.in_session(query, |session, now| session.take_act_of(plugin, now));
            if let Some(done) = last {
                let undone = self.take_back(query, done).await;
                if !undone.ok {
                    return undone;
                }
            }
        }
        if order.intent.risk != Risk::Read && !query.gate.opens() {
            return Acted::refused(WITHDRAWN);
        }
        let begun = self.journal.begin(query, &order);
        let recorded = match begun.instrument(debug_span!("record")).await {
            Ok(recorded) => recorded,
            Err(error) => {
                if order.intent.risk != Risk::Read {
                    return unrecorded(&error);
                }
                tracing::error!(%error, "what is looked up is not recorded");
                Recorded::nowhere()
            }
        };
        let mut context = Context::new(order.confidence, query.confidence);
        context.carried = order.carried;
        context.client = query.context.clone();
        let request = Request {
            text: query.text.clone(),
            intent: order.intent.name.clone(),
            slots: order.slots.clone(),
            session: query.session.clone(),
            user: query.user.clone(),
            source: query.source,
            context,
        };
        let limit = match order.intent.timeout_seconds {
            Some(seconds) => self.call_timeout.max(Duration::from_secs_f32(seconds)),
            None => self.call_timeout,
        };
        let call = Call::Handle(request, order.arguments);
        let start = Instant::now();
        let plugin = debug_span!("plugin", plugin = order.loaded.manifest.id);
        let called = call::call(order.loaded, call, limit)
            .instrument(plugin)
            .await;
        let plugin_ms = super::milliseconds(start);
        recorded
            .end(&called)
            .instrument(debug_span!("record"))
            .await;
        let mut acted = Acted {
            reply: called.reply,
            ok: called.ok,
            plugin_ms,
            ..Acted::default()
        };
        if called.ok {
            self.in_session(query, |session, now| {
                acted.asks = remember(
                    session,
                    &order.loaded.clone(),
                    order.intent,
                    order.slots,
                    &acted.reply,
                    now,
                );
            });
        }
        acted
    }

    /// Does what was approved of.
    pub(super) async fn approved(&self, mind: &Mind, waiting: Waiting, by: &str) -> Acted {
        let approval = waiting.approval;
        let owner = mind.registry.plugin(&approval.plugin);
        let intent = mind.registry.intent(&approval.intent);
        let (Some(loaded), Some(intent)) = (owner, intent) else {
            return Acted::refused(fallback::LOST);
        };
        let query = Query {
            text: approval.text,
            source: approval.source,
            session: approval.session,
            ..Query::default()
        };
        let order = Order {
            loaded,
            intent,
            slots: waiting.slots,
            arguments: None,
            carried: Vec::new(),
            confidence: 1.0,
            amends: false,
            by_model: false,
            route: Route::Question,
            reason: "approved".into(),
            consent: Some(Consent {
                approval: Some(approval.id),
                by: by.into(),
            }),
        };
        self.carry_out(&query, order).await
    }
}

/// Keeps in the session what a done act leaves behind; tells whether it asked something.
fn remember(
    session: &mut super::session::Session,
    loaded: &Arc<Loaded>,
    intent: &Intent,
    slots: Slots,
    reply: &Reply,
    now: Timestamp,
) -> bool {
    let plugin = loaded.manifest.id.as_str();
    if let Some(token) = &reply.undo {
        session.remember_act(Arc::clone(loaded), token.clone(), now);
    }
    if loaded.is_control() {
        session.strayed();
        return false;
    }
    session.set_topic(
        (plugin, &intent.name),
        slots.clone(),
        reply.focus.clone(),
        now,
    );
    let Some(follow_up) = &reply.follow_up else {
        return false;
    };
    let awaits = Awaits::Value {
        slot: follow_up.slot.clone(),
        choices: follow_up.choices.clone(),
    };
    let owner = (plugin, follow_up.intent.as_str());
    session.ask(Question::new(
        reply.speech.clone(),
        owner,
        slots,
        awaits,
        now,
    ));
    true
}

/// What nobody hears, because whoever asked has gone.
const WITHDRAWN: &str = "That was taken back before I began.";

/// Nothing is changed that cannot be recorded.
fn unrecorded(error: &Unrecorded) -> Acted {
    tracing::error!(%error, "an act is refused, because it cannot be recorded");
    Acted::refused(UNRECORDED)
}

fn order<'a>(mind: &'a Mind, routed: &Routed) -> Option<Order<'a>> {
    let decision = &routed.decision;
    Some(Order {
        loaded: mind.registry.plugin(decision.plugin.as_deref()?)?,
        intent: mind.registry.intent(decision.intent.as_deref()?)?,
        slots: routed.slots.clone(),
        arguments: None,
        carried: decision.carried.clone(),
        confidence: decision.confidence,
        amends: routed.step == Step::Amend,
        by_model: false,
        route: decision.route,
        reason: decision.reason.clone(),
        consent: None,
    })
}

/// What the user is asked before the act: the manifest's question, or their own words, so that
/// they hear what was understood. What the language model chose is named instead: their words do
/// not tell what it made of them.
fn consent_text(order: &Order<'_>, said: &str) -> String {
    if let Some(template) = &order.intent.confirm {
        return order
            .slots
            .iter()
            .fold(template.clone(), |text, (name, slot)| {
                text.replace(&format!("{{{name}}}"), &slot.spoken())
            });
    }
    if order.by_model {
        let values: Vec<String> = order
            .slots
            .values()
            .map(fame_plugin::Slot::spoken)
            .collect();
        let act = order.intent.name.replace('_', " ");
        let with = if values.is_empty() { "" } else { " with " };
        return format!(
            "That would be: {act}{with}{}. Shall I do that?",
            values.join(", ")
        );
    }
    let said = said.trim().trim_end_matches(['.', '!', '?']);
    format!("I heard: {said}. Shall I do that?")
}
