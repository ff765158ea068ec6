//! The tables, and how an older file becomes a current one.

use rusqlite::{Connection, Transaction};

use super::error::Fault;

/// Each step makes the next version of the one before; a file's version is the number of steps it
/// has been through. A step that was released is never changed: add another.
const STEPS: &[&str] = &["
    CREATE TABLE entry (
        namespace TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        PRIMARY KEY (namespace, key)
    );
    CREATE INDEX entry_bytes ON entry (namespace, bytes);

    CREATE TABLE wakeup (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        plugin TEXT NOT NULL,
        id TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (plugin, id)
    );
    CREATE INDEX wakeup_at ON wakeup (at_us);

    CREATE TABLE plugin_grant (
        plugin TEXT PRIMARY KEY,
        hash TEXT NOT NULL,
        permissions TEXT NOT NULL,
        at_us INTEGER NOT NULL
    );
    CREATE TABLE disabled (plugin TEXT PRIMARY KEY);

    CREATE TABLE correction (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL UNIQUE,
        intent TEXT NOT NULL,
        at_us INTEGER NOT NULL
    );

    CREATE TABLE turn (
        id INTEGER PRIMARY KEY,
        at_us INTEGER NOT NULL,
        session TEXT NOT NULL,
        source TEXT NOT NULL,
        text TEXT NOT NULL,
        explanation TEXT NOT NULL,
        reply TEXT NOT NULL
    );
"];

/// The version that this FAME writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The version of a file; 0 for an empty one.
pub(super) fn version(db: &Connection) -> Result<i64, Fault> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Takes the file through the steps that it lacks, all or none of them.
pub(super) fn migrate(db: &mut Connection) -> Result<(), Fault> {
    let from = usize::try_from(version(db)?).unwrap_or(0);
    if from >= STEPS.len() {
        return Ok(());
    }
    let change: Transaction<'_> = db.transaction()?;
    for step in &STEPS[from..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", VERSION)?;
    Ok(change.commit()?)
}
