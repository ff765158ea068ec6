//! Running programs in the sandbox, and what came of it.

use std::time::Duration;

use fame_plugin::{HostError, HostRef, Program, Ran};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::language::Language;
use crate::source::{REPORT_MARK, Source};

/// How long one run may take.
pub(crate) const RUN_LIMIT: Duration = Duration::from_secs(10);

/// The most output that is kept of a run, in bytes of each stream.
pub(crate) const MAX_OUTPUT: usize = 8_000;

/// What tests said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed, or were not reached.
    pub(crate) failed: usize,
    /// All tests.
    pub(crate) total: usize,
    /// What went wrong, a line each; empty if nothing did.
    pub(crate) output: String,
    /// The names of the tests that failed.
    #[serde(default)]
    pub(crate) failures: Vec<String>,
}

impl Report {
    /// Whether there were tests and all of them passed.
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0 && self.total > 0
    }
}

/// Runs the tests of `source`.
pub(crate) fn test(host: &HostRef, source: &Source) -> Result<Report, HostError> {
    let ran = run(host, source.language, source.test_program(), Vec::new())?;
    Ok(read_report(&source.test_names(), &ran))
}

/// Runs `code` with `stdin`.
pub(crate) fn run(
    host: &HostRef,
    language: Language,
    code: String,
    stdin: Vec<u8>,
) -> Result<Ran, HostError> {
    host.run(Program {
        profile: language.profile().into(),
        code,
        stdin,
        timeout: RUN_LIMIT,
    })
}

/// What a program printed last, as the value that it is: the JSON of our own programs, else text.
pub(crate) fn result(ran: &Ran) -> Value {
    let printed = ran.stdout.trim();
    serde_json::from_str(printed).unwrap_or_else(|_| Value::String(cut(printed).into()))
}

/// Why a run gave no result, fit to follow "but it".
pub(crate) fn complaint(ran: &Ran) -> String {
    if ran.timed_out {
        return format!("took longer than {} seconds", RUN_LIMIT.as_secs());
    }
    let last = ran
        .stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty());
    match (last, ran.exit_code) {
        (Some(line), _) => format!("failed: {}", line.trim()),
        (None, Some(code)) => format!("ended with the code {code}"),
        (None, None) => "was ended by the sandbox".into(),
    }
}

/// `text`, at most [`MAX_OUTPUT`] bytes of it.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_OUTPUT)]
}

pub(crate) fn read_report(names: &[String], ran: &Ran) -> Report {
    let line = ran
        .stdout
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(REPORT_MARK));
    let results: Vec<(String, Option<String>)> = line
        .and_then(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    let mut report = Report {
        total: names.len(),
        ..Report::default()
    };
    let mut lines = Vec::new();
    for name in names {
        let why = match results.iter().find(|(done, _)| done == name) {
            Some((_, None)) => {
                report.passed += 1;
                continue;
            }
            Some((_, Some(why))) => why.as_str(),
            None => "not reached",
        };
        report.failures.push(name.clone());
        lines.push(format!("{name}: {why}"));
    }
    report.failed = report.failures.len();
    if results.is_empty() && report.total > 0 {
        lines.push(format!("The program {}.", complaint(ran)));
        lines.push(cut(&ran.stderr).trim().into());
    }
    report.output = cut(lines.join("\n").trim()).into();
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["test_1", "test_2"].map(String::from).to_vec()
    }

    fn printed(stdout: &str) -> Ran {
        Ran {
            ok: true,
            stdout: stdout.into(),
            ..Ran::default()
        }
    }

    #[test]
    fn reports_are_read() {
        let ran =
            printed("noise\n@@fame-tests@@[[\"test_1\",null],[\"test_2\",\"ValueError: x\"]]\n");
        let report = read_report(&names(), &ran);
        assert_eq!((report.passed, report.failed, report.total), (1, 1, 2));
        assert_eq!(report.output, "test_2: ValueError: x");
        assert!(!report.is_good());
    }

    #[test]
    fn tests_that_do_not_report_have_failed() {
        for stdout in [
            "",
            "@@fame-tests@@",
            "@@fame-tests@@{}",
            "@@fame-tests@@[[\"test_9\",null]]",
        ] {
            let report = read_report(&names(), &printed(stdout));
            assert_eq!((report.passed, report.failed), (0, 2), "{stdout}");
            assert!(report.output.contains("test_1: not reached"), "{stdout}");
        }
    }

    #[test]
    fn complaints_say_what_happened() {
        let ran = |timed_out, stderr: &str, exit_code| Ran {
            timed_out,
            stderr: stderr.into(),
            exit_code,
            ..Ran::default()
        };
        assert_eq!(
            complaint(&ran(true, "", None)),
            "took longer than 10 seconds"
        );
        assert_eq!(
            complaint(&ran(false, "a\nValueError: b\n\n", Some(1))),
            "failed: ValueError: b"
        );
        assert_eq!(complaint(&ran(false, "", Some(3))), "ended with the code 3");
        assert_eq!(complaint(&ran(false, "", None)), "was ended by the sandbox");
    }
}
