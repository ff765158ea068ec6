//! `plugin.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Capability, SlotType};

/// The most that an intent may take, in seconds.
pub const MAX_SECONDS: f32 = 120.0;

/// What a plugin is and what it can be asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// A word of lower-case letters, digits and `_`, unique among plugins.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// What it is for, in one line.
    pub summary: String,
    /// What it may do beyond answering.
    #[serde(default)]
    pub permissions: BTreeSet<Permission>,
    /// What runs it.
    #[serde(default)]
    pub runtime: Runtime,
    /// The hosts that it may ask with the permission `http`, such as `api.example.org`.
    #[serde(default)]
    pub hosts: BTreeSet<String>,
    /// Pieces of sentences, used as `<name>`.
    #[serde(default)]
    pub rules: BTreeMap<String, String>,
    /// What it can be asked.
    #[serde(default, rename = "intent")]
    pub intents: Vec<Intent>,
}

/// One thing that a plugin can be asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// A word like the plugin's id, unique among all intents.
    pub name: String,
    /// What happens if it was understood wrongly.
    pub risk: Risk,
    /// What it does, fit to follow "You can ask me …". Left out for what nobody comes to ask,
    /// such as saying hello.
    #[serde(default)]
    pub summary: Option<String>,
    /// A sentence that asks for it.
    pub example: String,
    /// Templates of the sentences that ask for it, see [`crate::sentence`].
    #[serde(default)]
    pub sentences: Vec<String>,
    /// Templates that ask for it only while the conversation is about this plugin: "make it
    /// {length}", "cancel that one". Slots that they leave out are taken from what was said
    /// before.
    #[serde(default)]
    pub follow_ups: Vec<String>,
    /// The slots that it cannot do without, each with the question that asks for it.
    #[serde(default)]
    pub ask: BTreeMap<String, String>,
    /// The question before it is done, where the policy wants one: "Delete all timers?" Left out,
    /// the user's words are repeated.
    #[serde(default)]
    pub confirm: Option<String>,
    /// How long it may take, in seconds, where that is more than FAME allows everyone: up to
    /// [`MAX_SECONDS`].
    #[serde(default)]
    pub timeout_seconds: Option<f32>,
    /// Whether it is answered from what is in memory, in microseconds. It is then called where it
    /// was understood, without a thread and a time limit of its own, so only a plugin that is part
    /// of FAME may say so.
    #[serde(default)]
    pub instant: bool,
    /// The tool of an MCP server that does it; left out, the tool of the intent's name.
    #[serde(default)]
    pub tool: Option<String>,
    /// The slots in the sentences and what they hold.
    #[serde(default)]
    pub slots: BTreeMap<String, SlotType>,
}

/// What runs a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    /// FAME itself: a crate that is part of it.
    #[default]
    Builtin,
    /// A program that speaks the Model Context Protocol on its standard input and output: its
    /// name, looked up in the plugin's folder and then on the PATH, and its arguments.
    Mcp(Vec<String>),
}

/// What a plugin may do beyond answering. Every call of [`crate::Host`] that reaches beyond the
/// plugin names the one that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Steer FAME itself: every [`crate::Act`]. Its sentences are control words and win over all
    /// others.
    Control,
    /// Keep data of its own.
    Store,
    /// Be woken at a time.
    Schedule,
    /// Show notifications.
    Notify,
    /// Speak unasked.
    Speak,
    /// Ask questions unasked.
    Ask,
    /// Run programs in the sandbox.
    Sandbox,
    /// Reach the hosts that its manifest lists.
    Http,
    /// Use the configured language model.
    Llm,
    /// Open files and web addresses on the desktop.
    Desktop,
    /// Hear events and publish its own.
    Events,
}

impl Permission {
    /// What it lets a plugin do, fit to follow "may".
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Control => "steer FAME: stop, repeat, volume, sleep, mute",
            Self::Store => "keep data of its own on this machine",
            Self::Schedule => "act at a later time",
            Self::Notify => "show notifications",
            Self::Speak => "speak without being asked",
            Self::Ask => "ask you questions on its own",
            Self::Sandbox => "run programs in the sandbox",
            Self::Http => "reach the web services it lists, if the network is allowed",
            Self::Llm => "use the configured language model",
            Self::Desktop => "open files and web pages on the desktop",
            Self::Events => "hear what FAME does and announce events of its own",
        }
    }
}

impl fmt::Display for Permission {
    /// Its name in a manifest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control",
            Self::Store => "store",
            Self::Schedule => "schedule",
            Self::Notify => "notify",
            Self::Speak => "speak",
            Self::Ask => "ask",
            Self::Sandbox => "sandbox",
            Self::Http => "http",
            Self::Llm => "llm",
            Self::Desktop => "desktop",
            Self::Events => "events",
        })
    }
}

/// What an intent does to the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Looks something up.
    #[default]
    Read,
    /// Changes something that can be changed back.
    Write,
    /// Changes something for good.
    Destructive,
    /// Changes FAME or the machine.
    Admin,
}

