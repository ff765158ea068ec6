//! The profiles: what callers may choose. Everything else is the policy's.

use std::str::FromStr;

use super::error::SandboxError;

/// Where the program's source lies in the sandbox.
pub(super) const CODE_DIR: &str = "/sandbox/code";

/// Where it starts, and where it leaves files.
pub(super) const OUT_DIR: &str = "/sandbox/out";

/// What the program reads on its stdin.
pub(super) const INPUT_FILE: &str = "/sandbox/input";

/// The variables that the program sees; nothing of FAME's own environment gets in.
pub(super) const ENVIRONMENT: [(&str, &str); 6] = [
    ("PATH", "/usr/bin:/bin"),
    ("HOME", OUT_DIR),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    // Or what a program says comes only when it ends.
    ("PYTHONUNBUFFERED", "1"),
];

/// How a kind of program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Python 3.
    Python,
    /// The POSIX shell.
    Shell,
    /// JavaScript, by Node.js.
    JavaScript,
    /// Rust, compiled in the sandbox.
    Rust,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Python, Self::Shell, Self::JavaScript, Self::Rust];

    /// The name that callers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Shell => "shell",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
        }
    }

    /// The names of all profiles, for a message.
    pub fn names() -> String {
        Self::ALL
            .map(|profile| format!("`{}`", profile.name()))
            .join(", ")
    }

    /// The file in [`CODE_DIR`] that takes the source.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Python => "main.py",
            Self::Shell => "main.sh",
            Self::JavaScript => "main.js",
            Self::Rust => "main.rs",
        }
    }

    /// The command that makes the program, if it has to be made. No word has a space.
    pub(super) fn compile(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Rust => Some(&[
                "/usr/bin/rustc",
                "--edition=2021",
                "-Copt-level=1",
                "-o",
                "/sandbox/code/main",
                "/sandbox/code/main.rs",
            ]),
            Self::Python | Self::Shell | Self::JavaScript => None,
        }
    }

    /// The command that runs it, likewise.
    pub(super) fn command(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["/usr/bin/python3", "/sandbox/code/main.py"],
            Self::Shell => &["/bin/sh", "/sandbox/code/main.sh"],
            Self::JavaScript => &["/usr/bin/node", "/sandbox/code/main.js"],
            Self::Rust => &["/sandbox/code/main"],
        }
    }

    /// The programs that it needs on the machine where it runs.
    pub(super) fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["/usr/bin/python3"],
            Self::Shell => &["/bin/sh"],
            Self::JavaScript => &["/usr/bin/node"],
            Self::Rust => &["/usr/bin/rustc", "/usr/bin/cc"],
        }
    }

    /// Debian's packages with them.
    pub(super) fn packages(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Shell => "dash",
            Self::JavaScript => "nodejs",
            Self::Rust => "rustc gcc",
        }
    }

    /// Whether files on its scratch space may be executed: a compiler's result has to be.
    pub(super) fn executes_scratch(self) -> bool {
        self.compile().is_some()
    }
}

impl FromStr for Profile {
    type Err = SandboxError;

    fn from_str(name: &str) -> Result<Self, SandboxError> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| SandboxError::UnknownProfile {
                name: name.chars().take(40).filter(|c| !c.is_control()).collect(),
                known: Self::names(),
            })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_name_is_a_profile() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse::<Profile>().unwrap(), profile);
        }
        for name in [
            "",
            "Python",
            "../python",
            "python ",
            "python\0",
            "ubuntu; rm",
        ] {
            let error = name.parse::<Profile>().unwrap_err().to_string();
            assert!(error.contains("`python`, `shell`"), "{error}");
        }
    }

    #[test]
    fn no_word_of_a_command_needs_quotes() {
        for profile in Profile::ALL {
            let compile = profile.compile().unwrap_or_default();
            for word in compile.iter().chain(profile.command()) {
                assert!(!word.contains(|c: char| c.is_whitespace() || "'\"*?[$`\\".contains(c)));
            }
        }
    }
}
