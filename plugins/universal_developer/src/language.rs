//! Programming languages: those it writes, those it can only run, and those it has heard of.

use serde::{Deserialize, Serialize};

/// A language that the sandbox runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// Python 3.
    Python,
    /// JavaScript as Node.js runs it.
    JavaScript,
    /// A POSIX shell. It is run where it is given, never written.
    Shell,
}

/// What people call languages, each with other ways of saying it. The first three are those of
/// [`Language`]; of the others it is only known that they are languages.
const KNOWN: &[(&str, &[&str])] = &[
    ("Python", &["python 3", "python three", "pyton", "py"]),
    (
        "JavaScript",
        &[
            "java script",
            "js",
            "node",
            "node js",
            "nodejs",
            "ecmascript",
        ],
    ),
    ("shell", &["bash", "sh", "posix shell", "bash shell"]),
    ("TypeScript", &["type script"]),
    ("Rust", &[]),
    ("Java", &[]),
    ("C", &[]),
    ("C++", &["c plus plus", "cpp"]),
    ("C#", &["c sharp"]),
    ("Go", &["golang", "go lang"]),
    ("Ruby", &[]),
    ("PHP", &[]),
    ("Swift", &[]),
    ("Kotlin", &[]),
    ("Perl", &[]),
    ("Haskell", &[]),
    ("Lua", &[]),
    ("Scala", &[]),
    ("R", &[]),
    ("SQL", &[]),
    ("HTML", &[]),
    ("Fortran", &[]),
    ("COBOL", &[]),
    ("assembly", &["assembler", "assembly language"]),
];

impl Language {
    /// The sandbox's profile that runs it.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Shell => "shell",
        }
    }

    /// Its name, fit to be said and shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Shell => "shell",
        }
    }

    /// The language of a name from [`known`] or of a profile; none for those that do not run here.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Python, Self::JavaScript, Self::Shell]
            .into_iter()
            .find(|language| language.name().eq_ignore_ascii_case(name))
    }
}

/// All names, each with other ways of saying it, as a dynamic list wants them.
pub(crate) fn known() -> Vec<(String, Vec<String>)> {
    let entry = |(name, ways): &(&str, &[&str])| {
        let ways = ways.iter().map(|way| (*way).into()).collect();
        ((*name).into(), ways)
    };
    KNOWN.iter().map(entry).collect()
}

/// The name that `words` say, if all of them do.
pub(crate) fn said(words: &[&str]) -> Option<&'static str> {
    let said = words.join(" ");
    KNOWN
        .iter()
        .find(|(name, ways)| name.eq_ignore_ascii_case(&said) || ways.contains(&said.as_str()))
        .map(|(name, _)| *name)
}
