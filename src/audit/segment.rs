//! Segments: their names, their lines, and what they are written through.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::chain::LINE_BYTES;
use crate::error::{AuditError, Result};

const ENDING: &str = ".jsonl";
const DIGITS: usize = 20;

/// A segment on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The number of its first record, by its name.
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
}

impl Segment {
    pub(crate) fn new(folder: &Path, first: u64) -> Self {
        Self {
            first,
            path: folder.join(format!("{first:0DIGITS$}{ENDING}")),
        }
    }

    pub(crate) fn lines(&self) -> Result<Lines<BufReader<File>>> {
        let file = File::open(&self.path).map_err(AuditError::file("opening", &self.path))?;
        Ok(Lines::new(BufReader::with_capacity(256 * 1024, file)))
    }

    pub(crate) fn bytes(&self) -> Result<u64> {
        let found = fs::metadata(&self.path).map_err(AuditError::file("reading", &self.path))?;
        Ok(found.len())
    }
}

/// The segments in `folder`, the oldest first. Other files are none.
pub(crate) fn list(folder: &Path) -> Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder).map_err(AuditError::file("listing", folder))? {
        let entry = entry.map_err(AuditError::file("listing", folder))?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(ENDING))
            .filter(|digits| digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit()));
        if let Some(first) = number.and_then(|digits| digits.parse().ok()) {
            let path = entry.path();
            segments.push(Segment { first, path });
        }
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}

/// A line of a segment.
pub(crate) enum Line<'a> {
    /// A whole one, without its newline.
    Whole(&'a [u8]),
    /// The last one, without a newline.
    Unfinished(&'a [u8]),
    /// Longer than any record.
    TooLong,
}

/// Reads lines, each at most [`LINE_BYTES`] long.
pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    /// Where the last line begins, in bytes.
    pub(crate) begin: u64,
    /// Where it ends.
    pub(crate) offset: u64,
    /// The number of the last line, from 1.
    pub(crate) number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            line: Vec::new(),
            begin: 0,
            offset: 0,
            number: 0,
        }
    }

    /// The next line; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut limited = self.reader.by_ref().take(LINE_BYTES as u64);
        let read = limited.read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.begin = self.offset;
        self.offset += read as u64;
        Ok(Some(match self.line.strip_suffix(b"\n") {
            Some(line) => Line::Whole(line),
            None if read == LINE_BYTES => Line::TooLong,
            None => Line::Unfinished(&self.line),
        }))
    }
}

/// What a segment is written through: a file, or in tests one that fails.
pub(crate) trait Medium: Send {
    /// Writes `bytes` at `offset`, where it ends.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Waits until what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes back what lies behind `length`.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
