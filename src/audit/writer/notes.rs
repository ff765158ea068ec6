//! What the log itself has to tell.

use serde_json::json;

use crate::canonical;
use crate::prepare::Prepared;
use crate::record::{Outcome, Record, Source, Status, Via};
use crate::recover::Torn;
use crate::verify::RECOVERED;

/// What is said of the end of a crash that was moved aside.
pub(super) fn recovered(torn: &Torn) -> Record {
    let mut note = Record::note(RECOVERED);
    note.details = Some(json!({
        "bytes": torn.bytes,
        "sha256": torn.sha256.to_string(),
        "file": torn.file,
    }));
    note
}

/// What is said of an act of which nobody knows what became.
pub(super) fn unknown(of: u64) -> Record {
    let mut after = Record::after(of);
    after.source = Some(Source {
        via: Via::System,
        id: None,
    });
    after.outcome = Some(Outcome {
        status: Status::Unknown,
        text: Some("FAME stopped before it was known how this ended".into()),
    });
    after
}

/// A record of the log's own, as it is written.
pub(super) fn own(record: &Record) -> Prepared {
    Prepared {
        kind: record.kind,
        of: record.of,
        // Made of numbers and of texts that cannot fail.
        json: canonical::to_vec(record).unwrap_or_default(),
    }
}
