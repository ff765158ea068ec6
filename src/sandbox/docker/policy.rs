//! What is asked of the engine for each container. `compare` looks whether it does it.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
    MountBindOptions, MountBindOptionsPropagationEnum, MountType, ResourcesUlimits,
};

use crate::limits::{
    Limits, OPEN_FILES, SCRATCH_BYTES, SCRATCH_INODES, SHARED_BYTES, WRITTEN_FILE_BYTES,
};
use crate::network::{self, DOOR_DIR};
use crate::profile::ENVIRONMENT;
use crate::syscalls;

/// `nobody`, as whom programs run.
pub(super) const USER: &str = "65534:65534";

/// The first process of every container.
const LAUNCHER: &str = include_str!("launcher.sh");

/// What a program with a network speaks to: passes on to the proxy's socket.
const FORWARDER: &str = include_str!("forwarder.py");

/// One processor, in billionths.
const NANO_CPUS: i64 = 1_000_000_000;

/// What a container is made of.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The image's id.
    pub(super) image: String,
    pub(super) limits: Limits,
    /// Whether its scratch space may hold programs.
    pub(super) executes_scratch: bool,
    /// The folder of the host with the proxy's socket, the only thing of the host's that it sees.
    pub(super) door: Option<String>,
    /// The engine's runtime, if not its default.
    pub(super) runtime: Option<String>,
    pub(super) labels: HashMap<String, String>,
}

/// The request for a container.
pub(super) fn body(asked: &Asked) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(asked.image.clone()),
        entrypoint: Some(vec!["/bin/sh".into(), "-c".into(), LAUNCHER.into()]),
        cmd: Some(match asked.door {
            Some(_) => vec!["launcher".into(), FORWARDER.into()],
            None => Vec::new(),
        }),
        user: Some(USER.into()),
        env: Some(environment(asked)),
        working_dir: Some("/sandbox".into()),
        hostname: Some("sandbox".into()),
        labels: Some(asked.labels.clone()),
        tty: Some(false),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        network_disabled: Some(true),
        host_config: Some(host_config(asked)),
        ..ContainerCreateBody::default()
    }
}

fn environment(asked: &Asked) -> Vec<String> {
    let network = asked.door.iter().flat_map(|_| network::ENVIRONMENT);
    ENVIRONMENT
        .into_iter()
        .chain(network)
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// The part of it that makes the walls.
pub(super) fn host_config(asked: &Asked) -> HostConfig {
    let limits = &asked.limits;
    HostConfig {
        network_mode: Some("none".into()),
        readonly_rootfs: Some(true),
        mounts: asked.door.as_deref().map(|door| vec![mount(door)]),
        tmpfs: Some(tmpfs(asked.executes_scratch)),
        cap_drop: Some(vec!["ALL".into()]),
        privileged: Some(false),
        security_opt: Some(vec![
            "no-new-privileges:true".into(),
            format!("seccomp={}", syscalls::engine_profile(asked.door.is_some())),
        ]),
        memory: Some(signed(limits.memory_bytes)),
        // Equal: no swap. Left out it would be as much again.
        memory_swap: Some(signed(limits.memory_bytes)),
        nano_cpus: Some(NANO_CPUS),
        pids_limit: Some(signed(limits.processes)),
        ulimits: Some(ulimits()),
        init: Some(true),
        // The default writes all output to the engine's disk.
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".into()),
            config: None,
        }),
        // Or the exit code and the memory kill would be gone with the container.
        auto_remove: Some(false),
        ipc_mode: Some("private".into()),
        shm_size: Some(signed(SHARED_BYTES)),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        runtime: asked.runtime.clone(),
        ..HostConfig::default()
    }
}

/// The proxy's folder: nothing can be written to it, and nothing that is mounted later comes along.
fn mount(door: &str) -> Mount {
    Mount {
        target: Some(DOOR_DIR.into()),
        source: Some(door.to_owned()),
        typ: Some(MountType::BIND),
        read_only: Some(true),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::PRIVATE),
            ..MountBindOptions::default()
        }),
        ..Mount::default()
    }
}

/// A tmpfs is the only quota for files that every engine has.
fn tmpfs(executes: bool) -> HashMap<String, String> {
    let options = |execution: &str| {
        format!(
            "rw,nosuid,nodev,{execution},size={SCRATCH_BYTES},nr_inodes={SCRATCH_INODES},mode=1777"
        )
    };
    let code = options(if executes { "exec" } else { "noexec" });
    [
        ("/sandbox".into(), code),
        ("/tmp".into(), options("noexec")),
    ]
    .into()
}

/// No limit on processes here: the kernel counts it by user, over all containers.
fn ulimits() -> Vec<ResourcesUlimits> {
    [
        ("nofile", OPEN_FILES),
        ("fsize", WRITTEN_FILE_BYTES),
        ("core", 0),
    ]
    .map(|(name, value)| ResourcesUlimits {
        name: Some(name.into()),
        soft: Some(signed(value)),
        hard: Some(signed(value)),
    })
    .to_vec()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
