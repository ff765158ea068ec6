//! The helper's first process: takes the order, enters new namespaces, and stays outside to end
//! what is inside when FAME goes.
//!
//! It has one thread, which makes `fork` sound, and is its own program again (`/proc/self/exe`), so
//! that nothing has to be installed. It has no privilege and needs none: a new user namespace
//! gives the rights to build walls and no rights beyond them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    DumpableBehavior, PidfdFlags, getegid, geteuid, pidfd_open, set_dumpable_behavior,
};
use rustix::thread::{
    CpuSet, Gid, Uid, UnshareFlags, sched_getaffinity, sched_setaffinity, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid, unshare_unsafe,
};

use super::init::{self, Guest};
use super::loopback;
use super::order::{MAX_LINE_BYTES, NOBODY, NoWall, Order, refuse, step};
use super::process::{fork, silence};
use crate::limits::{MAX_CODE_BYTES, MAX_STDIN_BYTES};
use crate::profile::Profile;

/// What helps where the kernel does not let ordinary users make namespaces.
const NAMESPACES_REMEDY: &str = "allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, \
     `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or install a container engine \
     (Debian: docker.io or podman)";

/// Runs the order that waits on stdin and gives the exit code.
pub(super) fn run() -> u8 {
    let Ok(stdin) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return 1;
    };
    let mut control = UnixStream::from(stdin);
    let outcome = take_order(&control).and_then(|guest| {
        enter()?;
        if guest.network {
            loopback::hand_over(&control)?;
        }
        supervise(guest, &control)
    });
    match outcome {
        Ok(code) => code,
        Err(wall) => {
            refuse(&mut control, wall);
            1
        }
    }
}

fn take_order(control: &UnixStream) -> Result<Guest, NoWall> {
    close_on_exec()?;
    let mut reader = BufReader::new(control);
    let mut line = Vec::new();
    let mut bounded = (&mut reader).take(MAX_LINE_BYTES as u64);
    step("reading the order", bounded.read_until(b'\n', &mut line))?;
    let order: Order = step("reading the order", serde_json::from_slice(&line))?;
    let profile: Profile = step("reading the order", order.profile.parse())?;
    let mut code = vec![0; order.code_bytes.min(MAX_CODE_BYTES)];
    step("reading the program", reader.read_exact(&mut code))?;
    let mut stdin = vec![0; order.stdin_bytes.min(MAX_STDIN_BYTES)];
    step("reading the program's input", reader.read_exact(&mut stdin))?;
    Ok(Guest {
        profile,
        code,
        stdin,
        limits: order.limits,
        network: order.network,
    })
}

/// Keeps whatever FAME has open from the program.
fn close_on_exec() -> Result<(), NoWall> {
    const FIRST: u32 = 3;
    // SAFETY: this flags descriptors and closes none, so it takes none from its owner.
    let result = unsafe { libc::close_range(FIRST, u32::MAX, libc::CLOSE_RANGE_CLOEXEC as i32) };
    let result = if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    };
    step("closing what is open", result)
}

/// Leaves the user, the processor set and all namespaces but the one of time.
fn enter() -> Result<(), NoWall> {
    one_processor()?;
    if geteuid().is_root() && knows_nobody() {
        become_nobody()?;
    }
    let (user, group) = (geteuid(), getegid());
    let namespaces = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    // SAFETY: the descriptor table stays shared with nobody; `FILES` is not among the flags.
    unsafe { unshare_unsafe(namespaces) }.map_err(|error| NoWall {
        problem: format!("making namespaces: {error}"),
        remedy: NAMESPACES_REMEDY,
    })?;
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        (
            "/proc/self/uid_map",
            format!("{NOBODY} {} 1", user.as_raw()),
        ),
        (
            "/proc/self/gid_map",
            format!("{NOBODY} {} 1", group.as_raw()),
        ),
    ];
    for (file, content) in maps {
        fs::write(file, content).map_err(|error| NoWall {
            problem: format!("mapping the user: {file}: {error}"),
            remedy: NAMESPACES_REMEDY,
        })?;
    }
    Ok(())
}

/// One processor is all that a program gets; they take turns at which.
fn one_processor() -> Result<(), NoWall> {
    let allowed = step("asking for processors", sched_getaffinity(None))?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|cpu| allowed.is_set(*cpu))
        .collect();
    let turn = std::process::id() as usize;
    let Some(cpu) = allowed.get(turn % allowed.len().max(1)) else {
        return Ok(());
    };
    let mut one = CpuSet::new();
    one.set(*cpu);
    step("keeping to one processor", sched_setaffinity(None, &one))
}

/// Whether this process's namespace has that user. In one of an ordinary user's own, in which root
/// is that user, it has not, and there is no right of root's to leave.
fn knows_nobody() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&NOBODY.into())
    })
}

/// So that a way out of the namespaces would not end with root's rights.
fn become_nobody() -> Result<(), NoWall> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    step("leaving root's groups", set_thread_groups(&[]))?;
    step(
        "leaving root's group",
        set_thread_res_gid(group, group, group),
    )?;
    step("leaving root", set_thread_res_uid(user, user, user))?;
    // Which the change took, and without which no user can be mapped.
    step(
        "owning itself",
        set_dumpable_behavior(DumpableBehavior::Dumpable),
    )
}

/// Starts the first process inside and ends with it, or with FAME.
fn supervise(guest: Guest, control: &UnixStream) -> Result<u8, NoWall> {
    let Some(init) = fork()? else {
        let control = step("keeping the connection", control.try_clone())?;
        std::process::exit(i32::from(init::run(&guest, control)));
    };
    // The program's outputs end with those who write to them.
    silence()?;
    let ended = step(
        "watching over the first process",
        pidfd_open(init, PidfdFlags::empty()),
    )?;
    loop {
        // The other end of a socket that closed shows as HUP without being asked for.
        let mut watched = [
            PollFd::new(&ended, PollFlags::IN),
            PollFd::new(control, PollFlags::empty()),
        ];
        match poll(&mut watched, None) {
            Ok(_) if watched.iter().any(|fd| !fd.revents().is_empty()) => return Ok(0),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // Ending ends what is inside, too.
            Err(_) => return Ok(1),
        }
    }
}
