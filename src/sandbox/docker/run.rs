//! One program in one container.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptionsBuilder, StatsOptionsBuilder,
};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};

use super::call::{ANSWER_WITHIN, WORK_WITHIN, call, failure};
use super::container::Container;
use super::trailer::{self, Account, Splitter};
use crate::capture::{Capture, Captured};
use crate::error::SandboxError;
use crate::files::{self, Files};
use crate::limits::Limits;
use crate::profile::Profile;
use crate::report::{End, Run, Tier};
use crate::request::{Job, Request};
use crate::stream::Stream;

/// How often a running container is looked at. With the wait for an answer, a lost engine is noticed
/// within 2 s.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long a program's files may take to come after its end.
const FILES_WITHIN: Duration = Duration::from_secs(5);

/// The launcher's exit code when a program's way to the network cannot be made.
const NO_FORWARDER: i32 = 97;

/// `SIGKILL`.
const KILLED: i32 = 9;

/// Why a run is over.
enum Over {
    /// The launcher told the program's end, or the container ended.
    Ended,
    /// The clock on the wall.
    WallLimit,
    /// The processor's.
    CpuLimit,
}

/// What came of a program's outputs.
struct Heard {
    out: Splitter,
    err: Splitter,
    stdout: Capture,
    stderr: Capture,
    stream: Stream,
}

impl Heard {
    fn new(token: &str, stream: Stream) -> Self {
        Self {
            out: Splitter::new(token),
            err: Splitter::new(token),
            stdout: Capture::default(),
            stderr: Capture::default(),
            stream,
        }
    }

    fn take(&mut self, output: LogOutput) -> Result<(), SandboxError> {
        let Self {
            out,
            err,
            stdout,
            stderr,
            stream,
        } = self;
        match output {
            LogOutput::StdOut { message } => out.push(&message, |bytes| {
                stdout.push(bytes);
                stream.stdout(bytes);
            }),
            LogOutput::StdErr { message } => err.push(&message, |bytes| {
                stderr.push(bytes);
                stream.stderr(bytes);
            }),
            LogOutput::StdIn { .. } | LogOutput::Console { .. } => {
                return Err(SandboxError::EngineLost {
                    doing: "reading a program's output",
                    problem: "it does not speak Docker's protocol".into(),
                });
            }
        }
        Ok(())
    }

    /// Whether the launcher has begun to tell how the program ended.
    fn has_account(&self) -> bool {
        self.out.has_token()
    }

    /// Whether nothing more is to come. An archive's end is that of the connection.
    fn is_complete(&self) -> bool {
        self.out.is_complete() && self.err.has_token()
    }

    /// The launcher's account, if it came, and both outputs.
    fn finish(self) -> (Option<Account>, Captured, Captured) {
        let Self {
            out,
            err,
            mut stdout,
            mut stderr,
            mut stream,
        } = self;
        let account = out.finish(|bytes| {
            stdout.push(bytes);
            stream.stdout(bytes);
        });
        err.finish(|bytes| {
            stderr.push(bytes);
            stream.stderr(bytes);
        });
        (account, stdout.finish(), stderr.finish())
    }
}

