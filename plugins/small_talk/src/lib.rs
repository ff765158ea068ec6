//! Being good company in few words.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod jokes;

use fame_plugin::{Capability, HostRef, Plugin, PluginError, Reply, Request, say};
use jokes::Jokes;
use serde_json::json;

/// How many capabilities of one plugin are spoken; a screen shows all.
const SPOKEN_EACH: usize = 1;

/// The plugin `small_talk`.
#[derive(Default)]
pub struct SmallTalk {
    host: HostRef,
    jokes: Jokes,
}

impl Plugin for SmallTalk {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        let day = host.now().day_of_year();
        self.jokes = Jokes::starting_at(usize::from(day.unsigned_abs()));
        self.host = host;
        Ok(())
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        let speech = match request.intent.as_str() {
            "hello" => self.hello(),
            "how_are_you" => "I'm fine, thank you. What can I do for you?".into(),
            "thanks" => "You're welcome.".into(),
            "praise" => "Thank you, that's kind of you.".into(),
            "complaint" => {
                "I'm sorry. Please say it again in other words, and I'll do my best.".into()
            }
            "goodbye" => self.goodbye(),
            "who_are_you" => {
                "I'm FAME, your voice assistant. I'm a program, and I live on this computer: \
                              what you say to me stays here."
                    .into()
            }
            "can_you_hear_me" => "Yes, I can hear you.".into(),
            "joke" => self.joke(request.text("topic").ok()),
            "capabilities" => return Ok(capabilities(&self.host.capabilities())),
            other => return Err(PluginError::UnknownIntent(other.into())),
        };
        Ok(Reply::say(speech))
    }
}

impl SmallTalk {
    fn hello(&self) -> String {
        match say::day_part(&self.host.now()) {
            "night" => "Hello! You're up late. What can I do for you?".into(),
            part => format!("Good {part}! What can I do for you?"),
        }
    }

    /// Jokes have no topics; asked for one, it says so and tells another.
    fn joke(&self, topic: Option<&str>) -> String {
        let joke = self.jokes.next();
        topic.map_or(joke.into(), |topic| {
            format!("I don't know one about {topic}, but I know this one. {joke}")
        })
    }

    fn goodbye(&self) -> String {
        match say::day_part(&self.host.now()) {
            "night" | "evening" => "Good night. Sleep well.".into(),
            part => format!("Goodbye. Have a good {part}."),
        }
    }
}

/// A few examples in one sentence; all of them on the screen. Of its own intents only the joke is
/// spoken: who asks what FAME can do is already talking to it.
fn capabilities(all: &[Capability]) -> Reply {
    let mut spoken: Vec<String> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        let earlier = all[..at]
            .iter()
            .filter(|other| other.plugin == one.plugin)
            .count();
        let own = one.plugin == "small_talk";
        if one.intent == "joke" || (!own && earlier < SPOKEN_EACH) {
            spoken.push(one.summary.clone());
        }
    }
    let speech = format!(
        "You can ask me {}. And say stop whenever you've heard enough.",
        say::list(&spoken, "or")
    );
    let examples: Vec<&str> = all.iter().map(|one| one.example.as_str()).collect();
    Reply::say(speech)
        .display(examples.join("\n"))
        .data(json!({ "examples": examples }))
}

#[cfg(test)]
mod tests;
