//! `fame`, the command line of FAME.

use std::process::ExitCode;

use fame::cli::{Terminal, run};

fn main() -> ExitCode {
    run(std::env::args_os(), &mut Terminal::of_process()).into()
}
