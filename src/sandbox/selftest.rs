//! A program that tries to break out, before any other gets in.

use std::time::Duration;

use super::error::SandboxError;
use super::limits::Limits;
use super::profile::Profile;
use super::report::Run;
use super::request::{Caller, Request};

/// How long the attempts may take.
const WITHIN: Duration = Duration::from_secs(15);

/// The last line of attempts that were not ended early.
const TRIED_ALL: &str = "tried all\n";

/// The profile that runs them.
pub(super) const PROFILE: Profile = Profile::Shell;

/// The program.
pub(super) fn request() -> Request {
    Request {
        profile: PROFILE.name().into(),
        code: include_str!("attempts.sh").into(),
        stdin: Vec::new(),
        timeout: WITHIN,
        caller: Caller::CommandLine,
    }
}

/// Its limits, of those of the sandbox.
pub(super) fn limits(limits: &Limits) -> Limits {
    Limits {
        wall: WITHIN,
        ..*limits
    }
}

/// # Errors
/// What the program could do, if it could do anything.
pub(super) fn verdict(run: &Run) -> Result<(), SandboxError> {
    if run.stdout.text == TRIED_ALL {
        return Ok(());
    }
    let mismatch = match run.stdout.text.lines().next() {
        Some(line) => format!("a program in the sandbox could do what it must not: `{line}`"),
        None => format!(
            "the attempts to break out did not run: {:?}, `{}`",
            run.end,
            run.stderr.text.trim_end()
        ),
    };
    Err(SandboxError::PolicyMismatch { mismatch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Captured;
    use crate::report::{End, Tier};

    fn run(stdout: &str) -> Run {
        Run {
            end: End::default(),
            stdout: Captured {
                text: stdout.into(),
                ..Captured::default()
            },
            stderr: Captured::default(),
            wall: Duration::ZERO,
            tier: Tier::A,
            profile: PROFILE,
            image: None,
            files: Vec::new(),
            files_left_out: false,
            network: None,
        }
    }

    #[test]
    fn only_attempts_that_all_failed_are_good() {
        assert!(verdict(&run(TRIED_ALL)).is_ok());
        for bad in ["", "mount\ntried all\n", "tried all"] {
            assert!(verdict(&run(bad)).is_err(), "{bad:?}");
        }
    }
}
