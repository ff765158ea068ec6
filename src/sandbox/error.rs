//! Why a program was not run, or why nobody knows how it ended.

use std::io;

/// Why there is no report. A program that fails, is killed or runs out of time is no error: its
/// report says so.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A setting is outside its bounds.
    #[error("`{key}`: {problem}; {remedy}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// What is wrong.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// No tier can be had.
    #[error("no sandbox can be had, so nothing is run: {reason}")]
    Unavailable {
        /// What is missing for each tier, and what to install.
        reason: String,
    },
    /// There is no such profile.
    #[error("there is no profile `{name}`; choose one of {known}")]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// The profiles that there are.
        known: String,
    },
    /// The profile's interpreter or compiler is not installed.
    #[error("the profile `{profile}` cannot be used here: {missing}; {remedy}")]
    ProfileMissing {
        /// The profile.
        profile: &'static str,
        /// What is not there.
        missing: String,
        /// What to install.
        remedy: String,
    },
    /// The request is too large.
    #[error("{what} has {bytes} bytes and {limit} are allowed; make it shorter")]
    TooLarge {
        /// The program, or its input.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// Too many programs run and wait.
    #[error("{running} programs run and {waiting} wait; try again in a few seconds")]
    Busy {
        /// Programs that run.
        running: usize,
        /// Programs that wait for their turn.
        waiting: usize,
    },
    /// This caller may not use the runner without walls.
    #[error(
        "only `fame sandbox run` may use the runner without walls; install a container engine, or allow user namespaces"
    )]
    CallerRefused,
    /// The image is not there, or is another one.
    #[error("{problem}; {remedy}")]
    Image {
        /// What is wrong.
        problem: String,
        /// How to get the right one.
        remedy: String,
    },
    /// The engine does not enforce what was asked of it.
    #[error(
        "the container engine does not keep to the policy: {mismatch}; nothing was run. Use Docker 20.10 or newer, or set `tier = \"b\"` under `[sandbox]`"
    )]
    PolicyMismatch {
        /// Which part, what was asked and what was found.
        mismatch: String,
    },
    /// The engine went away or does not answer. Whether the program ended is not known.
    #[error(
        "lost the container engine while {doing}: {problem}; see that it runs (`docker info`) and try again"
    )]
    EngineLost {
        /// What FAME was about to do.
        doing: &'static str,
        /// What happened.
        problem: String,
    },
    /// The engine refused.
    #[error(
        "the container engine refused {doing}: {problem}; `fame sandbox status` says more about it"
    )]
    Engine {
        /// What FAME asked for.
        doing: &'static str,
        /// What it answered.
        problem: String,
    },
    /// The kernel's walls of tier B cannot be put up.
    #[error("cannot put up the sandbox's walls: {problem}; {remedy}")]
    Walls {
        /// Which one, and why.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The helper process of tier B failed. Whether the program ended is not known.
    #[error("the sandbox's helper failed while {doing}: {source}; try again")]
    Helper {
        /// What it was about to do.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The sandbox is being shut down.
    #[error("the sandbox is shut down; start FAME again")]
    ShutDown,
}

impl SandboxError {
    /// Whether the machinery failed rather than the request: the same request may work later, and
    /// nothing is known of the program.
    pub fn is_infrastructure(&self) -> bool {
        matches!(
            self,
            Self::EngineLost { .. } | Self::Engine { .. } | Self::Helper { .. } | Self::ShutDown
        )
    }
}
