//! All keys: making, listing, ending and checking them.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use subtle::ConstantTimeEq;

use crate::bearer::{Bearer, Refused};
use crate::file::{self, FileError, Lock};
use crate::record::{KeyInfo, MAX_KEYS, MAX_NAME, Record, StoredDigest, name_is_good};
use crate::scope::Scopes;
use crate::table::{Known, Shared, lock};
use crate::text::{self, SECRET_BYTES};

/// Seconds after which the last use of a key is written again.
const USE_WRITTEN_EVERY: i64 = 60;

/// Why a key cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The name is empty, too long, or cannot be read by people.
    #[error("a key's name has 1 to {MAX_NAME} characters and no control characters")]
    Name,
    /// A key that is good for nothing.
    #[error("a key needs at least one scope: `query`, `read` or `admin`")]
    NoScope,
    /// It would end before it begins.
    #[error("a key cannot end in the past, nor after the year 9999; give a later or no end")]
    Expiry,
    /// There are as many as there may be.
    #[error("there are {MAX_KEYS} keys already; revoke one that nobody uses")]
    Full,
    /// There is none with this id.
    #[error("there is no key `{0}`; `fame keys list` names them")]
    Unknown(String),
    /// It is no longer good.
    #[error("key `{0}` is no longer good; make a new one")]
    Ended(String),
    /// Another key has taken its place already.
    #[error("key `{old}` was replaced by `{new}` already; rotate that one")]
    Rotated {
        /// The key.
        old: String,
        /// The one in its place.
        new: String,
    },
    /// The system has no randomness.
    #[error("the system gives no random bytes ({0}); try again later")]
    Random(getrandom::Error),
}

/// A new key. The only time that it is seen.
pub struct Created {
    /// Its public id.
    pub id: String,
    /// The key itself, to be shown once.
    pub key: SecretString,
    /// What it is for.
    pub name: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it ends; none if it does not.
    pub expires: Option<Timestamp>,
}

