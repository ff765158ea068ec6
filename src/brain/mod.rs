//! From a text to the right act and one reply.
//!
//! ```text
//! Query ─► route (which intents, with which slots) ─► act: policy ─► question, approval or plugin
//!                    │ nothing                                                   │
//!                    └─► language model, if there is one ─► fallback ────────────┴─► one Answer
//! ```
//!
//! [`Brain::decide`] only looks; [`Brain::answer`] acts. Conversations are remembered in
//! [`session`], what was decided in [`history`]. Nothing in here fails towards the caller:
//! whatever goes wrong becomes a sentence.

mod act;
pub mod approvals;
mod call;
mod decision;
mod fallback;
pub mod history;
mod journal;
mod learn;
pub mod llm;
mod model;
mod order;
pub mod policy;
mod query;
mod route;
mod session;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use fame_plugin::sentence::{Lists, Sentences};
use fame_plugin::words::Words;
use fame_plugin::{Clock, Manifest, Reply, SystemClock, Wakeup};
use jiff::Timestamp;
use serde_json::json;
use tracing::Instrument;

pub use decision::{Candidate, Decision, Route, Stage, Stages};
pub use fame_classifier as classifier;
pub use fame_plugin::Source;
pub use journal::Ledger;
pub use learn::Lessons;
pub use query::{Answer, Gate, Query, Sentences as Streamed};
pub use session::QUESTION_LIFE;

use crate::bus::{ApprovalOutcome, Bus, Event};
use crate::config::Policy;
use crate::plugins::Registry;
use act::Acted;
use approvals::{Approval, ApprovalError, Approvals};
use classifier::{Classifier, ClassifierError, Features};
use decision::{Routed, Step};
use history::{Explained, Turns};
use journal::{Journal, Recorded};
use route::View;
use session::{Session, Sessions};

/// The longest text that is understood, in characters.
pub const MAX_QUERY_CHARS: usize = 2_000;

/// How long a plugin may take for one request.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The sentences that stop FAME, known before any plugin is loaded.
static STOP_WORDS: LazyLock<Option<Sentences>> = LazyLock::new(|| {
    let mut manifest = Manifest::parse(fame_plugin_control::MANIFEST).ok()?;
    manifest
        .intents
        .retain(|intent| fame_plugin_control::STOPPING.contains(&intent.name.as_str()));
    Sentences::compile([&manifest], &Lists::default()).ok()
});

/// Decides and answers. Shared by all sessions.
pub struct Brain {
    mind: ArcSwap<Mind>,
    sessions: Sessions,
    approvals: Approvals,
    turns: Turns,
    policy: Policy,
    model: Option<Arc<llm::Client>>,
    clock: Arc<dyn Clock>,
    bus: Option<Bus>,
    journal: Journal,
    call_timeout: Duration,
    late: Mutex<Option<LateLessons>>,
}

/// Finds what the classifier is made of, once it is needed.
type LateLessons = Box<dyn FnOnce() -> Lessons + Send>;

/// What the brain knows at one moment. A request keeps the one that it began with.
struct Mind {
    registry: Arc<Registry>,
    classifier: Option<Arc<Classifier>>,
}

impl Brain {
    /// A brain that acts through the plugins of `registry`.
    #[must_use]
    pub fn new(registry: impl Into<Arc<Registry>>) -> Self {
        let mind = Mind {
            registry: registry.into(),
            classifier: None,
        };
        Self {
            mind: ArcSwap::from_pointee(mind),
            sessions: Sessions::default(),
            approvals: Approvals::default(),
            turns: Turns::default(),
            policy: Policy::default(),
            model: None,
            clock: Arc::new(SystemClock),
            bus: None,
            journal: Journal::default(),
            call_timeout: CALL_TIMEOUT,
            late: Mutex::default(),
        }
    }

    /// The same, training the classifier when a text needs it, which then waits for that: for a
    /// short run, where most texts do not.
    #[must_use]
    pub fn with_late_lessons(self, find: impl FnOnce() -> Lessons + Send + 'static) -> Self {
        Self {
            late: Mutex::new(Some(Box::new(find))),
            ..self
        }
    }

