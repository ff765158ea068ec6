//! `[sandbox]`: where code runs that nobody has to trust.

use serde::{Deserialize, Serialize};

/// The image that `packaging/sandbox/build.sh` makes.
pub const SANDBOX_IMAGE: &str = "fame-sandbox:1";

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
pub struct Sandbox {
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
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            tier: TierChoice::Auto,
            engine: None,
            image: SANDBOX_IMAGE.into(),
            image_id: None,
            warm: 2,
            wall_seconds: 60,
            cpu_seconds: 30,
            memory_mib: 256,
            processes: 64,
            development_local_runner: false,
        }
    }
}
