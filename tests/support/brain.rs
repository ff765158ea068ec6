//! A brain with all its built-in plugins and a host that keeps everything in memory.

use std::path::Path;
use std::sync::Arc;

use fame::brain::{Answer, Brain, Query, Source};
use fame::sandbox::{Sandbox, Settings};
use fame::skills;
use fame_plugin::FixedClock;
use tokio::runtime::Handle;

/// A Wednesday afternoon.
pub fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(
        "2026-11-25T15:05:00[Europe/Berlin]".parse().unwrap(),
    ))
}

/// A brain by `clock`, as the headless mode has it.
pub fn skilled(clock: Arc<FixedClock>) -> Brain {
    let registry = skills::builtin(clock.clone(), None).unwrap();
    Brain::new(registry).with_clock(clock)
}

/// The same with a sandbox for the programs that it writes.
pub async fn with_sandbox(clock: Arc<FixedClock>) -> Brain {
    let settings = Settings {
        warm: 0,
        ..Settings::default()
    };
    let helper = Path::new(env!("CARGO_BIN_EXE_famed"));
    let sandbox = Sandbox::with_helper(settings, helper).await;
    brain_of(clock, sandbox)
}

/// A brain that has its programs run in `sandbox`.
pub fn brain_of(clock: Arc<FixedClock>, sandbox: Sandbox) -> Brain {
    let registry = skills::builtin(clock.clone(), Some((sandbox, Handle::current())));
    Brain::new(registry.unwrap()).with_clock(clock)
}

/// What `brain` answers to `text` in the conversation `session`.
pub async fn ask_in(brain: &Brain, session: &str, text: &str) -> Answer {
    let query = Query {
        text: text.into(),
        source: Source::Headless,
        session: session.into(),
        ..Query::default()
    };
    brain.answer(query, None).await
}
