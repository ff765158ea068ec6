//! A plugin under test, without a daemon.
//!
//! ```
//! use fame_plugin::testkit::TestKit;
//! use fame_plugin::{Plugin, PluginError, Reply, Request};
//!
//! struct Coin;
//!
//! impl Plugin for Coin {
//!     fn manifest(&self) -> &str {
//!         r#"
//!         id = "coin"
//!         name = "Coin"
//!         version = "1.0.0"
//!         summary = "heads or tails"
//!
//!         [[intent]]
//!         name = "flip_coin"
//!         risk = "read"
//!         summary = "to flip a coin"
//!         example = "Flip a coin."
//!         sentences = ["(flip|toss) a coin", "heads or tails"]
//!         "#
//!     }
//!
//!     fn handle(&self, _: &Request) -> Result<Reply, PluginError> {
//!         Ok(Reply::say("Heads."))
//!     }
//! }
//!
//! let kit = TestKit::new(Coin, "2026-11-25T15:05:00[Europe/Berlin]")?;
//! assert_eq!(kit.intent("Could you flip a coin, please?"), Some("flip_coin"));
//! assert_eq!(kit.intent("Flip a pancake."), None);
//! assert_eq!(kit.ask("Heads or tails?")?.speech, "Heads.");
//! # Ok::<(), fame_plugin::testkit::TestKitError>(())
//! ```

mod host;

use std::sync::{Arc, Mutex};

use jiff::ZonedDateTime;

pub use host::Traces;

use crate::sentence::{Clash, Lists, Match, Sentences, TemplateError};
use crate::words::Words;
use crate::{
    Clock, Context, FixedClock, HostRef, Manifest, ManifestError, Plugin, PluginError, Reply,
    Request, Source,
};
use host::TestHost;

/// One plugin, its sentences and a clock that stands still.
pub struct TestKit {
    plugin: Box<dyn Plugin>,
    sentences: Sentences,
    clock: Arc<FixedClock>,
    traces: Arc<Mutex<Traces>>,
}

/// What went wrong in a test.
#[derive(Debug, thiserror::Error)]
pub enum TestKitError {
    /// The manifest is refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A sentence is malformed.
    #[error(transparent)]
    Sentence(#[from] TemplateError),
    /// The plugin failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The time given is none.
    #[error("reading the time `{0}`: {1}")]
    Time(String, jiff::Error),
    /// No sentence matches.
    #[error("no sentence matches `{0}`")]
    NoMatch(String),
    /// The reply cannot be taken back.
    #[error("the reply offers no undo")]
    NoUndo,
    /// No wake-up to come.
    #[error("the plugin has scheduled nothing")]
    NothingScheduled,
}

impl TestKit {
    /// Loads `plugin` with the clock at `now`, such as `2026-11-25T15:05:00[Europe/Berlin]`.
    ///
    /// # Errors
    /// If the manifest, a sentence or the time is malformed, or the plugin does not start.
    pub fn new(mut plugin: impl Plugin + 'static, now: &str) -> Result<Self, TestKitError> {
        let manifest = Manifest::parse(plugin.manifest())?;
        let lists = Lists::default();
        let sentences = Sentences::compile([&manifest], &lists)?;
        let now: ZonedDateTime = now
            .parse()
            .map_err(|error| TestKitError::Time(now.into(), error))?;
        let clock = Arc::new(FixedClock::new(now));
        let traces = Arc::default();
        plugin.init(HostRef::new(TestHost {
            clock: clock.clone(),
            manifest,
            lists,
            traces: Arc::clone(&traces),
        }))?;
        Ok(Self {
            plugin: Box::new(plugin),
            sentences,
            clock,
            traces,
        })
    }

    /// Sets the clock.
    pub fn set_clock(&self, now: ZonedDateTime) {
        self.clock.set(now);
    }

    /// Sentences that match the same words.
    #[must_use]
    pub fn clashes(&self) -> &[Clash] {
        self.sentences.clashes()
    }

    /// The intent that `text` asks for, by the sentences alone.
    #[must_use]
    pub fn intent(&self, text: &str) -> Option<&str> {
        self.find(text).map(|found| found.intent)
    }

    /// What the plugin answers to `text`.
    ///
    /// # Errors
    /// If no sentence matches, or the handler fails.
    pub fn ask(&self, text: &str) -> Result<Reply, TestKitError> {
        let found = self
            .find(text)
            .ok_or_else(|| TestKitError::NoMatch(text.into()))?;
        Ok(self.plugin.handle(&Request {
            text: text.into(),
            intent: found.intent.into(),
            slots: found.slots,
            session: "test".into(),
            user: None,
            source: Source::Headless,
            context: Context::new(found.score, None),
        })?)
    }

    /// Takes back what `reply` offers to take back.
    ///
    /// # Errors
    /// If it offers nothing, or the plugin fails.
    pub fn undo(&self, reply: &Reply) -> Result<Reply, TestKitError> {
        let token = reply.undo.as_deref().ok_or(TestKitError::NoUndo)?;
        Ok(self.plugin.undo(token)?)
    }

    /// Moves the clock on to the next wake-up and wakes the plugin.
    ///
    /// # Errors
    /// If nothing is scheduled, or the plugin fails.
    pub fn wake_next(&self) -> Result<Reply, TestKitError> {
        let next = {
            let mut traces = host::lock(&self.traces);
            if traces.scheduled.is_empty() {
                return Err(TestKitError::NothingScheduled);
            }
            traces.scheduled.remove(0)
        };
        let zone = self.clock.now().time_zone().clone();
        self.clock.set(next.at.to_zoned_datetime(zone));
        Ok(self.plugin.wake(&next)?)
    }

    /// What the plugin left behind so far.
    #[must_use]
    pub fn traces(&self) -> Traces {
        host::lock(&self.traces).clone()
    }

    fn find(&self, text: &str) -> Option<Match<'_>> {
        self.sentences.find(&Words::new(text)).into_iter().next()
    }
}
