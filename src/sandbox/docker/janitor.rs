//! Removes containers: those that have done their work, and what a crash left.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bollard::Docker;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::call::{WORK_WITHIN, call, is_missing};
use crate::error::SandboxError;

/// How often what a crash left is looked for.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Removals that failed and are tried again at the next sweep; more are left to the deadline on
/// their labels.
const MAX_DOOMED: usize = 256;

/// Containers that one sweep removes; the next one goes on.
const MAX_SWEPT: usize = 256;

/// Longest wait for the last removals when FAME stops.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);

/// That a container is ours.
const LABEL: &str = "fame.sandbox";
/// Which process made it.
const LABEL_OWNER: &str = "fame.boot";
/// When it is done at the latest, in seconds since 1970.
const LABEL_DEADLINE: &str = "fame.deadline";

/// Containers that could not be removed, and will be: they outlive the engine's absence, and so does
/// this list. At most [`MAX_DOOMED`].
pub(crate) type Doomed = Arc<Mutex<Vec<String>>>;

/// Removes containers in the background.
#[derive(Debug)]
pub(super) struct Janitor {
    docker: Docker,
    runtime: Handle,
    tasks: TaskTracker,
    owner: String,
    doomed: Doomed,
}

impl Janitor {
    /// One for this process, on the runtime that it is called on.
    pub(super) fn new(docker: Docker, doomed: Doomed) -> Arc<Self> {
        Arc::new(Self {
            docker,
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            owner: Owner::this()
                .map(|owner| owner.to_string())
                .unwrap_or_default(),
            doomed,
        })
    }

    /// The labels of a new container that is done after `within`.
    pub(super) fn labels(&self, within: Duration) -> HashMap<String, String> {
        [
            (LABEL.into(), "1".into()),
            (LABEL_OWNER.into(), self.owner.clone()),
            (
                LABEL_DEADLINE.into(),
                (now() + within.as_secs()).to_string(),
            ),
        ]
        .into()
    }

    /// Kills and removes a container in the background.
    pub(super) fn remove(self: &Arc<Self>, id: String) {
        let janitor = Arc::clone(self);
        self.tasks.spawn_on(
            async move {
                if janitor.removed(&id).await.is_err() {
                    let mut doomed = janitor
                        .doomed
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    if doomed.len() < MAX_DOOMED {
                        doomed.push(id);
                    }
                }
            },
            &self.runtime,
        );
    }

    async fn removed(&self, id: &str) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::new()
            .force(true)
            .v(true)
            .build();
        let remove = async {
            match self.docker.remove_container(id, Some(options)).await {
                Err(error) if is_missing(&error) => Ok(()),
                other => other,
            }
        };
        call("removing a container", WORK_WITHIN, remove).await
    }

    /// Removes what nobody owns any more and tells how many there were.
    pub(super) async fn sweep(&self) -> Result<usize, SandboxError> {
        let filters: HashMap<String, Vec<String>> = [("label".into(), vec![LABEL.into()])].into();
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&filters)
            .build();
        let list = self.docker.list_containers(Some(options));
        let found = call("listing containers", WORK_WITHIN, list).await?;
        let mut abandoned: Vec<String> = found
            .into_iter()
            .filter(|container| is_abandoned(container, now()))
            .filter_map(|container| container.id)
            .collect();
        abandoned.append(&mut self.doomed.lock().unwrap_or_else(PoisonError::into_inner));
        abandoned.truncate(MAX_SWEPT);
        let mut removed = 0;
        for id in abandoned {
            match self.removed(&id).await {
                Ok(()) => removed += 1,
                Err(error) => tracing::warn!(%error, "a container stays until the next sweep"),
            }
        }
        Ok(removed)
    }

    /// Waits for the removals under way.
    pub(super) async fn leave(&self) {
        self.tasks.close();
        if timeout(LEAVE_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("containers are left; the next start removes them");
        }
    }
}

/// Whether nobody will remove a container: its owner is gone, or it is long overdue.
fn is_abandoned(container: &ContainerSummary, now: u64) -> bool {
    let label = |name: &str| {
        container
            .labels
            .as_ref()
            .and_then(|labels| labels.get(name))
    };
    let overdue = label(LABEL_DEADLINE)
        .and_then(|deadline| deadline.parse::<u64>().ok())
        .is_none_or(|deadline| deadline < now);
    let owner_gone = label(LABEL_OWNER)
        .and_then(|owner| Owner::read(owner))
        .is_some_and(|owner| owner.is_gone());
    overdue || owner_gone
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// A process, named so that no other one is ever meant: a number is used again, but not with the
/// same start in the same run of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    /// The run of the machine, and the process numbers' namespace.
    place: String,
    pid: u32,
    /// When it started, in clock ticks since the machine did.
    started: u64,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}/{}", self.place, self.pid, self.started)
    }
}

impl Owner {
    /// This process. None where the system does not tell.
    fn this() -> Option<Self> {
        let pid = std::process::id();
        Some(Self {
            place: place()?,
            pid,
            started: started(pid)?,
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '/');
        let started = parts.next()?.parse().ok()?;
        let pid = parts.next()?.parse().ok()?;
        Some(Self {
            place: parts.next()?.to_owned(),
            pid,
            started,
        })
    }

    /// Whether it is certain that it ended. Of another machine nobody knows here.
    fn is_gone(&self) -> bool {
        place().is_some_and(|here| here == self.place) && started(self.pid) != Some(self.started)
    }
}

fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let pids = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}-{}", boot.trim(), pids.display()))
}

/// Field 22 of `stat` (proc(5)); the name, which is field 2, may hold anything.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn container(owner: &str, deadline: &str) -> ContainerSummary {
        ContainerSummary {
            labels: Some(
                [
                    (LABEL_OWNER.into(), owner.into()),
                    (LABEL_DEADLINE.into(), deadline.into()),
                ]
                .into(),
            ),
            ..ContainerSummary::default()
        }
    }

    #[test]
    fn only_what_is_overdue_or_of_a_dead_owner_is_abandoned() {
        let this = Owner::this().unwrap();
        let mut earlier = this.clone();
        earlier.started -= 1;
        let mut elsewhere = earlier.clone();
        elsewhere.place = "another machine".into();
        for (owner, deadline, abandoned) in [
            (this.to_string(), "2000", false),
            (this.to_string(), "999", true),
            (earlier.to_string(), "2000", true),
            (elsewhere.to_string(), "2000", false),
            (elsewhere.to_string(), "999", true),
            ("nonsense".into(), "2000", false),
            ("nonsense".into(), "nonsense", true),
        ] {
            let container = container(&owner, deadline);
            assert_eq!(
                is_abandoned(&container, 1_000),
                abandoned,
                "{owner} {deadline}"
            );
        }
        assert_eq!(Owner::read(&this.to_string()), Some(this));
    }
}