    /// The same with another time limit for plugins than [`CALL_TIMEOUT`].
    #[must_use]
    pub fn with_call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = limit;
        self
    }

    /// The same with the owner's rules.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with a language model for what nothing else understands.
    #[must_use]
    pub fn with_model(mut self, model: Option<Arc<llm::Client>>) -> Self {
        self.model = model;
        self
    }

    /// The same by another clock, which says when a question or a topic has faded.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same, telling of approvals on `bus`.
    #[must_use]
    pub fn with_bus(mut self, bus: Bus) -> Self {
        self.bus = Some(bus);
        self
    }

    /// The same, recording what it does in `ledger`.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger) -> Self {
        self.journal = Journal::new(ledger);
        self
    }

    /// The plugins it acts through at this moment.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.mind.load().registry)
    }

    /// What the classifier works on; none before [`Brain::learn`].
    #[must_use]
    pub fn features(&self) -> Option<Features> {
        let mind = self.mind.load();
        mind.classifier.as_ref().map(|one| one.features())
    }

    /// The language model, if there is one.
    #[must_use]
    pub fn model(&self) -> Option<&llm::Client> {
        self.model.as_deref()
    }

    /// Acts through the plugins of `registry` from the next request on. The classifier goes on
    /// with what it knew until [`Brain::learn`].
    pub fn replace(&self, registry: Arc<Registry>) {
        let classifier = self.mind.load().classifier.clone();
        self.mind.store(Arc::new(Mind {
            registry,
            classifier,
        }));
    }

    /// Trains the classifier on what the plugins can be asked. Takes tens of milliseconds where
    /// the embeddings are known already, else seconds; requests go on meanwhile.
    ///
    /// # Errors
    /// If the embedder fails; the classifier stays as it was.
    pub fn learn(&self, lessons: &Lessons) -> Result<(), ClassifierError> {
        let registry = self.registry();
        let classifier = Arc::new(learn::train(&registry, lessons)?);
        // What was loaded meanwhile stays: the classifier's word on what is gone counts for
        // nothing.
        self.mind.rcu(|mind| Mind {
            registry: Arc::clone(&mind.registry),
            classifier: Some(Arc::clone(&classifier)),
        });
        Ok(())
    }

    /// Trains the classifier if that was put off; tells whether it knows something now. Blocks.
    fn learn_late(&self) -> bool {
        let late = self
            .late
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let learnt = late.map(|find| self.learn(&find()));
        if let Some(Err(error)) = &learnt {
            tracing::warn!(%error, "other words than the plugins' own are not understood");
        }
        matches!(learnt, Some(Ok(())))
    }

    /// What `text` means by itself. Nothing is done and nothing is remembered.
    #[must_use]
    pub fn decide(&self, text: &str) -> Decision {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        self.decide_all(&query).swap_remove(0)
    }

    /// What `query` means within its conversation, one decision for each request in it, at least
    /// one. Nothing is done and nothing is remembered.
    #[must_use]
    pub fn decide_all(&self, query: &Query) -> Vec<Decision> {
        let routed = self.route(&self.mind.load_full(), query, true).0;
        routed.into_iter().map(|one| one.decision).collect()
    }

    /// Understands `query`, has it done, and gives the reply. Sentences of the language model go
    /// to `said` as they come, where that is given.
    pub async fn answer(&self, query: Query, said: Option<&Streamed>) -> Answer {
        // Names and numbers only: what was said is nobody's business but the user's.
        let turn = tracing::info_span!(
            "turn",
            turn = query.turn,
            source = source_name(query.source),
            intent = tracing::field::Empty,
        );
        self.answer_in_turn(query, said).instrument(turn).await
    }

    async fn answer_in_turn(&self, query: Query, said: Option<&Streamed>) -> Answer {
        let start = Instant::now();
        let mut mind = self.mind.load_full();
        let (mut routed, mut question) = self.route(&mind, &query, false);
        if routed.iter().any(|one| one.step == Step::Nothing) && self.learn_late() {
            mind = self.mind.load_full();
            (routed, question) = self.route(&mind, &query, false);
        }
        let route_ms = milliseconds(start);
        let answer = match (&routed[..], &self.model) {
            ([only], Some(client)) if only.step == Step::Nothing && is_words(only, &query) => {
                // Rare and large: every other answer would have room for it.
                let modelled = Box::pin(self.ask_model(client, &mind, &query, only, said)).await;
                Answer {
                    model_ms: modelled.first_words.as_secs_f64() * 1_000.0,
                    ..answer(modelled.decisions, modelled.acted, modelled.streamed)
                }
            }
            _ => self.act_all(&mind, &query, routed, question).await,
        };
        let answer = Answer { route_ms, ..answer };
        if let Some(intent) = &answer.decision.intent {
            tracing::Span::current().record("intent", intent);
        }
        let now = self.now();
        self.sessions.with(&query.session, now, |session| {
            session.exchanged(&query.text, &answer.reply.speech);
        });
        if answer
            .decisions()
            .all(|decision| decision.verdict.is_none())
        {
            self.journal.heard(&query, &answer);
        }
        self.turns.keep(Explained::new(&query, &answer, now));
        answer
    }

    fn route(
        &self,
        mind: &Mind,
        query: &Query,
        explains: bool,
    ) -> (Vec<Routed>, Option<session::Question>) {
        let _stage = tracing::debug_span!("route").entered();
        let (topic, question) = self.in_session(query, |session, now| {
            (session.topic(now).cloned(), session.question(now).cloned())
        });
        let view = View {
            registry: &mind.registry,
            classifier: mind.classifier.as_deref(),
            topic: topic.as_ref(),
            question: question.as_ref(),
            explains,
        };
        (route::decide(view, query), question)
    }

    /// Acts on each of `routed` in turn and puts the replies together. After a question nothing
    /// more is done: its answer comes first.
    async fn act_all(
        &self,
        mind: &Mind,
        query: &Query,
        routed: Vec<Routed>,
        question: Option<session::Question>,
    ) -> Answer {
        let mut decisions = Vec::new();
        let mut all: Option<Acted> = None;
        let mut skipped = false;
        let several = routed.len() > 1;
        for mut routed in routed {
            if all.as_ref().is_some_and(|all| all.asks) {
                skipped = true;
                decisions.push(routed.decision);
                continue;
            }
            let part = Query {
                text: routed.decision.text.clone(),
                ..query.clone()
            };
            let asked = if several { &part } else { query };
            let acted = self.act(mind, asked, &routed, question.as_ref()).await;
            routed.decision.verdict = acted.verdict.map(Into::into);
            decisions.push(routed.decision);
            all = Some(match all {
                None => acted,
                Some(before) => before.and(acted),
            });
        }
        let mut all = all.unwrap_or_default();
        if skipped {
            all.ok = false;
            all.reply.speech.insert_str(
                0,
                "One thing at a time, please ask me for the rest after that. ",
            );
        }
        answer(decisions, all, false)
    }

    /// The acts that wait for a person's word, oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<Approval> {
        self.approvals.list(self.now())
    }

    /// Tells of the approvals that came too late. To be called now and then.
    pub fn expire_approvals(&self) {
        for id in self.approvals.expire(self.now()) {
            self.journal.settled(id, None, false, None);
            self.publish(Event::ApprovalAnswered {
                id: id.to_string(),
                outcome: ApprovalOutcome::Expired,
                by: None,
            });
        }
    }

    /// Does the act that waits as `id`, or drops it. Whose word that is, `by` tells.
    ///
    /// # Errors
    /// If no such act waits.
    pub async fn settle(&self, id: u64, yes: bool, by: &str) -> Result<Reply, ApprovalError> {
        let waiting = self.approvals.take(id, self.now())?;
        let what = waiting.approval.what.clone();
        self.journal.settled(id, Some(&what), yes, Some(by));
        let acted = match yes {
            true => self.approved(&self.mind.load_full(), waiting, by).await,
            false => Acted {
                reply: Reply::say("All right, it is not done."),
                ..Acted::default()
            },
        };
        self.publish(Event::ApprovalAnswered {
            id: id.to_string(),
            outcome: match yes {
                true => ApprovalOutcome::Approved,
                false => ApprovalOutcome::Denied,
            },
            by: Some(by.into()),
        });
        Ok(acted.reply)
    }

    /// Wakes the plugin `id` for a time that it scheduled. None if it is gone.
    pub async fn wake(&self, id: &str, wakeup: Wakeup) -> Option<Reply> {
        let registry = self.registry();
        let loaded = registry.plugin(id)?;
        let about = json!({ "id": wakeup.id, "at": wakeup.at, "data": wakeup.data });
        // Whoever set a timer relies on it more than on the record of it.
        let recorded = self.journal.begin_wake(loaded, about).await;
        let recorded = recorded.unwrap_or_else(|error| {
            tracing::error!(%error, plugin = id, "a wake-up is not recorded");
            Recorded::nowhere()
        });
        let called = call::call(loaded, call::Call::Wake(wakeup), self.call_timeout).await;
        recorded.end(&called).await;
        Some(called.reply)
    }

    /// Whether something was asked in `session` that nobody has answered yet.
    #[must_use]
    pub fn has_question(&self, session: &str) -> bool {
        let now = self.now();
        self.sessions
            .with(session, now, |session| session.question(now).is_some())
    }

    /// Forgets what was asked in `session`, because nobody answered; tells whether it was open.
    pub fn forget_question(&self, session: &str) -> bool {
        let now = self.now();
        // The dialogue's clock and ours may differ by a moment: it says when.
        self.sessions
            .with(session, now, |session| session.drop_question())
    }

    /// Opens a question that a plugin asks on its own.
    ///
    /// # Errors
    /// If the plugin or the intent is not there, or another question is open.
    pub fn open_question(
        &self,
        session: &str,
        plugin: &str,
        question: &str,
        follow_up: fame_plugin::FollowUp,
    ) -> Result<(), String> {
        let now = self.now();
        let registry = self.registry();
        let owner = registry
            .owner(&follow_up.intent)
            .filter(|owner| owner.manifest.id == plugin);
        if owner.is_none() {
            return Err(format!("`{}` is none of its intents", follow_up.intent));
        }
        self.sessions.with(session, now, |session| {
            if session.question(now).is_some() {
                return Err("another question is open".into());
            }
            let awaits = session::Awaits::Value {
                slot: follow_up.slot,
                choices: follow_up.choices,
            };
            session.ask(session::Question::new(
                question.into(),
                (plugin, &follow_up.intent),
                fame_plugin::Slots::new(),
                awaits,
                now,
            ));
            Ok(())
        })
    }

    /// The turn of this number, as long as it is remembered.
    #[must_use]
    pub fn turn(&self, turn: u64) -> Option<Arc<Explained>> {
        self.turns.get(Some(turn))
    }

    /// Why the turn of this number, or the last one, went as it did.
    #[must_use]
    pub fn why(&self, turn: Option<u64>) -> Option<Explained> {
        let mut explained = Explained::clone(&*self.turns.get(turn)?);
        let mind = self.mind.load();
        for decision in &mut explained.decisions {
            let weighed = |stage: &&mut Stage| stage.stage == Route::Classifier;
            let (Some(stage), Some(classifier)) = (
                decision.stages.to_mut().iter_mut().find(weighed),
                &mind.classifier,
            ) else {
                continue;
            };
            if let Some(best) = stage.candidates.first() {
                let reasons = classifier.explain(&decision.text, &best.intent);
                stage.features = reasons
                    .into_iter()
                    .map(|one| (one.word, one.weight))
                    .collect();
            }
        }
        Some(explained)
    }

    /// Whether `text` says nothing but to stop or to cancel.
    #[must_use]
    pub fn is_stop(text: &str) -> bool {
        let short = text.chars().count() <= MAX_QUERY_CHARS;
        let stops = |sentences: &Sentences| !sentences.find(&Words::new(text)).is_empty();
        short && STOP_WORDS.as_ref().is_some_and(stops)
    }

    fn now(&self) -> Timestamp {
        self.clock.now().timestamp()
    }

    fn in_session<T>(&self, query: &Query, work: impl FnOnce(&mut Session, Timestamp) -> T) -> T {
        let now = self.now();
        self.sessions
            .with(&query.session, now, |session| work(session, now))
    }

    fn tell_approval(&self, approval: &Approval) {
        self.publish(Event::ApprovalRequested {
            id: approval.id.to_string(),
            what: approval.what.clone(),
            intent: approval.intent.clone(),
            plugin: approval.plugin.clone(),
            source: source_name(approval.source).into(),
            expires_ms: approvals::LIFE.as_millis() as u64,
        });
    }

    fn publish(&self, event: Event) {
        if let Some(bus) = &self.bus {
            bus.publish(event);
        }
    }
}

/// Whether `routed`, which was not understood, is at least something to be understood.
fn is_words(routed: &Routed, query: &Query) -> bool {
    query.intent.is_none() && routed.decision.text.contains(char::is_alphanumeric)
}

/// A source's name in events.
#[must_use]
pub fn source_name(source: Source) -> &'static str {
    match source {
        Source::Voice => "voice",
        Source::Ipc => "ipc",
        Source::Headless => "headless",
        Source::Rest => "rest",
    }
}

fn answer(decisions: Vec<Decision>, acted: Acted, streamed: bool) -> Answer {
    let mut decisions = decisions.into_iter();
    let decision = decisions
        .next()
        .unwrap_or_else(|| Routed::nothing("", "nothing was decided".into()).decision);
    Answer {
        decision,
        more: decisions.collect(),
        reply: acted.reply,
        asks: acted.asks,
        approval: acted.approval,
        streamed,
        ok: acted.ok,
        route_ms: 0.0,
        plugin_ms: acted.plugin_ms,
        model_ms: 0.0,
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
