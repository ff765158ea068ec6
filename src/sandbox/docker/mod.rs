//! Tier A: a container engine, through its own interface.
//!
//! A container is made under one policy, and the effective one is compared with it; its first
//! process proves what it is before it gets a program; and each runs one program only.

mod call;
mod compare;
mod connect;
mod container;
mod janitor;
mod maker;
mod policy;
mod pool;
mod proof;
mod run;
mod trailer;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::call::{ANSWER_WITHIN, call, failure, is_missing};
pub(super) use self::janitor::Doomed;
use self::janitor::Janitor;
use self::maker::Maker;
use self::pool::Pool;
use super::error::SandboxError;
use super::network::{Door, Proxy, Way};
use super::profile::Profile;
use super::report::Run;
use super::request::Job;
use super::settings::Settings;
use super::stream::Stream;

/// The image's label with the profiles that it can run.
const LABEL_PROFILES: &str = "fame.sandbox.profiles";

/// What has to be done for an image.
const BUILD_HINT: &str = "build it with `fame sandbox build`, which needs no registry";

/// The engine, its image and its waiting containers.
pub(super) struct Engine {
    maker: Arc<Maker>,
    pool: Arc<Pool>,
    profiles: Vec<Profile>,
    address: String,
    version: String,
    notes: Vec<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Engine {
    /// Finds an engine and its image, and begins to make containers ready.
    ///
    /// `doomed` are containers that an engine before it could not remove.
    pub(super) async fn start(settings: &Settings, doomed: Doomed) -> Result<Self, SandboxError> {
        let found = connect::find(settings.engine.as_deref())
            .await
            .map_err(|reason| SandboxError::Unavailable { reason })?;
        let (image, profiles) = image(&found.docker, settings).await?;
        let janitor = Janitor::new(found.docker.clone(), doomed);
        let runtime = found.has_runsc.then(|| "runsc".to_owned());
        let limits = settings.limits(std::time::Duration::MAX);
        let maker = Maker::new(found.docker, image, runtime, limits, Arc::clone(&janitor));
        let maker = Arc::new(maker);
        let pool = Arc::new(Pool::default());
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(Arc::clone(&pool).keep(
            settings.warm,
            Arc::clone(&maker),
            janitor,
            stop.clone(),
        ));
        Ok(Self {
            maker,
            pool,
            profiles,
            address: found.address,
            version: found.version,
            notes: found.notes,
            stop,
            tasks,
        })
    }

    /// Runs a program.
    pub(super) async fn run(&self, job: Job<'_>, stream: Stream) -> Result<Run, SandboxError> {
        let profile = job.profile;
        if !self.profiles.contains(&profile) {
            return Err(SandboxError::ProfileMissing {
                profile: profile.name(),
                missing: format!("the image has no {}", profile.packages()),
                remedy: "build an image with it, or choose another profile".into(),
            });
        }
        if let Some(way) = job.way {
            return self.run_with_network(job, way, stream).await;
        }
        let warm = (!profile.executes_scratch())
            .then(|| self.pool.take())
            .flatten();
        let container = match warm {
            Some(container) => container,
            None => self.maker.for_profile(profile).await?,
        };
        run::run(container, &self.maker.image, job, stream).await
    }

    /// The same in a container of its own, in which there is the socket of a proxy.
    async fn run_with_network(
        &self,
        job: Job<'_>,
        way: &Way,
        stream: Stream,
    ) -> Result<Run, SandboxError> {
        // The forwarder is written in it.
        if !self.profiles.contains(&Profile::Python) {
            return Err(SandboxError::ProfileMissing {
                profile: job.profile.name(),
                missing: "the image has no python3, through which a network is reached".into(),
                remedy: "build an image with it, or turn `allow_network` off".into(),
            });
        }
        let (door, listener) = Door::open().map_err(|source| SandboxError::Helper {
            doing: "making the proxy's socket",
            source,
        })?;
        let proxy = Proxy::serve(listener, way);
        let container = self.maker.with_door(job.profile, &door).await?;
        let mut run = run::run(container, &self.maker.image, job, stream).await?;
        run.network = Some(proxy.finish().await);
        Ok(run)
    }

    /// Whether it answers.
    pub(super) async fn answers(&self) -> Result<(), SandboxError> {
        let docker = &self.maker.docker;
        call("looking after it", ANSWER_WITHIN, docker.ping()).await?;
        Ok(())
    }

    /// Removes what nobody owns any more and tells how many there were.
    pub(super) async fn prune(&self) -> Result<usize, SandboxError> {
        self.maker.janitor.sweep().await
    }

    /// Removes the waiting containers and waits for it.
    pub(super) async fn shut_down(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.pool.clear();
        self.maker.janitor.leave().await;
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    pub(super) fn image(&self) -> &str {
        &self.maker.image
    }

    /// The engine in words, such as `unix:///var/run/docker.sock (20.10.24, API 1.41)`.
    pub(super) fn describe(&self) -> String {
        let runtime = self
            .maker
            .runtime
            .as_deref()
            .map(|name| format!(", {name}"));
        format!(
            "{} ({}{})",
            self.address,
            self.version,
            runtime.unwrap_or_default()
        )
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Containers that wait for a program.
    pub(super) fn warm(&self) -> usize {
        self.pool.len()
    }
}

/// The image's id, which stays the same for this daemon's life wherever its name moves, and what it
/// can run.
async fn image(
    docker: &bollard::Docker,
    settings: &Settings,
) -> Result<(String, Vec<Profile>), SandboxError> {
    const DOING: &str = "looking for the sandbox's image";
    let name = settings.image.as_str();
    let inspect = async { Ok(docker.inspect_image(name).await) };
    let found = match call(DOING, ANSWER_WITHIN * 2, inspect).await? {
        Ok(found) => found,
        Err(error) if is_missing(&error) => {
            return Err(SandboxError::Image {
                problem: format!("the sandbox's image `{name}` is not there"),
                remedy: BUILD_HINT.into(),
            });
        }
        Err(error) => return Err(failure(DOING, &error)),
    };
    let id = found.id.unwrap_or_default();
    if let Some(pinned) = settings.image_id.as_deref().filter(|pinned| *pinned != id) {
        return Err(SandboxError::Image {
            problem: format!("the sandbox's image `{name}` is `{id}`, not the pinned `{pinned}`"),
            remedy: format!("{BUILD_HINT}, and correct `image_id` under `[sandbox]`"),
        });
    }
    let labels = found
        .config
        .and_then(|config| config.labels)
        .unwrap_or_default();
    let listed = labels
        .get(LABEL_PROFILES)
        .map(String::as_str)
        .unwrap_or_default();
    let profiles: Vec<Profile> = listed
        .split(',')
        .filter_map(|name| name.parse().ok())
        .collect();
    if profiles.is_empty() || !id.starts_with("sha256:") {
        return Err(SandboxError::Image {
            problem: format!("`{name}` is no image for the sandbox: it has no `{LABEL_PROFILES}`"),
            remedy: BUILD_HINT.into(),
        });
    }
    Ok((id, profiles))
}
