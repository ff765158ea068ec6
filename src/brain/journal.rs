//! What the brain writes into the audit log: each act before it is done and after, and each request
//! that led to none.
//!
//! An act that changes something is not begun before its record is safe on the disk, and not at all
//! where none can be written; its answer waits until the record of its end is. Looking something up
//! is recorded just so, but waits for no disk and is done without a record, too: a clock that is slow
//! or mute because of a full disk helps nobody.

use std::time::Instant;

use fame_plugin::{Risk, Source};
use serde_json::{Value, json};

use super::call::Called;
use super::decision::{Decision, to_values};
use super::order::{Consent, Order};
use super::policy::Verdict;
use super::{Answer, Query};
use crate::audit::{
    self, AuditError, Heard, Log, Outcome, Pending, PluginUsed, Record, SandboxUsed, Status, Via,
};
use crate::plugins::Loaded;
use crate::plugins::ran::Run;

/// What is answered where an act cannot be recorded.
pub(super) const UNRECORDED: &str =
    "I can't do that now: what I do cannot be recorded. Is the disk full?";

/// Where acts are recorded.
#[derive(Clone, Default)]
pub enum Ledger {
    /// Nowhere, on purpose: a run that keeps nothing.
    #[default]
    None,
    /// In the audit log.
    Log(Log),
    /// Nowhere, though they should be, and why: nothing may be changed.
    Broken(String),
}

/// Why an act is not recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unrecorded {
    /// There is no log.
    #[error("there is no audit log: {0}")]
    Broken(String),
    /// It cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// See the module's documentation.
pub(super) struct Journal(Ledger);

impl Default for Journal {
    fn default() -> Self {
        Self(Ledger::None)
    }
}

/// An act that is under way. Dropped before its end, it is recorded as cancelled.
pub(super) struct Recorded {
    log: Option<Log>,
    before: Before,
    began: Instant,
}

/// The record before an act.
enum Before {
    /// There is none.
    None,
    /// It is safe on the disk.
    Safe(u64),
    /// It is on its way to the disk.
    Going(Pending),
}

