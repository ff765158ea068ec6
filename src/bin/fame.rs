//! `fame`, the command line of FAME.

use std::process::ExitCode;

use fame::cli::{Terminal, run};

fn main() -> ExitCode {
    fame::sandbox::helper::main();
    run(std::env::args_os(), &mut Terminal::of_process()).into()
}
