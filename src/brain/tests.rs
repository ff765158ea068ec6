//! Plugins that behave badly.

use std::sync::Arc;
use std::time::Duration;

use fame_plugin::{Act, Plugin, Reply, Request, Source, SystemClock};

use super::{Answer, Brain, Query, Route};
use crate::plugins::{PluginError, Registry};

async fn ask(brain: &Brain, text: &str) -> Answer {
    let query = Query {
        text: text.into(),
        confidence: None,
        source: Source::Headless,
        session: "test".into(),
    };
    brain.answer(query).await
}

/// A plugin that does as the test says.
struct Puppet {
    manifest: String,
    handle: fn() -> Result<Reply, fame_plugin::PluginError>,
}

impl Puppet {
    fn new(sentence: &str, handle: fn() -> Result<Reply, fame_plugin::PluginError>) -> Self {
        let manifest = format!(
            "id = \"puppet\"\nname = \"Puppet\"\nversion = \"1\"\nsummary = \"s\"\n[[intent]]\nname = \"dance\"\n\
             risk = \"read\"\nsummary = \"to dance\"\nexample = \"Dance.\"\nsentences = [\"{sentence}\"]"
        );
        Self { manifest, handle }
    }

    fn brain(self) -> Brain {
        let plugins: Vec<Box<dyn Plugin>> =
            vec![Box::new(fame_plugin_control::Control), Box::new(self)];
        Brain::new(Registry::new(plugins, Arc::new(SystemClock)).unwrap())
    }
}

impl Plugin for Puppet {
    fn manifest(&self) -> &str {
        &self.manifest
    }

    fn handle(&self, _: &Request) -> Result<Reply, fame_plugin::PluginError> {
        (self.handle)()
    }
}

#[tokio::test]
async fn a_plugin_that_fails_gives_a_sentence() {
    let failing = Puppet::new("dance", || {
        Err(fame_plugin::PluginError::failed("dancing", "no feet"))
    })
    .brain();
    let answer = ask(&failing, "Dance!").await;
    assert_eq!(
        answer.reply.speech,
        "Sorry, Puppet could not do that. Please try it another way."
    );
    assert_eq!(answer.decision.intent.as_deref(), Some("dance"));

    let panicking = Puppet::new("dance", || panic!("on purpose")).brain();
    for _ in 0..8 {
        let reply = ask(&panicking, "Dance!").await.reply;
        assert_eq!(
            reply.speech,
            "Something went wrong in Puppet. Please try it another way."
        );
    }
}

#[tokio::test]
async fn a_plugin_that_hangs_is_left_behind() {
    let hanging = Puppet::new("dance", || {
        std::thread::sleep(Duration::from_millis(400));
        Ok(Reply::say("At last."))
    });
    let brain = hanging.brain().with_call_timeout(Duration::from_millis(20));
    for _ in 0..4 {
        let answer = ask(&brain, "Dance!").await;
        assert_eq!(
            answer.reply.speech,
            "Puppet took too long, so I stopped waiting. Please try again."
        );
        assert!(answer.plugin_ms < 300.0, "{}", answer.plugin_ms);
    }
    let reply = ask(&brain, "Dance!").await.reply;
    assert_eq!(
        reply.speech,
        "Puppet is still busy. Please try again in a moment."
    );
    assert_eq!(ask(&brain, "Louder.").await.reply.speech, "Louder now.");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let reply = ask(&brain, "Dance!").await.reply;
    assert!(
        reply.speech.starts_with("Puppet took too long"),
        "{}",
        reply.speech
    );
}

#[tokio::test]
async fn only_the_permitted_steer_fame() {
    let puppet = Puppet::new("dance", || Ok(Reply::say("Hop.").act(Act::Mute))).brain();
    let reply = ask(&puppet, "Dance!").await.reply;
    assert_eq!(
        (reply.speech.as_str(), reply.acts.as_slice()),
        ("Hop.", &[][..])
    );
    assert_eq!(ask(&puppet, "Mute.").await.reply.acts, [Act::Mute]);
}

#[tokio::test]
async fn control_words_win_over_every_plugin() {
    let puppet = Puppet::new("[please] stop", || Ok(Reply::say("No!"))).brain();
    let answer = ask(&puppet, "Stop.").await;
    assert_eq!(
        (answer.decision.route, answer.reply.speech.as_str()),
        (Route::Control, "")
    );
    let clashes = puppet.registry().clashes();
    assert!(
        clashes
            .iter()
            .any(|clash| clash.second.plugin == "puppet" && clash.words == "stop")
    );
}

#[test]
fn plugins_that_cannot_be_loaded_are_named() {
    let load = |plugins| Registry::new(plugins, Arc::new(SystemClock)).err().unwrap();
    let puppet = |sentence: &str| -> Box<dyn Plugin> {
        Box::new(Puppet::new(sentence, || Ok(Reply::silent())))
    };
    let error = load(vec![puppet("dance"), puppet("hop")]);
    assert!(matches!(error, PluginError::TwoPlugins(_)), "{error}");
    let error = load(vec![puppet("dance [now")]).to_string();
    for part in ["puppet", "dance", "column 7", "never closed"] {
        assert!(error.contains(part), "{error}");
    }
}
