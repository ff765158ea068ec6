//! Whether the engine made what the policy asked for.
//!
//! Engines have been seen to leave limits out without a word (rootless podman with `--pids-limit`,
//! podman#13891).

use bollard::models::{ContainerInspectResponse, HostConfig, MountPoint, ResourcesUlimits};

use super::policy::{Asked, USER, host_config};
use crate::network::DOOR_DIR;

/// The first thing that is not as it was asked for, in words.
pub(super) fn mismatch(asked: &Asked, made: &ContainerInspectResponse) -> Option<String> {
    let Some(host) = made.host_config.as_ref() else {
        return Some("the engine does not tell a container's configuration".into());
    };
    asked_for(asked, host)
        .or_else(|| added(host))
        .or_else(|| shared(asked, host))
        .or_else(|| protected(host))
        .or_else(|| outside(asked, made))
}

/// What was asked for is there.
fn asked_for(asked: &Asked, host: &HostConfig) -> Option<String> {
    let wanted = host_config(asked);
    differs("NetworkMode", &wanted.network_mode, &host.network_mode)
        .or_else(|| {
            differs(
                "ReadonlyRootfs",
                &wanted.readonly_rootfs,
                &host.readonly_rootfs,
            )
        })
        .or_else(|| differs("Tmpfs", &wanted.tmpfs, &host.tmpfs))
        .or_else(|| differs("CapDrop", &wanted.cap_drop, &host.cap_drop))
        .or_else(|| differs("Privileged", &wanted.privileged, &host.privileged))
        .or_else(|| differs("SecurityOpt", &wanted.security_opt, &host.security_opt))
        .or_else(|| differs("Memory", &wanted.memory, &host.memory))
        .or_else(|| differs("MemorySwap", &wanted.memory_swap, &host.memory_swap))
        .or_else(|| differs("NanoCpus", &wanted.nano_cpus, &host.nano_cpus))
        .or_else(|| differs("PidsLimit", &wanted.pids_limit, &host.pids_limit))
        .or_else(|| differs("Init", &wanted.init, &host.init))
        .or_else(|| differs("AutoRemove", &wanted.auto_remove, &host.auto_remove))
        .or_else(|| differs("IpcMode", &wanted.ipc_mode, &host.ipc_mode))
        .or_else(|| differs("ShmSize", &wanted.shm_size, &host.shm_size))
        .or_else(|| differs("CgroupnsMode", &wanted.cgroupns_mode, &host.cgroupns_mode))
        .or_else(|| {
            let log = host.log_config.as_ref().and_then(|log| log.typ.clone());
            differs("LogConfig", &Some("none".to_owned()), &log)
        })
        .or_else(|| {
            let by_name = |limits: Option<&Vec<ResourcesUlimits>>| {
                let mut limits = limits.cloned().unwrap_or_default();
                limits.sort_by(|a, b| a.name.cmp(&b.name));
                limits
            };
            let (wanted, found) = (wanted.ulimits.as_ref(), host.ulimits.as_ref());
            differs("Ulimits", &by_name(wanted), &by_name(found))
        })
        .or_else(|| {
            // Unasked, the engine names its default.
            let asked = wanted.runtime.as_ref()?;
            differs("Runtime", &Some(asked), &host.runtime.as_ref())
        })
}

/// What was not asked for is not there.
fn added(host: &HostConfig) -> Option<String> {
    fn some<T>(list: Option<&Vec<T>>) -> bool {
        list.is_some_and(|list| !list.is_empty())
    }
    let shares_host = |mode: Option<&String>| {
        mode.is_some_and(|mode| mode == "host" || mode.starts_with("container:"))
    };
    let found = [
        ("VolumesFrom", some(host.volumes_from.as_ref())),
        ("CapAdd", some(host.cap_add.as_ref())),
        ("Devices", some(host.devices.as_ref())),
        ("DeviceRequests", some(host.device_requests.as_ref())),
        ("DeviceCgroupRules", some(host.device_cgroup_rules.as_ref())),
        ("GroupAdd", some(host.group_add.as_ref())),
        ("Links", some(host.links.as_ref())),
        ("ExtraHosts", some(host.extra_hosts.as_ref())),
        ("Dns", some(host.dns.as_ref())),
        (
            "PortBindings",
            host.port_bindings
                .as_ref()
                .is_some_and(|ports| !ports.is_empty()),
        ),
        (
            "Sysctls",
            host.sysctls
                .as_ref()
                .is_some_and(|sysctls| !sysctls.is_empty()),
        ),
        ("PublishAllPorts", host.publish_all_ports == Some(true)),
        ("OomKillDisable", host.oom_kill_disable == Some(true)),
        ("PidMode", shares_host(host.pid_mode.as_ref())),
        ("UTSMode", shares_host(host.uts_mode.as_ref())),
        ("UsernsMode", shares_host(host.userns_mode.as_ref())),
    ];
    found
        .into_iter()
        .find(|(_, there)| *there)
        .map(|(field, _)| format!("`{field}` is set, and was not asked for"))
}

