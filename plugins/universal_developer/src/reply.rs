//! A program as speech, as Markdown and as data.

use fame_plugin::HostError;
use serde_json::{Value, json};

use crate::catalogue::Entry;
use crate::shelf::Made;
use crate::spoken;

/// How the work on a program ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// It was tested, and not run on anything.
    Tested,
    /// It was run; the result is in [`Made::result`].
    Ran,
    /// It was run and gave no result, because it did this.
    Failed(String),
    /// The sandbox did not run it.
    NotRun(HostError),
}

/// What is said: `opening`, what the tests said, what it gave.
pub(crate) fn spoken(opening: &str, made: &Made, entry: Option<&Entry>, ending: &Ending) -> String {
    let tests = match (&made.report, ending) {
        (_, Ending::NotRun(error)) => {
            return format!("{opening}, but I have not run it: {error}.");
        }
        (Some(report), _) if report.total > 0 => format!(" and {}", spoken::report(report)),
        _ => String::new(),
    };
    let outcome = match (ending, &made.result) {
        (Ending::Ran, Some(result)) => match entry {
            Some(entry) => spoken::result(entry, &made.values, result),
            None if result == "" => "It ran and printed nothing.".into(),
            None => format!("It gives {}.", spoken::words(result)),
        },
        (Ending::Failed(why), _) => format!("When I ran it, it {}.", why.trim_end_matches('.')),
        _ if made.report.as_ref().is_some_and(|report| report.failed > 0) => {
            "The code and the failures are on your screen.".into()
        }
        _ => "Say what to run it on to try it.".into(),
    };
    format!("{opening}{tests}. {outcome}")
}

/// What a screen shows, as Markdown.
pub(crate) fn shown(made: &Made) -> String {
    let mut parts = vec![
        format!("**{}**", spoken::capital(&made.label())),
        fenced(made.source.language.profile(), &made.source.program()),
    ];
    if let Some(report) = &made.report {
        parts.push(format!(
            "Tests: {} of {} passed",
            report.passed, report.total
        ));
        if !report.output.is_empty() {
            parts.push(fenced("text", &report.output));
        }
    }
    if let Some(result) = &made.result {
        let text = match result {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        parts.push(format!("Result:\n\n{}", fenced("text", &text)));
    }
    parts.join("\n\n")
}

/// `text` as a block of code that nothing in it can end.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// What programs get.
pub(crate) fn data(made: &Made) -> Value {
    json!({
        "id": made.entry,
        "name": made.name,
        "title": made.title,
        "origin": made.origin,
        "language": made.source.language.profile(),
        "code": made.source.program(),
        "tests": made.source.tests,
        "test_report": made.report,
        "arguments": made.values,
        "result": made.result,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_leave_its_fence() {
        assert_eq!(fenced("python", "a = 1\n"), "```python\na = 1\n```");
        assert_eq!(fenced("", "```\n````"), "`````\n```\n````\n`````");
    }
}
