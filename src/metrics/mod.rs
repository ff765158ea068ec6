//! What FAME counts and times about itself, in the form that Prometheus reads.
//!
//! [`Metrics`] sees every event once, as it is published, so nothing is lost under load; what has
//! no event (queues, memory, the audit log) is read when somebody asks, as [`Gauges`]. Names begin
//! with `fame_`, times are in seconds, sizes in bytes. No label holds what a user said.

mod series;
#[cfg(feature = "otlp")]
pub mod traces;

use prometheus::{Encoder, TextEncoder};

pub use series::{Metrics, MetricsError};

/// What is read at the moment of asking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// Seconds since the start.
    pub uptime_seconds: f64,
    /// Memory that is really in use, in bytes; none where the system does not tell.
    pub resident_bytes: Option<u64>,
    /// Whether sound arrives.
    pub microphone: bool,
    /// Plugins by how they are: `loaded`, `broken`, `disabled`…
    pub plugins: Vec<(String, u64)>,
    /// What waits, by queue.
    pub queues: Vec<(&'static str, u64)>,
    /// How long the oldest record has waited for the audit log's disk, in seconds.
    pub audit_lag_seconds: f64,
    /// Events that slow subscribers have lost since the start, by subscriber.
    pub lost_events: Vec<(String, u64)>,
}

impl Metrics {
    /// Everything in Prometheus's text format, version 0.0.4.
    #[must_use]
    pub fn render(&self, gauges: &Gauges) -> String {
        self.read(gauges);
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.gather(), &mut text) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Memory of this process that is really in use, in bytes.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    #[cfg(unix)]
    return Some(pages * rustix::param::page_size() as u64);
    #[cfg(not(unix))]
    None
}
