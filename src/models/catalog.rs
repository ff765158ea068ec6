//! The models that FAME knows by name.

use std::sync::LazyLock;

use serde::Deserialize;

/// Added to a name, it means the model as its authors published it.
const STOCK_SUFFIX: &str = "-stock";

static BUILT_IN: LazyLock<Catalog> = LazyLock::new(|| {
    // A test parses the same text, so the empty list is never seen.
    Catalog::parse(include_str!("../../models/catalog.toml")).unwrap_or_default()
});

/// How much sound the encoder has to be given at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// As much as the utterance is long: the model was tuned for it.
    Fitted,
    /// The 30 s that Whisper was trained on; on much less it repeats itself.
    #[default]
    Full,
}

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What a person types; unique in the catalogue.
    pub name: String,
    /// One line about what it is good for.
    pub summary: String,
    /// The file's name in a models folder; unique in the catalogue.
    pub file: String,
    /// Whether it comes with FAME.
    #[serde(default)]
    pub bundled: bool,
    /// Where to fetch it; none for a bundled one.
    #[serde(default)]
    pub url: Option<String>,
    /// The file's size.
    pub bytes: u64,
    /// The file's SHA-256, in lower-case hexadecimal.
    pub sha256: String,
    /// Its licence's SPDX name.
    pub licence: String,
    /// Codes of the languages it hears, as Whisper writes them, or `any`.
    pub languages: Vec<String>,
    /// What its encoder has to be given.
    pub window: Window,
}

/// A list of models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    #[serde(default, rename = "model")]
    entries: Vec<Entry>,
}

/// Why a text is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It is not TOML, or a field is missing, unknown or of the wrong kind.
    #[error("the catalogue of models cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Two models share a name or a file.
    #[error("the catalogue of models has `{0}` twice")]
    Twice(String),
    /// A file's name that would leave the models folder.
    #[error("the catalogue of models has `{0}` for a file, which is no plain file name")]
    File(String),
}

impl Catalog {
    /// The catalogue that is built into the program (`models/catalog.toml`).
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a catalogue.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let catalog: Self = toml::from_str(text)?;
        for (i, entry) in catalog.entries.iter().enumerate() {
            if entry.file.contains(['/', '\\']) || entry.file.starts_with('.') {
                return Err(CatalogError::File(entry.file.clone()));
            }
            for other in &catalog.entries[..i] {
                if other.name == entry.name {
                    return Err(CatalogError::Twice(entry.name.clone()));
                }
                if other.file == entry.file {
                    return Err(CatalogError::Twice(entry.file.clone()));
                }
            }
        }
        Ok(catalog)
    }

    /// All models, in the catalogue's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of this name.
    pub fn by_name(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The model of this name as its authors published it, where the catalogue has it.
    pub fn stock(&self, name: &str) -> Option<&Entry> {
        self.by_name(&format!("{name}{STOCK_SUFFIX}")).or_else(|| {
            self.by_name(name)
                .filter(|entry| entry.window == Window::Full)
        })
    }

    /// The model whose file is called so.
    pub fn by_file(&self, file: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.file == file)
    }

    /// The model whose file has this SHA-256.
    pub fn by_digest(&self, sha256: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.sha256 == sha256)
    }

    /// All names, for a message: `a, b, c`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_sound() {
        let catalog = Catalog::parse(include_str!("../../models/catalog.toml")).unwrap();
        assert_eq!(Catalog::built_in(), &catalog);
        for entry in catalog.entries() {
            assert_eq!(entry.sha256.len(), 64, "{}", entry.name);
            assert!(
                entry
                    .sha256
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            );
            assert_eq!(entry.url.is_none(), entry.bundled, "{}", entry.name);
            if let Some(url) = &entry.url {
                assert!(
                    url.starts_with("https://") && url.ends_with(&entry.file),
                    "{url}"
                );
            }
        }
    }

    #[test]
    fn plain_names_mean_the_tuned_models() {
        let catalog = Catalog::built_in();
        for name in ["base.en", "small.en", "tiny.en-fit"] {
            assert_eq!(catalog.by_name(name).unwrap().window, Window::Fitted);
        }
        assert_eq!(catalog.stock("base.en").unwrap().file, "ggml-base.en.bin");
        assert_eq!(catalog.stock("tiny.en").unwrap().file, "ggml-tiny.en.bin");
        assert_eq!(catalog.stock("small.en"), None);
    }

    #[test]
    fn a_file_outside_the_folder_or_a_name_given_twice_is_refused() {
        let entry = |name: &str, file: &str| {
            format!(
                "[[model]]\nname = \"{name}\"\nsummary = \"\"\nfile = \"{file}\"\nbytes = 1\n\
                 sha256 = \"\"\nlicence = \"MIT\"\nlanguages = []\nwindow = \"full\"\n"
            )
        };
        assert!(matches!(
            Catalog::parse(&entry("a", "../a.bin")),
            Err(CatalogError::File(_))
        ));
        let twice = entry("a", "a.bin") + &entry("a", "b.bin");
        assert!(matches!(Catalog::parse(&twice), Err(CatalogError::Twice(name)) if name == "a"));
        let same_file = entry("a", "a.bin") + &entry("b", "a.bin");
        assert!(matches!(
            Catalog::parse(&same_file),
            Err(CatalogError::Twice(_))
        ));
        assert!(matches!(
            Catalog::parse("[[model]]\nname = 1"),
            Err(CatalogError::Syntax(_))
        ));
    }
}
