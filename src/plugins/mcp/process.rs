//! One run of a server's process: its pipes, its end.
//!
//! A task owns the child. It learns that the process ended by itself or has to go, tells everyone
//! who waits, and then ends whatever is left of the process group, politely first.
//!
//! # If the daemon dies
//! When it stops, it shuts its servers down. When it is killed, the process's stdin closes, at
//! which a server of MCP ends; under systemd the whole control group is killed with the daemon
//! besides. One started by hand that ignores its stdin lives on until its processor time is used
//! up: a death signal (`PR_SET_PDEATHSIG`) would need unsafe code and is tied to one thread.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::environment;
use super::error::{End, LastWords, Problem};
use super::group::{Farewell, Group};
use super::limits;
use super::spec::Spec;
use super::stderr::{self, Tail};

/// Messages to the process that may wait for it to read them. When they are full it counts as
/// deaf.
const MESSAGES_WAITING: usize = 64;

/// Orders to end it that may wait; the first is the one that counts.
const ORDERS_WAITING: usize = 4;

/// How long a process that closed its pipes may take to end, and the end of its stderr to come.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);

/// How long a process may go on after its stdin closed, and again after `SIGTERM`; then it is
/// killed.
const LEAVE_WITHIN: Duration = Duration::from_millis(500);

/// How long a killed process is waited for. One stuck in the kernel stays until it comes out.
const REAP_WITHIN: Duration = Duration::from_secs(1);

/// Longest time from an order to stop until the process is gone or given up.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A running process. It is stopped when this and the pipe's other users are dropped.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    orders: mpsc::Sender<End>,
    ended: watch::Receiver<Option<Ended>>,
    tail: Tail,
}

/// That a process ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) end: End,
}

/// Where messages go in and out.
#[derive(Debug)]
pub(super) struct Pipes {
    /// Lines for its stdin.
    pub(super) to: mpsc::Sender<Bytes>,
    /// Its stdout.
    pub(super) from: ChildStdout,
}

impl Process {
    /// Starts the process; its tasks are known to `tasks` until it is gone.
    pub(super) fn start(spec: &Spec, tasks: &TaskTracker) -> Result<(Self, Pipes), Problem> {
        let (name, args) = spec.command.split_first().ok_or(Problem::NoCommand)?;
        let program = environment::program(&spec.dir, name)?;
        environment::make_data_dir(&spec.data_dir)?;
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&spec.dir)
            .env_clear()
            .envs(environment::variables(spec))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Group::prepare(&mut command);
        let mut child = command
            .spawn()
            .map_err(|source| cannot_start(name, source))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let pid = child.id().unwrap_or_default();
        let ((Some(stdin), Some(stdout), Some(stderr)), Some(group)) = (pipes, Group::led_by(pid))
        else {
            let gone = std::io::Error::other("the process is gone at once");
            return Err(cannot_start(name, gone));
        };
        // An early return drops, and so kills, the process.
        limits::set(pid, &spec.limits).map_err(|source| Problem::Limits { source })?;

        let (to, waiting) = mpsc::channel(MESSAGES_WAITING);
        let (orders, ordered) = mpsc::channel(ORDERS_WAITING);
        let (tell, ended) = watch::channel(None);
        let tail = Tail::default();
        let complaints = stderr::drain(spec.id.clone(), stderr, tail.clone());
        tasks.spawn(write(stdin, waiting, ended.clone()));
        tasks.spawn(supervise(child, group, ordered, tell, complaints));
        let process = Self {
            pid,
            orders,
            ended,
            tail,
        };
        Ok((process, Pipes { to, from: stdout }))
    }

    /// Ends it for this reason, unless it has ended or is being ended already.
    pub(super) fn end(&self, reason: End) {
        // Full or closed: its end is under way.
        let _ = self.orders.try_send(reason);
    }

    /// Waits for its end.
    pub(super) async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(ended)) => ended.clone(),
            // Its task is gone, and so is the process.
            Ok(None) | Err(_) => Ended {
                at: Instant::now(),
                end: End::Stopped,
            },
        }
    }

    /// How it ended, if it did.
    pub(super) fn try_ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// The end of what it wrote to stderr.
    pub(super) fn last_words(&self) -> LastWords {
        self.tail.last_words()
    }

    /// Lets it use `seconds` of processor time from now on.
    pub(super) fn allow_cpu(&self, seconds: u64) {
        if let Err(error) = limits::allow_cpu(self.pid, seconds) {
            // It is about to be found dead, or keeps the limit that it has.
            tracing::debug!(self.pid, %error, "cannot renew the processor time");
        }
    }
}

fn cannot_start(program: &str, source: std::io::Error) -> Problem {
    let program = program.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound {
        Problem::Missing { program }
    } else {
        Problem::Start { program, source }
    }
}

/// Hands messages to the process. Its stdin closes when the process is to end.
async fn write(
    mut stdin: ChildStdin,
    mut waiting: mpsc::Receiver<Bytes>,
    mut ended: watch::Receiver<Option<Ended>>,
) {
    let pass_on = async {
        while let Some(line) = waiting.recv().await {
            // A pipe that breaks is a process that ends: its owner finds out.
            if stdin.write_all(&line).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = pass_on => {}
        _ = ended.wait_for(Option::is_some) => {}
    }
}

/// Owns the process until it is gone.
async fn supervise(
    mut child: Child,
    group: Group,
    mut ordered: mpsc::Receiver<End>,
    tell: watch::Sender<Option<Ended>>,
    complaints: impl Future<Output = ()> + Send + 'static,
) {
    let pid = child.id();
    let mut complaints = tokio::spawn(complaints);
    let end = tokio::select! {
        status = child.wait() => End::Exited(describe(status)),
        order = ordered.recv() => match order {
            // Most often its output closes because it ends.
            Some(End::HungUp) => match timeout(LAST_WORDS_WITHIN, child.wait()).await {
                Ok(status) => End::Exited(describe(status)),
                Err(_) => End::HungUp,
            },
            Some(end) => end,
            None => End::Stopped,
        },
    };
    if matches!(end, End::Exited(_)) {
        // What it started may hold the pipe open for ever.
        let _ = timeout(LAST_WORDS_WITHIN, &mut complaints).await;
    }
    let at = Instant::now();
    tell.send_replace(Some(Ended { at, end }));
    if !leave(&mut child, &group).await {
        tracing::warn!(pid, "a plugin's process does not end");
    }
    complaints.abort();
}

/// Waits for the process to leave, asks it to, and makes it. Tells whether it is gone.
async fn leave(child: &mut Child, group: &Group) -> bool {
    if timeout(LEAVE_WITHIN, child.wait()).await.is_ok() {
        return true;
    }
    group.tell(Farewell::Ask);
    if timeout(LEAVE_WITHIN, child.wait()).await.is_ok() {
        return true;
    }
    group.tell(Farewell::Kill);
    timeout(REAP_WITHIN, child.kill()).await.is_ok()
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
