//! Makes containers, and has the first one try to break out before any program gets in.

use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use tokio::sync::OnceCell;

use super::container::Container;
use super::janitor::Janitor;
use super::policy::Asked;
use super::pool::STALE_AFTER;
use super::run;
use crate::error::SandboxError;
use crate::limits::Limits;
use crate::profile::Profile;
use crate::request::Stream;
use crate::selftest;

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
        }
    }

    /// A container for anything that is not compiled.
    pub(super) async fn proved(&self) -> Result<Container, SandboxError> {
        self.for_profile(Profile::Python).await
    }

    /// A container for this profile, on a machine where the attempts to break out failed.
    pub(super) async fn for_profile(&self, profile: Profile) -> Result<Container, SandboxError> {
        self.tested.get_or_try_init(|| self.self_test()).await?;
        self.make(profile).await
    }

    async fn make(&self, profile: Profile) -> Result<Container, SandboxError> {
        let lives = STALE_AFTER + self.limits.wall + OVERDUE_AFTER;
        let asked = Asked {
            image: self.image.clone(),
            limits: self.limits,
            executes_scratch: profile.executes_scratch(),
            runtime: self.runtime.clone(),
            labels: self.janitor.labels(lives),
        };
        Container::start(&self.docker, &asked, &self.janitor).await
    }

    /// Once for each image and engine in the daemon's life.
    async fn self_test(&self) -> Result<(), SandboxError> {
        let container = self.make(selftest::PROFILE).await?;
        let request = selftest::request();
        let limits = selftest::limits(&self.limits);
        let stream = Stream::new(None);
        let run = run::run(
            container,
            &self.image,
            &request,
            selftest::PROFILE,
            &limits,
            stream,
        )
        .await?;
        selftest::verdict(&run)
    }
}
