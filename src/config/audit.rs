//! `[audit]`: how long the record of what was done is kept, and who else witnesses it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[audit]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// A file elsewhere, on another disk or machine, that every checkpoint is written to as well.
    /// With it, `fame audit verify` notices even a record that was cut off at its end.
    pub witness: Option<PathBuf>,
    /// Days that records are kept (7 to 36,500).
    pub keep_days: u32,
    /// Space that records may take, in MiB (16 to 1,048,576). The oldest go first.
    pub keep_mib: u32,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            witness: None,
            keep_days: 3_650,
            keep_mib: 1_024,
        }
    }
}
