//! The sentences of a plugin in another language: `sentences/<lang>.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::Error as _;

use crate::{Intent, Manifest, ManifestError};

/// A `sentences/<lang>.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    #[serde(default)]
    rules: BTreeMap<String, String>,
    #[serde(default, rename = "intent")]
    intents: Vec<IntentWords>,
}

/// What is said about one intent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntentWords {
    name: String,
    #[serde(default)]
    sentences: Vec<String>,
    #[serde(default)]
    follow_ups: Vec<String>,
    #[serde(default)]
    ask: BTreeMap<String, String>,
    example: Option<String>,
    summary: Option<String>,
}

impl Manifest {
    /// Adds the sentences of a language, the text of a `sentences/<lang>.toml`, to those that are
    /// there: both are understood. Its questions, examples and summaries take the place of the
    /// manifest's. Its rules are its own: they may have the names of the manifest's and leave
    /// these alone. Nothing changes if it fails.
    ///
    /// # Errors
    /// If it is malformed, or names an intent or a slot that the manifest does not have.
    pub fn with_sentences(&mut self, lang_toml: &str) -> Result<(), ManifestError> {
        let language: Language = toml::from_str(lang_toml)?;
        for words in &language.intents {
            let Some(intent) = self.intents.iter().find(|one| one.name == words.name) else {
                return Err(ManifestError::Toml(toml::de::Error::custom(format!(
                    "the sentences name the intent `{}`, which plugin `{}` does not have; \
                     remove them or add it to plugin.toml",
                    words.name, self.id
                ))));
            };
            if let Some(slot) = words.ask.keys().find(|s| !intent.slots.contains_key(*s)) {
                return Err(ManifestError::AsksForNothing {
                    plugin: self.id.clone(),
                    intent: words.name.clone(),
                    slot: slot.clone(),
                });
            }
        }
        let names = Names::new(&self.rules, &language.rules);
        for words in language.intents {
            if let Some(intent) = self.intents.iter_mut().find(|one| one.name == words.name) {
                add(intent, words, &names);
            }
        }
        for (rule, text) in &language.rules {
            self.rules.insert(names.of(rule).into(), names.rename(text));
        }
        Ok(())
    }
}

fn add(intent: &mut Intent, words: IntentWords, names: &Names) {
    let renamed = |texts: Vec<String>| texts.into_iter().map(|text| names.rename(&text));
    intent.sentences.extend(renamed(words.sentences));
    intent.follow_ups.extend(renamed(words.follow_ups));
    intent.ask.extend(words.ask);
    if let Some(example) = words.example {
        intent.example = example;
    }
    if words.summary.is_some() {
        intent.summary = words.summary;
    }
}

/// The names of a language's rules that the manifest has too, and what they are called instead.
struct Names(BTreeMap<String, String>);

impl Names {
    fn new(taken: &BTreeMap<String, String>, rules: &BTreeMap<String, String>) -> Self {
        let is_free = |name: &String| !taken.contains_key(name) && !rules.contains_key(name);
        let new = |rule: &String| {
            let mut number = 2;
            loop {
                let name = format!("{rule} {number}");
                if is_free(&name) {
                    return (rule.clone(), name);
                }
                number += 1;
            }
        };
        let clashing = rules.keys().filter(|rule| taken.contains_key(*rule));
        Self(clashing.map(new).collect())
    }

    fn of<'a>(&'a self, rule: &'a str) -> &'a str {
        self.0.get(rule).map_or(rule, String::as_str)
    }

    /// A template with the new names in it.
    fn rename(&self, template: &str) -> String {
        self.0.iter().fold(template.to_owned(), |text, (old, new)| {
            text.replace(&format!("<{old}>"), &format!("<{new}>"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::{Lists, Sentences};
    use crate::words::Words;

    const PLUGIN: &str = r#"
        id = "clock"
        name = "Clock"
        version = "1"
        summary = "s"
        [rules]
        ask = "(what is|tell me)"
        [[intent]]
        name = "time"
        risk = "read"
        example = "What is the time?"
        sentences = ["<ask> the time [in {place}]"]
        slots = { place = "place" }
        ask = { place = "Where?" }
    "#;

    #[test]
    fn both_languages_are_understood() {
        let mut manifest = Manifest::parse(PLUGIN).unwrap();
        let german = r#"
            [rules]
            ask = "(sag mir|nenne <mir>)"
            mir = "[mir]"
            [[intent]]
            name = "time"
            sentences = ["<ask> die zeit [in {place}]", "wie spät ist es"]
            follow_ups = ["und in {place}"]
            ask = { place = "Wo?" }
            example = "Wie spät ist es?"
        "#;
        manifest.with_sentences(german).unwrap();
        let sentences = Sentences::compile([&manifest], &Lists::default()).unwrap();
        let fits = |text: &str| sentences.find(&Words::new(text)).len() == 1;
        for text in [
            "Tell me the time.",
            "What is the time in Tokyo?",
            "Sag mir die Zeit in Tokyo!",
            "Nenne die Zeit.",
            "Wie spät ist es?",
        ] {
            assert!(fits(text), "{text}");
        }
        assert!(!fits("tell me die zeit") && !fits("sag mir the time"));
        assert!(sentences.unused().is_empty() && sentences.clashes().is_empty());
        let follow_ups = Sentences::compile_follow_ups([&manifest], &Lists::default()).unwrap();
        assert_eq!(follow_ups.find(&Words::new("Und in Tokyo?")).len(), 1);
        let intent = &manifest.intents[0];
        assert_eq!(
            (intent.ask["place"].as_str(), intent.example.as_str()),
            ("Wo?", "Wie spät ist es?")
        );
    }

    #[test]
    fn mistakes_change_nothing() {
        let mut manifest = Manifest::parse(PLUGIN).unwrap();
        let before = manifest.clone();
        for (text, part) in [
            ("[[intent]]\nname = \"date\"", "`date`"),
            (
                "[[intent]]\nname = \"time\"\nask = { day = \"Wann?\" }",
                "`day`",
            ),
            ("[[intent]]\nname = \"time\"\nrisk = \"read\"", "risk"),
            ("colour = 1", "colour"),
        ] {
            let error = manifest.with_sentences(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert_eq!(manifest, before);
        }
    }
}
