//! The record of everything that was done, which nobody can change unnoticed.
//!
//! Before an act the intent to do it is written, after it what became of it; both are on the disk
//! when [`Log::append`] returns. If they cannot be written, the act must not happen: callers fail
//! closed on its error.
//!
//! # What is on the disk
//! A folder of segments, one JSON record a line (`00000000000000000001.jsonl`, named by the first
//! sequence number in it). Each record carries the SHA-256 of its own bytes and of the record before
//! it; every so often a checkpoint signs where the chain has come to, and is repeated in a witness
//! file elsewhere, if there is one. The secret key (`key`, for its user alone) makes the signatures
//! and the fingerprints that stand for secrets; `keys.pub` is enough to verify.
//!
//! # What a reader may rely on
//! 1. An acknowledged record survives a crash of the process, and of the machine as far as the disk
//!    keeps its word.
//! 2. A segment is closed by a checkpoint; never more than [`UNSEALED_RECORDS`] records are unsigned.
//! 3. What was pruned is named by a signed record that is still there.
//! 4. A record holds no secret that [`redact`] knows, and no byte that could be taken for another
//!    record or turn a terminal's text around.
//! 5. Fields and kinds are only ever added.
//!
//! ```
//! use fame_audit::{Log, Options, Reader, Record, Settings, verify};
//!
//! let folder = tempfile::tempdir()?;
//! let log = Log::open(Settings::new(folder.path()))?;
//! let mut act = Record::before();
//! act.session = Some("kitchen".into());
//! let before = log.append(act)?;
//! log.append(Record::after(before.seq))?;
//! drop(log);
//!
//! assert!(verify(folder.path(), &Options::default())?.first_bad.is_none());
//! assert!(Reader::new(folder.path()).show(before.seq)?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backwards;
mod canonical;
mod chain;
mod clock;
mod error;
mod export;
mod files;
mod health;
mod keys;
mod kind;
mod log;
mod pending;
mod prepare;
mod prune;
mod query;
mod queue;
mod record;
mod recover;
pub mod redact;
mod seal;
mod segment;
mod settings;
mod signature;
mod verify;
mod witness;
mod writer;

pub use canonical::{TEXT_BYTES, VALUE_BYTES};
pub use chain::Hash;
pub use clock::{Clock, Now, SystemClock};
pub use error::{AuditError, Result};
pub use export::{Export, Format};
pub use kind::Kind;
pub use log::Log;
pub use pending::{Pending, Receipt};
pub use query::{Page, Reader, SEARCH_LIMIT, Search};
pub use record::{
    Approval, Decision, Entry, Heard, Outcome, PluginUsed, Record, Route, SandboxUsed, Source,
    Status, Verdict, Via,
};
pub use recover::Recovery;
pub use redact::Redactor;
pub use seal::Seal;
pub use settings::{Settings, UNSEALED_RECORDS};
pub use signature::PublicKey;
pub use verify::{Bad, Notice, Options, Problem, Report, verify};