/// Why a `plugin.toml` is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ManifestError {
    /// Not the TOML of a manifest.
    #[error("reading plugin.toml: {0}")]
    Toml(#[from] toml::de::Error),
    /// An id or a name that is not a plain word.
    #[error("plugin `{plugin}`: `{word}` is no name; use lower-case letters, digits and `_`")]
    Name {
        /// The plugin's id.
        plugin: String,
        /// The word that is no name.
        word: String,
    },
    /// Two intents of one name.
    #[error("plugin `{plugin}`: two intents are named `{intent}`; rename one")]
    TwoIntents {
        /// The plugin's id.
        plugin: String,
        /// The name that they share.
        intent: String,
    },
    /// A question for a slot that there is not.
    #[error(
        "plugin `{plugin}`: the intent `{intent}` asks for `{slot}`, which is none of its slots; \
         add it to `slots`"
    )]
    AsksForNothing {
        /// The plugin's id.
        plugin: String,
        /// The intent.
        intent: String,
        /// The slot that it does not have.
        slot: String,
    },
    /// More time than anyone waits.
    #[error(
        "plugin `{plugin}`: `timeout_seconds` of the intent `{intent}` is not 0 to {MAX_SECONDS}; \
         choose a value within"
    )]
    TooLong {
        /// The plugin's id.
        plugin: String,
        /// The intent.
        intent: String,
    },
    /// A promise that only code of FAME's own can be trusted with.
    #[error(
        "plugin `{plugin}`: the intent `{intent}` cannot be `instant`, because the plugin is not \
         part of FAME; leave it out"
    )]
    NotInstant {
        /// The plugin's id.
        plugin: String,
        /// The intent.
        intent: String,
    },
    /// Hosts without the permission to reach them.
    #[error("plugin `{plugin}` lists `hosts` but not the permission `http`; add it or remove them")]
    HostsUnused {
        /// The plugin's id.
        plugin: String,
    },
    /// Nothing to say to it.
    #[error("plugin `{plugin}`: the intent `{intent}` has no sentences; add at least one")]
    NoSentences {
        /// The plugin's id.
        plugin: String,
        /// The intent that cannot be asked for.
        intent: String,
    },
}

impl Manifest {
    /// Reads a manifest and checks what its types cannot say.
    ///
    /// # Errors
    /// Names the place in the text, or the plugin and the intent.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// What its intents let the user ask, in the manifest's order.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        let capability = |intent: &Intent| {
            Some(Capability {
                plugin: self.id.clone(),
                intent: intent.name.clone(),
                summary: intent.summary.clone()?,
                example: intent.example.clone(),
            })
        };
        self.intents.iter().filter_map(capability).collect()
    }

    fn check(&self) -> Result<(), ManifestError> {
        let plugin = || self.id.clone();
        let names = self
            .intents
            .iter()
            .flat_map(|i| i.slots.keys().chain([&i.name]));
        if let Some(word) = [&self.id]
            .into_iter()
            .chain(names)
            .find(|word| !is_name(word))
        {
            return Err(ManifestError::Name {
                plugin: plugin(),
                word: word.clone(),
            });
        }
        if !self.hosts.is_empty() && !self.permissions.contains(&Permission::Http) {
            return Err(ManifestError::HostsUnused { plugin: plugin() });
        }
        let mut seen = BTreeSet::new();
        for intent in &self.intents {
            if !seen.insert(&intent.name) {
                let intent = intent.name.clone();
                return Err(ManifestError::TwoIntents {
                    plugin: plugin(),
                    intent,
                });
            }
            let too_long = |seconds: &f32| !(0.0..=MAX_SECONDS).contains(seconds);
            if intent.timeout_seconds.as_ref().is_some_and(too_long) {
                return Err(ManifestError::TooLong {
                    plugin: plugin(),
                    intent: intent.name.clone(),
                });
            }
            if intent.instant && self.runtime != Runtime::Builtin {
                return Err(ManifestError::NotInstant {
                    plugin: plugin(),
                    intent: intent.name.clone(),
                });
            }
            if let Some(slot) = intent
                .ask
                .keys()
                .find(|slot| !intent.slots.contains_key(*slot))
            {
                return Err(ManifestError::AsksForNothing {
                    plugin: plugin(),
                    intent: intent.name.clone(),
                    slot: slot.clone(),
                });
            }
            if intent.sentences.is_empty() && self.runtime == Runtime::Builtin {
                let intent = intent.name.clone();
                return Err(ManifestError::NoSentences {
                    plugin: plugin(),
                    intent,
                });
            }
        }
        Ok(())
    }
}

fn is_name(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id = \"x\"\nname = \"X\"\nversion = \"1\"\nsummary = \"s\"\n";

    fn intent(name: &str, more: &str) -> String {
        format!(
            "[[intent]]\nname = \"{name}\"\nrisk = \"read\"\nsummary = \"s\"\nexample = \"e\"\n{more}\n"
        )
    }

    #[test]
    fn every_slot_type_has_a_name() {
        let slots = r#"sentences = ["a"]
            slots = { a = "number", b = "ordinal", c = "duration", d = "date", e = "time", f = "place",
                      g = "sum", h = "text", j = "unit", k = "quantity", i = { list = { tea = ["a cup of tea"], milk = [] } } }"#;
        let manifest = Manifest::parse(&format!("{HEAD}{}", intent("a", slots))).unwrap();
        assert_eq!(manifest.intents[0].slots.len(), 11);
        assert!(manifest.permissions.is_empty());
    }

    #[test]
    fn mistakes_are_named() {
        let one = intent("a", "sentences = [\"a\"]");
        for (text, part) in [
            (format!("colour = 1\n{HEAD}{one}"), "colour"),
            (format!("{HEAD}permissions = [\"root\"]\n{one}"), "root"),
            (format!("{HEAD}{one}{one}"), "two intents"),
            (
                format!("{HEAD}{}", intent("a b", "sentences = [\"a\"]")),
                "`a b` is no name",
            ),
            (
                format!("{HEAD}{}", intent("a", "sentences = []")),
                "no sentences",
            ),
            (format!("{HEAD}{}", intent("a", "")), "sentences"),
            (
                format!(
                    "{HEAD}runtime = {{ mcp = [\"x\"] }}\n{}",
                    intent("a", "instant = true")
                ),
                "cannot be `instant`",
            ),
            (
                format!("{HEAD}{}", intent("a", "slots = { x = \"colour\" }")),
                "colour",
            ),
        ] {
            let error = Manifest::parse(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
