//! What the user taught the classifier: that this text means that intent.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::error::{Fault, at_most};
use super::wakeups::time;

/// Corrections that are kept. With one more the oldest is forgotten.
pub const CORRECTIONS: usize = 2000;

/// The longest text of a correction, in bytes.
pub const CORRECTION_BYTES: usize = 1024;

/// One example of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// What was said.
    pub text: String,
    /// The intent that was meant.
    pub intent: String,
    /// When it was taught, to the microsecond.
    pub at: Timestamp,
}

/// The same text again replaces what was taught before.
pub(super) fn add(db: &Connection, correction: &Correction) -> Result<(), Fault> {
    let size = correction.text.len() + correction.intent.len();
    at_most("a correction", size, CORRECTION_BYTES, "bytes")?;
    db.execute(
        "INSERT OR REPLACE INTO correction (text, intent, at_us) VALUES (?1, ?2, ?3)",
        params![
            correction.text,
            correction.intent,
            correction.at.as_microsecond()
        ],
    )?;
    db.execute(
        "DELETE FROM correction WHERE number <=
         (SELECT number FROM correction ORDER BY number DESC LIMIT 1 OFFSET ?1)",
        [CORRECTIONS],
    )?;
    Ok(())
}

pub(super) fn remove(db: &Connection, text: &str) -> Result<bool, Fault> {
    Ok(db.execute("DELETE FROM correction WHERE text = ?1", [text])? > 0)
}

pub(super) fn all(db: &Connection) -> Result<Vec<Correction>, Fault> {
    let mut statement = db.prepare("SELECT text, intent, at_us FROM correction ORDER BY number")?;
    let found = statement.query_map([], |row| {
        Ok(Correction {
            text: row.get(0)?,
            intent: row.get(1)?,
            at: time(row, 2)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
