//! `fame sandbox`: run, build, status, test, prune. Works without a daemon.

mod run;

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Subcommand;
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::sandbox::{Caller, Profile, Report, Request, Sandbox, Settings, Status};

/// What `fame sandbox build` does; it is part of the program, so that it is there wherever FAME is.
const BUILD: &str = include_str!("../../packaging/sandbox/build.sh");

/// How long a program of `fame sandbox test` may take.
const TEST_WITHIN: Duration = Duration::from_secs(10);

/// What a program of `fame sandbox test` has to say.
const TEST_ANSWER: &str = "42\n";

#[derive(Debug, Subcommand)]
pub(super) enum Verbs {
    /// Run one program and print what it writes
    Run(run::Run),
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

impl Verbs {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut settings = Context::sources()?.load()?.sandbox;
        // One command has nobody to keep containers ready for.
        settings.warm = 0;
        match self {
            Self::Run(run) => run::run_program(context, run, settings),
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
        (
            "network ",
            (!status.networks.is_empty()).then(|| status.networks.join(", ")),
        ),
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
