//! The installation's secret, what signs with it, and the public keys that it has had.
//!
//! Each key has an epoch. A new one is certified by the one before, in the log and in `keys.pub`; the
//! old secret is forgotten, so that who steals the new one cannot sign what is older.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::chain::{Hash, hex, unhex};
use crate::error::{AuditError, Result};
use crate::files;
use crate::seal::Rotation;
use crate::signature::{PublicKey, Signed};

/// The key file is at most this large, in bytes.
const KEY_FILE_BYTES: u64 = 4 * 1024;

/// Where the public keys are, in the log's folder.
const PUBLIC_FILE: &str = "keys.pub";

/// The most public keys that are read.
const EPOCHS: usize = 10_000;

/// The installation's secret. It has no form in which it could be printed.
pub(crate) struct Secret {
    path: PathBuf,
    /// The log's name, random.
    pub(crate) log: String,
    pub(crate) epoch: u32,
    signing: SigningKey,
    /// What fingerprints of secrets are made with.
    pub(crate) fingerprint: Zeroizing<[u8; 32]>,
    /// The next key, while the log is told of it.
    next: Option<SigningKey>,
}

#[derive(Serialize, Deserialize)]
struct SecretFile {
    log: String,
    epoch: u32,
    seed: Zeroizing<String>,
    fingerprint: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Zeroizing<String>>,
}

fn random<const N: usize>(path: &Path) -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut())
        .map_err(io::Error::other)
        .map_err(AuditError::file("making the key", path))?;
    Ok(bytes)
}

impl Secret {
    /// Makes the secret of a new log at `path`.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        let secret = Self {
            path: path.to_owned(),
            log: hex(random::<16>(path)?.as_ref()),
            epoch: 1,
            signing: SigningKey::from_bytes(&*random(path)?),
            fingerprint: random(path)?,
            next: None,
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            files::private_folder(folder).map_err(AuditError::file("making", folder))?;
        }
        secret.save()?;
        Ok(secret)
    }

    /// Reads the secret at `path`; none if there is no such file.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>> {
        let reading = |error| AuditError::file("reading", path)(error);
        let refused = |problem: &str| AuditError::Key {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        let size = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(reading)?.len(),
        };
        if size > KEY_FILE_BYTES {
            return Err(refused("it is too large to be one"));
        }
        files::make_private(path).map_err(reading)?;
        let text = Zeroizing::new(fs::read(path).map_err(reading)?);
        // What serde says might quote the file.
        let file: SecretFile =
            serde_json::from_slice(&text).map_err(|_| refused("it is not as it was written"))?;
        let key = |text: &str| {
            unhex(text)
                .map(|seed| SigningKey::from_bytes(&Zeroizing::new(seed)))
                .ok_or_else(|| refused("it is not as it was written"))
        };
        Ok(Some(Self {
            path: path.to_owned(),
            signing: key(&file.seed)?,
            next: file.next.map(|seed| key(&seed)).transpose()?,
            fingerprint: Zeroizing::new(
                unhex(&file.fingerprint).ok_or_else(|| refused("it is not as it was written"))?,
            ),
            log: file.log,
            epoch: file.epoch,
        }))
    }

    fn save(&self) -> Result<()> {
        let seed = |key: &SigningKey| Zeroizing::new(hex(&*Zeroizing::new(key.to_bytes())));
        let file = SecretFile {
            log: self.log.clone(),
            epoch: self.epoch,
            seed: seed(&self.signing),
            fingerprint: Zeroizing::new(hex(self.fingerprint.as_ref())),
            next: self.next.as_ref().map(seed),
        };
        let text = serde_json::to_vec_pretty(&file)
            .map(Zeroizing::new)
            .map_err(io::Error::other)
            .map_err(AuditError::file("writing", &self.path))?;
        files::replace(&self.path, &text).map_err(AuditError::file("writing", &self.path))
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::of(&self.signing)
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Signed {
        Signed::by(&self.signing, bytes)
    }

    /// The certificate of the first key.
    pub(crate) fn first(&self) -> Rotation {
        self.certify(self.epoch, self.public(), 0, Hash::NONE)
    }

    fn certify(&self, epoch: u32, public: PublicKey, seq: u64, hash: Hash) -> Rotation {
        let mut rotation = Rotation {
            log: self.log.clone(),
            epoch,
            public,
            seq,
            hash,
            signature: Signed::NONE,
        };
        rotation.signature = self.sign(&rotation.bytes());
        rotation
    }

    /// Makes the next key, keeps it beside this one, and certifies it behind record `seq`.
    pub(crate) fn begin_rotation(&mut self, seq: u64, hash: Hash) -> Result<Rotation> {
        let next = SigningKey::from_bytes(&*random(&self.path)?);
        let public = PublicKey::of(&next);
        self.next = Some(next);
        self.save()?;
        Ok(self.certify(self.epoch.saturating_add(1), public, seq, hash))
    }

    /// Takes the next key, now that the log has its certificate, and forgets this one.
    pub(crate) fn end_rotation(&mut self) -> Result<()> {
        if let Some(next) = self.next.take() {
            self.signing = next;
            self.epoch = self.epoch.saturating_add(1);
        }
        self.save()
    }

    /// After a crash: takes the next key if the log has come to it, forgets it if not.
    pub(crate) fn settle(&mut self, epoch: u32) -> Result<()> {
        match &self.next {
            Some(_) if epoch == self.epoch.saturating_add(1) => self.end_rotation(),
            Some(_) if epoch == self.epoch => {
                self.next = None;
                self.save()
            }
            None if epoch == self.epoch => Ok(()),
            _ => Err(AuditError::Key {
                path: self.path.clone(),
                problem: format!(
                    "it is the key of epoch {} and the log has come to epoch {epoch}",
                    self.epoch
                ),
            }),
        }
    }
}

