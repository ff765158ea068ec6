//! A log as JSON lines or as a table, one line after the other.

use std::fs::File;
use std::io::BufReader;

use crate::error::{AuditError, Result};
use crate::query::{Reader, Search};
use crate::record::Entry;
use crate::segment::{self, Line, Lines, Segment};

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The lines as they are in the log, which can be verified again.
    JsonLines,
    /// The most important fields, with a heading.
    Csv,
}

const COLUMNS: &str = "seq,time,kind,of,event,session,via,source,heard,stage,intent,plugin,decision,approved,outcome,reply,latency_us";

/// The lines of an export, the oldest first, without their newlines.
pub struct Export {
    reader: Reader,
    search: Search,
    format: Format,
    heading: bool,
    segments: std::vec::IntoIter<Segment>,
    open: Option<(Segment, Lines<BufReader<File>>)>,
}

impl Reader {
    /// What matches, the oldest first and without a limit.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn export(&self, format: Format, search: Search) -> Result<Export> {
        let segments = segment::list(&self.folder)?;
        Ok(Export {
            reader: self.clone(),
            search,
            format,
            heading: format == Format::Csv,
            segments: segments.into_iter(),
            open: None,
        })
    }
}

impl Export {
    fn line(&mut self) -> Result<Option<String>> {
        if std::mem::take(&mut self.heading) {
            return Ok(Some(COLUMNS.to_owned()));
        }
        loop {
            if self.open.is_none() {
                let Some(segment) = self.segments.next() else {
                    return Ok(None);
                };
                let lines = segment.lines()?;
                self.open = Some((segment, lines));
            }
            let Some((segment, lines)) = &mut self.open else {
                continue;
            };
            let line = lines
                .next()
                .map_err(AuditError::file("reading", &segment.path))?;
            let Some(Line::Whole(line)) = line else {
                self.open = None;
                continue;
            };
            let entry = self.reader.entry(line, segment.first)?;
            if self.search.matches(&entry) {
                return Ok(Some(match self.format {
                    Format::JsonLines => String::from_utf8_lossy(line).into_owned(),
                    Format::Csv => row(&entry),
                }));
            }
        }
    }
}

impl Iterator for Export {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line().transpose();
        if matches!(line, Some(Err(_))) {
            // It would be the same error for ever.
            self.segments = Vec::new().into_iter();
            self.open = None;
        }
        line
    }
}

/// The name that serde gives `value`.
fn name(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn row(entry: &Entry) -> String {
    let record = &entry.record;
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let (source, route) = (record.source.as_ref(), record.route.as_ref());
    let outcome = record.outcome.as_ref();
    let cells = [
        entry.seq.to_string(),
        entry.time.to_string(),
        name(record.kind),
        number(record.of),
        text(record.event.as_ref()),
        text(record.session.as_ref()),
        source.map(|source| name(source.via)).unwrap_or_default(),
        text(source.and_then(|source| source.id.as_ref())),
        record
            .heard
            .as_ref()
            .map(|heard| heard.text.clone())
            .unwrap_or_default(),
        text(route.and_then(|route| route.stage.as_ref())),
        text(route.and_then(|route| route.intent.as_ref())),
        record
            .plugin
            .as_ref()
            .map(|plugin| plugin.name.clone())
            .unwrap_or_default(),
        record
            .decision
            .as_ref()
            .map(|decision| name(decision.verdict))
            .unwrap_or_default(),
        record
            .approval
            .as_ref()
            .map(|approval| approval.granted.to_string())
            .unwrap_or_default(),
        outcome
            .map(|outcome| name(outcome.status))
            .unwrap_or_default(),
        text(outcome.and_then(|outcome| outcome.text.as_ref())),
        number(record.latency_us),
    ];
    cells.map(|cell| csv(&cell)).join(",")
}

/// A cell of one line, which no spreadsheet takes for a formula.
fn csv(cell: &str) -> String {
    let mut clean: String = cell
        .chars()
        .map(|c| {
            if c.is_control() || crate::canonical::is_hidden(c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    if clean.starts_with(['=', '+', '-', '@']) {
        clean.insert(0, '\'');
    }
    if clean.contains(['"', ',', ' ', '\'']) {
        clean = format!("\"{}\"", clean.replace('"', "\"\""));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn a_cell_is_one_line_and_no_formula() {
        assert_eq!(csv("plain"), "plain");
        assert_eq!(csv("=1+1"), "\"'=1+1\"");
        assert_eq!(csv("a\"b,\nc\u{202e}"), "\"a\"\"b, c \"");
        assert_eq!(csv("\t=1"), "\" =1\"");
    }
}
