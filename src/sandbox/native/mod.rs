//! Tier B: no engine, but the kernel's own walls, put up by a helper that is this program again.
//!
//! | wall | what it keeps in |
//! | --- | --- |
//! | namespaces of users, processes, mounts, networks, IPC, names and control groups | everything |
//! | a root of its own, with a read-only `/usr` and nothing of the user's | files |
//! | Landlock, fully enforced | files once more, TCP, signals, abstract sockets |
//! | seccomp, an allow-list | the kernel |
//! | resource limits, one processor, and a watch on time, processor time and memory | the machine |
//! | no capabilities, no new privileges, `nobody` | rights |
//!
//! What no control group counts here is the kernel's own memory for a program's open files and
//! sockets; the limits of processes and open files bound it.
//!
//! A program whose profile has a network finds the proxy's port on its loopback (`loopback`); TCP to
//! that port is then open in Landlock and seccomp, and nothing else is.

mod census;
mod confine;
mod helper;
mod init;
mod loopback;
mod order;
mod pack;
mod process;
mod root;

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use self::order::{Answer, MAX_LINE_BYTES, Order, VERB};
use super::capture::Capture;
use super::error::SandboxError;
use super::files::{self, Files, MAX_ARCHIVE_BYTES};
use super::limits::Limits;
use super::network::{Listener, Proxy, Way};
use super::pipes::{self, OUTPUT_WITHIN};
use super::profile::Profile;
use super::report::{End, Run, Tier};
use super::request::Job;
use super::selftest;
use super::stream::Stream;

/// How much longer than its limit a program may take until the helper is thought to hang, and is
/// killed with it.
const GRACE: Duration = Duration::from_secs(2);

/// `SIGKILL`.
const KILLED: i32 = 9;

/// Whether this process was started as the helper, and if so its whole life.
///
/// The programs of this package call it first thing in `main`, before any thread starts.
pub fn main_if_helper() {
    if std::env::args_os().nth(1) == Some(OsString::from(VERB)) {
        std::process::exit(i32::from(helper::run()));
    }
}

/// The kernel's walls, tried out.
#[derive(Debug)]
pub(super) struct Walls {
    helper: PathBuf,
    profiles: Vec<Profile>,
    tested_with_network: OnceCell<()>,
}

impl Walls {
    /// Tries them with a program that tries to break out.
    pub(super) async fn start(helper: &Path, limits: &Limits) -> Result<Self, SandboxError> {
        let installed = |profile: &Profile| {
            profile
                .needs()
                .iter()
                .all(|program| Path::new(program).exists())
        };
        let walls = Self {
            helper: helper.to_owned(),
            profiles: Profile::ALL.into_iter().filter(installed).collect(),
            tested_with_network: OnceCell::new(),
        };
        walls.self_test(limits, None).await?;
        Ok(walls)
    }

