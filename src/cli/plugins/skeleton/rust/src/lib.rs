//! Says what it was asked about.

use fame_plugin::{Plugin, PluginError, Reply, Request};

/// The plugin `my_plugin`.
#[derive(Default)]
pub struct MyPlugin;

impl Plugin for MyPlugin {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        match request.intent.as_str() {
            "ask_my_plugin" => {
                let topic = request.text("topic")?;
                Ok(Reply::say(format!("You asked about {topic}.")))
            }
            other => Err(PluginError::UnknownIntent(other.into())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use fame_plugin::testkit::TestKit;

    use super::*;

    #[test]
    fn it_says_what_it_was_asked_about() {
        let kit = TestKit::new(MyPlugin, "2026-11-25T15:05:00[Europe/Berlin]").unwrap();
        for text in [
            "Ask my plugin about cats.",
            "What does my plugin say about cats?",
        ] {
            assert_eq!(kit.ask(text).unwrap().speech, "You asked about cats.");
        }
        assert_eq!(kit.intent("Ask the cats."), None);
        assert!(kit.clashes().is_empty());
    }
}