/// Nothing of the host's is there but the proxy's folder, where it was asked for: once, in either of
/// the two ways in which engines tell it.
fn shared(asked: &Asked, host: &HostConfig) -> Option<String> {
    let mounts = host.mounts.as_deref().unwrap_or_default();
    let binds = host.binds.as_deref().unwrap_or_default();
    let Some(door) = &asked.door else {
        return [("Binds", binds.len()), ("Mounts", mounts.len())]
            .into_iter()
            .find(|(_, there)| *there > 0)
            .map(|(field, _)| format!("`{field}` is set, and was not asked for"));
    };
    let is_door = |bind: &String| {
        bind.strip_prefix(&format!("{door}:{DOOR_DIR}:"))
            .is_some_and(|options| options.split(',').any(|option| option == "ro"))
    };
    match (mounts, binds) {
        ([_], []) => {
            let wanted = host_config(asked).mounts;
            differs("Mounts", &wanted.as_deref(), &Some(mounts))
        }
        ([], [bind]) if is_door(bind) => None,
        _ => Some("`Mounts` or `Binds` is not as it was asked for".into()),
    }
}

/// The engine hides and protects the parts of `/proc` that it always does. To ask for that would
/// replace its list.
fn protected(host: &HostConfig) -> Option<String> {
    let has = |paths: Option<&Vec<String>>, path: &str| {
        paths.is_some_and(|paths| paths.iter().any(|protected| protected == path))
    };
    if !has(host.masked_paths.as_ref(), "/proc/kcore") {
        return Some("`MaskedPaths` lacks `/proc/kcore`".into());
    }
    if !has(host.readonly_paths.as_ref(), "/proc/sys") {
        return Some("`ReadonlyPaths` lacks `/proc/sys`".into());
    }
    None
}

/// What stands outside `HostConfig`.
fn outside(asked: &Asked, made: &ContainerInspectResponse) -> Option<String> {
    let config = made.config.clone().unwrap_or_default();
    let is_door = |mount: &MountPoint| {
        asked.door.is_some()
            && mount.source == asked.door
            && mount.destination.as_deref() == Some(DOOR_DIR)
            && mount.rw == Some(false)
    };
    let foreign = made
        .mounts
        .iter()
        .flatten()
        .filter(|mount| !is_door(mount))
        .filter_map(|mount| mount.typ.as_deref())
        .find(|kind| *kind != "tmpfs");
    differs("Image", &Some(&asked.image), &made.image.as_ref())
        .or_else(|| differs("User", &Some(USER), &config.user.as_deref()))
        .or_else(|| differs("Tty", &false, &config.tty.unwrap_or_default()))
        .or_else(|| foreign.map(|kind| format!("there is a mount of the kind `{kind}`")))
        .or_else(|| {
            let profile = made.app_armor_profile.as_deref();
            (profile == Some("unconfined")).then(|| "AppArmor is off".into())
        })
}