impl Journal {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self(ledger)
    }

    /// The log that acts have to go into; none if they need not.
    fn needed(&self) -> Result<Option<&Log>, Unrecorded> {
        match &self.0 {
            Ledger::None => Ok(None),
            Ledger::Log(log) => Ok(Some(log)),
            Ledger::Broken(reason) => Err(Unrecorded::Broken(reason.clone())),
        }
    }

    /// The log, if there is one.
    fn log(&self) -> Option<&Log> {
        match &self.0 {
            Ledger::Log(log) => Some(log),
            Ledger::None | Ledger::Broken(_) => None,
        }
    }

    /// Records that `order` is about to be done.
    pub(super) async fn begin(
        &self,
        query: &Query,
        order: &Order<'_>,
    ) -> Result<Recorded, Unrecorded> {
        let Some(log) = self.needed()? else {
            return Ok(Recorded::nowhere());
        };
        let mut record = of_query(Record::before(), query);
        record.route = Some(audit::Route {
            stage: Some(order.route.as_str().into()),
            intent: Some(order.intent.name.clone()),
            confidence: Some(f64::from(order.confidence)),
            why: Some(order.reason.clone()),
        });
        record.plugin = Some(used(order.loaded));
        record.arguments = Some(match &order.arguments {
            Some(arguments) => arguments.clone().into(),
            None => to_values(&order.slots).into(),
        });
        record.decision = Some(audit::Decision {
            verdict: match order.consent {
                None => audit::Verdict::Allow,
                Some(Consent { approval: None, .. }) => audit::Verdict::Ask,
                Some(Consent {
                    approval: Some(_), ..
                }) => audit::Verdict::Approve,
            },
            risk: Some(risk_name(order.intent.risk).into()),
            why: None,
        });
        record.approval = order.consent.as_ref().map(|consent| audit::Approval {
            id: consent.approval.map(|id| id.to_string()),
            by: Some(consent.by.clone()),
            granted: true,
        });
        Recorded::begin(log, record, order.intent.risk != Risk::Read).await
    }

    /// Records that an act of `loaded` is about to be taken back.
    pub(super) async fn begin_undo(
        &self,
        query: &Query,
        loaded: &Loaded,
        token: &str,
    ) -> Result<Recorded, Unrecorded> {
        let Some(log) = self.needed()? else {
            return Ok(Recorded::nowhere());
        };
        let mut record = of_query(Record::before(), query);
        record.event = Some("undo".into());
        record.plugin = Some(used(loaded));
        record.arguments = Some(json!({ "token": token }));
        Recorded::begin(log, record, true).await
    }

    /// Records that `loaded` is about to be woken for a time that it scheduled.
    pub(super) async fn begin_wake(
        &self,
        loaded: &Loaded,
        payload: Value,
    ) -> Result<Recorded, Unrecorded> {
        let Some(log) = self.needed()? else {
            return Ok(Recorded::nowhere());
        };
        let mut record = Record::before();
        record.event = Some("wake".into());
        record.source = Some(audit::Source {
            via: Via::Routine,
            id: Some(loaded.manifest.id.clone()),
        });
        record.plugin = Some(used(loaded));
        record.arguments = Some(payload);
        Recorded::begin(log, record, true).await
    }

    /// Records what was refused.
    pub(super) fn refused(&self, query: &Query, order: &Order<'_>, verdict: &Verdict) {
        let Some(log) = self.log() else { return };
        let (event, why) = match verdict {
            Verdict::Deny(reason) => ("act.refused", Some(reason.clone())),
            Verdict::Confirm => ("act.awaits_yes", None),
            Verdict::Approve => ("act.awaits_approval", None),
            Verdict::Allow => return,
        };
        let mut record = of_query(Record::note(event), query);
        record.route = Some(audit::Route {
            stage: Some(order.route.as_str().into()),
            intent: Some(order.intent.name.clone()),
            confidence: Some(f64::from(order.confidence)),
            why: Some(order.reason.clone()),
        });
        record.plugin = Some(used(order.loaded));
        record.arguments = Some(to_values(&order.slots).into());
        record.decision = Some(audit::Decision {
            verdict: match verdict {
                Verdict::Allow => audit::Verdict::Allow,
                Verdict::Confirm => audit::Verdict::Ask,
                Verdict::Approve => audit::Verdict::Approve,
                Verdict::Deny(_) => audit::Verdict::Deny,
            },
            risk: Some(risk_name(order.intent.risk).into()),
            why,
        });
        write(log, record);
    }

    /// Records a request that led to no act.
    pub(super) fn heard(&self, query: &Query, answer: &Answer) {
        let Some(log) = self.log() else { return };
        let mut record = of_query(Record::note("request.no_act"), query);
        record.route = Some(of_decision(&answer.decision));
        record.outcome = Some(Outcome {
            status: if answer.ok {
                Status::Done
            } else {
                Status::Failed
            },
            text: Some(answer.reply.speech.clone()),
        });
        write(log, record);
    }

    /// Records what somebody said about an act that waited.
    pub(super) fn settled(&self, id: u64, what: Option<&str>, granted: bool, by: Option<&str>) {
        let Some(log) = self.log() else { return };
        let mut record = Record::note(match (granted, by) {
            (_, None) => "approval.expired",
            (true, Some(_)) => "approval.granted",
            (false, Some(_)) => "approval.denied",
        });
        record.approval = Some(audit::Approval {
            id: Some(id.to_string()),
            by: by.map(Into::into),
            granted,
        });
        record.details = what.map(|what| json!({ "what": what }));
        write(log, record);
    }
}

impl Recorded {
    /// Nothing is written.
    pub(super) fn nowhere() -> Self {
        Self {
            log: None,
            before: Before::None,
            began: Instant::now(),
        }
    }

