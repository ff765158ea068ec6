//! The last walls, which the program's own process puts up before it becomes the program.

use std::convert::Infallible;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, setsid, umask};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};
use seccompiler::{BpfProgram, apply_filter, sock_filter};

use super::order::{NoWall, step};
use crate::limits::{Limits, OPEN_FILES, WRITTEN_FILE_BYTES};
use crate::network;
use crate::profile::{ENVIRONMENT, OUT_DIR};
use crate::syscalls;

/// The oldest Landlock that holds (Linux 5.19): before it, files could be moved about.
const OLDEST_LANDLOCK: ABI = ABI::V2;

/// Newer ones, the newest first; the first that the kernel has is asked for whole.
const LANDLOCKS: [ABI; 5] = [ABI::V6, ABI::V5, ABI::V4, ABI::V3, OLDEST_LANDLOCK];

/// Read and run.
const READABLE: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/proc",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
];

/// Read and written.
const WRITABLE: [&str; 4] = ["/sandbox", "/tmp", "/dev/null", "/dev/full"];

/// Private memory of one process, in limits of the whole: what counts is watched; this only stops
/// one that outruns the watch.
const DATA_FACTOR: u64 = 8;

/// System calls from here on are x32's (`__X32_SYSCALL_BIT`), which have other numbers for the same
/// things.
const X32: u32 = 0x4000_0000;

/// Becomes the program. `network`: it may connect to the proxy's port, and is told so.
pub(super) fn become_program(
    words: &[&str],
    stdin: File,
    limits: &Limits,
    network: bool,
) -> Result<Infallible, NoWall> {
    step("leaving the session", setsid())?;
    umask(Mode::from_raw_mode(0o077));
    step(
        "entering the program's folder",
        rustix::process::chdir(OUT_DIR),
    )?;
    resources(limits)?;
    let filters = filters(network)?;
    step("renouncing new privileges", set_no_new_privs(true))?;
    landlock(network)?;
    capabilities()?;
    let (program, arguments) = step("naming the program", words.split_first().ok_or("no word"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(ENVIRONMENT)
        .envs(network::ENVIRONMENT.into_iter().filter(|_| network))
        .stdin(Stdio::from(stdin));
    for filter in &filters {
        step("filtering system calls", apply_filter(filter))?;
    }
    step("starting the program", Err(command.exec()))
}

fn resources(limits: &Limits) -> Result<(), NoWall> {
    let data = limits.memory_bytes.saturating_mul(DATA_FACTOR);
    // Whole seconds, and one more: the watch is exact, this is for one that outruns it.
    let cpu = limits.cpu.as_secs() + 1;
    for (resource, value) in [
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, WRITTEN_FILE_BYTES),
        (Resource::Core, 0),
        (Resource::Nproc, limits.processes),
        (Resource::Data, data),
        (Resource::Cpu, cpu),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        (Resource::Rtprio, 0),
    ] {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value),
        };
        step("limiting resources", setrlimit(resource, limit))?;
    }
    Ok(())
}

/// Files by path, the network, and signals and abstract sockets that lead out: all of it, or nothing
/// is run.
fn landlock(network: bool) -> Result<(), NoWall> {
    let mut problem = String::new();
    for abi in LANDLOCKS {
        match landlock_of(abi, network) {
            Ok(RulesetStatus::FullyEnforced) => return Ok(()),
            Ok(status) => problem = format!("{status:?}"),
            Err(error) => problem = error.to_string(),
        }
    }
    Err(NoWall {
        problem: format!("Landlock is not to be had: {problem}"),
        remedy: "use Linux 5.19 or newer with `landlock` among the `lsm=` of its command line, or \
                 install a container engine (Debian: docker.io or podman)",
    })
}

fn landlock_of(abi: ABI, network: bool) -> Result<RulesetStatus, landlock::RulesetError> {
    let read = AccessFs::from_read(abi);
    let all = AccessFs::from_all(abi);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(all)?;
    let tcp = AccessNet::from_all(abi);
    let ruleset = match tcp.is_empty() {
        true => ruleset,
        false => ruleset.handle_access(tcp)?,
    };
    let scope = Scope::from_all(abi);
    let ruleset = match scope.is_empty() {
        true => ruleset,
        false => ruleset.scope(scope)?,
    };
    let mut ruleset = ruleset
        .create()?
        .add_rules(path_beneath_rules(READABLE, read))?
        .add_rules(path_beneath_rules(WRITABLE, all))?;
    if network && !tcp.is_empty() {
        ruleset = ruleset.add_rule(NetPort::new(network::PORT, AccessNet::ConnectTcp))?;
    }
    Ok(ruleset.restrict_self()?.ruleset)
}

fn capabilities() -> Result<(), NoWall> {
    step("dropping capabilities", clear_ambient_capability_set())?;
    for capability in CapabilitySet::all() {
        // One that this kernel does not know is not in the set.
        match remove_capability_from_bounding_set(capability) {
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return step("dropping capabilities", Err(error)),
        }
    }
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    step("dropping capabilities", set_capabilities(None, none))
}

/// The filters in the order to install them: the one for `clone3` first, since the other does not
/// allow to install one.
fn filters(network: bool) -> Result<[BpfProgram; 2], NoWall> {
    let arch = step("filtering system calls", std::env::consts::ARCH.try_into())?;
    let json = syscalls::kernel_filters(network);
    let mut filters = step(
        "filtering system calls",
        seccompiler::compile_from_json(json.as_bytes(), arch),
    )?;
    let mut take = |name: &str| {
        let filter = filters.remove(name).ok_or("a filter is missing");
        step("filtering system calls", filter)
    };
    let later = take("later")?;
    let mut allow = kill_x32();
    allow.append(&mut take("allow")?);
    Ok([later, allow])
}

/// Ends the process at a call of x32 (seccomp(2), linux/filter.h). Other architectures have no such
/// numbers.
fn kill_x32() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const JUMP_IF_GREATER_OR_EQUAL: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    /// `seccomp_data.nr`.
    const NUMBER: u32 = 0;
    const KILL_PROCESS: u32 = 0x8000_0000;
    [
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_IF_GREATER_OR_EQUAL, 0, 1, X32),
        (RETURN, 0, 0, KILL_PROCESS),
    ]
    .map(|(code, jt, jf, k)| sock_filter { code, jt, jf, k })
    .to_vec()
}
