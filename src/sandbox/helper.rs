//! The door through which this program becomes tier B's helper.

/// If this process was started as the helper of tier B, runs it and never returns.
///
/// `fame` and `famed` call it first thing in `main`: before any thread starts, and before anything is
/// read from the command line or the environment.
pub fn main() {
    #[cfg(target_os = "linux")]
    super::native::main_if_helper();
}