fn differs<T: PartialEq + std::fmt::Debug>(field: &str, asked: &T, found: &T) -> Option<String> {
    /// Enough of a value to recognise it; the filter has thousands of characters.
    const SHOWN: usize = 80;
    let short = |value: &T| format!("{value:?}").chars().take(SHOWN).collect::<String>();
    (asked != found).then(|| {
        format!(
            "`{field}` is {} where {} was asked for",
            short(found),
            short(asked)
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use bollard::models::{ContainerConfig, DeviceMapping, HostConfigCgroupnsModeEnum};

    use super::*;
    use crate::limits::Limits;

    type Weaken<T> = fn(&mut T);

    fn asked() -> Asked {
        Asked {
            image: "sha256:1".into(),
            limits: Limits {
                wall: Duration::from_secs(1),
                cpu: Duration::from_secs(1),
                memory_bytes: 256 << 20,
                processes: 64,
            },
            executes_scratch: false,
            door: None,
            runtime: None,
            labels: HashMap::new(),
        }
    }

    /// What an honest engine says.
    fn made() -> ContainerInspectResponse {
        let mut host = host_config(&asked());
        host.runtime = Some("runc".into());
        host.masked_paths = Some(vec!["/proc/kcore".into()]);
        host.readonly_paths = Some(vec!["/proc/sys".into()]);
        host.binds = Some(Vec::new());
        ContainerInspectResponse {
            image: Some("sha256:1".into()),
            host_config: Some(host),
            config: Some(ContainerConfig {
                user: Some(USER.into()),
                tty: Some(false),
                ..ContainerConfig::default()
            }),
            ..ContainerInspectResponse::default()
        }
    }

    #[test]
    fn an_honest_engine_has_no_mismatch() {
        assert_eq!(mismatch(&asked(), &made()), None);
    }

    #[test]
    fn any_single_weakening_is_found_by_its_name() {
        let cases: [(&str, Weaken<HostConfig>); 26] = [
            ("NetworkMode", |h| h.network_mode = Some("bridge".into())),
            ("ReadonlyRootfs", |h| h.readonly_rootfs = None),
            ("Tmpfs", |h| h.tmpfs = None),
            ("CapDrop", |h| h.cap_drop = Some(Vec::new())),
            ("Privileged", |h| h.privileged = Some(true)),
            ("SecurityOpt", |h| {
                h.security_opt = Some(vec!["seccomp=unconfined".into()])
            }),
            ("Memory", |h| h.memory = Some(0)),
            ("MemorySwap", |h| h.memory_swap = Some(-1)),
            ("NanoCpus", |h| h.nano_cpus = Some(0)),
            ("PidsLimit", |h| h.pids_limit = None),
            ("Init", |h| h.init = Some(false)),
            ("AutoRemove", |h| h.auto_remove = Some(true)),
            ("IpcMode", |h| h.ipc_mode = Some("host".into())),
            ("ShmSize", |h| h.shm_size = Some(i64::MAX)),
            ("CgroupnsMode", |h| {
                h.cgroupns_mode = Some(HostConfigCgroupnsModeEnum::HOST)
            }),
            ("LogConfig", |h| h.log_config = None),
            ("Ulimits", |h| h.ulimits = None),
            ("Binds", |h| h.binds = Some(vec!["/:/host".into()])),
            ("CapAdd", |h| h.cap_add = Some(vec!["SYS_ADMIN".into()])),
            ("Devices", |h| {
                h.devices = Some(vec![DeviceMapping::default()])
            }),
            ("GroupAdd", |h| h.group_add = Some(vec!["docker".into()])),
            ("Sysctls", |h| {
                h.sysctls = Some([("a".into(), "b".into())].into())
            }),
            ("OomKillDisable", |h| h.oom_kill_disable = Some(true)),
            ("PidMode", |h| h.pid_mode = Some("host".into())),
            ("MaskedPaths", |h| h.masked_paths = Some(Vec::new())),
            ("ReadonlyPaths", |h| h.readonly_paths = None),
        ];
        for (field, weaken) in cases {
            let mut made = made();
            weaken(made.host_config.as_mut().unwrap());
            let found = mismatch(&asked(), &made).unwrap_or_default();
            assert!(found.contains(&format!("`{field}`")), "{field}: {found}");
        }
    }

    #[test]
    fn another_image_user_or_mount_is_found() {
        let cases: [(&str, Weaken<ContainerInspectResponse>); 4] = [
            ("Image", |m| m.image = Some("sha256:2".into())),
            ("User", |m| {
                m.config.as_mut().unwrap().user = Some("root".into())
            }),
            ("AppArmor", |m| {
                m.app_armor_profile = Some("unconfined".into())
            }),
            ("configuration", |m| m.host_config = None),
        ];
        for (field, weaken) in cases {
            let mut made = made();
            weaken(&mut made);
            let found = mismatch(&asked(), &made).unwrap_or_default();
            assert!(found.contains(field), "{field}: {found}");
        }
    }
    fn asked_with_door() -> Asked {
        Asked {
            door: Some("/run/user/7/fame-sandbox-1-0/door".into()),
            ..asked()
        }
    }

    fn made_with_door() -> ContainerInspectResponse {
        let asked = asked_with_door();
        let mut made = made();
        let host = made.host_config.as_mut().unwrap();
        host.mounts = host_config(&asked).mounts;
        host.security_opt = host_config(&asked).security_opt;
        made.mounts = Some(vec![MountPoint {
            typ: Some("bind".into()),
            source: asked.door,
            destination: Some(DOOR_DIR.into()),
            rw: Some(false),
            ..MountPoint::default()
        }]);
        made
    }

    #[test]
    fn the_proxys_folder_is_there_only_as_it_was_asked_for() {
        let asked_with = asked_with_door();
        assert_eq!(mismatch(&asked_with, &made_with_door()), None);
        // As podman tells it.
        let mut podman = made_with_door();
        let host = podman.host_config.as_mut().unwrap();
        host.mounts = None;
        host.binds = asked_with
            .door
            .as_ref()
            .map(|door| vec![format!("{door}:{DOOR_DIR}:ro,rprivate,nosuid")]);
        assert_eq!(mismatch(&asked_with, &podman), None);

        let cases: [Weaken<ContainerInspectResponse>; 7] = [
            |m| m.host_config.as_mut().unwrap().mounts = None,
            |m| {
                let mounts = m.host_config.as_mut().unwrap().mounts.as_mut().unwrap();
                mounts[0].read_only = Some(false);
            },
            |m| {
                let mounts = m.host_config.as_mut().unwrap().mounts.as_mut().unwrap();
                mounts.push(mounts[0].clone());
            },
            |m| m.host_config.as_mut().unwrap().binds = Some(vec!["/:/host".into()]),
            |m| m.mounts.as_mut().unwrap()[0].rw = Some(true),
            |m| m.mounts.as_mut().unwrap()[0].source = Some("/".into()),
            |m| m.host_config.as_mut().unwrap().network_mode = Some("bridge".into()),
        ];
        for (index, weaken) in cases.into_iter().enumerate() {
            let mut made = made_with_door();
            weaken(&mut made);
            assert!(mismatch(&asked_with, &made).is_some(), "{index}");
        }
        // Nobody else gets it.
        assert!(mismatch(&asked(), &made_with_door()).is_some());
        let mut other = made();
        other.mounts = made_with_door().mounts;
        assert!(mismatch(&asked(), &other).is_some());
    }
}
