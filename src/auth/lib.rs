//! Keys: who may ask for what over HTTP.
//!
//! A key is 32 random bytes, shown once and kept as a digest in one file that only its owner can
//! read. [`Keys`] is that file: the command line and the daemon use it side by side, each sees what
//! the other changes at the next use.
//!
//! - There is no key until somebody makes one.
//! - A key is found by its public id and compared by digest, in constant time.
//! - A [`Bearer`] is proof that a key was checked; nothing else makes one.

mod bearer;
mod file;
mod keys;
mod record;
mod scope;
mod table;
mod text;

pub use bearer::{Bearer, Refused};
pub use file::FileError;
pub use keys::{Created, Keys, KeysError};
pub use record::{KeyInfo, MAX_KEYS, MAX_NAME};
pub use scope::{Scope, Scopes, UnknownScope};
pub use text::{PREFIX, TextError, looks_like_key};
