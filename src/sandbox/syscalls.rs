//! The system calls that a program may make: one list for both tiers.
//!
//! It names what CPython, Node.js, shells, the usual tools and a compiler need, and nothing else is
//! allowed, so what a new kernel brings stays closed. Left out on purpose, beside what Docker's own
//! profile closes: `io_uring_*` (another way to make sockets, and open in Docker before 25), `ptrace`
//! and `process_vm_*`, `bpf`, `perf_event_open`, `userfaultfd`, `keyctl`, `personality`, `seccomp`,
//! `memfd_create` and System V's shared memory (memory that belongs to no process), `setpriority`
//! and `sched_setaffinity`, all that mounts, and every socket but those of the UNIX kind, and TCP's
//! where the owner has given the profile a network.
//!
//! `clone3` takes its flags in memory, where no filter sees them: it answers "not implemented",
//! and the C library takes `clone`. 32-bit and x32 calls end the process.

use serde_json::{Value, json};

/// Names, those of one architecture after its name.
const PLAIN: &str = include_str!("syscalls.txt");

/// `AF_UNIX`, the only kind of socket (socket(2)).
const AF_UNIX: u64 = 1;

/// `AF_INET` (socket(2)): for programs with a network, in whose namespace there is only loopback.
const AF_INET: u64 = 2;

/// The kind within the second argument of socket(2), beside its flags, and `SOCK_STREAM`.
const SOCK_KIND: u64 = 0xf;
const SOCK_STREAM: u64 = 1;

/// TCP: asked for by its number, or not at all.
const TCP: [u64; 2] = [0, 6];

/// All `CLONE_NEW…` flags of clone(2): no new namespaces, in which a program has capabilities.
const CLONE_NEW: u64 = 0x7e02_0080;

/// `MAP_SHARED | MAP_ANONYMOUS` of mmap(2).
const MAP_SHARED_ANONYMOUS: u64 = 0x21;

/// `ENOSYS`, what `clone3` answers.
const ENOSYS: u32 = 38;

/// Those that this machine's architecture has.
fn plain() -> impl Iterator<Item = &'static str> {
    let lines = PLAIN.lines().filter(|line| !line.starts_with('#'));
    let ours = lines.filter_map(|line| match line.split_once(':') {
        Some((arch, names)) => (arch == std::env::consts::ARCH).then_some(names),
        None => Some(line),
    });
    ours.flat_map(str::split_whitespace)
}

/// The profile for a container engine, in its own JSON. 32-bit and x32 calls are of no listed
/// architecture, at which the kernel kills. `network`: TCP over IPv4, too.
pub(super) fn engine_profile(network: bool) -> String {
    let equal =
        |index: u32, value: u64| json!({ "index": index, "value": value, "op": "SCMP_CMP_EQ" });
    let without = |index: u32, mask: u64| json!({ "index": index, "value": mask, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" });
    let allow = |names: Value, args: Value| json!({ "names": names, "action": "SCMP_ACT_ALLOW", "args": args });
    let arch = match std::env::consts::ARCH {
        "aarch64" => "SCMP_ARCH_AARCH64",
        _ => "SCMP_ARCH_X86_64",
    };
    let mut rules = vec![
        allow(plain().collect(), json!([])),
        allow(json!(["mmap"]), json!([])),
        allow(json!(["socket"]), json!([equal(0, AF_UNIX)])),
        allow(json!(["socketpair"]), json!([equal(0, AF_UNIX)])),
        allow(json!(["prlimit64"]), json!([equal(0, 0)])),
        allow(json!(["clone"]), json!([without(0, CLONE_NEW)])),
        json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }),
    ];
    let stream = json!({ "index": 1, "value": SOCK_KIND, "valueTwo": SOCK_STREAM, "op": "SCMP_CMP_MASKED_EQ" });
    for protocol in TCP.iter().filter(|_| network) {
        let arguments = json!([equal(0, AF_INET), stream, equal(2, *protocol)]);
        rules.push(allow(json!(["socket"]), arguments));
    }
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": [arch],
        "syscalls": rules,
    })
    .to_string()
}

/// The same list for the kernel, as the JSON of the crate `seccompiler`: the filter `allow`, and
/// the filter `later` that is put on top of it for `clone3`.
///
/// Here, where no cgroup counts, memory that is shared and has no file is closed besides: nobody
/// could say whose it is.
pub(super) fn kernel_filters(network: bool) -> String {
    let dword = |index: u8, op: Value, value: u64| json!({ "index": index, "type": "dword", "op": op, "val": value });
    let one = |name: &str, arg: Value| json!({ "syscall": name, "args": [arg] });
    let mut allowed: Vec<Value> = plain().map(|name| json!({ "syscall": name })).collect();
    allowed.push(json!({ "syscall": "clone3" }));
    for kind in ["socket", "socketpair"] {
        allowed.push(one(kind, dword(0, json!("eq"), AF_UNIX)));
    }
    for protocol in TCP.iter().filter(|_| network) {
        let arguments = [
            dword(0, json!("eq"), AF_INET),
            dword(1, json!({ "masked_eq": SOCK_KIND }), SOCK_STREAM),
            dword(2, json!("eq"), *protocol),
        ];
        allowed.push(json!({ "syscall": "socket", "args": arguments }));
    }
    allowed.push(one("prlimit64", dword(0, json!("eq"), 0)));
    allowed.push(one("clone", dword(0, json!({ "masked_eq": CLONE_NEW }), 0)));
    for flags in [0x00, 0x01, 0x20] {
        allowed.push(one(
            "mmap",
            dword(3, json!({ "masked_eq": MAP_SHARED_ANONYMOUS }), flags),
        ));
    }
    json!({
        "allow": {
            "mismatch_action": { "errno": 1 },
            "match_action": "allow",
            "filter": allowed,
        },
        "later": {
            "mismatch_action": "allow",
            "match_action": { "errno": ENOSYS },
            "filter": [{ "syscall": "clone3" }],
        },
    })
    .to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_knows_no_name_twice() {
        let names: BTreeSet<_> = plain().collect();
        assert_eq!(names.len(), plain().count());
        assert!(names.contains("execve") && names.contains("openat"));
    }

    #[test]
    fn what_has_led_out_of_sandboxes_is_not_on_it() {
        for name in [
            "io_uring_setup",
            "ptrace",
            "process_vm_readv",
            "bpf",
            "perf_event_open",
            "userfaultfd",
            "keyctl",
            "add_key",
            "unshare",
            "setns",
            "mount",
            "umount2",
            "pivot_root",
            "chroot",
            "personality",
            "kexec_load",
            "reboot",
            "swapon",
            "memfd_create",
            "shmget",
            "mknod",
            "open_by_handle_at",
            "move_mount",
            "fsopen",
            "seccomp",
            "setuid",
            "clone3",
            "clone",
        ] {
            assert!(plain().all(|allowed| allowed != name), "{name}");
        }
    }

    #[test]
    fn the_kernel_takes_the_filters() {
        let arch = std::env::consts::ARCH.try_into().unwrap();
        for network in [false, true] {
            let json = kernel_filters(network);
            let filters = seccompiler::compile_from_json(json.as_bytes(), arch).unwrap();
            for name in ["allow", "later"] {
                // BPF_MAXINSNS of the kernel.
                assert!(filters[name].len() < 4_096, "{name}");
            }
        }
    }
}
