//! The times at which plugins are woken.

use fame_plugin::Wakeup;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entries::{KEY_BYTES, json};
use super::error::{Fault, at_most};

/// Wake-ups to come of one plugin.
pub const PLUGIN_WAKEUPS: usize = 1000;

/// The largest data of a wake-up as JSON, in bytes.
pub const WAKEUP_BYTES: usize = 16 * 1024;

/// Wake-ups handed out in one go; the rest follows when those are taken.
pub const DUE_AT_ONCE: usize = 100;

/// A wake-up whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Names it to [`Store::woken`](super::Store::woken). One that is scheduled anew gets another
    /// number.
    pub number: i64,
    /// Whom to wake.
    pub plugin: String,
    /// What to tell it.
    pub wakeup: Wakeup,
}

/// Times are kept to the microsecond.
pub(super) fn schedule(db: &Connection, plugin: &str, wakeup: &Wakeup) -> Result<(), Fault> {
    let data = wakeup.data.to_string();
    at_most("a wake-up's name", wakeup.id.len(), KEY_BYTES, "bytes")?;
    at_most("a wake-up's data", data.len(), WAKEUP_BYTES, "bytes")?;
    let others: usize = db.query_row(
        "SELECT COUNT(*) FROM wakeup WHERE plugin = ?1 AND id <> ?2",
        [plugin, &wakeup.id],
        |row| row.get(0),
    )?;
    at_most("what is scheduled", others + 1, PLUGIN_WAKEUPS, "wake-ups")?;
    db.execute(
        "INSERT OR REPLACE INTO wakeup (plugin, id, at_us, data) VALUES (?1, ?2, ?3, ?4)",
        params![plugin, wakeup.id, wakeup.at.as_microsecond(), data],
    )?;
    Ok(())
}

pub(super) fn unschedule(db: &Connection, plugin: &str, id: &str) -> Result<bool, Fault> {
    let sql = "DELETE FROM wakeup WHERE plugin = ?1 AND id = ?2";
    Ok(db.execute(sql, [plugin, id])? > 0)
}

pub(super) fn scheduled(db: &Connection, plugin: &str) -> Result<Vec<Wakeup>, Fault> {
    let sql = "SELECT number, plugin, id, at_us, data FROM wakeup
               WHERE plugin = ?1 ORDER BY at_us, number";
    let mut statement = db.prepare(sql)?;
    let found = statement.query_map([plugin], |row| Ok(read(row)?.wakeup))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The first ones of those up to `now`, by their time.
pub(super) fn due(db: &Connection, now: Timestamp) -> Result<Vec<Due>, Fault> {
    let sql = "SELECT number, plugin, id, at_us, data FROM wakeup
               WHERE at_us <= ?1 ORDER BY at_us, number LIMIT ?2";
    let mut statement = db.prepare(sql)?;
    let found = statement.query_map(params![now.as_microsecond(), DUE_AT_ONCE], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn woken(db: &Connection, number: i64) -> Result<(), Fault> {
    db.execute("DELETE FROM wakeup WHERE number = ?1", [number])?;
    Ok(())
}

pub(super) fn next_at(db: &Connection) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT at_us FROM wakeup ORDER BY at_us LIMIT 1";
    Ok(db.query_row(sql, [], |row| time(row, 0)).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        number: row.get(0)?,
        plugin: row.get(1)?,
        wakeup: Wakeup {
            id: row.get(2)?,
            at: time(row, 3)?,
            data: json(row, 4)?,
        },
    })
}

/// Column `column` of `row`, which holds microseconds since 1970.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let at: i64 = row.get(column)?;
    Timestamp::from_microsecond(at)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, at))
}
