//! Steering FAME itself. The words of this plugin are control words: they win over all others.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

use fame_plugin::{Act, Plugin, PluginError, Reply, Request};

/// The text of this plugin's `plugin.toml`, for whoever must know a stop word before the plugin
/// is loaded.
pub const MANIFEST: &str = include_str!("../plugin.toml");

/// Gives up the request in progress, or what FAME asked.
pub const CANCEL: &str = "cancel";

/// Says the last reply, or the open question, again.
pub const REPEAT: &str = "repeat";

/// Agrees to what FAME asked. Without a question, the plugin says that there is none.
pub const YES: &str = "yes";

/// Disagrees with what FAME asked, likewise.
pub const NO: &str = "no";

/// Takes the last act back, which is FAME's to do: it remembers whose act it was.
pub const UNDO: &str = "undo";

/// The intents that end what FAME is doing.
pub const STOPPING: [&str; 2] = ["stop", CANCEL];

/// How much louder or quieter one request makes it, of full scale.
const VOLUME_STEP: f32 = 0.15;

/// How much faster or slower, of the voice's own speed.
const RATE_STEP: f32 = 0.15;

/// The plugin `control`.
#[derive(Default)]
pub struct Control;

impl Plugin for Control {
    fn manifest(&self) -> &str {
        MANIFEST
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        Ok(match request.intent.as_str() {
            "stop" => Reply::silent().act(Act::StopSpeaking),
            CANCEL => Reply::say("Okay.")
                .act(Act::StopSpeaking)
                .act(Act::CancelTurn),
            REPEAT => Reply::silent().act(Act::Repeat),
            "louder" => Reply::say("Louder now.").act(Act::VolumeBy(VOLUME_STEP)),
            "quieter" => Reply::say("Quieter now.").act(Act::VolumeBy(-VOLUME_STEP)),
            "slower" => Reply::say("Slower now.").act(Act::RateBy(-RATE_STEP)),
            "faster" => Reply::say("Faster now.").act(Act::RateBy(RATE_STEP)),
            "sleep" => Reply::say("Good night. Call me when you need me.").act(Act::Sleep),
            "wake" => Reply::say("I'm awake.").act(Act::Wake),
            "mute" => {
                Reply::say("The microphone is off until you turn it on again.").act(Act::Mute)
            }
            YES | NO => Reply::say("I didn't ask you anything."),
            UNDO => Reply::say("There is nothing to undo."),
            other => return Err(PluginError::UnknownIntent(other.into())),
        })
    }
}

#[cfg(test)]
mod tests;