    async fn self_test(&self, limits: &Limits, way: Option<&Way>) -> Result<(), SandboxError> {
        let request = selftest::request();
        let job = Job {
            request: &request,
            profile: selftest::PROFILE,
            limits: selftest::limits(limits),
            way,
        };
        selftest::verdict(&self.behind_walls(job, Stream::unheard()).await?)
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Runs a program.
    pub(super) async fn run(&self, job: Job<'_>, stream: Stream) -> Result<Run, SandboxError> {
        if !self.profiles.contains(&job.profile) {
            return Err(SandboxError::ProfileMissing {
                profile: job.profile.name(),
                missing: format!("there is no {}", job.profile.needs().join(" and ")),
                remedy: format!("install Debian's {}", job.profile.packages()),
            });
        }
        if job.way.is_some() {
            let closed = Way::closed();
            let test = || self.self_test(&job.limits, Some(&closed));
            self.tested_with_network.get_or_try_init(test).await?;
        }
        self.behind_walls(job, stream).await
    }

    async fn behind_walls(&self, job: Job<'_>, mut stream: Stream) -> Result<Run, SandboxError> {
        let failed = |doing| move |source| SandboxError::Helper { doing, source };
        let started = Instant::now();
        let (mut child, mut control) = self.spawn().map_err(failed("starting"))?;
        let pipes = (child.stdout.take(), child.stderr.take());
        let (Some(mut out), Some(mut err)) = pipes else {
            return Err(failed("starting")(io::ErrorKind::BrokenPipe.into()));
        };
        let mut captures = (Capture::default(), Capture::default());
        let mut proxy = None;
        let (reads, writes) = control.split();
        let talk = async {
            order(writes, &job).await?;
            if let Some(way) = job.way {
                let listener = loopback::take(reads.as_ref()).await?;
                proxy = listener.map(|listener| Proxy::serve(Listener::Tcp(listener), way));
            }
            answer(reads).await
        };
        let within = job.limits.wall + GRACE;
        let reading = pipes::read_both(&mut out, &mut err, &mut captures, &mut stream);
        let answer = {
            tokio::pin!(reading);
            let talk = timeout(within, talk);
            tokio::pin!(talk);
            let mut read = false;
            let answer = loop {
                tokio::select! {
                    answer = &mut talk => break answer,
                    () = &mut reading, if !read => read = true,
                }
            };
            if answer.is_err() {
                // Hung: with the helper everything inside is killed.
                let _ = child.start_kill();
            }
            if !read {
                // What is in the pipes; everyone who could write more is dead.
                let _ = timeout(OUTPUT_WITHIN, &mut reading).await;
            }
            answer
        };
        let wall = started.elapsed();
        let network = match proxy {
            Some(proxy) => Some(proxy.finish().await),
            None => None,
        };
        // Its end is nothing to wait for: what was inside is dead, and only namespaces are taken
        // down. Unwaited for, it would stay a zombie until the runtime looks.
        drop(control);
        tokio::spawn(async move { timeout(GRACE, child.wait()).await });
        let (end, files) = match answer {
            Ok(answer) => answer.map_err(failed("running a program"))??,
            Err(_) => {
                let end = End {
                    signal: Some(KILLED),
                    timed_out: true,
                    ..End::default()
                };
                (end, Files::default())
            }
        };
        Ok(Run {
            end,
            stdout: captures.0.finish(),
            stderr: captures.1.finish(),
            wall,
            tier: Tier::B,
            profile: job.profile,
            image: None,
            files: files.files,
            files_left_out: files.left_out,
            network,
        })
    }

    fn spawn(&self) -> io::Result<(Child, UnixStream)> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        let child = Command::new(&self.helper)
            .arg(VERB)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok((child, UnixStream::from_std(ours)?))
    }
}

async fn order(mut to: impl tokio::io::AsyncWrite + Unpin, job: &Job<'_>) -> io::Result<()> {
    let request = job.request;
    let order = Order {
        profile: job.profile.name().into(),
        code_bytes: request.code.len(),
        stdin_bytes: request.stdin.len(),
        limits: job.limits,
        network: job.way.is_some(),
    };
    let mut line = serde_json::to_vec(&order)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.write_all(request.code.as_bytes()).await?;
    to.write_all(&request.stdin).await
}

/// The helper's answer and what the program left.
async fn answer(from: impl AsyncRead + Unpin) -> io::Result<Result<(End, Files), SandboxError>> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    (&mut from)
        .take(MAX_LINE_BYTES as u64)
        .read_until(b'\n', &mut line)
        .await?;
    if line.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "it ended without an answer",
        ));
    }
    match serde_json::from_slice(&line)? {
        Answer::NoWall { problem, remedy } => Ok(Err(SandboxError::Walls { problem, remedy })),
        Answer::Ended {
            end,
            files_left_out,
            archive_bytes,
        } => {
            let mut archive = Vec::new();
            from.take(archive_bytes.min(MAX_ARCHIVE_BYTES) as u64)
                .read_to_end(&mut archive)
                .await?;
            let mut files = match archive.is_empty() {
                true => Files::default(),
                false => files::read(&archive),
            };
            files.left_out |= files_left_out;
            Ok(Ok((end, files)))
        }
    }
}
