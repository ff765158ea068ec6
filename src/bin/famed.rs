//! `famed`: the daemon, and the same pipeline on files.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use fame::audio;
use fame::brain::Brain;
use fame::config::{Config, ConfigError, Overrides, Paths, SettingsFile, Sources};
use fame::daemon::{self, DaemonError};
use fame::headless::{self, Feed, Format};
use fame::skills;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How long a microphone may take to deliver its first sample.
const MICROPHONE_PATIENCE: Duration = Duration::from_secs(4);

/// A voice-first desktop assistant: hears, understands, does, answers
///
/// Without a subcommand the daemon runs in the foreground until Ctrl-C, SIGTERM or
/// `fame shutdown`.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    /// Another configuration file than the user's own.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Show neither what is heard and answered nor the live state line.
    #[arg(long)]
    quiet: bool,
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the pipeline on sound files, without devices or a daemon.
    Headless(HeadlessArgs),
    /// Succeed if a microphone delivers sound, and name it.
    CheckMicrophone,
}

#[derive(Args)]
struct HeadlessArgs {
    /// One JSON object a line on stdout, and nothing else there.
    #[arg(long)]
    json: bool,
    /// Write each reply as a WAV file into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The speech model: a name from the catalogue or a file.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Everything is one conversation; otherwise each file is its own.
    #[arg(long)]
    session: bool,
    /// Require the wake phrase: the configured one, or this one (a FILE right behind is a file).
    #[arg(long, value_name = "PHRASE", num_args = 0..=1)]
    wake: Option<Option<String>>,
    /// Read files no faster than they would be heard.
    #[arg(long)]
    realtime: bool,
    /// A request in words; may be given several times.
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
    /// Sound files: WAV, FLAC, MP3 or Ogg Vorbis.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    fame::sandbox::helper::main();
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let foreground = cli.command.is_none() && !cli.quiet && io::stdout().is_terminal();
    let _spans = init_logging(foreground || matches!(cli.command, Some(Verb::Headless(_))));
    match run(cli, &matches) {
        Ok(code) => code,
        Err(error) => {
            // The last words of a daemon whose terminal is gone go nowhere.
            let _ = report(&error);
            ExitCode::FAILURE
        }
    }
}

/// The error, its causes and what to do about it.
fn report(error: &anyhow::Error) -> io::Result<()> {
    let mut terminal = io::stderr().lock();
    writeln!(terminal, "error: {error:#}")?;
    let hint = error
        .downcast_ref::<ConfigError>()
        .map(ConfigError::hint)
        .or_else(|| match error.downcast_ref::<DaemonError>() {
            Some(DaemonError::Ipc(error)) => Some(error.hint().to_owned()),
            _ => None,
        });
    match hint {
        Some(hint) => writeln!(terminal, "\nhint: {hint}"),
        None => Ok(()),
    }
}

fn run(cli: Cli, matches: &ArgMatches) -> Result<ExitCode> {
    let quiet = cli.quiet;
    let mut overrides = Overrides::new();
    match cli.command {
        None => {
            let (config, sources) = settings(cli.config, overrides)?;
            run_daemon(config, sources, !quiet && io::stdout().is_terminal())
        }
        Some(Verb::CheckMicrophone) => {
            let device =
                audio::microphone::available(MICROPHONE_PATIENCE).map_err(anyhow::Error::msg)?;
            writeln!(io::stdout(), "{device}")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Verb::Headless(args)) => {
            if let Some(model) = &args.model {
                overrides.set("recognizer.model", model.as_str());
            }
            let mut feeds = feeds(matches.subcommand_matches("headless"));
            match &args.wake {
                // `--wake recording.wav` means the configured phrase and that file.
                Some(Some(file)) if Path::new(file).is_file() => {
                    feeds.insert(0, Feed::File(file.into()));
                }
                Some(Some(phrase)) => {
                    overrides.set("listen.wake_phrase", phrase.as_str());
                }
                _ => {}
            }
            let (config, sources) = settings(cli.config, overrides)?;
            if feeds.is_empty() {
                let mut command = Cli::command();
                let missing = clap::error::ErrorKind::MissingRequiredArgument;
                command
                    .error(missing, "give at least one FILE or --text TEXT")
                    .exit();
            }
            run_headless(&config, &sources.paths, args, feeds)
        }
    }
}