    /// Writes `record`, and waits until it is safe if the act is one that `waits` for that.
    async fn begin(log: &Log, record: Record, waits: bool) -> Result<Self, Unrecorded> {
        let before = match waits {
            true => Before::Safe(log.submit(record)?.await?.seq),
            false => Before::Going(log.submit_unhurried(record)?),
        };
        Ok(Self {
            log: Some(log.clone()),
            before,
            began: Instant::now(),
        })
    }

    /// Records how the act ended. If it was one that waits, this waits until that is safe, too.
    pub(super) async fn end(mut self, called: &Called) {
        let Some(log) = self.log.take() else { return };
        let status = if called.ok {
            Status::Done
        } else {
            Status::Failed
        };
        let mut record = self.after(status, &called.reply.speech);
        record.sandbox = called.ran.last().map(in_short);
        if called.ran.len() > 1 {
            record.details = Some(json!({ "sandbox_runs": called.ran.len() }));
        }
        let written = match std::mem::replace(&mut self.before, Before::None) {
            Before::None => return,
            Before::Going(before) => log.follow(before, record).map(drop),
            Before::Safe(seq) => {
                record.of = Some(seq);
                match log.submit(record) {
                    Ok(pending) => pending.await.map(drop),
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, "how an act ended is not recorded");
        }
    }

    fn after(&self, status: Status, text: &str) -> Record {
        let mut record = Record::following();
        record.outcome = Some(Outcome {
            status,
            text: (!text.is_empty()).then(|| text.to_owned()),
        });
        let micros = self.began.elapsed().as_micros();
        record.latency_us = Some(u64::try_from(micros).unwrap_or(u64::MAX));
        record
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let Some(log) = self.log.take() else { return };
        let text = "nobody waited for it any more; what was begun went on";
        let mut record = self.after(Status::Cancelled, text);
        match std::mem::replace(&mut self.before, Before::None) {
            Before::None => {}
            Before::Going(before) => sent(log.follow(before, record)),
            Before::Safe(seq) => {
                record.of = Some(seq);
                write(&log, record);
            }
        }
    }
}

/// Writes what nothing waits for.
fn write(log: &Log, record: Record) {
    sent(log.submit_unhurried(record));
}

/// Takes notice of what nothing waits for.
fn sent(record: Result<Pending, AuditError>) {
    if let Err(error) = record {
        tracing::error!(%error, "something is not recorded");
    }
}

fn of_query(mut record: Record, query: &Query) -> Record {
    record.session = Some(query.session.clone());
    record.source = Some(audit::Source {
        via: match query.source {
            Source::Voice => Via::Voice,
            Source::Ipc => Via::Ipc,
            Source::Rest => Via::Rest,
            Source::Headless => Via::System,
        },
        id: query.key.clone(),
    });
    record.heard = Some(Heard {
        text: query.text.clone(),
        confidence: query.confidence.map(f64::from),
    });
    record.details = Some(json!({ "turn": query.turn }));
    record
}

fn in_short(run: &Run) -> SandboxUsed {
    SandboxUsed {
        tier: Some(run.tier.clone()),
        profile: Some(run.profile.clone()),
        image: run.image.clone(),
        ended: Some(run.ended.into()),
        exit: run.exit.map(i64::from),
        output_bytes: Some(run.output_bytes),
        wall_ms: Some(run.wall_ms),
    }
}

fn of_decision(decision: &Decision) -> audit::Route {
    audit::Route {
        stage: Some(decision.route.as_str().into()),
        intent: decision.intent.clone(),
        confidence: Some(f64::from(decision.confidence)),
        why: Some(decision.reason.clone()),
    }
}

fn used(loaded: &Loaded) -> PluginUsed {
    PluginUsed {
        name: loaded.manifest.id.clone(),
        version: Some(loaded.manifest.version.to_string()),
        sha256: Some(loaded.hash.to_string()),
    }
}

fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Read => "read",
        Risk::Write => "write",
        Risk::Destructive => "destructive",
        Risk::Admin => "admin",
    }
}
