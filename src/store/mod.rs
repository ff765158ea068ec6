//! What FAME keeps over restarts: plugins' data, wake-ups, grants, corrections, turns.
//!
//! One SQLite file, one thread that has it open. Every call is one transaction and blocks until it
//! is on the disk; it is given up with an error that says what to do if that takes too long. The
//! file belongs to the user alone and to one daemon at a time. A damaged one is kept and replaced
//! by a fresh one, one of a later FAME is refused.
//!
//! ```
//! use fame::store::Store;
//! use serde_json::json;
//!
//! let store = Store::in_memory()?;
//! store.put("notes", "milk", json!({"amount": 2}))?;
//! assert_eq!(store.keys("notes", "m")?, ["milk"]);
//! # Ok::<(), fame::store::StoreError>(())
//! ```

mod corrections;
mod entries;
mod error;
mod file;
mod grants;
mod schema;
mod turns;
mod wakeups;
mod writer;

use std::path::Path;
use std::sync::Arc;

use fame_plugin::Wakeup;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

pub use corrections::{CORRECTION_BYTES, CORRECTIONS, Correction};
pub use entries::{KEY_BYTES, NAMESPACE_BYTES, NAMESPACE_KEYS, VALUE_BYTES};
pub use error::StoreError;
pub use grants::Grant;
pub use turns::{EXPLANATION_BYTES, NewTurn, TEXT_BYTES, TURNS, Turn};
pub use wakeups::{DUE_AT_ONCE, Due, PLUGIN_WAKEUPS, WAKEUP_BYTES};

use writer::Writer;

/// A handle on the store. Clones share it; the file is closed with the last one.
#[derive(Clone)]
pub struct Store(Arc<Writer>);

