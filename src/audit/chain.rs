//! How a record hangs on the one before it, and how it is framed in its line.
//!
//! A line is `{"seq":1,…,"hash":"<64 hex digits>"}` and a newline. The hash covers the hash before
//! it and every byte of the line up to `,"hash":"`; the rest has one form only. So there is no byte
//! that could be changed unnoticed, and nothing has to be parsed to find that out.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"fame audit record 1\n";
const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";
const HEX: usize = 64;

/// How every body begins.
const BEGIN: &[u8] = b"{\"seq\":";

/// A line is at most this long, its newline included, in bytes.
pub(crate) const LINE_BYTES: usize = 256 * 1024;

/// A SHA-256, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub(crate) [u8; 32]);

impl Hash {
    /// What the first record hangs on.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// The digest of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text)
            .map(Self)
            .ok_or_else(|| "a hash has 64 lower-case hex digits".to_owned())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The bytes of exactly `2 * N` lower-case hex digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// The hash of a record with this body behind `before`.
pub(crate) fn next(before: &Hash, body: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update(DOMAIN);
    sha.update(before.0);
    sha.update(body);
    Hash(sha.finalize().into())
}

/// Closes the line whose body begins at `start` of `buffer`, and gives its hash.
pub(crate) fn close_line(buffer: &mut Vec<u8>, start: usize, before: &Hash) -> Hash {
    let hash = next(before, buffer.get(start..).unwrap_or_default());
    buffer.extend_from_slice(BEFORE_HASH);
    buffer.extend_from_slice(hex(&hash.0).as_bytes());
    buffer.extend_from_slice(AFTER_HASH);
    buffer.push(b'\n');
    hash
}

/// A line's body and hash; none if it is not framed as a record is. `line` is without its newline.
pub(crate) fn split(line: &[u8]) -> Option<(&[u8], Hash)> {
    let rest = line.strip_suffix(AFTER_HASH)?;
    let (front, digits) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let body = front.strip_suffix(BEFORE_HASH)?;
    let hash = unhex(std::str::from_utf8(digits).ok()?)?;
    body.starts_with(BEGIN).then_some((body, Hash(hash)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let mut buffer = b"earlier\n".to_vec();
        let start = buffer.len();
        buffer.extend_from_slice(b"{\"seq\":7");
        let hash = close_line(&mut buffer, start, &Hash::NONE);
        let line = buffer[start..].strip_suffix(b"\n").unwrap();
        assert_eq!(split(line), Some((b"{\"seq\":7".as_slice(), hash)));
        assert_eq!(next(&Hash::NONE, b"{\"seq\":7"), hash);
        assert_ne!(next(&hash, b"{\"seq\":7"), hash);
    }

    #[test]
    fn another_form_of_the_same_hash_is_none() {
        assert!("A".repeat(64).parse::<Hash>().is_err());
        assert!("a".repeat(63).parse::<Hash>().is_err());
        let hash: Hash = "a".repeat(64).parse().unwrap();
        assert_eq!(hash.to_string(), "a".repeat(64));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_split_or_refused(line: Vec<u8>) {
            let _ = split(&line);
        }
    }
}
