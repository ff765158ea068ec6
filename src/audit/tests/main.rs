//! The log through its public face, on real files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod disk;
mod keep;
mod kill;
mod log;
mod read;

use std::path::Path;

use fame_audit::{Options, Report, verify};

/// What verifying the log in `folder` gives; it has to be whole.
fn sound(folder: &Path) -> Report {
    let report = verify(folder, &Options::default()).unwrap();
    assert_eq!(report.first_bad, None);
    report
}

/// The test `name` of this binary, as the command of another process.
fn again(name: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([
        name,
        "--exact",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command
}
