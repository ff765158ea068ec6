//! What a conversation remembers: what was asked last, what FAME waits for, what can be undone.
//!
//! Everything in here fades: the topic after [`TOPIC_LIFE`] or [`TOPIC_MISSES`] requests about
//! nothing, a question after [`QUESTION_LIFE`], an act that can be undone after [`UNDO_LIFE`].

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fame_plugin::Slots;
use jiff::{SignedDuration, Timestamp};

use super::llm::prompt::History;
use crate::plugins::Loaded;

/// How long a question waits for its answer.
pub const QUESTION_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// How long speaking the question may take, which comes before the waiting. The dialogue knows
/// when it was spoken and ends the waiting exactly; this is for clients that do not speak.
const SPEAKING: SignedDuration = SignedDuration::from_secs(15);

/// How long "and in Tokyo?" is understood after the request that it goes on from.
const TOPIC_LIFE: SignedDuration = SignedDuration::from_secs(300);

/// Requests that were not understood, or were about FAME itself, before the topic is forgotten.
const TOPIC_MISSES: u32 = 3;

/// How long an act can be undone.
const UNDO_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Acts that can be undone, of one conversation. The oldest is forgotten for one more.
const MAX_UNDO: usize = 20;

/// Conversations that are remembered. The one that was silent longest is forgotten for one more.
const MAX_SESSIONS: usize = 64;

/// One conversation.
#[derive(Default)]
pub(super) struct Session {
    topic: Option<Topic>,
    question: Option<Question>,
    done: VecDeque<Done>,
    history: History,
}

/// What was asked for last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Topic {
    pub(super) plugin: String,
    pub(super) intent: String,
    /// The values of that request, and what its reply put into focus.
    pub(super) slots: Slots,
    /// What "it" stands for, by slot name, as text.
    pub(super) focus: BTreeMap<String, String>,
    at: Timestamp,
    misses: u32,
}

/// What FAME asked and waits for.
#[derive(Clone)]
pub(super) struct Question {
    /// What was asked, to be asked again.
    pub(super) text: String,
    /// The intent to go on with.
    pub(super) intent: String,
    /// The plugin that owns it.
    pub(super) plugin: String,
    /// What is known already.
    pub(super) slots: Slots,
    /// What the answer is.
    pub(super) awaits: Awaits,
    /// Whether it was asked a second time already.
    pub(super) again: bool,
    asked: Timestamp,
}

/// What a question waits for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Awaits {
    /// A value for this slot, one of `choices` if there are any.
    Value { slot: String, choices: Vec<String> },
    /// Yes or no, whether to act.
    Consent {
        /// Whether the last act is to be taken back first.
        amends: bool,
    },
}

/// An act that can be taken back.
#[derive(Clone)]
pub(super) struct Done {
    /// Whose act it was; kept, so that it can be undone after the plugin was reloaded.
    pub(super) loaded: Arc<Loaded>,
    pub(super) token: String,
    at: Timestamp,
}

impl Session {
    /// What the conversation is about, unless that has faded.
    pub(super) fn topic(&self, now: Timestamp) -> Option<&Topic> {
        self.topic
            .as_ref()
            .filter(|topic| topic.misses < TOPIC_MISSES && is_fresh(topic.at, now, TOPIC_LIFE))
    }

    pub(super) fn set_topic(
        &mut self,
        (plugin, intent): (&str, &str),
        slots: Slots,
        focus: BTreeMap<String, String>,
        now: Timestamp,
    ) {
        self.topic = Some(Topic {
            plugin: plugin.into(),
            intent: intent.into(),
            slots,
            focus,
            at: now,
            misses: 0,
        });
    }

    /// A request that had nothing to do with the topic.
    pub(super) fn strayed(&mut self) {
        if let Some(topic) = &mut self.topic {
            topic.misses += 1;
        }
    }

    /// What FAME waits for, unless it waited too long.
    pub(super) fn question(&self, now: Timestamp) -> Option<&Question> {
        self.question
            .as_ref()
            .filter(|question| is_fresh(question.asked, now, QUESTION_LIFE + SPEAKING))
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.question = Some(question);
    }

    /// Takes the question away; gives it if it was still open.
    pub(super) fn close_question(&mut self, now: Timestamp) -> Option<Question> {
        self.question
            .take()
            .filter(|question| is_fresh(question.asked, now, QUESTION_LIFE + SPEAKING))
    }

    /// Takes the question away however long it waited; tells whether there was one.
    pub(super) fn drop_question(&mut self) -> bool {
        self.question.take().is_some()
    }

    pub(super) fn remember_act(&mut self, loaded: Arc<Loaded>, token: String, now: Timestamp) {
        if self.done.len() >= MAX_UNDO {
            self.done.pop_front();
        }
        self.done.push_back(Done {
            loaded,
            token,
            at: now,
        });
    }

    /// The last act that can still be taken back; it is forgotten by this.
    pub(super) fn take_act(&mut self, now: Timestamp) -> Option<Done> {
        self.done
            .pop_back()
            .filter(|done| is_fresh(done.at, now, UNDO_LIFE))
    }

    /// The same, if it was an act of `plugin`.
    pub(super) fn take_act_of(&mut self, plugin: &str, now: Timestamp) -> Option<Done> {
        let last = self.done.back()?;
        (last.loaded.manifest.id == plugin).then_some(())?;
        self.take_act(now)
    }

    pub(super) fn exchanged(&mut self, asked: &str, answered: &str) {
        self.history.remember(asked, answered);
    }

    /// What the language model is told of.
    pub(super) fn history(&self) -> History {
        self.history.clone()
    }
}

impl Topic {
    /// The topic between two requests of one sentence; it is not kept.
    pub(super) fn passing(plugin: &str, intent: &str, slots: Slots) -> Self {
        Self {
            plugin: plugin.into(),
            intent: intent.into(),
            slots,
            focus: BTreeMap::new(),
            at: Timestamp::UNIX_EPOCH,
            misses: 0,
        }
    }
}

impl Question {
    pub(super) fn new(
        text: String,
        (plugin, intent): (&str, &str),
        slots: Slots,
        awaits: Awaits,
        now: Timestamp,
    ) -> Self {
        Self {
            text,
            intent: intent.into(),
            plugin: plugin.into(),
            slots,
            awaits,
            again: false,
            asked: now,
        }
    }

    /// The same, asked once more.
    pub(super) fn once_more(&self, now: Timestamp) -> Self {
        Self {
            again: true,
            asked: now,
            ..self.clone()
        }
    }

    /// The same, waiting as long as if it were asked now.
    pub(super) fn refreshed(&self, now: Timestamp) -> Self {
        Self {
            asked: now,
            ..self.clone()
        }
    }
}

fn is_fresh(since: Timestamp, now: Timestamp, life: SignedDuration) -> bool {
    now.duration_since(since) <= life
}

/// All conversations.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, (Timestamp, Session)>>);

impl Sessions {
    /// Works on the conversation `name`, which begins here if it is new.
    pub(super) fn with<T>(
        &self,
        name: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Session) -> T,
    ) -> T {
        let mut all = self.lock();
        if !all.contains_key(name) && all.len() >= MAX_SESSIONS {
            let oldest = all.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                all.remove(&oldest);
            }
        }
        let (used, session) = all
            .entry(name.to_owned())
            .or_insert_with(|| (now, Session::default()));
        *used = now;
        work(session)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Session)>> {
        // A session is only assigned to under this lock, so a poisoned one is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