/// The public keys of a log by their epochs, from 1 on.
#[derive(Debug, Clone, Default)]
pub(crate) struct PublicKeys {
    pub(crate) log: String,
    keys: Vec<PublicKey>,
}

impl PublicKeys {
    /// Reads those of the log in `folder`; the error says why they cannot be trusted.
    pub(crate) fn load(folder: &Path) -> std::result::Result<Self, String> {
        let text = match fs::read_to_string(folder.join(PUBLIC_FILE)) {
            Ok(text) => text,
            Err(error) => return Err(format!("`{PUBLIC_FILE}` cannot be read: {error}")),
        };
        let mut keys = Self::default();
        for (at, line) in text.lines().take(EPOCHS).enumerate() {
            let rotation: Rotation = serde_json::from_str(line)
                .map_err(|error| format!("line {} of `{PUBLIC_FILE}`: {error}", at + 1))?;
            if keys.keys.is_empty() {
                keys.log.clone_from(&rotation.log);
            }
            keys.admit(&rotation)
                .map_err(|problem| format!("line {} of `{PUBLIC_FILE}`: {problem}", at + 1))?;
        }
        if keys.keys.is_empty() {
            return Err(format!("`{PUBLIC_FILE}` has no key"));
        }
        Ok(keys)
    }

    /// Writes one more into the log's `folder`.
    pub(crate) fn publish(folder: &Path, rotation: &Rotation) -> Result<()> {
        let path = folder.join(PUBLIC_FILE);
        let mut text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(AuditError::file("reading", &path))?,
        };
        serde_json::to_writer(&mut text, rotation)
            .map_err(io::Error::other)
            .map_err(AuditError::file("writing", &path))?;
        text.push(b'\n');
        files::replace(&path, &text).map_err(AuditError::file("writing", &path))
    }

    /// Takes one more key if the one before signs it; it may be known already.
    pub(crate) fn admit(&mut self, rotation: &Rotation) -> std::result::Result<(), String> {
        if rotation.log != self.log {
            return Err("it is of another log".into());
        }
        if let Some(known) = self.get(rotation.epoch) {
            return if *known == rotation.public {
                Ok(())
            } else {
                Err(format!("the key of epoch {} is another", rotation.epoch))
            };
        }
        if usize::try_from(rotation.epoch) != Ok(self.keys.len() + 1) {
            return Err(format!("epoch {} does not follow", rotation.epoch));
        }
        let signer = self.keys.last().copied().unwrap_or(rotation.public);
        if !signer.signed(&rotation.bytes(), &rotation.signature) {
            return Err(format!(
                "the key of epoch {} is not signed by the one before",
                rotation.epoch
            ));
        }
        self.keys.push(rotation.public);
        Ok(())
    }

    pub(crate) fn get(&self, epoch: u32) -> Option<&PublicKey> {
        self.keys.get(usize::try_from(epoch).ok()?.checked_sub(1)?)
    }

    pub(crate) fn has(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }
}
