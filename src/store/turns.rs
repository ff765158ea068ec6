//! What was asked and answered lately, for `fame why`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use serde_json::value::RawValue;

use super::entries::json;
use super::error::{Fault, at_most};
use super::wakeups::time;

/// Turns that are kept. With one more the oldest is forgotten.
pub const TURNS: usize = 1000;

/// The longest text and the longest reply of a turn, in bytes each.
pub const TEXT_BYTES: usize = 64 * 1024;

/// The largest explanation of a turn as JSON, in bytes.
pub const EXPLANATION_BYTES: usize = 256 * 1024;

/// One request and what became of it. Its explanation is JSON: only written while the turn is being
/// kept, see [`NewTurn`], and taken apart when it is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn<E = Value> {
    /// Its number; turns count on over restarts, from [`Store::last_turn_id`](super::Store).
    pub id: u64,
    /// When it came, to the microsecond.
    pub at: Timestamp,
    /// The conversation that it belongs to.
    pub session: String,
    /// How it came in: `voice`, `ipc`, `headless` or `rest`.
    pub source: String,
    /// What was asked.
    pub text: String,
    /// Why it was understood so.
    pub explanation: E,
    /// What was answered.
    pub reply: String,
}

/// A turn to be kept.
pub type NewTurn = Turn<Box<RawValue>>;

const COLUMNS: &str = "id, at_us, session, source, text, explanation, reply";

/// Refuses a turn that is too large.
pub(super) fn check(turn: &NewTurn) -> Result<(), Fault> {
    for (what, text, most) in [
        ("a turn's session", turn.session.as_str(), TEXT_BYTES),
        ("a turn's text", &turn.text, TEXT_BYTES),
        ("a turn's reply", &turn.reply, TEXT_BYTES),
        (
            "a turn's explanation",
            turn.explanation.get(),
            EXPLANATION_BYTES,
        ),
    ] {
        at_most(what, text.len(), most, "bytes")?;
    }
    Ok(())
}

/// The same number again replaces what was kept before.
pub(super) fn add(db: &Connection, turns: &[NewTurn]) -> Result<(), Fault> {
    let mut statement = db.prepare(&format!(
        "INSERT OR REPLACE INTO turn ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    ))?;
    for turn in turns {
        statement.execute(params![
            turn.id,
            turn.at.as_microsecond(),
            turn.session,
            turn.source,
            turn.text,
            turn.explanation.get(),
            turn.reply
        ])?;
    }
    db.execute(
        "DELETE FROM turn WHERE id <= (SELECT id FROM turn ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        [TURNS],
    )?;
    Ok(())
}

pub(super) fn get(db: &Connection, id: u64) -> Result<Option<Turn>, Fault> {
    // A number that the file cannot hold was never given to a turn.
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let sql = format!("SELECT {COLUMNS} FROM turn WHERE id = ?1");
    Ok(db.query_row(&sql, [id], read).optional()?)
}

/// The latest first, of those before `before` if that is given.
pub(super) fn latest(
    db: &Connection,
    limit: usize,
    before: Option<u64>,
) -> Result<Vec<Turn>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM turn WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    let mut statement = db.prepare(&sql)?;
    let before = i64::try_from(before.unwrap_or(u64::MAX)).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit.min(TURNS)).unwrap_or(i64::MAX);
    let found = statement.query_map([before, limit], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn last_id(db: &Connection) -> Result<u64, Fault> {
    Ok(
        db.query_row("SELECT COALESCE(MAX(id), 0) FROM turn", [], |row| {
            row.get(0)
        })?,
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Turn> {
    Ok(Turn {
        id: row.get(0)?,
        at: time(row, 1)?,
        session: row.get(2)?,
        source: row.get(3)?,
        text: row.get(4)?,
        explanation: json(row, 5)?,
        reply: row.get(6)?,
    })
}
