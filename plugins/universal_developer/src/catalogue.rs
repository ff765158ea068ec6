//! Programs that are known without a language model, each with its tests.

use std::sync::LazyLock;

use fame_plugin::sentence::{Lists, Sentences, TemplateError};
use fame_plugin::{Intent, Manifest, PluginError, SlotType};
use serde::Deserialize;
use serde_json::Value;

use crate::language::Language;
use crate::literal::{arguments, literal};
use crate::phrases::Phrases;
use crate::source::Source;
use crate::values::{Kind, Param};

/// The themes, in the order in which equal sentences win.
const THEMES: &[&str] = &[
    include_str!("../catalogue/strings.toml"),
    include_str!("../catalogue/text.toml"),
    include_str!("../catalogue/lists.toml"),
    include_str!("../catalogue/sorting.toml"),
    include_str!("../catalogue/numbers.toml"),
    include_str!("../catalogue/primes.toml"),
    include_str!("../catalogue/sequences.toml"),
    include_str!("../catalogue/bases.toml"),
    include_str!("../catalogue/statistics.toml"),
    include_str!("../catalogue/geometry.toml"),
    include_str!("../catalogue/dates.toml"),
    include_str!("../catalogue/data.toml"),
    include_str!("../catalogue/matrices.toml"),
    include_str!("../catalogue/random.toml"),
    include_str!("../catalogue/games.toml"),
];

/// Pieces of sentences that all entries share.
const RULES: &str = include_str!("../catalogue/rules.toml");

/// One program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Its name, unique in the catalogue.
    pub(crate) id: String,
    /// What it does, fit to follow "a program to".
    pub(crate) title: String,
    /// Templates of what it is asked for with, its parameters being the slots.
    pub(crate) ask: Vec<String>,
    /// Other words for it, one phrase each, for requests that no template fits.
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    /// Its function in Python; in JavaScript the same in camel case.
    pub(crate) function: String,
    /// What the function takes.
    #[serde(default)]
    pub(crate) params: Vec<Param>,
    /// How the result is said: `{result}` and the parameters' names in braces are filled in.
    #[serde(default)]
    pub(crate) says: Option<String>,
    /// How `false` is said, where the result is yes or no.
    #[serde(default)]
    pub(crate) says_no: Option<String>,
    /// How it works, in plain words.
    pub(crate) explain: String,
    /// Calls with what they must give.
    #[serde(default)]
    pub(crate) cases: Vec<(Vec<Value>, Value)>,
    /// More tests, as functions of Python, for what cases cannot say.
    #[serde(default)]
    pub(crate) tests: String,
    /// The function in Python.
    pub(crate) python: String,
    /// A piece of `python` and what makes it wrong in its stead: the tests must notice.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the tests break programs"))]
    pub(crate) wrong: (String, String),
    /// The function in JavaScript, where it is known.
    #[serde(default)]
    pub(crate) javascript: Option<String>,
    /// Like `wrong`, for JavaScript.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "only the tests break programs"))]
    pub(crate) wrong_javascript: Option<(String, String)>,
}

/// A file of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Theme {
    pub(crate) program: Vec<Entry>,
}

/// All programs, with the sentences that find them.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) entries: Vec<Entry>,
    pub(crate) sentences: Sentences,
    pub(crate) phrases: Phrases,
}

