//! Reads a log without writing it: its end, one record, or what matches. It may be written meanwhile.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::backwards::Backwards;
use crate::error::{AuditError, Result};
use crate::record::{Entry, Record, Via};
use crate::segment::{self, Line, Segment};

/// The most records that a search gives at once.
pub const SEARCH_LIMIT: usize = 1_000;

/// What is looked for. What is none matches everything.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// In any text of the record, in any case.
    pub text: Option<String>,
    /// By which way it was asked.
    pub via: Option<Via>,
    /// The id of who asked.
    pub source_id: Option<String>,
    /// The intent.
    pub intent: Option<String>,
    /// The plugin.
    pub plugin: Option<String>,
    /// The note's event.
    pub event: Option<String>,
    /// The conversation.
    pub session: Option<String>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Only records with a smaller number, to go on behind a page.
    pub before: Option<u64>,
    /// At most so many, at least 1; [`SEARCH_LIMIT`] if it is none or more.
    pub limit: Option<usize>,
}

impl Search {
    /// Whether `entry` is looked for.
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        let record = &entry.record;
        let source = record.source.as_ref();
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        self.before.is_none_or(|before| entry.seq < before)
            && self.since.is_none_or(|since| entry.time >= since)
            && self.until.is_none_or(|until| entry.time < until)
            && self
                .via
                .is_none_or(|via| source.map(|source| source.via) == Some(via))
            && same(
                &self.source_id,
                source.and_then(|source| source.id.as_deref()),
            )
            && same(
                &self.intent,
                record
                    .route
                    .as_ref()
                    .and_then(|route| route.intent.as_deref()),
            )
            && same(
                &self.plugin,
                record.plugin.as_ref().map(|plugin| plugin.name.as_str()),
            )
            && same(&self.event, record.event.as_deref())
            && same(&self.session, record.session.as_deref())
            && self.text.as_deref().is_none_or(|text| says(record, text))
    }
}

/// Whether a text of the record contains `wanted`.
fn says(record: &Record, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let texts = [
        record.event.as_deref(),
        record.heard.as_ref().map(|heard| heard.text.as_str()),
        record
            .outcome
            .as_ref()
            .and_then(|outcome| outcome.text.as_deref()),
        record.route.as_ref().and_then(|route| route.why.as_deref()),
        record
            .decision
            .as_ref()
            .and_then(|decision| decision.why.as_deref()),
    ];
    let contains = |text: &str| text.to_lowercase().contains(&wanted);
    let values = [&record.arguments, &record.details];
    texts.into_iter().flatten().any(contains)
        || values
            .into_iter()
            .flatten()
            .any(|value| contains(&value.to_string()))
}

/// Some records, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records.
    pub entries: Vec<Entry>,
    /// What to put into [`Search::before`] for the next page; none if there is no more.
    pub before: Option<u64>,
}

/// Reads a log. It needs no key and takes no lock.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) folder: PathBuf,
}

impl Reader {
    /// A reader of the log in `folder`.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The last `count` records, the oldest of them first; at most [`SEARCH_LIMIT`].
    ///
    /// # Errors
    /// If a file cannot be read, or a record not be understood.
    pub fn tail(&self, count: usize) -> Result<Vec<Entry>> {
        let mut page = self.search(&Search {
            limit: Some(count),
            ..Search::default()
        })?;
        page.entries.reverse();
        Ok(page.entries)
    }

    /// The record number `seq`; none if there is no such record, or it was pruned.
    ///
    /// # Errors
    /// If a file cannot be read, or the record not be understood.
    pub fn show(&self, seq: u64) -> Result<Option<Entry>> {
        let segments = segment::list(&self.folder)?;
        let within = segments.iter().rfind(|segment| segment.first <= seq);
        let Some(segment) = within else {
            return Ok(None);
        };
        let mut lines = segment.lines()?;
        let mut number = segment.first;
        while let Some(line) = lines
            .next()
            .map_err(AuditError::file("reading", &segment.path))?
        {
            match line {
                Line::Whole(line) if number == seq => return self.entry(line, seq).map(Some),
                Line::Whole(_) => number = number.saturating_add(1),
                Line::Unfinished(_) | Line::TooLong => break,
            }
        }
        Ok(None)
    }

    /// What matches, the newest first.
    ///
    /// # Errors
    /// If a file cannot be read, or a record not be understood.
    pub fn search(&self, search: &Search) -> Result<Page> {
        let limit = search.limit.unwrap_or(SEARCH_LIMIT).clamp(1, SEARCH_LIMIT);
        let mut page = Page::default();
        for segment in self.segments_before(search.before)?.into_iter().rev() {
            let first = segment.first;
            let mut lines = Backwards::new(segment)?;
            while let Some(line) = lines.line()? {
                let entry = self.entry(&line, first)?;
                if !search.matches(&entry) {
                    continue;
                }
                if page.entries.len() == limit {
                    page.before = page.entries.last().map(|entry| entry.seq);
                    return Ok(page);
                }
                page.entries.push(entry);
            }
        }
        Ok(page)
    }

    fn segments_before(&self, before: Option<u64>) -> Result<Vec<Segment>> {
        let mut segments = segment::list(&self.folder)?;
        if let Some(before) = before {
            segments.retain(|segment| segment.first < before);
        }
        Ok(segments)
    }

    pub(crate) fn entry(&self, line: &[u8], near: u64) -> Result<Entry> {
        serde_json::from_slice(line).map_err(|error| {
            AuditError::damaged(
                &self.folder,
                near,
                format!("it cannot be understood: {error}"),
            )
        })
    }
}
