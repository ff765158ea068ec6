//! Steering the daemon: set, shutdown.

use clap::{ArgGroup, Args};

use super::Failure;
use super::context::Context;
use super::status::recognizer_words;
use crate::ipc::protocol::{Done, Recognizer, Request, SetParams};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("changes").required(true).multiple(true)))]
pub(super) struct Set {
    /// A model's name from `fame models list`, or the path of a model file
    #[arg(long, value_name = "NAME", group = "changes")]
    model: Option<String>,
    /// Threads, 1 to 16; 0 follows the machine's load
    #[arg(long, value_name = "N", group = "changes", value_parser = clap::value_parser!(u8).range(0..=16))]
    threads: Option<u8>,
    /// The language spoken, such as `en`
    #[arg(long, value_name = "CODE", group = "changes")]
    language: Option<String>,
    /// Keep it in your settings file, and not only until FAME is started again
    #[arg(long)]
    keep: bool,
}

impl Set {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Set(SetParams {
            model: self.model,
            threads: self.threads.map(usize::from),
            language: self.language,
            keep: self.keep,
        });
        context.call(&request, |recognizer: &Recognizer| {
            recognizer_words(recognizer)
        })
    }
}

/// Returns when the daemon is gone, so that another can be started at once.
pub(super) fn shutdown(context: &mut Context<'_>) -> Result<(), Failure> {
    let mut client = context.connect()?;
    let answer = client.call_raw(&Request::Shutdown)?;
    client.until_closed()?;
    context.print("shutdown", answer, |_: &Done| "FAME has stopped".into())
}
