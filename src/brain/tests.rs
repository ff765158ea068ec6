//! Plugins that behave badly.

use std::sync::Arc;
use std::time::Duration;

use fame_plugin::{Act, Plugin, Reply, Request, Source, SystemClock};

use super::{Answer, Brain, Query};
use crate::plugins::{PluginError, Registry};

async fn ask(brain: &Brain, text: &str) -> Answer {
    let query = Query {
        text: text.into(),
        confidence: None,
        source: Source::Headless,
        session: "test".into(),
        ..Query::default()
    };
    brain.answer(query, None).await
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

    /// The same, saying of itself that it answers from memory.
    fn instant(mut self) -> Self {
        self.manifest.push_str("\ninstant = true");
        self
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
    for _ in 0..3 {
        let reply = ask(&panicking, "Dance!").await.reply;
        assert_eq!(
            reply.speech,
            "Something went wrong in Puppet. Please try it another way."
        );
    }
    // After three of them it is left alone, and nobody else is.
    let reply = ask(&panicking, "Dance!").await.reply;
    assert_eq!(
        reply.speech,
        "Puppet failed several times, so I leave it alone for a while."
    );
    assert_eq!(ask(&panicking, "Louder.").await.reply.speech, "Louder now.");
}

#[tokio::test]
async fn a_plugin_that_hangs_is_left_behind() {
    let hanging = Puppet::new("dance", || {
        std::thread::sleep(Duration::from_millis(400));
        Ok(Reply::say("At last."))
    });
    let brain = Arc::new(hanging.brain().with_call_timeout(Duration::from_millis(50)));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let brain = brain.clone();
        calls.spawn(async move { ask(&brain, "Dance!").await });
    }
    let mut said: Vec<String> = Vec::new();
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        assert!(answer.plugin_ms < 350.0, "{}", answer.plugin_ms);
        said.push(answer.reply.speech);
    }
    said.sort();
    let late = "Puppet took too long, so I stopped waiting. Please try again.";
    let busy = "Puppet is still busy. Please try again in a moment.";
    assert_eq!(said, [busy, late, late, late, late]);
    // Nobody else waits for it, and it is left alone now.
    assert_eq!(ask(&brain, "Louder.").await.reply.speech, "Louder now.");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let reply = ask(&brain, "Dance!").await.reply;
    assert_eq!(
        reply.speech,
        "Puppet failed several times, so I leave it alone for a while."
    );
}

#[tokio::test]
async fn what_answers_from_memory_is_called_on_the_spot() {
    let puppet = Puppet::new("dance", || {
        let here = std::thread::current().id();
        Ok(Reply::say(format!("{here:?}")))
    });
    let told = ask(&puppet.instant().brain(), "Dance!").await.reply.speech;
    assert_eq!(told, format!("{:?}", std::thread::current().id()));

    // It fails like any other.
    let panicking = Puppet::new("dance", || panic!("on purpose"))
        .instant()
        .brain();
    for _ in 0..3 {
        let answer = ask(&panicking, "Dance!").await;
        assert!(!answer.ok);
        assert_eq!(
            answer.reply.speech,
            "Something went wrong in Puppet. Please try it another way."
        );
    }
    let reply = ask(&panicking, "Dance!").await.reply;
    assert_eq!(
        reply.speech,
        "Puppet failed several times, so I leave it alone for a while."
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

#[test]
fn control_words_cannot_be_claimed() {
    for sentence in ["[please] stop", "(yes|certainly)", "undo that"] {
        let puppet = Puppet::new(sentence, || Ok(Reply::say("No!")));
        let plugins: Vec<Box<dyn Plugin>> =
            vec![Box::new(fame_plugin_control::Control), Box::new(puppet)];
        let error = Registry::new(plugins, Arc::new(SystemClock)).unwrap_err();
        assert!(matches!(error, PluginError::ControlWord { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains("puppet") && told.contains(sentence), "{told}");
    }
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
