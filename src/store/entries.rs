//! Values by key, for each namespace apart.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::error::{Fault, at_most};

/// The longest key, and the longest name of a namespace, in bytes.
pub const KEY_BYTES: usize = 256;

/// The largest value as JSON, in bytes.
pub const VALUE_BYTES: usize = 256 * 1024;

/// What one namespace may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    /// Keys.
    pub(super) keys: usize,
    /// Keys and values together, in bytes.
    pub(super) bytes: usize,
}

/// Keys of one namespace.
pub const NAMESPACE_KEYS: usize = 10_000;

/// Keys and values of one namespace together, in bytes.
pub const NAMESPACE_BYTES: usize = 16 * 1024 * 1024;

pub(super) const QUOTA: Quota = Quota {
    keys: NAMESPACE_KEYS,
    bytes: NAMESPACE_BYTES,
};

pub(super) fn get(db: &Connection, namespace: &str, key: &str) -> Result<Option<Value>, Fault> {
    let sql = "SELECT value FROM entry WHERE namespace = ?1 AND key = ?2";
    Ok(db
        .query_row(sql, params![namespace, key], |row| json(row, 0))
        .optional()?)
}

pub(super) fn put(
    db: &Connection,
    quota: Quota,
    namespace: &str,
    key: &str,
    value: &Value,
) -> Result<(), Fault> {
    let text = value.to_string();
    at_most(
        "the name of a namespace",
        namespace.len(),
        KEY_BYTES,
        "bytes",
    )?;
    at_most("a key", key.len(), KEY_BYTES, "bytes")?;
    at_most("a value", text.len(), VALUE_BYTES, "bytes")?;
    let bytes = key.len() + text.len();
    let others = "SELECT COUNT(*), TOTAL(bytes) FROM entry WHERE namespace = ?1";
    let this = "SELECT bytes FROM entry WHERE namespace = ?1 AND key = ?2";
    let (keys, all): (usize, f64) =
        db.query_row(others, [namespace], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let old: Option<usize> = db
        .query_row(this, [namespace, key], |row| row.get(0))
        .optional()?;
    let (keys, all) = (keys - usize::from(old.is_some()), all as usize);
    at_most("what is stored", keys + 1, quota.keys, "keys")?;
    let total = all - old.unwrap_or(0) + bytes;
    at_most("what is stored", total, quota.bytes, "bytes in all")?;
    db.execute(
        "INSERT OR REPLACE INTO entry (namespace, key, value, bytes) VALUES (?1, ?2, ?3, ?4)",
        params![namespace, key, text, bytes],
    )?;
    Ok(())
}

pub(super) fn delete(db: &Connection, namespace: &str, key: &str) -> Result<bool, Fault> {
    let sql = "DELETE FROM entry WHERE namespace = ?1 AND key = ?2";
    Ok(db.execute(sql, [namespace, key])? > 0)
}

/// In order of their bytes, so that those with one prefix are neighbours.
pub(super) fn keys(db: &Connection, namespace: &str, prefix: &str) -> Result<Vec<String>, Fault> {
    let sql = "SELECT key FROM entry WHERE namespace = ?1 AND key >= ?2 ORDER BY key";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([namespace, prefix])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        if !key.starts_with(prefix) {
            break;
        }
        keys.push(key);
    }
    Ok(keys)
}

/// Column `column` of `row`, which holds JSON.
pub(super) fn json(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Value> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::file;
    use super::*;

    const SMALL: Quota = Quota { keys: 4, bytes: 60 };

    #[derive(Clone, Debug)]
    enum Step {
        Put(String, Value),
        Delete(String),
        Get(String),
        Keys(String),
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = "[ab\u{0}%_é]{0,3}";
        let value = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(|number| json!(number)),
            ".{0,20}".prop_map(|text| json!({ "text": text })),
        ];
        prop_oneof![
            4 => (key, value).prop_map(|(key, value)| Step::Put(key, value)),
            2 => key.prop_map(Step::Delete),
            1 => key.prop_map(Step::Get),
            1 => "[ab\u{0}%_é]{0,2}".prop_map(Step::Keys),
        ]
    }

    fn fits(map: &BTreeMap<String, Value>) -> bool {
        let bytes = |(key, value): (&String, &Value)| key.len() + value.to_string().len();
        map.len() <= SMALL.keys && map.iter().map(bytes).sum::<usize>() <= SMALL.bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn it_is_a_map_with_a_quota(steps in prop::collection::vec(step(), 0..60)) {
            let db = file::in_memory().unwrap();
            put(&db, QUOTA, "other", "a", &json!("untouched")).unwrap();
            let mut map = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Put(key, value) => {
                        let mut after = map.clone();
                        after.insert(key.clone(), value.clone());
                        let put = put(&db, SMALL, "ours", &key, &value);
                        prop_assert_eq!(put.is_ok(), fits(&after));
                        if put.is_ok() {
                            map = after;
                        }
                    }
                    Step::Delete(key) => {
                        let had = map.remove(&key).is_some();
                        prop_assert_eq!(delete(&db, "ours", &key).unwrap(), had);
                    }
                    Step::Get(key) => {
                        prop_assert_eq!(get(&db, "ours", &key).unwrap(), map.get(&key).cloned());
                    }
                    Step::Keys(prefix) => {
                        let known = map.keys().filter(|key| key.starts_with(&prefix));
                        let known: Vec<String> = known.cloned().collect();
                        prop_assert_eq!(keys(&db, "ours", &prefix).unwrap(), known);
                    }
                }
            }
            prop_assert_eq!(get(&db, "other", "a").unwrap(), Some(json!("untouched")));
        }
    }

    #[test]
    fn a_key_and_a_value_have_a_size() {
        let db = file::in_memory().unwrap();
        let put = |key: usize, value: usize| {
            let value = json!("x".repeat(value - 2));
            put(&db, QUOTA, "ours", &"k".repeat(key), &value)
        };
        put(KEY_BYTES, VALUE_BYTES).unwrap();
        assert!(matches!(put(KEY_BYTES + 1, 2), Err(Fault::TooMuch { .. })));
        assert!(matches!(
            put(1, VALUE_BYTES + 1),
            Err(Fault::TooMuch { .. })
        ));
    }
}
