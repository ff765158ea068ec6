//! What was computed before: embeddings, in one file, and the last classifier, in another.
//!
//! An embedding is a function of the model and the text, so it is kept under the hash of both and
//! never grows stale; so is a classifier ([`super::saved`]). The files are a convenience: one that
//! is missing, cut short or damaged is made anew, and one that cannot be written costs time at the
//! next start and nothing else.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::embedder::{Embedder, EmbedderError};
use super::sealed;

/// The most embeddings that are kept. When there are more, those that were not asked for since
/// the file was opened go first.
pub const MAX_ENTRIES: usize = 16_384;

/// Begins every file; the digit counts versions of the format.
const MAGIC: &[u8; 8] = b"FAMEEMB2";

/// Bytes of a key: a part of SHA-256 that is long enough for no two texts ever to share one.
const KEY_BYTES: usize = 16;

const ENTRY_BYTES: usize = KEY_BYTES + Embedder::WIDTH * size_of::<f32>();

/// The largest file of embeddings.
const MAX_BYTES: usize = MAGIC.len() + MAX_ENTRIES * ENTRY_BYTES;

/// What the name of the classifier's file has more than that of the embeddings.
const CLASSIFIER: &str = "classifier";

/// The largest classifier that is kept, in bytes. That of FAME's own plugins has a few MB.
const MAX_CLASSIFIER_BYTES: usize = 64 << 20;

type Key = [u8; KEY_BYTES];

/// Embeddings by the hash of model and text, and the classifier that was trained last.
pub struct Cache {
    path: PathBuf,
    /// Read when they are first asked for: a start with the same classifier needs none.
    entries: Option<HashMap<Key, Entry>>,
    changed: bool,
    /// A classifier that is not written yet.
    classifier: Option<Vec<u8>>,
}

struct Entry {
    embedding: Vec<f32>,
    /// Asked for since the file was opened.
    used: bool,
}

/// Why the cache was not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the classifier's cache `{}`: {source}; FAME works without it, but starts slower", path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// The system's word.
    pub source: io::Error,
}

impl Cache {
    /// The cache in the file at `path` and one beside it. What is not there, or not whole, is empty.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            entries: None,
            changed: false,
            classifier: None,
        }
    }

    /// The bytes of the classifier that was trained last, if there is one.
    pub(super) fn classifier(&self) -> Option<Vec<u8>> {
        read(&self.classifier_path(), MAX_CLASSIFIER_BYTES)
    }

    /// Keeps the bytes of a classifier in place of the last one; those of too large a one are not.
    pub(super) fn keep_classifier(&mut self, bytes: Vec<u8>) {
        self.classifier = Some(bytes).filter(|bytes| bytes.len() <= MAX_CLASSIFIER_BYTES);
    }

    /// The embeddings of `texts`, in their order; `embedder` makes those that are not here.
    pub fn embed(
        &mut self,
        embedder: &Embedder,
        texts: &[&str],
    ) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(embedder, text)).collect();
        let mut missing: Vec<(&Key, &str)> = keys.iter().zip(texts.iter().copied()).collect();
        let entries = load(&mut self.entries, &self.path);
        missing.retain(|(key, _)| !entries.contains_key(*key));
        missing.sort_unstable();
        missing.dedup_by_key(|(key, _)| *key);
        let made: Vec<&str> = missing.iter().map(|(_, text)| *text).collect();
        for ((key, _), embedding) in missing.iter().zip(embedder.embed(&made)?) {
            let used = true;
            entries.insert(**key, Entry { embedding, used });
            self.changed = true;
        }
        let embeddings = keys.iter().filter_map(|key| {
            let entry = entries.get_mut(key)?;
            entry.used = true;
            Some(entry.embedding.clone())
        });
        Ok(embeddings.collect())
    }

    /// Writes what is new. A crash leaves each file as it was or as it is to be.
    pub fn save(&mut self) -> Result<(), CacheError> {
        if let Some(entries) = self.entries.as_ref().filter(|_| self.changed) {
            write(&self.path, &format(entries))?;
            self.changed = false;
        }
        if let Some(bytes) = &self.classifier {
            write(&self.classifier_path(), bytes)?;
            self.classifier = None;
        }
        Ok(())
    }

    fn classifier_path(&self) -> PathBuf {
        self.path.with_added_extension(CLASSIFIER)
    }
}

/// The entries, from the file at `path` if it was not read yet.
fn load<'a>(
    entries: &'a mut Option<HashMap<Key, Entry>>,
    path: &Path,
) -> &'a mut HashMap<Key, Entry> {
    entries.get_or_insert_with(|| {
        let bytes = read(path, MAX_BYTES);
        bytes.and_then(|bytes| parse(&bytes)).unwrap_or_default()
    })
}

fn key(embedder: &Embedder, text: &str) -> Key {
    let digest = Sha256::new()
        .chain_update(embedder.digest())
        .chain_update(text)
        .finalize();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..KEY_BYTES]);
    key
}