/// Why the catalogue is refused. It is part of FAME, so this is a mistake of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// Not the TOML of a theme.
    #[error("reading the catalogue of programs: {0}")]
    Toml(#[from] toml::de::Error),
    /// A malformed sentence.
    #[error("reading the sentences of the catalogue: {0}")]
    Sentence(#[from] TemplateError),
}

static SHARED: LazyLock<Result<Catalogue, CatalogueError>> = LazyLock::new(Catalogue::load);

impl Catalogue {
    /// The catalogue, read when it is first asked for: a start of FAME should not wait for it.
    ///
    /// # Errors
    /// If it is malformed, which its tests rule out.
    pub(crate) fn shared() -> Result<&'static Self, PluginError> {
        let shared = SHARED.as_ref();
        shared.map_err(|error| PluginError::failed("loading the catalogue", error))
    }

    /// Reads all themes.
    fn load() -> Result<Self, CatalogueError> {
        let mut entries = Vec::new();
        for theme in THEMES {
            entries.extend(toml::from_str::<Theme>(theme)?.program);
        }
        let manifest = Manifest {
            id: "catalogue".into(),
            rules: toml::from_str(RULES)?,
            intents: entries.iter().map(Entry::intent).collect(),
            ..Manifest::default()
        };
        let sentences = Sentences::compile([&manifest], &Lists::default())?;
        let phrases = Phrases::new(entries.iter().map(Entry::phrases).collect());
        Ok(Self {
            entries,
            sentences,
            phrases,
        })
    }

    /// The entry `id`.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

impl Entry {
    fn intent(&self) -> Intent {
        let slot = |param: &Param| {
            let kind = match param.kind {
                Kind::Number | Kind::Decimal => SlotType::Number,
                Kind::Date => SlotType::Date,
                Kind::Text | Kind::Numbers | Kind::Words => SlotType::Text,
                Kind::Fixed => return None,
            };
            Some((param.name.clone(), kind))
        };
        Intent {
            name: self.id.clone(),
            sentences: self.ask.clone(),
            slots: self.params.iter().filter_map(slot).collect(),
            ..Intent::default()
        }
    }

    fn phrases(&self) -> Vec<String> {
        let own = [self.title.clone(), self.id.replace('_', " ")];
        self.keywords.iter().cloned().chain(own).collect()
    }

    /// The values that it runs on: `given` ones, else the defaults.
    pub(crate) fn values(&self, given: &[(String, Value)]) -> Vec<Value> {
        let value = |param: &Param| {
            let given = given.iter().find(|(name, _)| *name == param.name);
            given.map_or(&param.default, |(_, value)| value).clone()
        };
        self.params.iter().map(value).collect()
    }

    /// Its source in `language`, run on `values`; `None` if it is not known in that language.
    pub(crate) fn source(&self, language: Language, values: &[Value]) -> Option<Source> {
        let code = match language {
            Language::Python => &self.python,
            Language::JavaScript => self.javascript.as_ref()?,
            Language::Shell => return None,
        };
        Some(Source {
            language,
            code: code.trim().into(),
            tests: self.tests_in(language),
            main: self.main(language, values),
        })
    }

    /// The lines that run it on `values` and print the result as JSON.
    pub(crate) fn main(&self, language: Language, values: &[Value]) -> String {
        let call = self.call(language, values);
        match language {
            Language::JavaScript => format!("console.log(JSON.stringify({call}));"),
            _ => format!(
                "if __name__ == \"__main__\":\n    import json\n\n    print(json.dumps({call}, ensure_ascii=False))"
            ),
        }
    }

    fn tests_in(&self, language: Language) -> String {
        let case = |(at, (values, expected)): (usize, &(Vec<Value>, Value))| {
            let call = self.call(language, values);
            let wanted = literal(language, expected);
            let number = at + 1;
            match (language, expected.is_f64()) {
                (Language::JavaScript, true) => format!(
                    "function test_{number}() {{\n  const given = {call};\n  if (Math.abs(given - {wanted}) > 1e-6) throw new Error(`${{given}}, not {wanted}`);\n}}"
                ),
                (Language::JavaScript, false) => format!(
                    "function test_{number}() {{\n  require(\"node:assert\").deepStrictEqual({call}, {wanted});\n}}"
                ),
                (_, true) => format!(
                    "def test_{number}():\n    given = {call}\n    assert abs(given - {wanted}) < 1e-6, given"
                ),
                (_, false) => format!(
                    "def test_{number}():\n    given = {call}\n    assert given == {wanted}, given"
                ),
            }
        };
        let mut tests: Vec<String> = self.cases.iter().enumerate().map(case).collect();
        if language == Language::Python && !self.tests.is_empty() {
            tests.push(self.tests.trim().into());
        }
        tests.join("\n\n\n")
    }

    fn call(&self, language: Language, values: &[Value]) -> String {
        let function = match language {
            Language::JavaScript => camel_case(&self.function),
            _ => self.function.clone(),
        };
        format!("{function}({})", arguments(language, values))
    }
}

/// `is_prime` as `isPrime`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut chars = part.chars();
        let capital = chars.next().map(|c| c.to_ascii_uppercase());
        name + &capital.into_iter().chain(chars).collect::<String>()
    })
}
