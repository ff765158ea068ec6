//! `fame`, the command line: a thin client of the daemon.
//!
//! Data goes to stdout, everything for people who watch goes to stderr. With `--json` stdout holds
//! JSON and nothing else; its fields are those of [`crate::ipc::protocol`] and change by addition
//! only, the text for people may change at any time.

mod approvals;
mod audit;
mod completions;
mod config;
mod context;
mod daemon;
mod devices;
mod events;
mod explain;
mod failure;
mod intents;
mod keys;
mod models;
mod plugins;
mod sandbox;
mod status;
mod talk;
mod teach;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use context::Context;

pub use failure::{Exit, Failure};
pub use terminal::Terminal;

/// Told at the end of `fame --help`.
const AFTER_HELP: &str = "\
Exit codes: 0 it worked, 1 it did not, 2 the command is wrong, 3 no daemon is running.
The settings are in `~/.config/fame/config.toml`; `fame config path` tells all places.";

/// Talk to FAME, the assistant that runs on this machine
#[derive(Debug, Parser)]
#[command(name = "fame", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Args)]
struct Global {
    /// Print JSON for programs
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
    /// The daemon's socket, instead of the configured one
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Global options"
    )]
    socket: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show how FAME is
    Status,
    /// Ask something and print the reply
    Ask(talk::Ask),
    /// Let FAME speak some words
    Say(talk::Say),
    /// Open the ear, or push to talk
    Listen(talk::Listen),
    /// Cut what FAME is doing or saying
    Stop,
    /// Close the microphone
    Mute(talk::Switch),
    /// Hear nothing but the wake phrase
    Sleep(talk::Switch),
    /// Wake from sleep
    Wake,
    /// List microphones and loudspeakers
    Devices,
    /// Print what happens, as it happens
    Events,
    /// Explain how a request was understood
    Why(explain::Why),
    /// Show how a request would be understood, without acting on it
    Test(explain::Test),
    /// Teach what you mean by a sentence
    Teach(teach::Teach),
    /// List and answer what waits for your approval
    Approvals(approvals::Waiting),
    /// Change the recogniser while FAME runs
    Set(daemon::Set),
    /// Stop the daemon
    Shutdown,
    /// Plugins: list, allow, switch, write a new one
    #[command(subcommand)]
    Plugins(plugins::Plugins),
    /// Run a program in the sandbox, or look after it
    #[command(subcommand)]
    Sandbox(sandbox::Verbs),
    /// Keys of the REST API: make, list, end, replace
    #[command(subcommand)]
    Keys(keys::Verbs),
    /// The record of everything that was done: look, search, check
    #[command(subcommand)]
    Audit(audit::Verbs),
    /// Measure how well intents are told apart
    #[command(subcommand)]
    Intents(intents::Intents),
    /// Speech models: list, fetch, import, find
    #[command(subcommand)]
    Models(models::Models),
    /// Settings: show, find, check
    #[command(subcommand)]
    Config(config::Settings),
    /// Print the completions of a shell
    Completions(completions::Completions),
}

/// Does what `args` say (the program's name first) and says how it went.
///
/// Nothing here ends the process or prints past `terminal`.
pub fn run<I>(args: I, terminal: &mut Terminal) -> Exit
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let done = parse(args, terminal).and_then(|cli| execute(cli, terminal));
    match done {
        Ok(()) => Exit::Ok,
        Err(failure) => failure.report(terminal),
    }
}

fn parse<I>(args: I, terminal: &Terminal) -> Result<Cli, Failure>
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let mut command = Cli::command();
    if let Some(width) = terminal.width() {
        command = command.term_width(width);
    }
    command
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(Failure::Arguments)
}

fn execute(cli: Cli, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut context = Context::new(cli.global.json, cli.global.socket, terminal);
    match cli.verb {
        Verb::Status => status::run(&mut context),
        Verb::Ask(ask) => ask.run(&mut context),
        Verb::Say(say) => say.run(&mut context),
        Verb::Listen(listen) => listen.run(&mut context),
        Verb::Stop => talk::stop(&mut context),
        Verb::Mute(switch) => talk::mute(&mut context, switch),
        Verb::Sleep(switch) => talk::sleep(&mut context, switch),
        Verb::Wake => talk::wake(&mut context),
        Verb::Devices => devices::run(&mut context),
        Verb::Events => events::run(&mut context),
        Verb::Why(why) => why.run(&mut context),
        Verb::Test(test) => test.run(&mut context),
        Verb::Teach(teach) => teach.run(&mut context),
        Verb::Approvals(waiting) => waiting.run(&mut context),
        Verb::Set(set) => set.run(&mut context),
        Verb::Shutdown => daemon::shutdown(&mut context),
        Verb::Plugins(plugins) => plugins.run(&mut context),
        Verb::Sandbox(verbs) => verbs.run(&mut context),
        Verb::Keys(verbs) => verbs.run(&mut context),
        Verb::Audit(verbs) => verbs.run(&mut context),
        Verb::Intents(intents) => intents.run(&mut context),
        Verb::Models(models) => models.run(&mut context),
        Verb::Config(settings) => settings.run(&mut context),
        Verb::Completions(completions) => completions.run(&mut context, Cli::command()),
    }
}
