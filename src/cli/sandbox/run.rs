//! `fame sandbox run`: one program, whose output is shown as it comes.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::sync::mpsc;

use super::with_sandbox;
use crate::audit::Record;
use crate::cli::context::Context;
use crate::cli::{Failure, Terminal};
use crate::sandbox::limits::{KEPT_OUTPUT_BYTES, MAX_CODE_BYTES, MAX_STDIN_BYTES, STREAMED_BYTES};
use crate::sandbox::{Caller, Progress, Report, Request, Settings, Tier, TierChoice};

/// Pieces of output that may wait to be shown. Each has a byte at least, and so many bytes at most are
/// told of both outputs: none is ever left out.
const MAX_PIECES: usize = 2 * STREAMED_BYTES as usize + 2;

#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    /// How it is run: `python`, `shell`, `javascript` or `rust`
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// What keeps it in, instead of the best that there is
    #[arg(long, value_name = "TIER")]
    tier: Option<TierArg>,
    /// How long it may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    timeout: f64,
    /// What it reads
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// The program; `-` reads it from stdin
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TierArg {
    /// A container engine
    A,
    /// The kernel's own walls
    B,
}

pub(super) fn run_program(
    context: &mut Context<'_>,
    run: Run,
    mut settings: Settings,
) -> Result<(), Failure> {
    match run.tier {
        Some(TierArg::A) => settings.tier = TierChoice::A,
        Some(TierArg::B) => settings.tier = TierChoice::B,
        None => {}
    }
    let timeout = Duration::try_from_secs_f64(run.timeout).map_err(|_| {
        Failure::other(
            format!("`{}` is no time that a program can have", run.timeout),
            format!("give seconds, up to {}", settings.wall_seconds),
        )
    })?;
    let code = read(&run.file, MAX_CODE_BYTES)?;
    let code = String::from_utf8(code).map_err(|_| {
        Failure::other(
            format!("`{}` is no text in UTF-8", run.file.display()),
            "give the source of a program",
        )
    })?;
    let stdin = match &run.stdin {
        Some(file) => read(file, MAX_STDIN_BYTES)?,
        None => Vec::new(),
    };
    let request = Request {
        profile: run.profile,
        code,
        stdin,
        timeout,
        caller: Caller::CommandLine,
    };
    if context.json {
        let report = with_sandbox(settings, async |sandbox| {
            Ok(sandbox.run(&request, None).await?)
        })?;
        note_without_walls(context, &report);
        return Ok(context.terminal.json(&report)?);
    }
    let report = run_shown(context.terminal, settings, &request)?;
    note_without_walls(context, &report);
    for file in &report.files {
        let line = format!("left `{}`, {} bytes", file.name, file.bytes);
        context.terminal.note(&line);
    }
    let contacts = report.network.iter().flat_map(|network| &network.contacts);
    for contact in contacts {
        if let Some(problem) = &contact.problem {
            let line = format!("`{}:{}` {problem}", contact.host, contact.port);
            context.terminal.note(&line);
        }
    }
    match report.ok {
        true => Ok(()),
        false => Err(failed(&report)),
    }
}

/// A program that ran with no walls is remembered. A daemon, which holds the log, notes at its own
/// start that such may run.
fn note_without_walls(context: &mut Context<'_>, report: &Report) {
    if report.tier != Tier::Local {
        return;
    }
    let mut record = Record::note("sandbox.ran_without_walls");
    record.details = Some(json!({
        "profile": report.profile,
        "ok": report.ok,
        "wall_ms": report.wall_ms,
    }));
    context.note_in_audit(record);
}

/// Runs a program and shows what it writes as it comes. Whoever reads that may be slow, so the
/// program has a thread of its own: it is neither held up nor given more time.
fn run_shown(
    terminal: &mut Terminal,
    settings: Settings,
    request: &Request,
) -> Result<Report, Failure> {
    let (tell, mut heard) = mpsc::channel(MAX_PIECES);
    thread::scope(|scope| {
        let runs = scope.spawn(move || {
            with_sandbox(settings, async |sandbox| {
                let watched = tell.clone();
                tokio::select! {
                    report = sandbox.run(request, Some(tell)) => Ok(report?),
                    () = watched.closed() => Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                }
            })
        });
        let mut shown = Shown::default();
        let mut written = Ok(());
        while let Some(progress) = heard.blocking_recv() {
            written = shown.show(terminal, progress);
            if written.is_err() {
                break;
            }
        }
        // With nobody to read it, it need not run.
        drop(heard);
        let report = runs
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written?;
        let report = report?;
        shown.rest(terminal, &report)?;
        Ok(report)
    })
}

/// How much of a program's text has been shown.
#[derive(Default)]
struct Shown {
    stdout: usize,
    stderr: usize,
}

impl Shown {
    fn show(&mut self, terminal: &mut Terminal, progress: Progress) -> io::Result<()> {
        match progress {
            Progress::Queued | Progress::Started { .. } => {}
            Progress::Stdout { text } => {
                terminal.raw(text.as_bytes())?;
                self.stdout += text.len();
            }
            Progress::Stderr { text } => {
                terminal.aside(&text);
                self.stderr += text.len();
            }
        }
        Ok(())
    }

    /// What the program's end made text of, and what was not shown.
    fn rest(&self, terminal: &mut Terminal, report: &Report) -> io::Result<()> {
        let whole = 2 * KEPT_OUTPUT_BYTES as u64;
        if report.stdout_bytes <= whole {
            let rest = report.stdout.get(self.stdout..).unwrap_or_default();
            terminal.raw(rest.as_bytes())?;
        }
        if report.stderr_bytes <= whole {
            terminal.aside(report.stderr.get(self.stderr..).unwrap_or_default());
        }
        for (name, bytes) in [
            ("stdout", report.stdout_bytes),
            ("stderr", report.stderr_bytes),
        ] {
            let left_out = bytes.saturating_sub(STREAMED_BYTES);
            if left_out > 0 {
                terminal.note(&format!(
                    "[… {left_out} more bytes on {name} are not shown; `--json` has their end …]"
                ));
            }
        }
        Ok(())
    }
}

/// Reads a file, or stdin for `-`, and no more than one byte past `limit`: so much is refused with
/// the right words later.
fn read(file: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let cannot = |error: io::Error| {
        Failure::other(
            format!("cannot read `{}`: {error}", file.display()),
            "give a file that you may read, or `-` for stdin",
        )
    };
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(fs::File::open(file).map_err(cannot)?),
    };
    let mut bytes = Vec::new();
    source
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    Ok(bytes)
}

/// How a program ended that did not end well.
fn failed(report: &Report) -> Failure {
    if report.timed_out {
        return Failure::other(
            format!("the program was ended after {} ms", report.wall_ms),
            "give it more with `--timeout`",
        );
    }
    if report.oom {
        return Failure::other(
            "the program used up its memory",
            "allow more with `memory_mib` under `[sandbox]`",
        );
    }
    let end = match (report.exit_code, report.signal) {
        (Some(code), _) => format!("the program ended with code {code}"),
        (None, Some(signal)) => format!("the program was ended by signal {signal}"),
        (None, None) => "the program ended without saying how".into(),
    };
    Failure::other(end, "`--json` shows the whole report")
}
