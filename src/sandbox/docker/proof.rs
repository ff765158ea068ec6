//! What the guest itself finds: the launcher's first lines, read with the policy in mind.

use crate::limits::Limits;

/// Longest proof; an honest one has some 600 bytes.
pub(super) const MAX_PROOF_BYTES: usize = 8 * 1024;

/// The line after which a container waits for its program.
const READY: &str = "ready";

/// The line where the proxy's socket is.
const DOOR: &str = "door";

/// The unprivileged user, real, effective, saved and of the file system.
const NOBODY: &str = "65534 65534 65534 65534";

/// Whether the proof is whole.
pub(super) fn is_whole(proof: &[u8]) -> bool {
    proof.ends_with(b"\nready\n")
}

/// The first thing that is not as the policy wants it, in words. `has_door`: the proxy's socket has to
/// be there.
pub(super) fn mismatch(proof: &[u8], limits: &Limits, has_door: bool) -> Option<String> {
    let proof = String::from_utf8_lossy(proof);
    let mut seen = Vec::new();
    let mut bounds = Vec::new();
    for line in proof.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, value) = match words.split_first() {
            Some((name, value)) => (*name, value.join(" ")),
            None => continue,
        };
        let good = match name {
            "Uid:" | "Gid:" => value == NOBODY,
            "Groups:" => value.is_empty() || value == "65534",
            "CapInh:" | "CapPrm:" | "CapEff:" | "CapBnd:" | "CapAmb:" => {
                !value.is_empty() && value.bytes().all(|digit| digit == b'0')
            }
            "NoNewPrivs:" => value == "1",
            // A filter (prctl(2), PR_GET_SECCOMP).
            "Seccomp:" => value == "2",
            "interface" => value == "lo",
            "limit" => {
                bounds.push(value);
                continue;
            }
            DOOR => has_door,
            READY => true,
            _ => false,
        };
        if !good {
            return Some(format!("in the container, `{}`", line.escape_debug()));
        }
        seen.push(name);
    }
    const NEEDED: [&str; 10] = [
        "Uid:",
        "Gid:",
        "CapInh:",
        "CapPrm:",
        "CapEff:",
        "CapBnd:",
        "NoNewPrivs:",
        "Seccomp:",
        "interface",
        READY,
    ];
    let needed = NEEDED.into_iter().chain(has_door.then_some(DOOR));
    if let Some(missing) = needed.into_iter().find(|name| !seen.contains(name)) {
        return Some(format!("the container does not tell its `{missing}`"));
    }
    let wanted = [
        limits.processes.to_string(),
        limits.memory_bytes.to_string(),
    ];
    (bounds != wanted).then(|| {
        let [processes, memory] = wanted;
        format!(
            "in the container, the limits of processes and memory are {} where {processes}, {memory} \
             were asked for",
            bounds.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HONEST: &str = "Uid: 65534\t65534\t65534\t65534\nGid: 65534\t65534\t65534\t65534\n\
        Groups: \nCapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: 0000000000000000\n\
        CapBnd: 0000000000000000\nCapAmb: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n\
        interface lo\nlimit 64\nlimit 268435456\nready\n";

    fn limits() -> Limits {
        Limits {
            wall: Duration::from_secs(1),
            cpu: Duration::from_secs(1),
            memory_bytes: 268_435_456,
            processes: 64,
        }
    }

    #[test]
    fn an_honest_proof_is_whole_and_good() {
        assert!(is_whole(HONEST.as_bytes()));
        assert_eq!(mismatch(HONEST.as_bytes(), &limits(), false), None);
    }

    #[test]
    fn each_weakness_is_named() {
        for (from, to) in [
            ("Uid: 65534", "Uid: 0"),
            ("CapEff: 0000000000000000", "CapEff: 00000000a80425fb"),
            ("CapBnd: 0000000000000000", "CapBnd: 0000000000000001"),
            ("NoNewPrivs: 1", "NoNewPrivs: 0"),
            ("Seccomp: 2", "Seccomp: 0"),
            ("interface lo", "interface lo\ninterface eth0"),
            ("limit 64", "limit max"),
            ("limit 268435456", "limit 9223372036854771712"),
            ("ready", "writable /\nready"),
            ("ready", "socket /run/docker.sock\nready"),
            ("Seccomp: 2\n", ""),
            ("interface lo\n", ""),
        ] {
            let weak = HONEST.replacen(from, to, 1);
            assert!(
                mismatch(weak.as_bytes(), &limits(), false).is_some(),
                "{to}"
            );
        }
    }
    #[test]
    fn the_proxys_socket_is_there_when_it_was_asked_for_and_only_then() {
        let with = HONEST.replacen("ready", "door\nready", 1);
        assert_eq!(mismatch(with.as_bytes(), &limits(), true), None);
        assert!(mismatch(with.as_bytes(), &limits(), false).is_some());
        assert!(mismatch(HONEST.as_bytes(), &limits(), true).is_some());
    }
}