fn settings(file: Option<PathBuf>, overrides: Overrides) -> Result<(Config, Sources)> {
    let mut sources = Sources::of_process(overrides)?;
    if let Some(file) = file {
        sources.paths = Paths::with_config(Some(file.into_os_string()))?;
    }
    let config = sources.load()?;
    Ok((config, sources))
}

/// FAME's own plugins and the classifier, with nothing of what a daemon keeps.
fn brain(config: &Config, paths: &Paths, runtime: &tokio::runtime::Runtime) -> Result<Arc<Brain>> {
    skills::headless(config, paths, runtime.handle()).context("the built-in plugins do not load")
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("fame-tokio")
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn run_daemon(config: Config, sources: Sources, console: bool) -> Result<ExitCode> {
    let setup = daemon::Setup {
        config,
        settings_file: SettingsFile::of(&sources),
        paths: sources.paths,
        console,
    };
    let (shutdown, _) = tokio::sync::watch::channel(false);
    let runtime = runtime()?;
    runtime.block_on(daemon::run(setup, shutdown))?;
    // What a plugin still does is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(ExitCode::SUCCESS)
}

fn run_headless(
    config: &Config,
    paths: &Paths,
    args: HeadlessArgs,
    feeds: Vec<Feed>,
) -> Result<ExitCode> {
    let options = headless::Options {
        feeds,
        format: if args.json {
            Format::Json
        } else {
            Format::Text
        },
        out: args.out,
        session: args.session,
        wake: args.wake.is_some(),
        realtime: args.realtime,
    };
    let runtime = runtime()?;
    let out = io::stdout().lock();
    let failed = headless::run(
        config,
        &options,
        brain(config, paths, &runtime)?,
        runtime.handle().clone(),
        out,
    )?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Files and texts in the order in which they were given.
fn feeds(matches: Option<&ArgMatches>) -> Vec<Feed> {
    let Some(matches) = matches else {
        return Vec::new();
    };
    let mut feeds: Vec<(usize, Feed)> = Vec::new();
    if let (Some(indices), Some(texts)) = (
        matches.indices_of("text"),
        matches.get_many::<String>("text"),
    ) {
        feeds.extend(indices.zip(texts.cloned().map(Feed::Text)));
    }
    if let (Some(indices), Some(files)) = (
        matches.indices_of("files"),
        matches.get_many::<PathBuf>("files"),
    ) {
        feeds.extend(indices.zip(files.cloned().map(Feed::File)));
    }
    feeds.sort_by_key(|(index, _)| *index);
    feeds.into_iter().map(|(_, feed)| feed).collect()
}

/// Logs go to stderr. In a terminal that shows the dialogue only trouble is logged.
fn init_logging(terminal: bool) -> Option<Spans> {
    let default = if terminal { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env("FAME_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .with_filter(filter);
    let registry = tracing_subscriber::registry().with(log);
    #[cfg(feature = "otlp")]
    match Spans::from_environment() {
        Ok(Some(spans)) => {
            let sent = tracing_opentelemetry::layer()
                .with_tracer(spans.tracer())
                .with_filter(tracing_subscriber::filter::filter_fn(Spans::sends));
            registry.with(sent).init();
            return Some(spans);
        }
        Ok(None) => {}
        // There is no log yet.
        Err(error) => drop(writeln!(io::stderr(), "warning: {error}")),
    }
    registry.init();
    None
}

/// What sends spans until the end.
#[cfg(feature = "otlp")]
use fame::metrics::traces::Traces as Spans;

/// Nothing sends spans.
#[cfg(not(feature = "otlp"))]
enum Spans {}
