//! Events that plugins make.

use serde_json::Value;

use super::Event;
use super::pattern::{PatternError, check_topic};

/// The most that a plugin's event may hold, as JSON, in bytes. The history keeps
/// [`HISTORY`](super::HISTORY) events, so this bounds its memory.
pub const PLUGIN_EVENT_BYTES: usize = 8 * 1024;

/// First words of FAME's own topics: no plugin may pass its events off as FAME's.
const RESERVED: &[&str] = &[
    "approval",
    "audio",
    "error",
    "intent",
    "microphone",
    "model",
    "plugin",
    "query",
    "question",
    "reply",
    "sandbox",
    "speech",
    "state",
    "transcript",
    "turn",
    "utterance",
    "voice",
    "wake",
];

/// Why a plugin's event is not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginEventError {
    /// The topic is malformed.
    #[error(transparent)]
    Topic(#[from] PatternError),
    /// The topic is not the plugin's.
    #[error("`{plugin}` may not publish `{topic}`; begin the topic with `{plugin}.`")]
    NotOwn {
        /// The plugin's id.
        plugin: String,
        /// The topic.
        topic: String,
    },
    /// The plugin is called like topics of FAME's own.
    #[error("`{0}` may not publish: FAME has topics of that name; give the plugin another id")]
    Reserved(String),
    /// More than [`PLUGIN_EVENT_BYTES`].
    #[error("an event `{topic}` of {bytes} bytes is too large; use at most {PLUGIN_EVENT_BYTES}")]
    TooLarge {
        /// The topic.
        topic: String,
        /// Its size.
        bytes: usize,
    },
}

impl Event {
    /// An event of the plugin `plugin`, whose topics begin with its id and a dot.
    ///
    /// # Errors
    /// For a topic that is malformed or not the plugin's own, or more than [`PLUGIN_EVENT_BYTES`].
    pub fn of_plugin(plugin: &str, topic: &str, data: Value) -> Result<Self, PluginEventError> {
        check_topic(topic)?;
        if RESERVED.contains(&plugin) {
            return Err(PluginEventError::Reserved(plugin.to_owned()));
        }
        let rest = topic.strip_prefix(plugin);
        if !rest.is_some_and(|rest| rest.starts_with('.')) {
            return Err(PluginEventError::NotOwn {
                plugin: plugin.to_owned(),
                topic: topic.to_owned(),
            });
        }
        let bytes = data.to_string().len();
        if bytes > PLUGIN_EVENT_BYTES {
            return Err(PluginEventError::TooLarge {
                topic: topic.to_owned(),
                bytes,
            });
        }
        Ok(Self::PluginEvent {
            topic: topic.to_owned(),
            data,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plugin_publishes_under_its_own_name_only() {
        let event = Event::of_plugin("timer", "timer.rang", json!({"name": "tea"})).unwrap();
        assert_eq!(event.topic(), "timer.rang");
        let refused = |plugin, topic| Event::of_plugin(plugin, topic, Value::Null).unwrap_err();
        for topic in ["timer", "timers.rang", "query.completed"] {
            let error = refused("timer", topic);
            assert!(matches!(error, PluginEventError::NotOwn { .. }), "{topic}");
        }
        for topic in ["timer.*", "timer."] {
            assert!(matches!(
                refused("timer", topic),
                PluginEventError::Topic(_)
            ));
        }
        let reserved = refused("query", "query.completed");
        assert_eq!(reserved, PluginEventError::Reserved("query".into()));
    }

    #[test]
    fn the_size_is_bounded() {
        let of = |length: usize| Event::of_plugin("a", "a.b", "x".repeat(length).into());
        assert!(of(PLUGIN_EVENT_BYTES - 2).is_ok());
        let error = of(PLUGIN_EVENT_BYTES - 1).unwrap_err();
        assert!(
            matches!(error, PluginEventError::TooLarge { bytes, .. } if bytes == PLUGIN_EVENT_BYTES + 1)
        );
    }
}
