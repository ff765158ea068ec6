//! Makes containers, and has the first one try to break out before any program gets in.

use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use tokio::sync::OnceCell;

use super::container::{Container, STALE_AFTER};
use super::janitor::Janitor;
use super::policy::Asked;
use super::run;
use crate::error::SandboxError;
use crate::limits::Limits;
use crate::network::Door;
use crate::profile::Profile;
use crate::request::Job;
use crate::selftest;
use crate::stream::Stream;

/// Beyond a container's longest life, before anyone may call it abandoned.
const OVERDUE_AFTER: Duration = Duration::from_secs(60);

/// Makes containers of one image under one policy.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) docker: Docker,
    pub(super) image: String,
    pub(super) runtime: Option<String>,
    pub(super) limits: Limits,
    pub(super) janitor: Arc<Janitor>,
    tested: OnceCell<()>,
    tested_with_door: OnceCell<()>,
}

impl Maker {
    pub(super) fn new(
        docker: Docker,
        image: String,
        runtime: Option<String>,
        limits: Limits,
        janitor: Arc<Janitor>,
    ) -> Self {
        Self {
            docker,
            image,
            runtime,
            limits,
            janitor,
            tested: OnceCell::new(),
            tested_with_door: OnceCell::new(),
        }
    }

    /// A container for anything that is not compiled.
    pub(super) async fn proved(&self) -> Result<Container, SandboxError> {
        self.for_profile(Profile::Python).await
    }

    /// A container for this profile, on a machine where the attempts to break out failed.
    pub(super) async fn for_profile(&self, profile: Profile) -> Result<Container, SandboxError> {
        self.tested.get_or_try_init(|| self.self_test(None)).await?;
        self.make(profile, None).await
    }

    /// The same, with a way to a proxy.
    pub(super) async fn with_door(
        &self,
        profile: Profile,
        door: &Door,
    ) -> Result<Container, SandboxError> {
        self.tested_with_door
            .get_or_try_init(|| self.self_test(Some(door)))
            .await?;
        self.make(profile, Some(door)).await
    }

    async fn make(&self, profile: Profile, door: Option<&Door>) -> Result<Container, SandboxError> {
        let lives = STALE_AFTER + self.limits.wall + OVERDUE_AFTER;
        let asked = Asked {
            image: self.image.clone(),
            limits: self.limits,
            executes_scratch: profile.executes_scratch(),
            door: door.map(|door| door.folder().to_string_lossy().into_owned()),
            runtime: self.runtime.clone(),
            labels: self.janitor.labels(lives),
        };
        Container::start(&self.docker, &asked, &self.janitor).await
    }

    /// Once for each image and engine in the daemon's life, and once more where there is a network.
    async fn self_test(&self, door: Option<&Door>) -> Result<(), SandboxError> {
        let container = self.make(selftest::PROFILE, door).await?;
        let request = selftest::request();
        let job = Job {
            request: &request,
            profile: selftest::PROFILE,
            limits: selftest::limits(&self.limits),
            way: None,
        };
        let run = run::run(container, &self.image, job, Stream::unheard()).await?;
        selftest::verdict(&run)
    }
}
