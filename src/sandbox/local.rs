//! No walls at all, for developing FAME on a machine where none can be had.
//!
//! It needs a setting and a variable, warns at every start, and runs for the owner's command line
//! only. The limits of time and output hold; nothing else does.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;
use tokio::time::timeout;

use super::capture::Capture;
use super::error::SandboxError;
use super::pipes::{self, OUTPUT_WITHIN};
use super::profile::{CODE_DIR, ENVIRONMENT, OUT_DIR};
use super::report::{End, Run, Tier};
use super::request::{Caller, Job};
use super::stream::Stream;

/// The variable that must be `1` beside the setting `development_local_runner`.
pub(super) const VARIABLE: &str = "FAME_UNSAFE_LOCAL_RUNNER";

/// Whether the owner has asked for it twice.
pub(super) fn is_wanted(setting: bool) -> bool {
    setting && env::var_os(VARIABLE).is_some_and(|value| value == "1")
}

/// Runs programs without walls.
#[derive(Debug)]
pub(super) struct Local;

impl Local {
    /// Warns.
    pub(super) fn start() -> Self {
        tracing::warn!(
            "programs of `fame sandbox run` run with no walls: unset `{VARIABLE}` and \
             `development_local_runner` under `[sandbox]` to end this"
        );
        Self
    }

    /// Runs a program of the owner's.
    pub(super) async fn run(&self, job: Job<'_>, mut stream: Stream) -> Result<Run, SandboxError> {
        let Job {
            request,
            profile,
            limits,
            ..
        } = job;
        if request.caller != Caller::CommandLine {
            return Err(SandboxError::CallerRefused);
        }
        let failed = |doing| move |source| SandboxError::Helper { doing, source };
        let started = Instant::now();
        let place = Place::new().map_err(failed("making a folder"))?;
        let source = place.path.join(profile.file());
        fs::write(source, &request.code).map_err(failed("writing the program"))?;
        let input = place.path.join("input");
        fs::write(&input, &request.stdin).map_err(failed("writing the program's input"))?;
        let mut end = End::default();
        let mut captures = (Capture::default(), Capture::default());
        for words in profile.compile().into_iter().chain([profile.command()]) {
            let stdin = fs::File::open(&input).map_err(failed("reading the program's input"))?;
            let mut child = place
                .command(words, stdin)
                .map_err(failed("starting a program"))?;
            let pipes = (child.stdout.take(), child.stderr.take());
            let (Some(mut out), Some(mut err)) = pipes else {
                return Err(failed("starting a program")(
                    io::ErrorKind::BrokenPipe.into(),
                ));
            };
            let left = limits.wall.saturating_sub(started.elapsed());
            let ended = {
                let read = pipes::read_both(&mut out, &mut err, &mut captures, &mut stream);
                timeout(left, async { tokio::join!(child.wait(), read).0 }).await
            };
            match ended {
                Ok(status) => {
                    use std::os::unix::process::ExitStatusExt;
                    let status = status.map_err(failed("waiting for a program"))?;
                    (end.exit_code, end.signal) = (status.code(), status.signal());
                }
                Err(_) => {
                    end.timed_out = true;
                    kill_group(&mut child).await;
                }
            }
            if end.exit_code != Some(0) {
                break;
            }
        }
        Ok(Run {
            end,
            stdout: captures.0.finish(),
            stderr: captures.1.finish(),
            wall: started.elapsed(),
            tier: Tier::Local,
            profile,
            image: None,
            files: Vec::new(),
            files_left_out: false,
            network: None,
        })
    }
}

/// Kills a program and what stayed in its group.
async fn kill_group(child: &mut tokio::process::Child) {
    let group = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    if let Some(group) = group {
        // It may just have ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = timeout(OUTPUT_WITHIN, child.wait()).await;
}

/// A folder of the user's own for one run; removed with all that is in it.
struct Place {
    path: PathBuf,
}

impl Place {
    fn new() -> io::Result<Self> {
        let mut random = [0; 8];
        rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())?;
        let name = format!("fame-local-{:016x}", u64::from_ne_bytes(random));
        let path = env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        let place = Self { path };
        fs::create_dir(place.path.join("out"))?;
        Ok(place)
    }

    fn command(&self, words: &[&str], stdin: fs::File) -> io::Result<tokio::process::Child> {
        let here = |word: &&str| match word.strip_prefix(CODE_DIR) {
            Some(rest) => format!("{}{rest}", self.path.display()),
            None => (*word).to_owned(),
        };
        let words: Vec<String> = words.iter().map(here).collect();
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let out = self.path.join("out");
        Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(
                ENVIRONMENT
                    .into_iter()
                    .filter(|(_, value)| *value != OUT_DIR),
            )
            .env("HOME", &out)
            .current_dir(&out)
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::warn!(%error, path = %path.display(), "a program's folder stays");
    }
}
