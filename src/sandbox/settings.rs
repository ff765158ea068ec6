//! Checking what the owner of the machine may set; what it is stands in [`crate::config::Sandbox`].

use std::time::Duration;

pub use crate::config::{SANDBOX_IMAGE as DEFAULT_IMAGE, Sandbox as Settings, TierChoice};

use super::error::SandboxError;
use super::limits::{self, Limits};

/// The most containers that may wait, started and empty, for a program.
pub const MAX_WARM: usize = 4;

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
    pub(super) fn limits(&self, wall: Duration) -> Limits {
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
        let cases: [(&str, Spoil); 7] = [
            ("sandbox.warm", |s| s.warm = 5),
            ("sandbox.wall_seconds", |s| s.wall_seconds = 0),
            ("sandbox.cpu_seconds", |s| s.cpu_seconds = u64::MAX),
            ("sandbox.memory_mib", |s| s.memory_mib = 1),
            ("sandbox.processes", |s| s.processes = 0),
            ("sandbox.image", |s| s.image = "ubuntu; rm -rf /".into()),
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
