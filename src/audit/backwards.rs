//! A segment's lines from the last to the first, without reading all of it at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::chain::LINE_BYTES;
use crate::error::{AuditError, Result};
use crate::segment::Segment;

const BLOCK: usize = 64 * 1024;

/// The whole lines of a segment, the last one first. What is longer than any record is left out.
pub(crate) struct Backwards {
    file: File,
    segment: Segment,
    /// What has not been read yet, in bytes.
    unread: u64,
    /// What has been read and not been given yet; it begins at `unread`.
    rest: Vec<u8>,
}

impl Backwards {
    pub(crate) fn new(segment: Segment) -> Result<Self> {
        let file = File::open(&segment.path).map_err(AuditError::file("opening", &segment.path))?;
        let unread = segment.bytes()?;
        let mut lines = Self {
            file,
            segment,
            unread,
            rest: Vec::new(),
        };
        // What lies behind the last newline is being written.
        lines.line()?;
        Ok(lines)
    }

    /// The next line, without its newline.
    pub(crate) fn line(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let line = self.rest.split_off(at);
                return Ok(Some(line.get(1..).unwrap_or_default().to_vec()));
            }
            if self.unread == 0 {
                return Ok((!self.rest.is_empty()).then(|| std::mem::take(&mut self.rest)));
            }
            if self.rest.len() > LINE_BYTES {
                self.rest.clear();
            }
            self.fill()
                .map_err(AuditError::file("reading", &self.segment.path))?;
        }
    }

    /// Reads the block before what is there.
    fn fill(&mut self) -> io::Result<()> {
        let size = self.unread.min(BLOCK as u64);
        self.unread -= size;
        self.file.seek(SeekFrom::Start(self.unread))?;
        let mut block = Vec::with_capacity(BLOCK + self.rest.len());
        self.file.by_ref().take(size).read_to_end(&mut block)?;
        block.append(&mut self.rest);
        self.rest = block;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn it_gives_the_same_lines_in_turn(lines in proptest::collection::vec("[a-z]{1,40000}", 0..12), torn in "[a-z]{0,9}") {
            let folder = tempfile::tempdir().unwrap();
            let segment = Segment::new(folder.path(), 1);
            let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            text += &torn;
            fs::write(&segment.path, text).unwrap();
            let mut backwards = Backwards::new(segment).unwrap();
            let mut found = Vec::new();
            while let Some(line) = backwards.line().unwrap() {
                found.push(String::from_utf8(line).unwrap());
            }
            found.reverse();
            prop_assert_eq!(found, lines);
        }
    }
}
