//! Acts that wait for a person's word.
//!
//! An approval is bound to its act: the same intent with the same slots, asked again meanwhile, is
//! the same approval. It is good for one act and not for long.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fame_plugin::{Risk, Slots, Source};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::decision::to_values;

/// How long an approval waits.
pub const LIFE: SignedDuration = SignedDuration::from_mins(2);

/// Approvals that wait at the same time. One more is refused.
const MAX_WAITING: usize = 32;

/// An act that waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approval {
    /// Its number.
    pub id: u64,
    /// What would be done, in words.
    pub what: String,
    /// The intent.
    pub intent: String,
    /// The plugin that would do it.
    pub plugin: String,
    /// Its exact arguments.
    pub slots: Map<String, Value>,
    /// What it does to the world.
    pub risk: Risk,
    /// Whether it can be taken back.
    pub reversible: bool,
    /// How the request came in.
    pub source: Source,
    /// The conversation that it belongs to.
    pub session: String,
    /// What was said.
    pub text: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it is too late.
    pub expires: Timestamp,
}

/// An act that waits, with what it needs to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    pub(super) approval: Approval,
    pub(super) slots: Slots,
    hash: [u8; 32],
}

/// Why an approval cannot be answered or asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// There is none, or not any more.
    #[error("no approval {0} is waiting; `fame approvals` lists those that are")]
    Unknown(u64),
    /// Too many wait.
    #[error("{MAX_WAITING} acts wait for approval already; answer them with `fame approvals`")]
    Full,
}

/// All acts that wait.
#[derive(Default)]
pub(super) struct Approvals(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Dropped and not told yet; at most as many as were asked for since it was told.
    expired: Vec<u64>,
    last_id: u64,
}

/// What an approval is asked for.
pub(super) struct Ask<'a> {
    pub(super) what: String,
    pub(super) intent: &'a str,
    pub(super) plugin: &'a str,
    pub(super) slots: Slots,
    pub(super) risk: Risk,
    pub(super) source: Source,
    pub(super) session: &'a str,
    pub(super) text: &'a str,
}

impl Approvals {
    /// Has `ask` wait; gives its approval, and whether it is a new one.
    pub(super) fn ask(
        &self,
        ask: Ask<'_>,
        now: Timestamp,
    ) -> Result<(Approval, bool), ApprovalError> {
        let mut state = self.lock(now);
        let values = to_values(&ask.slots);
        let hash = bound_to(ask.plugin, ask.intent, &values);
        if let Some(same) = state.waiting.iter().find(|waiting| waiting.hash == hash) {
            return Ok((same.approval.clone(), false));
        }
        if state.waiting.len() >= MAX_WAITING {
            return Err(ApprovalError::Full);
        }
        state.last_id += 1;
        let approval = Approval {
            id: state.last_id,
            what: ask.what,
            intent: ask.intent.into(),
            plugin: ask.plugin.into(),
            slots: values,
            risk: ask.risk,
            reversible: matches!(ask.risk, Risk::Read | Risk::Write),
            source: ask.source,
            session: ask.session.into(),
            text: ask.text.into(),
            asked: now,
            expires: now + LIFE,
        };
        state.waiting.push_back(Waiting {
            approval: approval.clone(),
            slots: ask.slots,
            hash,
        });
        Ok((approval, true))
    }

    /// The acts that wait, oldest first.
    pub(super) fn list(&self, now: Timestamp) -> Vec<Approval> {
        let state = self.lock(now);
        state
            .waiting
            .iter()
            .map(|one| one.approval.clone())
            .collect()
    }

    /// Takes the act out, to be done or dropped. There is no second time.
    pub(super) fn take(&self, id: u64, now: Timestamp) -> Result<Waiting, ApprovalError> {
        let mut state = self.lock(now);
        let at = state.waiting.iter().position(|one| one.approval.id == id);
        at.and_then(|at| state.waiting.remove(at))
            .ok_or(ApprovalError::Unknown(id))
    }

    /// Drops what is too late; gives the numbers.
    pub(super) fn expire(&self, now: Timestamp) -> Vec<u64> {
        // Whoever looks drops them too, so they are collected where they are dropped.
        std::mem::take(&mut self.lock(now).expired)
    }

    /// The state without what is too late.
    fn lock(&self, now: Timestamp) -> MutexGuard<'_, State> {
        // Only whole approvals are added and removed under this lock, so a poisoned one is whole.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State {
            waiting, expired, ..
        } = &mut *state;
        waiting.retain(|one| {
            let in_time = one.approval.expires > now;
            if !in_time {
                expired.push(one.approval.id);
            }
            in_time
        });
        state
    }
}

/// What an approval is good for: this act with these arguments.
fn bound_to(plugin: &str, intent: &str, slots: &Map<String, Value>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [plugin, intent, &Value::from(slots.clone()).to_string()] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use fame_plugin::Slot;

    use super::*;

    fn ask(list: &str) -> Ask<'static> {
        Ask {
            what: format!("delete the list {list}"),
            intent: "delete_list",
            plugin: "lists",
            slots: Slots::from([("list".into(), Slot::Text(list.into()))]),
            risk: Risk::Admin,
            source: Source::Voice,
            session: "desktop",
            text: "delete it",
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_same_act_waits_once_and_is_done_once() {
        let approvals = Approvals::default();
        let (first, new) = approvals.ask(ask("a"), at(0)).unwrap();
        assert!(new);
        let (same, new) = approvals.ask(ask("a"), at(10)).unwrap();
        assert_eq!((same.id, new), (first.id, false));
        let (other, _) = approvals.ask(ask("b"), at(10)).unwrap();
        assert_ne!(other.id, first.id);
        assert_eq!(approvals.list(at(10)).len(), 2);
        assert_eq!(approvals.take(first.id, at(10)).unwrap().approval, first);
        let again = approvals.take(first.id, at(10));
        assert_eq!(again, Err(ApprovalError::Unknown(first.id)));
    }

    #[test]
    fn an_approval_is_not_good_for_long() {
        let approvals = Approvals::default();
        let (one, _) = approvals.ask(ask("a"), at(0)).unwrap();
        assert_eq!(approvals.list(at(119)).len(), 1);
        assert!(approvals.list(at(120)).is_empty());
        assert!(approvals.take(one.id, at(120)).is_err());
        assert_eq!(approvals.expire(at(120)), [one.id]);
        assert!(approvals.expire(at(120)).is_empty(), "told once");
        let (renewed, new) = approvals.ask(ask("a"), at(121)).unwrap();
        assert!(new && renewed.id != one.id);
    }

    #[test]
    fn no_more_wait_than_a_person_can_look_at() {
        let approvals = Approvals::default();
        for list in 0..MAX_WAITING {
            approvals.ask(ask(&list.to_string()), at(0)).unwrap();
        }
        assert_eq!(approvals.ask(ask("more"), at(0)), Err(ApprovalError::Full));
        assert!(approvals.ask(ask("more"), at(120)).is_ok());
    }
}
