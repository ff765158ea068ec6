//! One settings file as text: where in it a setting is written.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use super::error::{ConfigError, Origin};
use super::validate::{Violation, validate};

/// A file whose every setting is known and within its bounds.
pub(super) fn parse(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    let document = Document { path, text };
    let tree = DeTable::parse(text).map_err(|error| document.syntax(&error))?;
    let config =
        toml::from_str::<Config>(text).map_err(|error| document.mistyped(&tree, &error))?;
    validate(&config).map_err(|violation| document.violated(&tree, violation))?;
    toml::from_str(text).map_err(|error| document.syntax(&error))
}

struct Document<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Document<'_> {
    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        ConfigError::Syntax {
            origin: self.origin(error.span().map_or(0, |span| span.start)),
            problem: readable(error.message()),
        }
    }

    fn mistyped(&self, tree: &Spanned<DeTable<'_>>, error: &toml::de::Error) -> ConfigError {
        let offset = error.span().map_or(0, |span| span.start);
        let key = key_at(tree.get_ref(), offset).unwrap_or_default();
        let problem = readable(error.message());
        ConfigError::Setting {
            origin: self.origin(offset),
            problem: if key.is_empty() {
                problem
            } else {
                format!("`{key}`: {problem}")
            },
            remedy: mistyped_remedy(&key),
            key,
        }
    }

    fn violated(&self, tree: &Spanned<DeTable<'_>>, violation: Violation) -> ConfigError {
        let offset = offset_of(tree.get_ref(), violation.key).unwrap_or(0);
        violation.at(self.origin(offset))
    }

    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Origin::File {
            path: PathBuf::from(self.path),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// What to do about a setting that is unknown or of the wrong type.
pub(super) fn mistyped_remedy(key: &str) -> String {
    let setting = match key {
        "" => "it".into(),
        key => format!("`{key}`"),
    };
    format!("correct or remove {setting}; `fame config check` reads it again and changes nothing")
}

/// What the reader of TOML says, in one line and without the names of Rust's types.
pub(super) fn readable(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    [
        ("expected f32", "expected a number"),
        ("expected u32", "expected a whole number"),
        ("expected usize", "expected a whole number"),
    ]
    .iter()
    .fold(line, |line, (type_name, plain)| {
        line.replace(type_name, plain)
    })
}

/// The deepest setting whose name or value covers `offset`.
fn key_at(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let below = match value.get_ref() {
            DeValue::Table(table) => key_at(table, offset),
            _ => None,
        };
        match below {
            Some(below) => Some(format!("{}.{below}", name.get_ref())),
            None => (name.span().contains(&offset) || value.span().contains(&offset))
                .then(|| name.get_ref().to_string()),
        }
    })
}

/// Where the setting `key` is written.
fn offset_of(table: &DeTable<'_>, key: &str) -> Option<usize> {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    let (name, value) = table
        .iter()
        .find(|(name, _)| name.get_ref().as_ref() == first)?;
    match (rest, value.get_ref()) {
        (None, _) => Some(name.span().start),
        (Some(rest), DeValue::Table(table)) => offset_of(table, rest),
        _ => None,
    }
}
