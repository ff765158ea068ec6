//! What the user lets plugins do, and which ones are switched off.

use fame_plugin::Permission;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entries::json;
use super::error::Fault;
use super::wakeups::time;

/// The user's word that a plugin may do something. It holds for this content of the plugin only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The plugin's id.
    pub plugin: String,
    /// The digest of the plugin's files when it was given.
    pub hash: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it was given, to the microsecond.
    pub at: Timestamp,
}

pub(super) fn set(db: &Connection, grant: &Grant) -> Result<(), Fault> {
    let names: Vec<String> = grant
        .permissions
        .iter()
        .map(Permission::to_string)
        .collect();
    db.execute(
        "INSERT OR REPLACE INTO plugin_grant (plugin, hash, permissions, at_us)
         VALUES (?1, ?2, ?3, ?4)",
        params![
            grant.plugin,
            grant.hash,
            serde_json::Value::from(names).to_string(),
            grant.at.as_microsecond()
        ],
    )?;
    Ok(())
}

pub(super) fn get(db: &Connection, plugin: &str) -> Result<Option<Grant>, Fault> {
    let sql = "SELECT plugin, hash, permissions, at_us FROM plugin_grant WHERE plugin = ?1";
    Ok(db.query_row(sql, [plugin], read).optional()?)
}

pub(super) fn remove(db: &Connection, plugin: &str) -> Result<bool, Fault> {
    let sql = "DELETE FROM plugin_grant WHERE plugin = ?1";
    Ok(db.execute(sql, [plugin])? > 0)
}

pub(super) fn all(db: &Connection) -> Result<Vec<Grant>, Fault> {
    let sql = "SELECT plugin, hash, permissions, at_us FROM plugin_grant ORDER BY plugin";
    let mut statement = db.prepare(sql)?;
    let found = statement.query_map([], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// A permission that this FAME does not know is not granted.
fn read(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let names = json(row, 2)?;
    let names = names.as_array().into_iter().flatten().cloned();
    Ok(Grant {
        plugin: row.get(0)?,
        hash: row.get(1)?,
        permissions: names
            .filter_map(|name| serde_json::from_value(name).ok())
            .collect(),
        at: time(row, 3)?,
    })
}

pub(super) fn set_disabled(db: &Connection, plugin: &str, off: bool) -> Result<(), Fault> {
    let sql = if off {
        "INSERT OR IGNORE INTO disabled (plugin) VALUES (?1)"
    } else {
        "DELETE FROM disabled WHERE plugin = ?1"
    };
    db.execute(sql, [plugin])?;
    Ok(())
}

pub(super) fn disabled(db: &Connection) -> Result<Vec<String>, Fault> {
    let mut statement = db.prepare("SELECT plugin FROM disabled ORDER BY plugin")?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}