/// See the crate's documentation. All methods look at the file first, and read it if it changed; a
/// file that turned bad leaves the keys as they were, see [`Keys::problem`].
pub struct Keys {
    shared: Arc<Shared>,
    /// Writes when keys were used; at most one at a time.
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Keys {
    /// The keys in the file at `path`, which need not be there yet. Reads and waits for the disk.
    ///
    /// # Errors
    /// If the file is there and cannot be read, is open to others, or is damaged.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let shared = Shared::new(path.into());
        shared.read_again()?;
        Ok(Self {
            shared: Arc::new(shared),
            writer: Mutex::new(None),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Makes a key. Waits for the disk.
    ///
    /// # Errors
    /// If the name, the scopes or the end will not do, or the file cannot be changed.
    pub fn create(
        &self,
        name: &str,
        scopes: Scopes,
        expires: Option<Timestamp>,
    ) -> Result<Created, KeysError> {
        self.create_at(name, scopes, expires, Timestamp::now())
    }

    fn create_at(
        &self,
        name: &str,
        scopes: Scopes,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Created, KeysError> {
        if !name_is_good(name) {
            return Err(KeysError::Name);
        }
        if scopes.is_empty() {
            return Err(KeysError::NoScope);
        }
        if expires.is_some_and(|expires| expires <= now) {
            return Err(KeysError::Expiry);
        }
        self.change(|keys| add(keys, name, scopes, expires, now))
    }

    /// All keys, oldest first, those that are no longer good included.
    pub fn list(&self) -> Vec<KeyInfo> {
        let table = self.shared.current();
        let mut keys: Vec<KeyInfo> = table
            .keys
            .values()
            .map(|known| {
                let mut info = known.record.info.clone();
                let used = Timestamp::from_second(known.used.load(Ordering::Relaxed)).ok();
                let used = used.filter(|used| used.as_second() > 0);
                info.last_used = info.last_used.max(used);
                info
            })
            .collect();
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        keys
    }

    /// Ends a key at once. Ending it again changes nothing. Waits for the disk.
    ///
    /// # Errors
    /// If there is no such key, or the file cannot be changed.
    pub fn revoke(&self, id: &str) -> Result<(), KeysError> {
        let now = Timestamp::now();
        self.change(|keys| {
            let record = find(keys, id)?;
            record.info.revoked.get_or_insert(now);
            Ok(())
        })
    }

    /// Makes a key in the place of another, with its name, scopes and length of life. The old one
    /// stays good for `overlap`, so that nobody stands outside meanwhile. Waits for the disk.
    ///
    /// # Errors
    /// If there is no such key or it is no longer good or replaced already, or the file cannot be
    /// changed.
    pub fn rotate(&self, id: &str, overlap: SignedDuration) -> Result<Created, KeysError> {
        self.rotate_at(id, overlap, Timestamp::now())
    }

    fn rotate_at(
        &self,
        id: &str,
        overlap: SignedDuration,
        now: Timestamp,
    ) -> Result<Created, KeysError> {
        let end = now
            .checked_add(overlap.max(SignedDuration::ZERO))
            .map_err(|_| KeysError::Expiry)?;
        self.change(|keys| {
            let old = find(keys, id)?.info.clone();
            if !old.good(now) {
                return Err(KeysError::Ended(old.id));
            }
            if let Some(new) = old.rotated_to {
                return Err(KeysError::Rotated { old: old.id, new });
            }
            let expires = match old.expires {
                Some(expires) => Some(
                    now.checked_add(expires.duration_since(old.created))
                        .map_err(|_| KeysError::Expiry)?,
                ),
                None => None,
            };
            let created = add(keys, &old.name, old.scopes, expires, now)?;
            let record = find(keys, id)?;
            record.info.expires = Some(old.expires.map_or(end, |expires| expires.min(end)));
            record.info.rotated_to = Some(created.id.clone());
            Ok(created)
        })
    }

    /// Checks a key that somebody shows. Costs a look at the file's metadata and one SHA-256, and
    /// takes as long for a wrong key as for a right one.
    ///
    /// # Errors
    /// If the key opens nothing.
    pub fn authenticate(&self, key: &str) -> Result<Bearer, Refused> {
        self.authenticate_at(key, Timestamp::now())
    }

    fn authenticate_at(&self, key: &str, now: Timestamp) -> Result<Bearer, Refused> {
        let shown = text::parse(key)?;
        let table = self.shared.current();
        let known = table.keys.get(shown.id);
        let digest = StoredDigest::of(shown.id, &shown.secret);
        // A key that is not there is compared all the same.
        let kept = known.map_or([0; 32], |known| known.record.digest.0);
        let same = bool::from(digest.0.ct_eq(&kept));
        let Some(known) = known.filter(|_| same) else {
            return Err(Refused::Wrong);
        };
        let info = &known.record.info;
        if info.revoked.is_some() {
            return Err(Refused::Revoked);
        }
        if !info.good(now) {
            return Err(Refused::Expired);
        }
        self.note_use(known, now.as_second());
        Ok(Bearer(known.clone()))
    }

    /// Whether a key that was good before still is, for what goes on for long.
    pub fn still_good(&self, bearer: &Bearer) -> bool {
        let table = self.shared.current();
        table.keys.get(bearer.id()).is_some_and(|known| {
            known.record.digest == bearer.0.record.digest
                && known.record.info.good(Timestamp::now())
        })
    }

    /// Whether any key opens anything now.
    pub fn any_good(&self) -> bool {
        let now = Timestamp::now();
        let table = self.shared.current();
        table.keys.values().any(|known| known.record.info.good(now))
    }

    /// Why the keys in use are older than the file, if they are; ends with what to do.
    pub fn problem(&self) -> Option<String> {
        self.shared.current().problem.clone()
    }

    /// Changes the file's keys; nobody else does meanwhile.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<Record>) -> Result<T, KeysError>,
    ) -> Result<T, KeysError> {
        let path = self.path();
        let lock = Lock::wait(path)?;
        let mut keys = file::read(path)?;
        let result = change(&mut keys)?;
        file::write(path, &keys, &lock)?;
        self.shared.read_again()?;
        Ok(result)
    }

    /// Remembers a use, and has it written if the last time is long ago.
    fn note_use(&self, known: &Known, now: i64) {
        if known.used.load(Ordering::Relaxed) < now {
            known.used.fetch_max(now, Ordering::Relaxed);
        }
        let written = known.use_written.load(Ordering::Relaxed);
        if now - written < USE_WRITTEN_EVERY {
            return;
        }
        let first =
            known
                .use_written
                .compare_exchange(written, now, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_err() {
            return;
        }
        let mut writer = lock(&self.writer);
        if writer.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new()
            .name("fame-keys".into())
            .spawn(move || {
                if let Err(error) = shared.write_uses() {
                    tracing::warn!("when keys were used is not written down: {error}");
                }
            });
        match thread {
            Ok(thread) => *writer = Some(thread),
            Err(error) => tracing::warn!("when keys were used is not written down: {error}"),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(thread) = lock(&self.writer).take() {
            // It has told of its troubles itself.
            let _ = thread.join();
        }
    }
}

fn find<'a>(keys: &'a mut [Record], id: &str) -> Result<&'a mut Record, KeysError> {
    keys.iter_mut()
        .find(|record| record.info.id == id)
        .ok_or_else(|| KeysError::Unknown(id.chars().take(MAX_NAME).collect()))
}

fn add(
    keys: &mut Vec<Record>,
    name: &str,
    scopes: Scopes,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<Created, KeysError> {
    if keys.len() >= MAX_KEYS {
        let ended = keys.iter().position(|record| !record.info.good(now));
        keys.remove(ended.ok_or(KeysError::Full)?);
    }
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(KeysError::Random)?;
    let id = loop {
        let mut random = [0; 5];
        getrandom::fill(&mut random).map_err(KeysError::Random)?;
        let id = text::id_of(random);
        if keys.iter().all(|record| record.info.id != id) {
            break id;
        }
    };
    keys.push(Record {
        digest: StoredDigest::of(&id, &secret),
        info: KeyInfo {
            id: id.clone(),
            name: name.into(),
            scopes,
            created: now,
            expires,
            last_used: None,
            revoked: None,
            rotated_to: None,
        },
    });
    Ok(Created {
        key: text::write(&id, &secret),
        id,
        name: name.into(),
        scopes,
        expires,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
