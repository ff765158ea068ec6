//! What the sandbox does, told on the bus.

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::bus::{Bus, Event};
use crate::sandbox::{Heard, Observer, RunEvent, RunSummary};

/// Tells of every run until the end.
pub(super) async fn follow(mut observer: Observer, bus: Bus, ending: CancellationToken) {
    loop {
        let heard = tokio::select! {
            () = ending.cancelled() => break,
            heard = observer.next() => heard,
        };
        match heard {
            Some(Heard::Event(event)) => bus.publish(told(event)),
            Some(Heard::Missed { missed }) => {
                tracing::warn!(missed, "programs write faster than it can be told");
            }
            None => break,
        }
    }
}

fn told(event: RunEvent) -> Event {
    match event {
        RunEvent::Started {
            id,
            profile,
            caller,
            tier,
        } => Event::SandboxStarted {
            id,
            profile,
            caller: name(caller),
            tier: name(tier),
        },
        RunEvent::Output { id, output, text } => Event::SandboxOutput {
            id,
            stream: name(output),
            text,
        },
        RunEvent::Finished { summary } => Event::SandboxFinished {
            outcome: outcome(&summary).into(),
            tier: Some(name(summary.tier)),
            wall_ms: summary.wall_ms,
            id: summary.id,
            reason: None,
        },
        RunEvent::Failed { id, error } => ended(id, "error", Some(error)),
        RunEvent::Abandoned { id } => ended(id, "abandoned", None),
    }
}

fn outcome(summary: &RunSummary) -> &'static str {
    match summary {
        RunSummary { ok: true, .. } => "ok",
        RunSummary {
            timed_out: true, ..
        } => "timed_out",
        RunSummary { oom: true, .. } => "oom",
        _ => "failed",
    }
}

fn ended(id: String, outcome: &str, reason: Option<String>) -> Event {
    Event::SandboxFinished {
        id,
        outcome: outcome.into(),
        tier: None,
        wall_ms: 0,
        reason,
    }
}

/// The name that `value` has in JSON.
fn name(value: impl Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or("unknown").to_owned()
}
