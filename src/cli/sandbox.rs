//! `fame sandbox`: run, build, status, test, prune. Works without a daemon.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::sandbox::limits::{MAX_CODE_BYTES, MAX_STDIN_BYTES};
use crate::sandbox::{Caller, Profile, Report, Request, Sandbox, Settings, Status, TierChoice};

/// What `fame sandbox build` does; it is part of the program, so that it is there wherever FAME is.
const BUILD: &str = include_str!("../../packaging/sandbox/build.sh");

/// How long a program of `fame sandbox test` may take.
const TEST_WITHIN: Duration = Duration::from_secs(10);

/// What a program of `fame sandbox test` has to say.
const TEST_ANSWER: &str = "42\n";

#[derive(Debug, Subcommand)]
pub(super) enum Verbs {
    /// Run one program and print what it writes
    Run(Run),
    /// Build the image of tier A from Debian packages (as root)
    Build {
        /// The image's name, instead of the configured one
        #[arg(long, value_name = "NAME")]
        tag: Option<String>,
    },
    /// Show what keeps programs in
    Status,
    /// Try to break out, and run a program of each profile
    Test,
    /// Remove containers that a crash left
    Prune,
}

#[derive(Debug, Args)]
pub(super) struct Run {
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

impl Verbs {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut settings = Context::sources()?.load()?.sandbox;
        // One command has nobody to keep containers ready for.
        settings.warm = 0;
        match self {
            Self::Run(run) => run_program(context, run, settings),
            Self::Build { tag } => build(context, tag.as_deref().unwrap_or(&settings.image)),
            Self::Status => {
                let status = with_sandbox(settings, async |sandbox| Ok(sandbox.status()))?;
                show_status(context, &status)
            }
            Self::Test => test(context, settings),
            Self::Prune => {
                let removed = with_sandbox(settings, async |sandbox| Ok(sandbox.prune().await?))?;
                if context.json {
                    return Ok(context.terminal.json(&json!({ "removed": removed }))?);
                }
                Ok(context.terminal.text(&format!("{removed} removed"))?)
            }
        }
    }
}

/// Starts a sandbox for one command, and leaves nothing of it.
fn with_sandbox<T>(
    settings: Settings,
    work: impl AsyncFnOnce(&Sandbox) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let sandbox = Sandbox::start(settings).await;
        let result = tokio::select! {
            result = work(&sandbox) => result,
            // Ctrl-C: the program is killed, and its container removed.
            _ = tokio::signal::ctrl_c() => Err(Failure::other("interrupted", "start it again")),
        };
        sandbox.shutdown().await;
        result
    })
}

fn run_program(context: &mut Context<'_>, run: Run, mut settings: Settings) -> Result<(), Failure> {
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
    let report = with_sandbox(settings, async |sandbox| {
        Ok(sandbox.run(&request, None).await?)
    })?;
    if context.json {
        return Ok(context.terminal.json(&report)?);
    }
    context.terminal.raw(report.stdout.as_bytes())?;
    if !report.stderr.is_empty() {
        context.terminal.note(report.stderr.trim_end_matches('\n'));
    }
    for file in &report.files {
        let line = format!("left `{}`, {} bytes", file.name, file.bytes);
        context.terminal.note(&line);
    }
    match report.ok {
        true => Ok(()),
        false => Err(failed(&report)),
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

fn build(context: &mut Context<'_>, tag: &str) -> Result<(), Failure> {
    let cannot =
        |error: io::Error| Failure::other(format!("cannot start bash: {error}"), "install bash");
    let built = Command::new("bash")
        .args(["-c", BUILD, "fame sandbox build", tag])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot)?;
    let id = String::from_utf8_lossy(&built.stdout).trim().to_owned();
    if !built.status.success() {
        return Err(Failure::other(
            format!("the image `{tag}` could not be built"),
            "see the message above",
        ));
    }
    if context.json {
        return Ok(context.terminal.json(&json!({ "image": tag, "id": id }))?);
    }
    context.terminal.text(&id)?;
    context.terminal.note(&format!(
        "to have no other image of this name used, put `image_id = {id:?}` under `[sandbox]`"
    ));
    Ok(())
}

fn show_status(context: &mut Context<'_>, status: &Status) -> Result<(), Failure> {
    if context.json {
        return Ok(context.terminal.json(status)?);
    }
    let tier = match status.tier {
        Some(tier) => format!("tier {}", tier.name()),
        None => "none: no program is run".into(),
    };
    let mut lines = vec![format!("walls     {tier}")];
    let named = [
        ("engine  ", status.engine.clone()),
        ("image   ", status.image.clone()),
        ("profiles", Some(status.profiles.join(", "))),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    lines.extend(named.map(|(name, value)| format!("{name}  {value}")));
    lines.extend(
        status
            .reasons
            .iter()
            .map(|reason| format!("because   {reason}")),
    );
    lines.extend(status.notes.iter().map(|note| format!("note      {note}")));
    Ok(context.terminal.text(&lines.join("\n"))?)
}

fn test(context: &mut Context<'_>, settings: Settings) -> Result<(), Failure> {
    let rows = with_sandbox(settings, async |sandbox| {
        let mut rows = Vec::new();
        for name in sandbox.status().profiles {
            let request = Request {
                code: sample(&name)?.into(),
                profile: name,
                stdin: Vec::new(),
                timeout: TEST_WITHIN,
                caller: Caller::CommandLine,
            };
            let started = Instant::now();
            let report = sandbox.run(&request, None).await?;
            rows.push((report, started.elapsed()));
        }
        // It has none where no tier can be had; this says why.
        if rows.is_empty() {
            let nothing = Request {
                profile: Profile::Shell.name().into(),
                code: String::new(),
                stdin: Vec::new(),
                timeout: TEST_WITHIN,
                caller: Caller::CommandLine,
            };
            sandbox.run(&nothing, None).await?;
        }
        Ok(rows)
    })?;
    let is_good = |report: &Report| report.ok && report.stdout == TEST_ANSWER;
    for (report, took) in &rows {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if context.json {
            context.terminal.json(&json!({
                "profile": report.profile,
                "tier": report.tier,
                "ok": is_good(report),
                "ms": took_ms,
            }))?;
            continue;
        }
        let word = if is_good(report) { "works" } else { "FAILS" };
        context
            .terminal
            .text(&format!("{:12}{word}  {took_ms} ms", report.profile))?;
    }
    match rows.iter().find(|(report, _)| !is_good(report)) {
        None => Ok(()),
        Some((report, _)) => Err(Failure::other(
            format!(
                "the profile `{}` does not work: {}",
                report.profile,
                report.stderr.trim_end()
            ),
            "build the image again with `fame sandbox build`",
        )),
    }
}

/// A program that says 42.
fn sample(profile: &str) -> Result<&'static str, Failure> {
    Ok(match profile.parse::<Profile>()? {
        Profile::Python => "print(6 * 7)",
        Profile::Shell => "echo $((6 * 7))",
        Profile::JavaScript => "console.log(6 * 7)",
        Profile::Rust => "fn main() { println!(\"{}\", 6 * 7); }",
    })
}
