//! Tier B where there is no Linux: not to be had.

use std::path::Path;

use super::error::SandboxError;
use super::limits::Limits;
use super::profile::Profile;
use super::report::Run;
use super::request::Job;
use super::stream::Stream;

/// Never made.
#[derive(Debug)]
pub(super) enum Walls {}

impl Walls {
    pub(super) async fn start(_: &Path, _: &Limits) -> Result<Self, SandboxError> {
        Err(SandboxError::Walls {
            problem: "namespaces, Landlock and seccomp are Linux's".into(),
            remedy: "install a container engine".into(),
        })
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        match *self {}
    }

    pub(super) async fn run(&self, _: Job<'_>, _: Stream) -> Result<Run, SandboxError> {
        match *self {}
    }
}
