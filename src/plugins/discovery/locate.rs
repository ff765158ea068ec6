//! Where in a manifest a fault is.

use std::collections::BTreeMap;
use std::ops::Range;

use fame_plugin::ManifestError;
use fame_plugin::sentence::TemplateError;
use serde::Deserialize;
use toml::Spanned;

use crate::plugins::error::PluginError;

/// A place in a text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugins) struct Position {
    pub(in crate::plugins) line: usize,
    pub(in crate::plugins) column: usize,
}

/// The parts of a manifest that faults are found in, with their places.
#[derive(Default, Deserialize)]
struct Places {
    #[serde(default)]
    id: Option<Spanned<String>>,
    #[serde(default)]
    hosts: Option<Spanned<toml::Value>>,
    #[serde(default)]
    rules: BTreeMap<String, Spanned<String>>,
    #[serde(default, rename = "intent")]
    intents: Vec<IntentPlaces>,
}

#[derive(Deserialize)]
struct IntentPlaces {
    name: Spanned<String>,
    #[serde(default)]
    sentences: Vec<Spanned<String>>,
    #[serde(default)]
    follow_ups: Vec<Spanned<String>>,
    #[serde(default)]
    slots: BTreeMap<Spanned<String>, toml::Value>,
    #[serde(default)]
    ask: BTreeMap<Spanned<String>, toml::Value>,
}

/// The place in the manifest `text` that `error` is about.
pub(super) fn find(text: &str, error: &PluginError) -> Option<Position> {
    if let PluginError::Manifest(ManifestError::Toml(error)) = error {
        return Some(position(text, error.span()?.start));
    }
    let places: Places = toml::from_str(text).ok()?;
    let at = match error {
        PluginError::Sentence(error) => return places.template(text, error),
        PluginError::ControlWord { sentence, .. } => places.sentence(None, sentence)?.span(),
        PluginError::TwoIntents { intent, .. } => places.intents(intent).next()?.name.span(),
        PluginError::TwoPlugins(_) | PluginError::Start { .. } => places.id?.span(),
        PluginError::Manifest(error) => places.manifest(error)?,
    };
    Some(position(text, at.start))
}

impl Places {
    fn intents<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a IntentPlaces> {
        self.intents
            .iter()
            .filter(move |intent| intent.name.get_ref() == name)
    }

    /// A sentence, of one intent if that is known.
    fn sentence(&self, intent: Option<&str>, sentence: &str) -> Option<&Spanned<String>> {
        self.intents
            .iter()
            .filter(|places| intent.is_none_or(|name| places.name.get_ref() == name))
            .flat_map(|places| places.sentences.iter().chain(&places.follow_ups))
            .find(|place| place.get_ref() == sentence)
    }

    /// A malformed template, to the character: the error counts within the template, which is
    /// the same in the file as long as nothing before it is escaped.
    fn template(&self, text: &str, error: &TemplateError) -> Option<Position> {
        let sentence = || self.sentence(Some(&error.at.intent), &error.at.text);
        let place = match &error.rule {
            Some(rule) => self.rules.get(rule).or_else(sentence),
            None => sentence(),
        }?;
        let start = position(text, place.span().start);
        let quoted = text[place.span()].strip_prefix(['"', '\'']);
        let plain = quoted.is_some_and(|rest| rest.starts_with(place.get_ref().as_str()));
        let within = if plain { error.column } else { 0 };
        Some(Position {
            column: start.column + within,
            ..start
        })
    }

    fn manifest(&self, error: &ManifestError) -> Option<Range<usize>> {
        match error {
            ManifestError::Name { word, .. } => self.named(word),
            ManifestError::TwoIntents { intent, .. } => {
                Some(self.intents(intent).nth(1)?.name.span())
            }
            ManifestError::AsksForNothing { intent, slot, .. } => {
                let mut asked = self.intents(intent).flat_map(|places| places.ask.keys());
                Some(asked.find(|place| place.get_ref() == slot)?.span())
            }
            ManifestError::NoSentences { intent, .. }
            | ManifestError::TooLong { intent, .. }
            | ManifestError::NotInstant { intent, .. } => {
                Some(self.intents(intent).next()?.name.span())
            }
            ManifestError::HostsUnused { .. } => Some(self.hosts.as_ref()?.span()),
            ManifestError::Toml(error) => error.span(),
        }
    }

    /// The place of a word that is no name.
    fn named(&self, word: &str) -> Option<Range<usize>> {
        let intents = self.intents.iter();
        let inside =
            intents.flat_map(|places| [&places.name].into_iter().chain(places.slots.keys()));
        let mut all = self.id.iter().chain(inside);
        Some(all.find(|place| place.get_ref() == word)?.span())
    }
}

/// The line and the character at a byte of `text`.
fn position(text: &str, byte: usize) -> Position {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..])
        .chars()
        .count()
        + 1;
    Position { line, column }
}
