//! What has no event and is read when somebody asks for the metrics.

use std::collections::BTreeMap;

use super::DaemonHouse;
use crate::metrics::{Gauges, resident_bytes};

impl DaemonHouse {
    pub(super) fn gauges(&self) -> Gauges {
        let daemon = &self.daemon;
        let mut plugins: BTreeMap<String, u64> = BTreeMap::new();
        for info in daemon.skills.plugins().list() {
            *plugins.entry(info.state.name().into()).or_default() += 1;
        }
        let mut lost: BTreeMap<String, u64> = BTreeMap::new();
        for subscriber in daemon.shared.bus.subscribers() {
            *lost.entry(subscriber.name).or_default() += subscriber.lost;
        }
        let sandbox = daemon.skills.sandbox().status();
        Gauges {
            uptime_seconds: daemon.shared.started.elapsed().as_secs_f64(),
            resident_bytes: resident_bytes(),
            microphone: daemon.shared.facts().microphone_available,
            plugins: plugins.into_iter().collect(),
            queues: vec![
                ("jobs", daemon.jobs.len() as u64),
                ("approvals", daemon.brain.approvals().len() as u64),
                ("sandbox_running", sandbox.running as u64),
                ("sandbox_waiting", sandbox.waiting as u64),
                ("sandbox_warm", sandbox.warm as u64),
                (
                    "audit",
                    daemon.audit.as_ref().map_or(0, |log| log.waiting() as u64),
                ),
            ],
            audit_lag_seconds: daemon
                .audit
                .as_ref()
                .map_or(0.0, |log| log.lag().as_secs_f64()),
            lost_events: lost.into_iter().collect(),
        }
    }
}
