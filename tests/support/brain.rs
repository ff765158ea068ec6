//! A brain with all its built-in plugins and a host that keeps everything in memory.

use std::sync::Arc;

use fame::brain::{Answer, Brain, Query, Source};
use fame::skills;
use fame_plugin::FixedClock;

/// A Wednesday afternoon.
pub fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(
        "2026-11-25T15:05:00[Europe/Berlin]".parse().unwrap(),
    ))
}

/// A brain by `clock`, as the headless mode has it.
pub fn skilled(clock: Arc<FixedClock>) -> Brain {
    let registry = skills::builtin(clock.clone()).unwrap();
    Brain::new(registry).with_clock(clock)
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
