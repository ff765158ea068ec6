//! A program with its tests, and the texts that the sandbox gets.

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// What begins the line with the tests' report. No program of ours prints it otherwise; one that
/// did could only lie about itself.
pub(crate) const REPORT_MARK: &str = "@@fame-tests@@";

/// A program with its tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// What it is written in: Python or JavaScript where there are tests.
    pub(crate) language: Language,
    /// Its functions. Running them alone prints nothing.
    pub(crate) code: String,
    /// Its tests: functions without parameters that fail by raising.
    pub(crate) tests: String,
    /// The last lines, which run it and print what it gives.
    pub(crate) main: String,
}

impl Source {
    /// The whole program, as it is shown, saved and run.
    pub(crate) fn program(&self) -> String {
        match self.main.trim() {
            "" => self.code.clone(),
            main => format!("{}\n\n\n{main}\n", self.code.trim_end()),
        }
    }

    /// The names of the tests, in their order.
    pub(crate) fn test_names(&self) -> Vec<String> {
        let opening = match self.language {
            Language::Python => "def ",
            Language::JavaScript => "function ",
            Language::Shell => return Vec::new(),
        };
        let name = |line: &str| {
            let name = line.strip_prefix(opening)?.split('(').next()?.trim();
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            (name.starts_with("test") && plain).then(|| name.to_owned())
        };
        self.tests.lines().filter_map(name).collect()
    }

    /// The program that runs all tests and prints [`REPORT_MARK`] with a JSON array of
    /// `[name, null or what went wrong]`.
    pub(crate) fn test_program(&self) -> String {
        let names = serde_json::json!(self.test_names()).to_string();
        let (head, harness) = match self.language {
            Language::JavaScript => ("", JAVASCRIPT_HARNESS),
            _ => ("__name__ = \"tested\"\n", PYTHON_HARNESS),
        };
        let harness = harness
            .replace("@NAMES@", &names)
            .replace("@MARK@", REPORT_MARK);
        format!(
            "{head}{}\n\n\n{}\n\n\n{harness}",
            self.code.trim_end(),
            self.tests.trim()
        )
    }

    /// The text of the test `name`, for the one who has to repair what fails it.
    pub(crate) fn test_text(&self, name: &str) -> String {
        let opens = |line: &&str| line.starts_with("def ") || line.starts_with("function ");
        let mut lines = self
            .tests
            .lines()
            .skip_while(|line| !(opens(line) && line.contains(&format!(" {name}("))));
        let first = lines.next();
        let rest = lines.take_while(|line| !opens(line));
        let text: Vec<&str> = first.into_iter().chain(rest).collect();
        text.join("\n").trim_end().into()
    }
}

const PYTHON_HARNESS: &str = r#"import json as _json

_report = []
for _name in @NAMES@:
    try:
        globals()[_name]()
        _report.append([_name, None])
    except BaseException as _error:
        _why = f"{type(_error).__name__}: {_error}".rstrip(": ")
        _report.append([_name, _why[:300]])
print("\n@MARK@" + _json.dumps(_report))
"#;

const JAVASCRIPT_HARNESS: &str = r#"{
  const report = [];
  for (const name of @NAMES@) {
    try {
      eval(name)();
      report.push([name, null]);
    } catch (error) {
      report.push([name, String(error).slice(0, 300)]);
    }
  }
  console.log("\n@MARK@" + JSON.stringify(report));
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_by_name() {
        let source = Source {
            language: Language::Python,
            code: "def f():\n    return 1".into(),
            tests: "import os\n\ndef test_one():\n    assert f() == 1\n\ndef helper():\n    pass\n\ndef test_two():\n    assert f()\n"
                .into(),
            main: "print(f())".into(),
        };
        assert_eq!(source.test_names(), ["test_one", "test_two"]);
        assert_eq!(
            source.test_text("test_one"),
            "def test_one():\n    assert f() == 1"
        );
        assert_eq!(source.test_text("test_none"), "");
        assert_eq!(source.program(), "def f():\n    return 1\n\n\nprint(f())\n");
        assert!(
            source
                .test_program()
                .contains(r#"in ["test_one","test_two"]:"#)
        );
    }
}
