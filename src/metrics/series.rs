//! The series, and how events move them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use prometheus::proto::MetricFamily;
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
};

use super::Gauges;
use crate::bus::{Event, Latency};

/// From a millisecond to a minute: a turn's parts lie there.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Different values of one label. Anything beyond is counted as [`OTHER`], so that a plugin with
/// endless names cannot fill the memory.
const MAX_VALUES: usize = 256;

/// What stands for label values beyond [`MAX_VALUES`].
const OTHER: &str = "other";

/// The series cannot be made: two have one name, which would be a mistake of ours.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be set up: {0}; please report this")]
pub struct MetricsError(#[from] prometheus::Error);

/// See the module's documentation.
pub struct Metrics {
    registry: Registry,
    stages: HistogramVec,
    turns: IntCounterVec,
    queries: IntCounterVec,
    handling: HistogramVec,
    routes: IntCounterVec,
    ignored: IntCounterVec,
    approvals: IntCounterVec,
    plugin_changes: IntCounterVec,
    errors: IntCounterVec,
    model_answers: IntCounterVec,
    model_seconds: HistogramVec,
    model_tokens: IntCounterVec,
    sandbox_runs: IntCounterVec,
    sandbox_seconds: HistogramVec,
    overruns: IntCounter,
    http: IntCounterVec,
    http_seconds: HistogramVec,
    uptime: Gauge,
    resident: Gauge,
    microphone: Gauge,
    plugins: GaugeVec,
    queues: GaugeVec,
    audit_lag: Gauge,
    lost_events: GaugeVec,
    /// Names of intents and plugins that have series of their own.
    named: Mutex<HashSet<String>>,
}

impl Metrics {
    /// Series at zero.
    ///
    /// # Errors
    /// If the series contradict each other.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new_custom(Some("fame".into()), None)?;
        let made = Series(&registry);
        let info = made.gauges(
            "build_info",
            "The version that runs; always 1.",
            &["version"],
        )?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1.0);
        Ok(Self {
            stages: made.seconds(
                "turn_stage_seconds",
                "Time of a turn by stage: endpoint, recognise, route, plugin, first_sound, total.",
                &["stage"],
            )?,
            turns: made.counts("turns_total", "Turns by how they ended.", &["outcome"])?,
            queries: made.counts(
                "queries_total",
                "Requests by intent, plugin and whether they were done.",
                &["intent", "plugin", "ok"],
            )?,
            handling: made.seconds(
                "query_seconds",
                "Time from a request to its reply, by plugin.",
                &["plugin"],
            )?,
            routes: made.counts(
                "routes_total",
                "Requests by the stage that understood them.",
                &["route"],
            )?,
            ignored: made.counts(
                "utterances_ignored_total",
                "Speech that became no request, by reason.",
                &["reason"],
            )?,
            approvals: made.counts(
                "approvals_total",
                "Approvals asked for and how they ended.",
                &["outcome"],
            )?,
            plugin_changes: made.counts(
                "plugin_changes_total",
                "Changes of plugins by what they became.",
                &["state"],
            )?,
            errors: made.counts(
                "errors_total",
                "Troubles told to the user, by code.",
                &["code"],
            )?,
            model_answers: made.counts(
                "model_answers_total",
                "Times that the language model was asked, by whether it answered.",
                &["ok"],
            )?,
            model_seconds: made.seconds(
                "model_answer_seconds",
                "Time of the language model: until its first word, and until its end.",
                &["until"],
            )?,
            model_tokens: made.counts(
                "model_tokens_total",
                "Tokens that the language model read and wrote, where its server tells.",
                &["direction"],
            )?,
            sandbox_runs: made.counts(
                "sandbox_runs_total",
                "Programs run in the sandbox by tier and how they ended.",
                &["tier", "outcome"],
            )?,
            sandbox_seconds: made.seconds(
                "sandbox_run_seconds",
                "Time that programs ran in the sandbox, by tier.",
                &["tier"],
            )?,
            overruns: made.count(
                "audio_overrun_frames_total",
                "Frames of 16 ms that were captured and not heard, because FAME was behind.",
            )?,
            http: made.counts(
                "http_requests_total",
                "Requests of the REST API by route and status.",
                &["route", "status"],
            )?,
            http_seconds: made.seconds(
                "http_request_seconds",
                "Time to answer requests of the REST API by route.",
                &["route"],
            )?,
            uptime: made.gauge("uptime_seconds", "Time since the start.")?,
            resident: made.gauge("memory_resident_bytes", "Memory in use.")?,
            microphone: made.gauge("microphone_available", "Whether sound arrives: 1 or 0.")?,
            plugins: made.gauges("plugins", "Plugins by how they are.", &["state"])?,
            audit_lag: made.gauge(
                "audit_lag_seconds",
                "How long the oldest record has waited for the audit log's disk.",
            )?,
            queues: made.gauges("queue_depth", "What waits, by queue.", &["queue"])?,
            lost_events: made.gauges(
                "bus_lost_events",
                "Events that a slow subscriber has lost since the start.",
                &["subscriber"],
            )?,
            named: Mutex::default(),
            registry,
        })
    }

    /// Counts what `event` tells. Cheap: it is called for every event.
    pub fn saw(&self, event: &Event) {
        match event {
            Event::TurnFinished {
                latency_ms,
                cancelled,
                ..
            } => self.turn(latency_ms, *cancelled),
            Event::QueryCompleted {
                intent,
                plugin,
                ok,
                ms,
                ..
            } => {
                let (intent, plugin) = (self.name(intent), self.name(plugin));
                let ok = if *ok { "true" } else { "false" };
                self.queries.with_label_values(&[intent, plugin, ok]).inc();
                self.handling
                    .with_label_values(&[plugin])
                    .observe(ms / 1_000.0);
            }
            Event::IntentMatched { route, .. } => self.routes.with_label_values(&[route]).inc(),
            Event::UtteranceIgnored { reason, .. } => count_by(&self.ignored, reason),
            Event::ApprovalRequested { .. } => {
                self.approvals.with_label_values(&["requested"]).inc();
            }
            Event::ApprovalAnswered { outcome, .. } => count_by(&self.approvals, outcome),
            Event::PluginChanged { state, .. } => {
                self.plugin_changes.with_label_values(&[state]).inc();
            }
            Event::Error { code, .. } => self.errors.with_label_values(&[code]).inc(),
            Event::ModelAnswered {
                ok,
                ms,
                first_token_ms,
                prompt_tokens,
                completion_tokens,
            } => {
                let word = if *ok { "true" } else { "false" };
                self.model_answers.with_label_values(&[word]).inc();
                let tokens = [("read", prompt_tokens), ("written", completion_tokens)];
                for (direction, count) in tokens {
                    self.model_tokens
                        .with_label_values(&[direction])
                        .inc_by(*count);
                }
                let seen = |until: &str, ms: f64| {
                    self.model_seconds
                        .with_label_values(&[until])
                        .observe(ms / 1_000.0);
                };
                if *ok {
                    seen("end", *ms);
                }
                if let Some(ms) = first_token_ms {
                    seen("first_word", *ms);
                }
            }
            Event::SandboxFinished {
                outcome,
                tier,
                wall_ms,
                ..
            } => {
                let tier = tier.as_deref().unwrap_or("none");
                self.sandbox_runs.with_label_values(&[tier, outcome]).inc();
                let seconds = *wall_ms as f64 / 1_000.0;
                self.sandbox_seconds
                    .with_label_values(&[tier])
                    .observe(seconds);
            }
            Event::AudioOverrun { lost } => self.overruns.inc_by(*lost),
            _ => {}
        }
    }

    /// Counts a request of the REST API. `route` is the pattern, not the path that was asked for.
    pub fn served(&self, route: &str, status: u16, seconds: f64) {
        self.http
            .with_label_values(&[route, &status.to_string()])
            .inc();
        self.http_seconds
            .with_label_values(&[route])
            .observe(seconds);
    }

    fn turn(&self, latency: &Latency, cancelled: bool) {
        let outcome = if cancelled { "cancelled" } else { "finished" };
        self.turns.with_label_values(&[outcome]).inc();
        if cancelled {
            return;
        }
        let stages = [
            ("endpoint", latency.endpoint),
            ("recognise", latency.recognise),
            ("route", latency.route),
            ("plugin", latency.plugin),
            ("model", latency.model),
            ("first_sound", latency.first_sound),
            ("total", latency.total),
        ];
        // A written request has no endpoint and a silent one no sound: zero says that there was
        // none, not that it took no time.
        for (stage, ms) in stages.into_iter().filter(|(_, ms)| *ms > 0.0) {
            self.stages
                .with_label_values(&[stage])
                .observe(ms / 1_000.0);
        }
    }

    /// `name` as long as there are not too many.
    fn name<'a>(&self, name: &'a str) -> &'a str {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.contains(name) {
            return name;
        }
        if named.len() >= MAX_VALUES {
            return OTHER;
        }
        named.insert(name.to_owned());
        name
    }

    pub(super) fn read(&self, gauges: &Gauges) {
        self.uptime.set(gauges.uptime_seconds);
        self.resident
            .set(gauges.resident_bytes.unwrap_or_default() as f64);
        self.microphone.set(f64::from(u8::from(gauges.microphone)));
        // What is gone must not keep its last value.
        self.plugins.reset();
        for (state, count) in &gauges.plugins {
            self.plugins.with_label_values(&[state]).set(*count as f64);
        }
        self.audit_lag.set(gauges.audit_lag_seconds);
        for (queue, depth) in &gauges.queues {
            self.queues.with_label_values(&[queue]).set(*depth as f64);
        }
        self.lost_events.reset();
        for (subscriber, lost) in &gauges.lost_events {
            self.lost_events
                .with_label_values(&[subscriber])
                .set(*lost as f64);
        }
    }

    pub(super) fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

