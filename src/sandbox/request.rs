//! What is asked of the sandbox.

use std::time::Duration;

use serde::Serialize;

use super::error::SandboxError;
use super::limits::{Limits, MAX_CODE_BYTES, MAX_STDIN_BYTES};
use super::network::Way;
use super::profile::Profile;

/// Who wants a program run. Only the owner at the command line may ever use the runner without
/// walls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// `fame sandbox run`.
    CommandLine,
    /// A spoken request.
    Voice,
    /// A client of the REST interface or of the local socket.
    Api,
    /// A plugin.
    Plugin,
    /// The evolution engine.
    Evolution,
}

/// A program to run. There is no image, mount, user or network to choose.
#[derive(Clone, Debug)]
pub struct Request {
    /// A profile's name.
    pub profile: String,
    /// The program's source.
    pub code: String,
    /// What it reads on its stdin.
    pub stdin: Vec<u8>,
    /// How long it may take; bounded below and above, see [`Settings`](super::Settings).
    pub timeout: Duration,
    /// Who asks.
    pub caller: Caller,
}

impl Request {
    /// Checks the sizes and the profile.
    pub(super) fn check(&self) -> Result<Profile, SandboxError> {
        bounded("the program", self.code.len(), MAX_CODE_BYTES)?;
        bounded("the program's input", self.stdin.len(), MAX_STDIN_BYTES)?;
        self.profile.parse()
    }
}

/// A request with what the policy makes of it: all that a tier needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) request: &'a Request,
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    /// The hosts that it may reach, if its profile has a network.
    pub(super) way: Option<&'a Way>,
}

fn bounded(what: &'static str, bytes: usize, limit: usize) -> Result<(), SandboxError> {
    if bytes <= limit {
        return Ok(());
    }
    Err(SandboxError::TooLarge { what, bytes, limit })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            profile: "python".into(),
            code: String::new(),
            stdin: Vec::new(),
            timeout: Duration::from_secs(1),
            caller: Caller::Plugin,
        }
    }

    #[test]
    fn what_is_too_large_is_refused_before_anything_runs() {
        let mut large = request();
        large.code = "x".repeat(MAX_CODE_BYTES + 1);
        assert!(matches!(large.check(), Err(SandboxError::TooLarge { .. })));
        let mut large = request();
        large.stdin = vec![0; MAX_STDIN_BYTES + 1];
        assert!(matches!(large.check(), Err(SandboxError::TooLarge { .. })));
        assert_eq!(request().check().unwrap(), Profile::Python);
    }
}
