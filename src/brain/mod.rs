//! From a text to the right act and one reply.
//!
//! A [`Query`] is normalised, routed ([`Brain::decide`]) and answered by the plugin that owns the
//! intent ([`Brain::answer`]). Stages, in their order: control words, sentences, near match,
//! fallback. Nothing in here fails towards the caller: whatever goes wrong becomes a sentence.

mod call;
mod decision;
mod fallback;
mod route;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fame_plugin::sentence::{Lists, Sentences};
use fame_plugin::words::Words;
use fame_plugin::{Context, Manifest, Reply, Request};

pub use decision::{Candidate, Decision, Route};
pub use fame_plugin::Source;

use crate::plugins::Registry;
use route::Routed;

/// The longest text that is understood, in characters.
pub const MAX_QUERY_CHARS: usize = 2_000;

/// How long a plugin may take for one request.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The sentences that stop FAME, known before any plugin is loaded.
static STOP_WORDS: LazyLock<Option<Sentences>> = LazyLock::new(|| {
    let mut manifest = Manifest::parse(fame_plugin_control::MANIFEST).ok()?;
    manifest
        .intents
        .retain(|intent| fame_plugin_control::STOPPING.contains(&intent.name.as_str()));
    Sentences::compile([&manifest], &Lists::default()).ok()
});

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What the user said or wrote.
    pub text: String,
    /// How sure the recogniser is of it, 0 to 1; `None` for written text.
    pub confidence: Option<f32>,
    /// How it came in.
    pub source: Source,
    /// The conversation it belongs to.
    pub session: String,
}

/// What comes of a [`Query`].
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was understood, and why.
    pub decision: Decision,
    /// What to say and do.
    pub reply: Reply,
    /// Time spent deciding, in milliseconds.
    pub route_ms: f64,
    /// Time spent by the plugin, in milliseconds.
    pub plugin_ms: f64,
}

/// Decides and answers. Shared by all sessions.
pub struct Brain {
    registry: Registry,
    call_timeout: Duration,
}

impl Brain {
    /// A brain that acts through the plugins of `registry`.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            call_timeout: CALL_TIMEOUT,
        }
    }

    /// The same with another time limit for plugins than [`CALL_TIMEOUT`].
    #[must_use]
    pub fn with_call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = limit;
        self
    }

    /// The plugins it acts through.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What `text` means. Nothing is done.
    #[must_use]
    pub fn decide(&self, text: &str) -> Decision {
        route::decide(&self.registry, text, None).decision
    }

    /// Understands `query`, has it done, and gives the reply.
    pub async fn answer(&self, query: Query) -> Answer {
        let start = Instant::now();
        let Routed { decision, slots } =
            route::decide(&self.registry, &query.text, query.confidence);
        let route_ms = milliseconds(start);
        let start = Instant::now();
        let owner = decision
            .plugin
            .as_deref()
            .and_then(|id| self.registry.plugin(id));
        let (Some(loaded), Some(intent)) = (owner, &decision.intent) else {
            let reply = fallback::reply(&self.registry, &query, &decision);
            return Answer {
                decision,
                reply,
                route_ms,
                plugin_ms: 0.0,
            };
        };
        let request = Request {
            text: query.text,
            intent: intent.clone(),
            slots,
            session: query.session,
            user: None,
            source: query.source,
            context: Context::new(decision.confidence, query.confidence),
        };
        let reply = call::call(loaded, request, self.call_timeout).await;
        Answer {
            decision,
            reply,
            route_ms,
            plugin_ms: milliseconds(start),
        }
    }

    /// Whether `text` says nothing but to stop or to cancel.
    #[must_use]
    pub fn is_stop(text: &str) -> bool {
        let short = text.chars().count() <= MAX_QUERY_CHARS;
        let stops = |sentences: &Sentences| !sentences.find(&Words::new(text)).is_empty();
        short && STOP_WORDS.as_ref().is_some_and(stops)
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
