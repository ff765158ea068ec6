//! Finds the first record that is not as it was written.

mod checker;
pub(crate) mod problem;

#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{AuditError, Result};
use crate::keys::PublicKeys;
use crate::seal::Dropped;
use crate::segment::{self, Line, Lines};
use crate::signature::PublicKey;
use crate::witness::Witness;

pub(crate) use checker::{Checker, Head, RECOVERED, UNFINISHED, WRITABLE};
pub use problem::Problem;

/// At most this many notices are kept; the rest is counted.
const NOTICES: usize = 1_000;

/// What to hold the log against.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The witness file. Without one, a log that was cut at its end or replaced by an older copy of
    /// itself cannot be told from a whole one.
    pub witness: Option<PathBuf>,
    /// A key that the log is known to have had. Without one, those in its own folder are believed.
    pub public_key: Option<PublicKey>,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The log's name.
    pub log: String,
    /// Records that were checked.
    pub records: u64,
    /// The numbers of the first and the last one.
    pub first: Option<u64>,
    /// See `first`.
    pub last: Option<u64>,
    /// Segments.
    pub segments: u64,
    /// Signatures of checkpoints that were checked.
    pub checkpoints: u64,
    /// Records behind the last checkpoint: their signature is not there yet.
    pub unsealed: u64,
    /// Keys that the log has had.
    pub epochs: u32,
    /// What was pruned: everything up to this one.
    pub pruned: Option<Dropped>,
    /// Checkpoints of the witness that were compared.
    pub witnessed: usize,
    /// What a person may want to know, but is no damage; at most 1,000.
    pub notices: Vec<Notice>,
    /// Notices that are left out.
    pub more_notices: u64,
    /// The first record that is not as it was written; none in a whole log.
    pub first_bad: Option<Bad>,
}

/// Something about a record that is no damage: the clock was set back, the end of a crash moved aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The record.
    pub seq: u64,
    /// What there is to know.
    pub what: String,
}

/// The first record that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bad {
    /// The number that it has, or should have.
    pub seq: u64,
    /// The file.
    pub segment: PathBuf,
    /// The line in it, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub problem: Problem,
}

/// Checks the log in `folder` from its first record to its last, in memory that does not grow with it.
/// It may be written meanwhile.
///
/// # Errors
/// If a file cannot be read. A damaged log is no error: see [`Report::first_bad`].
pub fn verify(folder: &Path, options: &Options) -> Result<Report> {
    let witness = options.witness.as_deref().map(Witness::load).transpose()?;
    let witness = witness.unwrap_or_default();
    let segments = segment::list(folder)?;
    let whole = |problem| Bad {
        seq: segments.first().map_or(1, |segment| segment.first),
        segment: folder.to_owned(),
        line: 0,
        problem,
    };
    let keys = match PublicKeys::load(folder) {
        Ok(keys) => keys,
        Err(problem) => {
            return Ok(Report {
                first_bad: Some(whole(Problem::Keys(problem))),
                ..Report::default()
            });
        }
    };
    let mut checker = Checker::new(keys);
    if let Some(key) = options.public_key.filter(|key| !checker.keys.has(key)) {
        let mut report = checker.report();
        report.first_bad = Some(whole(Problem::OtherKey(key.to_string())));
        return Ok(report);
    }

    let mut bad = None;
    for segment in &segments {
        let mut lines = segment.lines()?;
        let checked = checker
            .begin_segment(segment.first)
            .map_err(Stop::from)
            .and_then(|()| feed(&mut checker, &mut lines, &witness));
        match checked {
            Ok(()) => {}
            Err(Stop::Bad(problem)) => {
                bad = Some(Bad {
                    seq: checker.expected(segment.first),
                    segment: segment.path.clone(),
                    line: lines.number,
                    problem,
                });
                break;
            }
            Err(Stop::Io(error)) => {
                return Err(AuditError::file("reading", &segment.path)(error));
            }
        }
    }
    let bad = bad.or_else(|| {
        let ended = checker.finish().and_then(|()| {
            witness.check_end(checker.head().map_or(0, |head| head.seq), &checker.keys)
        });
        ended.err().map(|problem| Bad {
            seq: match problem {
                Problem::Truncated { last, .. } => last.saturating_add(1),
                _ => segments.first().map_or(1, |segment| segment.first),
            },
            ..whole(problem)
        })
    });

    let mut report = checker.report();
    report.witnessed = witness.len();
    report.first_bad = bad;
    if let Some(what) = witness.unreadable {
        report.notices.push(Notice {
            seq: report.last.unwrap_or(0),
            what,
        });
    }
    Ok(report)
}

pub(crate) enum Stop {
    Bad(Problem),
    Io(std::io::Error),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Bad(problem)
    }
}

/// Checks the lines of one segment, up to the first bad one.
pub(crate) fn feed<R: BufRead>(
    checker: &mut Checker,
    lines: &mut Lines<R>,
    witness: &Witness,
) -> std::result::Result<(), Stop> {
    while let Some(line) = lines.next().map_err(Stop::Io)? {
        match line {
            Line::Whole(line) => checker.line(line)?,
            Line::Unfinished(line) => return Err(Problem::Unfinished(line.len()).into()),
            Line::TooLong => return Err(Problem::TooLong.into()),
        }
        if let Some(head) = checker.head() {
            witness.check(head.seq, &head.hash, &checker.keys)?;
        }
    }
    checker.end_segment()?;
    Ok(())
}