/// Counts under the name that `value` has in JSON.
fn count_by(counts: &IntCounterVec, value: &impl serde::Serialize) {
    if let Ok(serde_json::Value::String(name)) = serde_json::to_value(value) {
        counts.with_label_values(&[&name]).inc();
    }
}

/// Makes series and registers them.
struct Series<'a>(&'a Registry);

impl Series<'_> {
    fn counts(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        let made = IntCounterVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn count(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        let made = IntCounter::new(name, help)?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn seconds(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        let made = HistogramVec::new(options, labels)?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let made = GaugeVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<Gauge> {
        let made = Gauge::new(name, help)?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::bus::{ApprovalOutcome, IgnoreReason};

    fn completed(intent: &str) -> Event {
        Event::QueryCompleted {
            turn: 1,
            intent: intent.into(),
            plugin: "clock".into(),
            ok: true,
            ms: 2.0,
        }
    }

    #[test]
    fn events_move_their_series_and_zero_is_no_time() {
        let metrics = Metrics::new().unwrap();
        metrics.saw(&completed("time"));
        metrics.saw(&Event::TurnFinished {
            latency_ms: Latency {
                route: 3.0,
                total: 3.0,
                ..Latency::default()
            },
            cancelled: false,
            turn: Some(1),
        });
        metrics.saw(&Event::UtteranceIgnored {
            text: "a secret".into(),
            reason: IgnoreReason::NotAddressed,
        });
        metrics.saw(&Event::ApprovalAnswered {
            id: "1".into(),
            outcome: ApprovalOutcome::Expired,
            by: None,
        });
        metrics.saw(&Event::AudioOverrun { lost: 7 });
        metrics.served("/query", 200, 0.002);
        let text = metrics.render(&Gauges {
            microphone: true,
            plugins: vec![("loaded".into(), 3)],
            queues: vec![("audit", 2)],
            audit_lag_seconds: 0.25,
            ..Gauges::default()
        });
        for line in [
            r#"fame_queries_total{intent="time",ok="true",plugin="clock"} 1"#,
            r#"fame_query_seconds_count{plugin="clock"} 1"#,
            r#"fame_turn_stage_seconds_count{stage="route"} 1"#,
            r#"fame_turns_total{outcome="finished"} 1"#,
            r#"fame_utterances_ignored_total{reason="not_addressed"} 1"#,
            r#"fame_approvals_total{outcome="expired"} 1"#,
            "fame_audio_overrun_frames_total 7",
            r#"fame_http_requests_total{route="/query",status="200"} 1"#,
            r#"fame_plugins{state="loaded"} 3"#,
            r#"fame_queue_depth{queue="audit"} 2"#,
            "fame_audit_lag_seconds 0.25",
            "fame_microphone_available 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "no `{line}` in\n{text}"
            );
        }
        assert!(!text.contains("stage=\"endpoint\""));
        assert!(!text.contains("secret"));
    }

    #[test]
    fn endless_names_share_one_series() {
        let metrics = Metrics::new().unwrap();
        for number in 0..2 * MAX_VALUES {
            metrics.saw(&completed(&format!("intent_{number}")));
        }
        let text = metrics.render(&Gauges::default());
        let series = text
            .lines()
            .filter(|line| line.starts_with("fame_queries_total"))
            .count();
        assert!(series <= MAX_VALUES + 1, "{series}");
        assert!(text.contains(r#"intent="other""#));
    }

    #[test]
    fn names_and_units_follow_the_conventions() {
        let metrics = Metrics::new().unwrap();
        metrics.saw(&completed("time"));
        let text = metrics.render(&Gauges::default());
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            assert!(name.starts_with("fame_"), "{name}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            if kind == "histogram" {
                assert!(name.ends_with("_seconds"), "{name}");
            }
        }
    }
}