/// What a call of the store gives. The errors of all: the store is busy, damaged, full, or has
/// stopped; see [`StoreError`].
pub type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// Opens the store at `path`, or begins one there. Its folder becomes private.
    ///
    /// # Errors
    /// If the folder or file cannot be made private, another process has it open, or a later FAME
    /// wrote it.
    pub fn open(path: &Path) -> Result<Self> {
        Self::start(file::open(path)?)
    }

    /// A store that is gone with the process, for tests and headless runs.
    ///
    /// # Errors
    /// If there is no memory or no thread for it.
    pub fn in_memory() -> Result<Self> {
        Self::start(file::in_memory()?)
    }

    fn start(db: Connection) -> Result<Self> {
        let writer = Writer::start(db, writer::WAIT).map_err(StoreError::Thread)?;
        Ok(Self(Arc::new(writer)))
    }

    /// The value under `key` of `namespace`.
    pub fn get(&self, namespace: &str, key: &str) -> Result<Option<Value>> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        self.0.call("reading a value", move |db| {
            entries::get(db, &namespace, &key)
        })
    }

    /// Keeps `value` under `key` of `namespace`, within [`KEY_BYTES`], [`VALUE_BYTES`],
    /// [`NAMESPACE_KEYS`] and [`NAMESPACE_BYTES`].
    pub fn put(&self, namespace: &str, key: &str, value: Value) -> Result<()> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        self.0.call("storing a value", move |db| {
            entries::put(db, entries::QUOTA, &namespace, &key, &value)
        })
    }

    /// Forgets `key` of `namespace`; gives whether there was anything.
    pub fn delete(&self, namespace: &str, key: &str) -> Result<bool> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        self.0.call("deleting a value", move |db| {
            entries::delete(db, &namespace, &key)
        })
    }

    /// The keys of `namespace` that begin with `prefix`, in order.
    pub fn keys(&self, namespace: &str, prefix: &str) -> Result<Vec<String>> {
        let (namespace, prefix) = (namespace.to_owned(), prefix.to_owned());
        self.0.call("listing keys", move |db| {
            entries::keys(db, &namespace, &prefix)
        })
    }

    /// Keeps a wake-up of `plugin`; one of the same name is replaced. Within [`PLUGIN_WAKEUPS`] and
    /// [`WAKEUP_BYTES`]. While a scheduler runs it is the one to ask, as it has to know.
    pub fn schedule(&self, plugin: &str, wakeup: Wakeup) -> Result<()> {
        let plugin = plugin.to_owned();
        self.0.call("scheduling a wake-up", move |db| {
            wakeups::schedule(db, &plugin, &wakeup)
        })
    }

    /// Forgets the wake-up `id` of `plugin`; gives whether there was one.
    pub fn unschedule(&self, plugin: &str, id: &str) -> Result<bool> {
        let (plugin, id) = (plugin.to_owned(), id.to_owned());
        self.0.call("taking back a wake-up", move |db| {
            wakeups::unschedule(db, &plugin, &id)
        })
    }

    /// The wake-ups of `plugin`, by their time.
    pub fn scheduled(&self, plugin: &str) -> Result<Vec<Wakeup>> {
        let plugin = plugin.to_owned();
        self.0.call("listing wake-ups", move |db| {
            wakeups::scheduled(db, &plugin)
        })
    }

    /// The wake-ups up to `now`, by their time, at most [`DUE_AT_ONCE`]. They stay until
    /// [`Store::woken`] is told of them.
    pub fn due(&self, now: Timestamp) -> Result<Vec<Due>> {
        self.0
            .call("looking for wake-ups", move |db| wakeups::due(db, now))
    }

    /// Forgets a wake-up that was handed on, by its [`Due::number`].
    pub fn woken(&self, number: i64) -> Result<()> {
        self.0
            .call("forgetting a wake-up", move |db| wakeups::woken(db, number))
    }

    /// The time of the next wake-up of all plugins.
    pub fn next_at(&self) -> Result<Option<Timestamp>> {
        self.0.call("looking for wake-ups", wakeups::next_at)
    }

    /// Keeps a grant; an older one of the same plugin is replaced.
    pub fn set_grant(&self, grant: Grant) -> Result<()> {
        self.0
            .call("keeping a grant", move |db| grants::set(db, &grant))
    }

    /// What was granted to `plugin`.
    pub fn grant(&self, plugin: &str) -> Result<Option<Grant>> {
        let plugin = plugin.to_owned();
        self.0
            .call("reading a grant", move |db| grants::get(db, &plugin))
    }

    /// Takes back what was granted to `plugin`; gives whether there was anything.
    pub fn remove_grant(&self, plugin: &str) -> Result<bool> {
        let plugin = plugin.to_owned();
        self.0
            .call("taking back a grant", move |db| grants::remove(db, &plugin))
    }

    /// All grants, by plugin.
    pub fn grants(&self) -> Result<Vec<Grant>> {
        self.0.call("listing grants", grants::all)
    }

    /// Switches `plugin` off, over restarts.
    pub fn disable(&self, plugin: &str) -> Result<()> {
        self.set_disabled(plugin, true)
    }

    /// Switches `plugin` on again.
    pub fn enable(&self, plugin: &str) -> Result<()> {
        self.set_disabled(plugin, false)
    }

    fn set_disabled(&self, plugin: &str, off: bool) -> Result<()> {
        let plugin = plugin.to_owned();
        self.0.call("switching a plugin", move |db| {
            grants::set_disabled(db, &plugin, off)
        })
    }

    /// The plugins that are switched off, in order.
    pub fn disabled(&self) -> Result<Vec<String>> {
        self.0.call("listing plugins", grants::disabled)
    }

    /// Keeps what the user taught; the same text again replaces it. Within [`CORRECTION_BYTES`];
    /// the last [`CORRECTIONS`] are kept.
    pub fn correct(&self, correction: Correction) -> Result<()> {
        self.0.call("keeping a correction", move |db| {
            corrections::add(db, &correction)
        })
    }

    /// Forgets what the user taught about `text`; gives whether there was anything.
    pub fn remove_correction(&self, text: &str) -> Result<bool> {
        let text = text.to_owned();
        self.0.call("forgetting a correction", move |db| {
            corrections::remove(db, &text)
        })
    }

    /// What the user taught, the oldest first.
    pub fn corrections(&self) -> Result<Vec<Correction>> {
        self.0.call("listing corrections", corrections::all)
    }

    /// Keeps turns, each within [`TEXT_BYTES`] and [`EXPLANATION_BYTES`]; the last [`TURNS`] are
    /// kept. One that is larger is left out, which is an error once the others are kept.
    pub fn add_turns(&self, mut turns: Vec<NewTurn>) -> Result<()> {
        const ACTION: &str = "keeping turns";
        let mut larger = None;
        turns.retain(|turn| match turns::check(turn) {
            Ok(()) => true,
            Err(fault) => {
                larger = Some(fault);
                false
            }
        });
        self.0.call(ACTION, move |db| turns::add(db, &turns))?;
        match larger {
            Some(fault) => Err(fault.at(ACTION)),
            None => Ok(()),
        }
    }

    /// The turn `id`, as long as it is kept.
    pub fn turn(&self, id: u64) -> Result<Option<Turn>> {
        self.0.call("reading a turn", move |db| turns::get(db, id))
    }

    /// The last `limit` turns, the latest first.
    pub fn turns(&self, limit: usize) -> Result<Vec<Turn>> {
        self.turns_before(None, limit)
    }

    /// The last `limit` turns of those before the turn `before`, the latest first.
    pub fn turns_before(&self, before: Option<u64>, limit: usize) -> Result<Vec<Turn>> {
        self.0
            .call("reading turns", move |db| turns::latest(db, limit, before))
    }

    /// The number of the latest turn; 0 before the first. The next one has the next number.
    pub fn last_turn_id(&self) -> Result<u64> {
        self.0.call("reading turns", turns::last_id)
    }
}
