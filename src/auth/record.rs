//! A key as it is kept: everything but its secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::scope::Scopes;
use crate::text::{ID_LENGTH, SECRET_BYTES, from_hex, push_hex};

/// Keys that there may be. One more is refused, once those that are no longer good are forgotten.
pub const MAX_KEYS: usize = 1_000;

/// Characters of a key's name.
pub const MAX_NAME: usize = 64;

/// What may be known about a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// Its public id.
    pub id: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; none if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was used last, within a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// The key that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_to: Option<String>,
}

impl KeyInfo {
    /// Whether it opens anything at `now`.
    pub fn good(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// A key with the digest that it is compared by.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) info: KeyInfo,
    pub(crate) digest: StoredDigest,
}

impl Record {
    /// Whether FAME could have written it.
    pub(crate) fn sound(&self) -> bool {
        let mut id = [0; ID_LENGTH / 2];
        from_hex(&self.info.id, &mut id)
            && !self.info.scopes.is_empty()
            && name_is_good(&self.info.name)
    }
}

/// Whether a key may have this name: something to read, and nothing that is not.
pub(crate) fn name_is_good(name: &str) -> bool {
    !name.trim().is_empty()
        && name.chars().count() <= MAX_NAME
        && !name.chars().any(char::is_control)
}

/// The SHA-256 of a key's secret. 256 random bits need no slower function.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct StoredDigest(pub(crate) [u8; 32]);

impl StoredDigest {
    /// Of a key with this id. The id is in it, so that no digest fits another key.
    pub(crate) fn of(id: &str, secret: &[u8; SECRET_BYTES]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"fame key\0");
        hasher.update(id.as_bytes());
        hasher.update(secret);
        Self(hasher.finalize().into())
    }
}

impl TryFrom<String> for StoredDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut digest = [0; 32];
        match from_hex(&text, &mut digest) {
            true => Ok(Self(digest)),
            false => Err("a digest is 64 hexadecimal digits"),
        }
    }
}

impl From<StoredDigest> for String {
    fn from(digest: StoredDigest) -> Self {
        let mut text = Self::with_capacity(64);
        push_hex(&mut text, &digest.0);
        text
    }
}
