//! What is kept: turns with their why, and the record of acts.

use serde::Serialize;
use serde_json::Value;

use super::{DaemonHouse, blocking, convert};
use crate::api::Refusal;
use crate::api::types::{
    AuditPage, AuditQuery, AuditRecord, AuditVerified, Explained, FirstBad, Latency, Turn, Turns,
    TurnsQuery,
};
use crate::audit::{self, Entry, Kind, Options, Reader, Search};
use crate::store;

impl DaemonHouse {
    pub(super) async fn text_of(&self, turn: u64) -> Result<String, Refusal> {
        let explained: Explained = self.explained(turn).await?;
        Ok(explained.text)
    }

    pub(super) async fn explained(&self, turn: u64) -> Result<Explained, Refusal> {
        let skills = self.daemon.skills.clone();
        let found = blocking(move || skills.why(Some(turn))).await?;
        let found = found.map_err(|error| Refusal::Unavailable(format!("{error}; try again")))?;
        let unknown =
            || Refusal::NotFound(format!("there is no turn {turn}; GET /turns lists them"));
        convert(found.ok_or_else(unknown)?)
    }

    pub(super) async fn list_turns(&self, query: TurnsQuery) -> Result<Turns, Refusal> {
        // What was answered just now belongs to it.
        self.daemon.keeper.flush().await;
        let skills = self.daemon.skills.clone();
        let limit = query.limit as usize;
        let kept = blocking(move || skills.turns(query.before, limit)).await?;
        let kept = kept.map_err(|error| Refusal::Unavailable(format!("{error}; try again")))?;
        let turns = kept.into_iter().map(|turn| self.turn(&turn));
        Ok(Turns {
            turns: turns.collect(),
        })
    }

    fn turn(&self, kept: &store::Turn) -> Turn {
        let first = &kept.explanation["decisions"][0];
        let text = |name: &str| first[name].as_str().map(str::to_owned);
        let number = |name: &str| kept.explanation[name].as_f64().unwrap_or_default();
        let seen = self.daemon.shared.ended(kept.id);
        let latency = seen.map(|ended| ended.latency).unwrap_or_default();
        Turn {
            turn: kept.id,
            at: kept.at.to_string(),
            session: kept.session.clone(),
            source: kept.source.clone(),
            text: kept.text.clone(),
            reply: kept.reply.clone(),
            intent: text("intent"),
            plugin: text("plugin"),
            route: text("route").unwrap_or_default(),
            ok: seen.is_none_or(|ended| ended.ok),
            latency_ms: Latency {
                endpoint: latency.endpoint,
                recognise: latency.recognise,
                route: number("route_ms"),
                plugin: number("plugin_ms"),
                model: number("model_ms"),
                first_sound: latency.first_sound,
                total: latency
                    .total
                    .max(number("route_ms") + number("plugin_ms") + number("model_ms")),
            },
        }
    }

    pub(super) async fn audit_page(&self, query: AuditQuery) -> Result<AuditPage, Refusal> {
        let via = query.source.map(|name| serde_json::from_value(name.into()));
        // A way that there is not has no records.
        let Ok(via) = via.transpose() else {
            return Ok(AuditPage::default());
        };
        let search = Search {
            text: query.text,
            via,
            intent: query.intent,
            before: query.before,
            limit: Some(query.limit as usize),
            ..Search::default()
        };
        let reader = Reader::new(self.paths.audit());
        let page = blocking(move || reader.search(&search)).await?;
        let page = page.map_err(|error| {
            tracing::error!(%error, "the audit log cannot be read");
            Refusal::Unavailable("the audit log cannot be read; see `fame audit verify`".into())
        })?;
        Ok(AuditPage {
            records: page.entries.into_iter().map(audit_record).collect(),
            next_before: page.before,
        })
    }

    pub(super) async fn verify(&self) -> Result<AuditVerified, Refusal> {
        let folder = self.paths.audit();
        let options = Options {
            witness: self.daemon.config().audit.witness.clone(),
            public_key: self.daemon.audit.as_ref().map(audit::Log::public_key),
        };
        let report = blocking(move || audit::verify(&folder, &options)).await?;
        let report = report.map_err(|error| {
            tracing::error!(%error, "the audit log cannot be checked");
            Refusal::Unavailable("the audit log cannot be read; see `fame audit verify`".into())
        })?;
        Ok(AuditVerified {
            ok: report.first_bad.is_none(),
            records: report.records,
            checkpoints: report.checkpoints,
            pruned: report.pruned.map_or(0, |dropped| dropped.through),
            first_bad: report.first_bad.map(|bad| FirstBad {
                seq: bad.seq,
                problem: bad.problem.to_string(),
            }),
            checked_at: jiff::Timestamp::now().to_string(),
        })
    }
}

fn audit_record(entry: Entry) -> AuditRecord {
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let json = |value: Value| (!value.is_null()).then_some(value);
    let kind = match entry.record.kind {
        Kind::Before | Kind::After | Kind::Note => to_json(entry.record.kind),
        _ => "note".into(),
    };
    let record = entry.record;
    let route = record.route.unwrap_or_default();
    let details = record.details.filter(|_| record.outcome.is_none());
    AuditRecord {
        seq: entry.seq,
        at: entry.time.to_string(),
        kind: word(kind),
        source: record
            .source
            .as_ref()
            .map(|source| word(to_json(source.via)))
            .unwrap_or_default(),
        session: record.session.unwrap_or_default(),
        text: match record.heard {
            Some(heard) => heard.text,
            None => record.event.unwrap_or_default(),
        },
        confidence: route.confidence,
        route: route.stage,
        why: route.why,
        intent: route.intent,
        plugin: record.plugin.map(|plugin| plugin.name),
        decision: record
            .decision
            .map(|decision| word(to_json(decision.verdict))),
        approval: json(to_json(record.approval)),
        result: json(to_json(record.outcome)).or(details),
        latency_ms: record.latency_us.map(|us| us as f64 / 1_000.0),
        hash: entry.hash.to_string(),
    }
}

fn to_json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
