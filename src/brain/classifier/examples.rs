//! Sentences with their intents, and the files that hold them.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The intent that stands for everything that is none of the others. Never trained on.
pub const OUT_OF_SCOPE: &str = "oos";

/// What an example counts that is nothing special.
pub const PLAIN_WEIGHT: f32 = 1.0;

/// The most that an example counts.
const MAX_WEIGHT: f32 = 1_000.0;

/// The longest line of a file, in bytes.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// The most examples of a file.
const MAX_EXAMPLES: usize = 200_000;

/// Bad lines that an error lists.
const MAX_BAD_LINES: usize = 10;

/// A sentence and what it means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Example {
    /// The sentence.
    pub text: String,
    /// The intent's name.
    pub intent: String,
    /// How many plain examples it counts for: a user's correction counts for more.
    #[serde(default = "plain_weight")]
    pub weight: f32,
}

/// Why a file of examples cannot be used. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExamplesError {
    /// The file cannot be opened or read.
    #[error("cannot read the examples `{}`: {source}; see to its path and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Some lines are no examples.
    #[error("{}; each line must be like {{\"text\": \"what time is it\", \"intent\": \"time\"}}", list(path, lines, *more))]
    BadLines {
        /// The file.
        path: PathBuf,
        /// The first of them.
        lines: Vec<BadLine>,
        /// How many more there are.
        more: usize,
    },
    /// The file has too many examples.
    #[error("`{}` has more than {most} examples; give fewer", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
        /// The most.
        most: usize,
    },
}

/// A line that is no example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Example {
    /// A plain example.
    pub fn new(text: impl Into<String>, intent: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            intent: intent.into(),
            weight: PLAIN_WEIGHT,
        }
    }

    /// The same, counting for `weight` plain ones.
    #[must_use]
    pub fn weighing(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Whether it is none of the intents.
    #[must_use]
    pub fn is_out_of_scope(&self) -> bool {
        self.intent == OUT_OF_SCOPE
    }
}

/// Reads a file of JSON lines: `text`, `intent` and, where wanted, `weight`. Empty lines are
/// passed over; every other line must be an example.
pub fn read(path: &Path) -> Result<Vec<Example>, ExamplesError> {
    let unreadable = |source| ExamplesError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut source = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut examples = Vec::new();
    let (mut bad, mut more) = (Vec::new(), 0);
    for number in 1.. {
        let Some(line) = next_line(&mut source).map_err(unreadable)? else {
            break;
        };
        match line.and_then(|line| parse(&line)) {
            Ok(None) => {}
            Ok(Some(_)) if examples.len() == MAX_EXAMPLES => {
                return Err(ExamplesError::TooMany {
                    path: path.to_owned(),
                    most: MAX_EXAMPLES,
                });
            }
            Ok(Some(example)) => examples.push(example),
            Err(problem) if bad.len() < MAX_BAD_LINES => bad.push(BadLine {
                line: number,
                problem,
            }),
            Err(_) => more += 1,
        }
    }
    if bad.is_empty() {
        return Ok(examples);
    }
    Err(ExamplesError::BadLines {
        path: path.to_owned(),
        lines: bad,
        more,
    })
}

/// The next line's bytes, or what is wrong with it; the rest of an overlong line is skipped.
fn next_line(source: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    let read = io::Read::take(&mut *source, MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if read as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
        source.skip_until(b'\n')?;
        return Ok(Some(Err(format!("longer than {MAX_LINE_BYTES} bytes"))));
    }
    Ok(Some(Ok(line)))
}

/// The example on a line; none if it is empty.
fn parse(line: &[u8]) -> Result<Option<Example>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let example: Example = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if example.text.trim().is_empty() {
        return Err("`text` is empty".into());
    }
    if example.intent.trim().is_empty() {
        return Err("`intent` is empty".into());
    }
    if !(example.weight > 0.0 && example.weight <= MAX_WEIGHT) {
        return Err(format!("`weight` must be above 0 and at most {MAX_WEIGHT}"));
    }
    Ok(Some(example))
}

fn plain_weight() -> f32 {
    PLAIN_WEIGHT
}

fn list(path: &Path, lines: &[BadLine], more: usize) -> impl fmt::Display {
    let mut text = String::from("these lines are no examples:");
    for BadLine { line, problem } in lines {
        text += &format!("\n{}:{line}: {problem}", path.display());
    }
    if more > 0 {
        text += &format!("\nand {more} more");
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<Vec<Example>, ExamplesError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("examples.jsonl");
        fs::write(&path, bytes).unwrap();
        read(&path)
    }

    #[test]
    fn lines_are_examples_and_corrections_weigh_more() {
        let lines = "{\"text\": \"what time is it\", \"intent\": \"time\"}\n\n\
                     {\"text\": \"tick tock\", \"intent\": \"time\", \"weight\": 4}";
        let examples = read_bytes(lines.as_bytes()).unwrap();
        let correction = Example::new("tick tock", "time").weighing(4.0);
        assert_eq!(
            examples,
            [Example::new("what time is it", "time"), correction]
        );
    }

    #[test]
    fn bad_lines_are_told_by_file_and_line() {
        let good = "{\"text\": \"hi\", \"intent\": \"hello\"}\n";
        let long = format!("\"{}\"\n", "x".repeat(MAX_LINE_BYTES as usize));
        let lines = [
            good,
            "{\"text\": \"hi\"}\n",
            &long,
            good,
            "{\"text\": \" \", \"intent\": \"a\"}\n",
            "{\"text\": \"a\", \"intent\": \"a\", \"weight\": 0}\n",
        ];
        let error = read_bytes(lines.concat().as_bytes()).unwrap_err();
        let ExamplesError::BadLines { lines, more: 0, .. } = &error else {
            panic!("{error}");
        };
        let numbers: Vec<usize> = lines.iter().map(|bad| bad.line).collect();
        assert_eq!(numbers, [2, 3, 5, 6]);
        assert!(
            error
                .to_string()
                .contains("examples.jsonl:2: missing field `intent`")
        );
    }

    #[test]
    fn a_list_of_bad_lines_ends() {
        let error = read_bytes("no\n".repeat(MAX_BAD_LINES + 5).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("and 5 more"), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_bytes(&bytes);
        }

        #[test]
        fn what_is_written_is_read(text in "[a-z'\"\\\\é]{1,20}", intent in "[a-z_.]{1,10}") {
            let line = serde_json::json!({ "text": text, "intent": intent }).to_string();
            prop_assert_eq!(read_bytes(line.as_bytes()).unwrap(), [Example::new(text, intent)]);
        }
    }
}