/// Runs a program in a container, which is used up.
pub(super) async fn run(
    mut container: Container,
    image: &str,
    job: Job<'_>,
    stream: Stream,
) -> Result<Run, SandboxError> {
    let Job {
        request,
        profile,
        limits,
        ..
    } = job;
    let token = trailer::token().map_err(|error| SandboxError::Helper {
        doing: "drawing random numbers",
        source: error,
    })?;
    let started = Instant::now();
    let mut heard = Heard::new(&token, stream);
    let order = order(&token, request, profile);
    let seen = Seen::default();
    let over = follow(&mut container, &order, &limits, &mut heard, &seen).await?;
    let (docker, id) = (&container.docker, container.id());
    let timed_out = !matches!(over, Over::Ended) && !heard.has_account();
    if timed_out {
        kill(docker, id).await?;
    }
    let wall = started.elapsed();
    let (account, stdout, stderr) = heard.finish();
    let (end, files) = match account {
        Some(account) => (account.end, files::read(&account.archive)),
        None if timed_out => {
            let end = End {
                signal: Some(KILLED),
                timed_out: true,
                cpu: Duration::from_nanos(seen.cpu_ns.load(Ordering::Relaxed)),
                peak_memory_bytes: seen.memory_bytes.load(Ordering::Relaxed),
                ..End::default()
            };
            (end, Files::default())
        }
        None => (without_account(docker, id).await?, Files::default()),
    };
    Ok(Run {
        end,
        stdout,
        stderr,
        wall,
        tier: Tier::A,
        profile,
        image: Some(image.to_owned()),
        files: files.files,
        files_left_out: files.left_out,
        network: None,
    })
}

/// Hands a container its program and listens until the program's end or a limit.
async fn follow(
    container: &mut Container,
    order: &[u8],
    limits: &Limits,
    heard: &mut Heard,
    seen: &Seen,
) -> Result<Over, SandboxError> {
    let docker = container.docker.clone();
    let id = container.id().to_owned();
    let Container { output, input, .. } = container;
    let heartbeat = heartbeat(&docker, seen);
    let cpu = cpu_limit(&docker, &id, limits.cpu, seen);
    let wall = sleep(limits.wall);
    let send = async {
        input.write_all(order).await?;
        input.flush().await
    };
    tokio::pin!(heartbeat, cpu, wall, send);
    let (mut sent, mut carrying) = (false, false);
    loop {
        tokio::select! {
            // The clock before the output, or a flood could hold it off.
            biased;
            result = &mut send, if !sent => {
                // A container that ended is found out by its output's end.
                sent = true;
                if let Err(error) = result {
                    tracing::debug!(%error, "a container did not take its program");
                }
            }
            () = &mut wall => return Ok(Over::WallLimit),
            () = &mut cpu => return Ok(Over::CpuLimit),
            lost = &mut heartbeat => return Err(lost),
            next = output.next() => match next {
                Some(Ok(output)) => {
                    seen.pieces.fetch_add(1, Ordering::Relaxed);
                    heard.take(output)?;
                }
                Some(Err(error)) => return Err(failure("reading a program's output", &error)),
                None => return Ok(Over::Ended),
            },
        }
        if heard.is_complete() {
            return Ok(Over::Ended);
        }
        if heard.has_account() && !carrying {
            // Its time is told; what is left is ours to carry.
            carrying = true;
            wall.as_mut().reset((Instant::now() + FILES_WITHIN).into());
        }
    }
}

/// What the launcher reads.
fn order(token: &str, request: &Request, profile: Profile) -> Vec<u8> {
    let mut order = format!(
        "{token} {} {} {}\n{}\n{}\n",
        request.code.len(),
        request.stdin.len(),
        profile.file(),
        profile.compile().unwrap_or_default().join(" "),
        profile.command().join(" ")
    )
    .into_bytes();
    order.extend_from_slice(request.code.as_bytes());
    order.extend_from_slice(&request.stdin);
    order
}

/// What is known of a running container.
#[derive(Default)]
struct Seen {
    /// Processor time, when it was looked at last.
    cpu_ns: AtomicU64,
    /// The most memory that it had when it was looked at.
    memory_bytes: AtomicU64,
    /// Pieces of output that came: a sign of the engine's life.
    pieces: AtomicU64,
}

/// Ends badly when the engine is lost: it neither answers nor passes output on. One that is only
/// slow, on a machine with much to do or under a flood, is not.
async fn heartbeat(docker: &Docker, seen: &Seen) -> SandboxError {
    loop {
        sleep(LOOK_EVERY).await;
        let before = seen.pieces.load(Ordering::Relaxed);
        let ping = call("running a program", ANSWER_WITHIN, docker.ping()).await;
        match ping {
            Ok(_) => {}
            Err(_) if seen.pieces.load(Ordering::Relaxed) > before => {}
            Err(error) => return error,
        }
    }
}

