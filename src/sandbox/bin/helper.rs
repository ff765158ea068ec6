//! Tier B's helper alone, for the tests of this crate: `fame` and `famed` are their own.

fn main() {
    fame_sandbox::helper::main();
    eprintln!("this is started by FAME's sandbox only");
    std::process::exit(2);
}
