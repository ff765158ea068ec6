//! Steering the daemon: set, shutdown.

use clap::Args;

use super::Failure;
use super::context::Context;
use super::status::recognizer_words;
use crate::ipc::protocol::{Done, Recognizer, Request, SetParams};

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Set {
    /// A model's name from `fame models list`, or the path of a model file
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Threads, 1 to 16; 0 follows the machine's load
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=16))]
    threads: Option<u8>,
    /// The language spoken, such as `en`
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

impl Set {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Set(SetParams {
            model: self.model,
            threads: self.threads.map(usize::from),
            language: self.language,
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
