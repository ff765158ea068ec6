//! `fame completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::Failure;
use super::context::Context;

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, context: &mut Context<'_>, mut fame: Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut fame, "fame", &mut script);
        Ok(context.terminal.raw(&script)?)
    }
}
