//! Embeddings that were made before, in one file.
//!
//! An embedding is a function of the model and the text, so it is kept under the hash of both and
//! never grows stale. The file is a convenience: one that is missing, cut short or damaged is made
//! anew, and one that cannot be written costs time at the next start and nothing else.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::embedder::{Embedder, EmbedderError};

/// The most embeddings that are kept. When there are more, those that were not asked for since
/// the file was opened go first.
pub const MAX_ENTRIES: usize = 16_384;

/// Begins every file; the digit counts versions of the format.
const MAGIC: &[u8; 8] = b"FAMEEMB1";

/// Bytes of a key: a part of SHA-256 that is long enough for no two texts ever to share one.
const KEY_BYTES: usize = 16;

/// Bytes of the SHA-256 of all that comes before it, at the end of the file.
const DIGEST_BYTES: usize = 32;

const ENTRY_BYTES: usize = KEY_BYTES + Embedder::WIDTH * size_of::<f32>();

type Key = [u8; KEY_BYTES];

/// Embeddings by the hash of model and text.
pub struct Cache {
    path: PathBuf,
    entries: HashMap<Key, Entry>,
    changed: bool,
}

struct Entry {
    embedding: Vec<f32>,
    /// Asked for since the file was opened.
    used: bool,
}

/// Why the cache was not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the cache of embeddings `{}`: {source}; FAME works without it, but starts slower", path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// The system's word.
    pub source: io::Error,
}

impl Cache {
    /// Opens the file at `path`. If there is none, or none that is whole, the cache is empty.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let entries = match read(path) {
            Ok(bytes) => parse(&bytes).unwrap_or_else(|| {
                tracing::warn!(path = %path.display(), "the cache of embeddings is damaged; it is made anew");
                HashMap::new()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => HashMap::new(),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the cache of embeddings cannot be read; it is made anew");
                HashMap::new()
            }
        };
        Self {
            path: path.to_owned(),
            entries,
            changed: false,
        }
    }

    /// How many embeddings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The embeddings of `texts`, in their order; `embedder` makes those that are not here.
    pub fn embed(
        &mut self,
        embedder: &Embedder,
        texts: &[&str],
    ) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(embedder, text)).collect();
        let mut missing: Vec<(&Key, &str)> = keys.iter().zip(texts.iter().copied()).collect();
        missing.retain(|(key, _)| !self.entries.contains_key(*key));
        missing.sort_unstable();
        missing.dedup_by_key(|(key, _)| *key);
        let made: Vec<&str> = missing.iter().map(|(_, text)| *text).collect();
        for ((key, _), embedding) in missing.iter().zip(embedder.embed(&made)?) {
            let used = true;
            self.entries.insert(**key, Entry { embedding, used });
            self.changed = true;
        }
        let embeddings = keys.iter().filter_map(|key| {
            let entry = self.entries.get_mut(key)?;
            entry.used = true;
            Some(entry.embedding.clone())
        });
        Ok(embeddings.collect())
    }

    /// Writes the file if there is anything new. A crash leaves the old one or the new one.
    pub fn save(&mut self) -> Result<(), CacheError> {
        if !self.changed {
            return Ok(());
        }
        self.write().map_err(|source| CacheError {
            path: self.path.clone(),
            source,
        })?;
        self.changed = false;
        Ok(())
    }

    fn write(&self) -> io::Result<()> {
        let mut kept: Vec<(&Key, &Entry)> = self.entries.iter().collect();
        kept.sort_unstable_by_key(|(key, entry)| (!entry.used, **key));
        kept.truncate(MAX_ENTRIES);
        let mut bytes = Vec::with_capacity(MAGIC.len() + kept.len() * ENTRY_BYTES + DIGEST_BYTES);
        bytes.extend(MAGIC);
        for (key, entry) in kept {
            bytes.extend(key);
            bytes.extend(entry.embedding.iter().flat_map(|value| value.to_le_bytes()));
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let partial = self.path.with_extension("partial");
        let mut file = File::create(&partial)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&partial, &self.path)
    }
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

/// At most one byte more than the largest file that is ever written.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let most = (MAGIC.len() + MAX_ENTRIES * ENTRY_BYTES + DIGEST_BYTES) as u64;
    let file = File::open(path)?;
    let mut bytes = Vec::with_capacity(file.metadata()?.len().min(most) as usize);
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The entries of a whole file.
fn parse(bytes: &[u8]) -> Option<HashMap<Key, Entry>> {
    let (content, digest) = bytes.split_last_chunk::<DIGEST_BYTES>()?;
    let records = content.strip_prefix(MAGIC)?;
    let whole = records.len().is_multiple_of(ENTRY_BYTES);
    if !whole || records.len() / ENTRY_BYTES > MAX_ENTRIES {
        return None;
    }
    if Sha256::digest(content).as_slice() != digest {
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
    use proptest::prelude::*;

    use super::*;

    /// A cache in `folder` with `count` embeddings that nobody asked for yet.
    fn filled(folder: &Path, count: usize) -> Cache {
        let mut cache = Cache::open(&folder.join("embeddings"));
        for number in 0..count {
            cache.entries.insert(key_of(number), entry(number));
        }
        cache.changed = true;
        cache
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
        let again = Cache::open(&cache.path);
        assert_eq!(again.len(), 3);
        let embedding = &again.entries[&key_of(2)].embedding;
        assert_eq!(*embedding, entry(2).embedding);
    }

    #[test]
    fn what_was_asked_for_stays_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = filled(folder.path(), MAX_ENTRIES + 2);
        let last = key_of(MAX_ENTRIES + 1);
        cache.entries.get_mut(&last).unwrap().used = true;
        cache.save().unwrap();
        let again = Cache::open(&cache.path);
        assert_eq!(again.len(), MAX_ENTRIES);
        assert!(again.entries.contains_key(&last));
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
            assert!(Cache::open(&cache.path).is_empty(), "byte {at}");
        }
        fs::write(&cache.path, &whole[..whole.len() - 1]).unwrap();
        assert!(Cache::open(&cache.path).is_empty());
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

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let with_magic = [MAGIC.as_slice(), &bytes].concat();
            prop_assert!(parse(&bytes).is_none());
            prop_assert!(parse(&with_magic).is_none());
        }
    }
}
