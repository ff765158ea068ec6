//! One container: made, checked, started, proved; then it waits for its only program.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptions, InspectContainerOptions,
    StartContainerOptions,
};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::io::AsyncWrite;
use tokio::time::timeout;

use super::call::{ANSWER_WITHIN, WORK_WITHIN, call, failure};
use super::compare;
use super::janitor::Janitor;
use super::policy::{self, Asked};
use super::proof;
use crate::error::SandboxError;

/// Longest wait for a started container's proof.
const PROOF_WITHIN: Duration = Duration::from_secs(20);

/// One that waited so long is replaced: what it was proved under may have changed.
pub(super) const STALE_AFTER: Duration = Duration::from_secs(15 * 60);

/// What a container writes.
pub(super) type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// A started container that waits for a program. Dropped, it is removed.
pub(super) struct Container {
    pub(super) docker: Docker,
    pub(super) output: Output,
    pub(super) input: Pin<Box<dyn AsyncWrite + Send>>,
    pub(super) born: Instant,
    remains: Remains,
}

/// A container's id, with whom it is left when it is dropped.
pub(super) struct Remains {
    id: String,
    janitor: Arc<Janitor>,
}

impl Drop for Remains {
    fn drop(&mut self) {
        self.janitor.remove(std::mem::take(&mut self.id));
    }
}

impl Container {
    /// Makes one and has it prove itself.
    pub(super) async fn start(
        docker: &Docker,
        asked: &Asked,
        janitor: &Arc<Janitor>,
    ) -> Result<Self, SandboxError> {
        let body = policy::body(asked);
        let create = docker.create_container(None::<CreateContainerOptions>, body);
        let made = call("creating a container", WORK_WITHIN, create).await?;
        let remains = Remains {
            id: made.id,
            janitor: Arc::clone(janitor),
        };
        let id = remains.id.as_str();
        let inspect = docker.inspect_container(id, None::<InspectContainerOptions>);
        let effective = call("inspecting a container", ANSWER_WITHIN * 2, inspect).await?;
        if let Some(mismatch) = compare::mismatch(asked, &effective) {
            return Err(SandboxError::PolicyMismatch { mismatch });
        }
        let options = AttachContainerOptionsBuilder::new()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        // Before the start, or the first words would be lost.
        let attach = docker.attach_container(id, Some(options));
        let attached = call("attaching to a container", WORK_WITHIN, attach).await?;
        let start = docker.start_container(id, None::<StartContainerOptions>);
        call("starting a container", WORK_WITHIN, start).await?;
        let mut container = Self {
            docker: docker.clone(),
            output: attached.output,
            input: attached.input,
            born: Instant::now(),
            remains,
        };
        container.prove(asked).await?;
        Ok(container)
    }

    pub(super) fn id(&self) -> &str {
        &self.remains.id
    }

    async fn prove(&mut self, asked: &Asked) -> Result<(), SandboxError> {
        const DOING: &str = "waiting for a container to prove itself";
        let lost = |problem: String| SandboxError::EngineLost {
            doing: DOING,
            problem,
        };
        let mut proof = Vec::new();
        let read = async {
            while !proof::is_whole(&proof) && proof.len() < proof::MAX_PROOF_BYTES {
                match self.output.next().await {
                    Some(Ok(LogOutput::StdOut { message } | LogOutput::StdErr { message })) => {
                        proof.extend_from_slice(&message);
                    }
                    Some(Ok(_)) => return Err(lost("it does not speak Docker's protocol".into())),
                    Some(Err(error)) => return Err(failure(DOING, &error)),
                    None => return Err(lost(format!("it ended after {}", first_line(&proof)))),
                }
            }
            Ok(())
        };
        timeout(PROOF_WITHIN, read)
            .await
            .map_err(|_| lost(format!("nothing within {PROOF_WITHIN:?}")))??;
        match proof::mismatch(&proof, &asked.limits, asked.door.is_some()) {
            Some(mismatch) => Err(SandboxError::PolicyMismatch { mismatch }),
            None => Ok(()),
        }
    }

    /// Whether it still waits: it neither ended nor said anything since it proved itself.
    pub(super) fn waits(&mut self) -> bool {
        self.output.next().now_or_never().is_none()
    }
}

/// The first words of what is hardly a proof.
fn first_line(proof: &[u8]) -> String {
    let text = crate::text::safe(&proof[..proof.len().min(200)]);
    match text.lines().next() {
        Some(line) => format!("`{line}`"),
        None => "no word".into(),
    }
}