/// The bytes of a whole file; what is wrong with one that is there is logged.
fn read(path: &Path, most: usize) -> Option<Vec<u8>> {
    let bytes = sealed::read(path, most);
    match &bytes {
        Ok(Some(_)) => {}
        Ok(None) => {
            tracing::warn!(path = %path.display(), "a cache of the classifier is damaged; it is made anew");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a cache of the classifier cannot be read; it is made anew");
        }
    }
    bytes.ok().flatten()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    sealed::write(path, bytes).map_err(|source| CacheError {
        path: path.to_owned(),
        source,
    })
}

/// The bytes of a file of `entries`, or of as many as may be.
fn format(entries: &HashMap<Key, Entry>) -> Vec<u8> {
    let mut kept: Vec<(&Key, &Entry)> = entries.iter().collect();
    kept.sort_unstable_by_key(|(key, entry)| (!entry.used, **key));
    kept.truncate(MAX_ENTRIES);
    let mut bytes = Vec::with_capacity(MAGIC.len() + kept.len() * ENTRY_BYTES);
    bytes.extend(MAGIC);
    for (key, entry) in kept {
        bytes.extend(key);
        bytes.extend(entry.embedding.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

/// The entries of a whole file.
fn parse(bytes: &[u8]) -> Option<HashMap<Key, Entry>> {
    let records = bytes.strip_prefix(MAGIC)?;
    if !records.len().is_multiple_of(ENTRY_BYTES) {
        return None;
    }
    let entries = records.chunks_exact(ENTRY_BYTES).filter_map(|record| {
        let (key, values) = record.split_first_chunk::<KEY_BYTES>()?;
        let (values, _) = values.as_chunks();
        let entry = Entry {
            embedding: values.iter().copied().map(f32::from_le_bytes).collect(),
            used: false,
        };
        Some((*key, entry))
    });
    Some(entries.collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// A cache in `folder` with `count` embeddings that nobody asked for yet.
    fn filled(folder: &Path, count: usize) -> Cache {
        let mut cache = Cache::open(&folder.join("embeddings"));
        for number in 0..count {
            load(&mut cache.entries, &cache.path).insert(key_of(number), entry(number));
        }
        cache.changed = true;
        cache
    }

    fn entries_at(path: &Path) -> HashMap<Key, Entry> {
        std::mem::take(load(&mut None, path))
    }

    fn key_of(number: usize) -> Key {
        (number as u128).to_be_bytes()
    }

    fn entry(number: usize) -> Entry {
        Entry {
            embedding: vec![number as f32; Embedder::WIDTH],
            used: false,
        }
    }

    #[test]
    fn what_was_saved_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = filled(folder.path(), 3);
        cache.save().unwrap();
        let again = entries_at(&cache.path);
        assert_eq!(again.len(), 3);
        let embedding = &again[&key_of(2)].embedding;
        assert_eq!(*embedding, entry(2).embedding);
    }

    #[test]
    fn what_was_asked_for_stays_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = filled(folder.path(), MAX_ENTRIES + 2);
        let last = key_of(MAX_ENTRIES + 1);
        load(&mut cache.entries, &cache.path)
            .get_mut(&last)
            .unwrap()
            .used = true;
        cache.save().unwrap();
        let again = entries_at(&cache.path);
        assert_eq!(again.len(), MAX_ENTRIES);
        assert!(again.contains_key(&last));
    }

    #[test]
    fn a_damaged_file_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = filled(folder.path(), 2);
        cache.save().unwrap();
        let whole = fs::read(&cache.path).unwrap();
        for at in [0, MAGIC.len() + 3, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&cache.path, damaged).unwrap();
            assert!(entries_at(&cache.path).is_empty(), "byte {at}");
        }
        fs::write(&cache.path, &whole[..whole.len() - 1]).unwrap();
        assert!(entries_at(&cache.path).is_empty());
        cache.changed = true;
        cache.save().unwrap();
        assert_eq!(fs::read(&cache.path).unwrap(), whole);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut cache = filled(&file, 1);
        let error = cache.save().unwrap_err();
        assert!(error.to_string().contains("embeddings"), "{error}");
    }

    #[test]
    fn the_last_classifier_is_kept_beside_the_embeddings() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = filled(folder.path(), 1);
        assert_eq!(cache.classifier(), None);
        cache.keep_classifier(b"one".to_vec());
        cache.save().unwrap();
        cache.keep_classifier(b"other".to_vec());
        cache.save().unwrap();
        assert_eq!(Cache::open(&cache.path).classifier().unwrap(), b"other");
        assert_eq!(entries_at(&cache.path).len(), 1);
    }

    proptest! {
        #[test]
        fn any_records_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let with_magic = [MAGIC.as_slice(), &bytes].concat();
            prop_assert!(parse(&bytes).is_none());
            prop_assert_eq!(parse(&with_magic).is_some(), bytes.is_empty());
        }
    }
}
