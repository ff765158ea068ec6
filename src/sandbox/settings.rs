//! `[sandbox]`: what the owner of the machine may set about running programs, and its bounds.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::limits::{self, Limits};
use super::network::{self, NetworkSettings};

/// The most containers that may wait, started and empty, for a program.
pub const MAX_WARM: usize = 4;

/// The image that `packaging/sandbox/build.sh` makes.
pub const DEFAULT_IMAGE: &str = "fame-sandbox:1";

/// Which tier runs programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierChoice {
    /// A container engine if one answers, else the kernel's own walls.
    #[default]
    Auto,
    /// A container engine only.
    A,
    /// The kernel's own walls only.
    B,
}

/// `[sandbox]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which tier runs programs.
    pub tier: TierChoice,
    /// The engine's address, such as `unix:///run/user/1000/docker.sock`. Empty: `DOCKER_HOST`, the
    /// current Docker context, then the usual sockets of Docker and podman.
    pub engine: Option<String>,
    /// The image of tier A, by name or by id. It is never pulled.
    pub image: String,
    /// The image's id, `sha256:…`. When set, another image of the same name is refused.
    pub image_id: Option<String>,
    /// Containers kept started and empty, so that a program need not wait (0 to 4).
    pub warm: usize,
    /// The longest that a program may be allowed to take, in seconds (1 to 600).
    pub wall_seconds: u64,
    /// Processor time that a program may use, in seconds (1 to 600).
    pub cpu_seconds: u64,
    /// Memory for a program, its files included, in MiB (64 to 4096).
    pub memory_mib: u64,
    /// Processes and threads of a program (8 to 512).
    pub processes: u64,
    /// For developing FAME where no sandbox can be had: run the programs of `fame sandbox run` with
    /// no walls at all. The variable `FAME_UNSAFE_LOCAL_RUNNER=1` must be set, too.
    pub development_local_runner: bool,
    /// The hosts that programs of a profile may reach, by the profile's name. None are there unless
    /// they are named here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub network: BTreeMap<String, NetworkSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tier: TierChoice::Auto,
            engine: None,
            image: DEFAULT_IMAGE.into(),
            image_id: None,
            warm: 2,
            wall_seconds: 60,
            cpu_seconds: 30,
            memory_mib: 256,
            processes: 64,
            development_local_runner: false,
            network: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Checks the bounds that the fields promise.
    ///
    /// # Errors
    /// [`SandboxError::Setting`] for the first that is outside.
    pub fn validate(&self) -> Result<(), SandboxError> {
        within("sandbox.warm", self.warm as u64, 0, MAX_WARM as u64)?;
        within("sandbox.wall_seconds", self.wall_seconds, 1, 600)?;
        within("sandbox.cpu_seconds", self.cpu_seconds, 1, 600)?;
        within("sandbox.memory_mib", self.memory_mib, 64, 4_096)?;
        within("sandbox.processes", self.processes, 8, 512)?;
        network::validate(&self.network)?;
        if self.image.is_empty() || self.image.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(SandboxError::Setting {
                key: "sandbox.image",
                problem: format!("`{}` is no image's name", self.image.escape_debug()),
                remedy: format!("write {DEFAULT_IMAGE:?}, or an id such as \"sha256:…\""),
            });
        }
        match &self.image_id {
            Some(id) if !is_image_id(id) => Err(SandboxError::Setting {
                key: "sandbox.image_id",
                problem: format!("`{}` is no image's id", id.escape_debug()),
                remedy: "write what `fame sandbox build` printed: `sha256:` and 64 digits".into(),
            }),
            _ => Ok(()),
        }
    }

    /// The limits of a program that asks for `wall`: less than the floor or more than the ceiling is
    /// not to be had, so no value means "for ever".
    pub(crate) fn limits(&self, wall: Duration) -> Limits {
        let ceiling = Duration::from_secs(self.wall_seconds);
        Limits {
            wall: wall.clamp(limits::WALL_FLOOR, ceiling),
            cpu: Duration::from_secs(self.cpu_seconds),
            memory_bytes: self.memory_mib * 1024 * 1024,
            processes: self.processes,
        }
    }
}

fn within(key: &'static str, value: u64, low: u64, high: u64) -> Result<(), SandboxError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(SandboxError::Setting {
        key,
        problem: format!("{value} is out of bounds"),
        remedy: format!("write a number from {low} to {high}"),
    })
}

fn is_image_id(id: &str) -> bool {
    id.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Spoil = fn(&mut Settings);

    #[test]
    fn the_defaults_are_within_their_own_bounds() {
        Settings::default().validate().unwrap();
    }

    #[test]
    fn what_is_out_of_bounds_names_its_key_and_the_remedy() {
        let cases: [(&str, Spoil); 8] = [
            ("sandbox.warm", |s| s.warm = 5),
            ("sandbox.wall_seconds", |s| s.wall_seconds = 0),
            ("sandbox.cpu_seconds", |s| s.cpu_seconds = u64::MAX),
            ("sandbox.memory_mib", |s| s.memory_mib = 1),
            ("sandbox.processes", |s| s.processes = 0),
            ("sandbox.image", |s| s.image = "ubuntu; rm -rf /".into()),
            ("sandbox.network", |s| {
                s.network.insert("perl".into(), NetworkSettings::default());
            }),
            ("sandbox.image_id", |s| s.image_id = Some("sha256:1".into())),
        ];
        for (key, spoil) in cases {
            let mut settings = Settings::default();
            spoil(&mut settings);
            let error = settings.validate().unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        let error = toml::from_str::<Settings>("privileged = true").unwrap_err();
        assert!(error.to_string().contains("privileged"), "{error}");
    }

    proptest! {
        #[test]
        fn no_request_means_for_ever(seconds in any::<u64>(), nanos in 0_u32..1_000_000_000) {
            let settings = Settings::default();
            let wall = settings.limits(Duration::new(seconds, nanos)).wall;
            prop_assert!(wall >= limits::WALL_FLOOR);
            prop_assert!(wall <= Duration::from_secs(settings.wall_seconds));
        }
    }
}
