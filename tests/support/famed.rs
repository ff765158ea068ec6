//! The real programs, run as a user would.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// `famed headless` with these arguments and a home of its own.
pub fn headless<S: AsRef<OsStr>>(home: &Path, args: impl IntoIterator<Item = S>) -> Output {
    famed(home).arg("headless").args(args).output().unwrap()
}

/// `famed` with a home of its own.
pub fn famed(home: &Path) -> Command {
    program(env!("CARGO_BIN_EXE_famed"), home)
}

/// `fame` with the same home.
pub fn fame(home: &Path) -> Command {
    program(env!("CARGO_BIN_EXE_fame"), home)
}

fn program(path: &str, home: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        // A developer's own settings would change what is tested; a log level does not.
        if name.to_string_lossy().starts_with("FAME_") && name != "FAME_LOG" {
            command.env_remove(name);
        }
    }
    command
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("FAME_RECOGNIZER__MODEL_FOLDER", super::project("models"))
        // Tests run beside each other, and Whisper's threads spin while they wait.
        .env("FAME_RECOGNIZER__THREADS", "1")
        // Daemons of tests run beside each other.
        .env("FAME_API__PORT", "0")
        .env("TZ", "UTC");
    command
}

/// A headless run's events. Fails if anything else is on stdout.
pub fn events(output: &Output) -> Vec<Value> {
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The events of one kind.
pub fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["event"] == kind)
        .collect()
}

/// The events of one file.
pub fn of_file(events: &[Value], file: &Path) -> Vec<Value> {
    let name = file.display().to_string();
    events
        .iter()
        .filter(|event| event["file"] == name.as_str())
        .cloned()
        .collect()
}

/// Fixture recordings by their names.
pub fn fixtures(names: impl IntoIterator<Item = String>) -> Vec<PathBuf> {
    let folder = super::project("tests/fixtures/audio");
    names.into_iter().map(|name| folder.join(name)).collect()
}