/// Ends when the program has used up its processor time.
async fn cpu_limit(docker: &Docker, id: &str, limit: Duration, seen: &Seen) {
    loop {
        sleep(LOOK_EVERY).await;
        let options = StatsOptionsBuilder::new()
            .stream(false)
            .one_shot(true)
            .build();
        let mut stats = docker.stats(id, Some(options));
        let look = timeout(WORK_WITHIN, stats.next()).await;
        // Of one that ended its output tells, and of an engine that is lost the heartbeat.
        let Ok(Some(Ok(stats))) = look else {
            continue;
        };
        let cpu = stats.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage);
        let memory = stats.memory_stats.and_then(|memory| memory.usage);
        seen.cpu_ns.fetch_max(cpu.unwrap_or(0), Ordering::Relaxed);
        seen.memory_bytes
            .fetch_max(memory.unwrap_or(0), Ordering::Relaxed);
        if cpu.is_some_and(|cpu| Duration::from_nanos(cpu) >= limit) {
            return;
        }
    }
}

/// Kills a container, and lets nothing that happens then make it a failure of the program.
async fn kill(docker: &Docker, id: &str) -> Result<(), SandboxError> {
    let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
    let kill = docker.kill_container(id, Some(options));
    match call("killing a program", WORK_WITHIN, kill).await {
        // It ended by itself in this moment.
        Ok(()) | Err(SandboxError::Engine { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// How a container ended that told nothing: its program killed the launcher, or memory ran out
/// for everyone. If it still runs, the connection was lost and nothing is known.
async fn without_account(docker: &Docker, id: &str) -> Result<End, SandboxError> {
    const DOING: &str = "asking how a program ended";
    let ended = async {
        // The output ends a moment before the engine knows of the end.
        loop {
            let inspect = docker.inspect_container(id, None::<InspectContainerOptions>);
            let state = call(DOING, ANSWER_WITHIN, inspect)
                .await?
                .state
                .unwrap_or_default();
            if state.running != Some(true) {
                return Ok(state);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let state = timeout(ANSWER_WITHIN, ended)
        .await
        .map_err(|_| SandboxError::EngineLost {
            doing: DOING,
            problem: "its output ended while it runs".into(),
        })??;
    let status = state.exit_code.and_then(|code| i32::try_from(code).ok());
    if status == Some(NO_FORWARDER) {
        return Err(SandboxError::Engine {
            doing: "making a program's way to the network",
            problem: "the forwarder did not start".into(),
        });
    }
    let (exit_code, signal) = trailer::ended(status.unwrap_or(-1));
    Ok(End {
        // The launcher ends with 0 only after its account.
        exit_code: exit_code.filter(|code| *code != 0),
        signal,
        oom: state.oom_killed == Some(true),
        ..End::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn out(text: &str) -> LogOutput {
        let message = text.to_owned().into();
        LogOutput::StdOut { message }
    }

    fn err(text: &str) -> LogOutput {
        let message = text.to_owned().into();
        LogOutput::StdErr { message }
    }

    #[test]
    fn an_account_that_overtakes_the_other_output_does_not_end_it() {
        let mut heard = Heard::new(TOKEN, Stream::unheard());
        heard
            .take(out(&format!("{TOKEN} 3 0 0 0 0 0\nempty\n")))
            .unwrap();
        assert!(heard.has_account() && !heard.is_complete());
        heard.take(err("bad\n")).unwrap();
        assert!(!heard.is_complete());
        heard.take(err(TOKEN)).unwrap();
        assert!(heard.is_complete());
        let (account, stdout, stderr) = heard.finish();
        assert_eq!(account.unwrap().end.exit_code, Some(3));
        assert_eq!((stdout.text.as_str(), stderr.text.as_str()), ("", "bad\n"));
    }
}
