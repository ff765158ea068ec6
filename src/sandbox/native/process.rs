//! What the helper and the first process inside both do to themselves.

use std::fs;

use rustix::process::Pid;

use super::order::{NoWall, step};

/// Lets go of the program's outputs.
pub(super) fn silence() -> Result<(), NoWall> {
    let null = step("opening `/dev/null`", fs::File::create("/dev/null"))?;
    step("leaving the outputs", rustix::stdio::dup2_stdout(&null))?;
    step("leaving the outputs", rustix::stdio::dup2_stderr(&null))
}

/// Forks; none in the child.
pub(super) fn fork() -> Result<Option<Pid>, NoWall> {
    let threads = fs::read_dir("/proc/self/task")
        .map(Iterator::count)
        .unwrap_or(1);
    if threads > 1 {
        return step(
            "starting a process",
            Err(format!("the helper has {threads} threads")),
        );
    }
    // SAFETY: there is one thread (see above), so no lock can be held by one that is not copied.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        pid => match Pid::from_raw(pid) {
            Some(pid) if pid.as_raw_nonzero().get() > 0 => Ok(Some(pid)),
            _ => step("starting a process", Err(std::io::Error::last_os_error())),
        },
    }
}
