//! The audit log of the daemon: opened first, closed last.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use crate::audit::{self, AuditError, Log, Record, Settings};
use crate::auth::{KeyInfo, Keys};
use crate::brain::Ledger;
use crate::bus::{Bus, Event, Pattern, SubscribeError, Subscription};
use crate::config;

/// How often it is looked whether somebody has changed the keys.
const KEYS_INTERVAL: Duration = Duration::from_secs(1);

/// Opens the log and notes what was found. Without a log FAME answers, and changes nothing.
pub(super) async fn open(folder: &Path, settings: &config::Audit) -> Ledger {
    let settings = Settings {
        witness: settings.witness.clone(),
        keep_bytes: u64::from(settings.keep_mib) * 1024 * 1024,
        keep_age: Duration::from_secs(u64::from(settings.keep_days) * 24 * 60 * 60),
        ..Settings::new(folder)
    };
    let opened = tokio::task::spawn_blocking(move || begin(settings)).await;
    let error = match opened {
        Ok(Ok(log)) => return Ledger::Log(log),
        Ok(Err(error)) => error.to_string(),
        Err(crash) => crash.to_string(),
    };
    tracing::error!(
        error,
        "what is done cannot be recorded, so nothing is changed"
    );
    Ledger::Broken(error)
}

fn begin(settings: Settings) -> Result<Log, AuditError> {
    let log = Log::open(settings)?;
    let recovery = log.recovery();
    if recovery.torn_bytes > 0 || !recovery.unknown.is_empty() {
        tracing::warn!(
            torn_bytes = recovery.torn_bytes,
            unknown = recovery.unknown.len(),
            "FAME was cut off last time; what it did not finish is marked in the audit log"
        );
    }
    let mut started = Record::note("daemon.started");
    started.details =
        Some(json!({ "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id() }));
    log.append(started)?;
    Ok(log)
}

/// Notes what plugins become from now on.
pub(super) fn follow(log: &Log, bus: &Bus) -> Result<Subscription, SubscribeError> {
    let log = log.clone();
    // Only what is noted: events of other kinds must not crowd it out of the queue.
    let changes = "plugin.changed".parse().unwrap_or_else(|_| Pattern::all());
    bus.on(changes, "audit", move |published| {
        let Event::PluginChanged {
            plugin,
            state,
            reason,
        } = &published.event
        else {
            return;
        };
        let mut record = Record::note("plugin.changed");
        record.plugin = Some(audit::PluginUsed {
            name: plugin.clone(),
            ..audit::PluginUsed::default()
        });
        record.details = Some(json!({ "state": state, "reason": reason }));
        note(&log, record);
    })
}

/// Notes the keys that are made, replaced and ended past the daemon, from now on until `stop`.
pub(super) async fn follow_keys(log: Log, keys: Arc<Keys>, mut stop: watch::Receiver<bool>) {
    let state = |info: KeyInfo| (info.id, (info.revoked.is_some(), info.rotated_to));
    let mut known: HashMap<_, _> = keys.list().into_iter().map(state).collect();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(KEYS_INTERVAL) => {}
        }
        for info in keys.list() {
            let (id, now) = state(info);
            let event = match (known.get(&id), &now) {
                (Some(before), now) if before == now => continue,
                (None, _) => "key.created",
                (Some(_), (true, _)) => "key.revoked",
                (Some(_), (false, _)) => "key.rotated",
            };
            let mut record = Record::note(event);
            record.details = Some(json!({ "key": id }));
            note(&log, record);
            known.insert(id, now);
        }
    }
}

/// Notes the end and signs everything.
pub(super) async fn close(log: Log) {
    let closed = tokio::task::spawn_blocking(move || {
        log.append(Record::note("daemon.stopped"))?;
        log.checkpoint()
    });
    match closed.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "the end is not recorded"),
        Err(crash) => tracing::error!(%crash, "the end is not recorded"),
    }
}

/// Writes what nothing waits for.
pub(super) fn note(log: &Log, record: Record) {
    match log.submit(record) {
        Ok(pending) => drop(pending),
        Err(error) => tracing::error!(%error, "something is not recorded"),
    }
}
