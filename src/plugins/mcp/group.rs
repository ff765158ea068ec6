//! A process together with what it starts.

#[cfg(unix)]
pub(super) use unix::Group;

#[cfg(not(unix))]
pub(super) use elsewhere::Group;

/// How a group is told to go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Farewell {
    /// It may tidy up.
    Ask,
    /// It may not.
    Kill,
}

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::process::Command;

    use super::Farewell;

    /// A process group, killed when dropped.
    ///
    /// Its number stays taken as long as anyone is in it. If nobody is, it is free from the moment
    /// the leader was reaped; numbers are given out in turn, so it cannot be another's so soon.
    #[derive(Debug)]
    pub(in crate::plugins::mcp) struct Group(Pid);

    impl Group {
        /// Has `command` start in a group of its own: the terminal's Ctrl-C does not reach it.
        pub(in crate::plugins::mcp) fn prepare(command: &mut Command) {
            command.process_group(0);
        }

        /// The group of a process started so; none if the number is none.
        pub(in crate::plugins::mcp) fn led_by(pid: u32) -> Option<Self> {
            Pid::from_raw(pid.cast_signed()).map(Self)
        }

        /// Tells everyone in it to go.
        pub(in crate::plugins::mcp) fn tell(&self, farewell: Farewell) {
            let signal = match farewell {
                Farewell::Ask => Signal::TERM,
                Farewell::Kill => Signal::KILL,
            };
            // That it fails means that nobody is left.
            let _ = kill_process_group(self.0, signal);
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.tell(Farewell::Kill);
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use tokio::process::Command;

    use super::Farewell;

    /// Other systems have no groups: the process alone is killed, by its owner.
    #[derive(Debug)]
    pub(in crate::plugins::mcp) struct Group;

    impl Group {
        /// Nothing to prepare.
        pub(in crate::plugins::mcp) fn prepare(_: &mut Command) {}

        /// Stands for the process.
        pub(in crate::plugins::mcp) fn led_by(_: u32) -> Option<Self> {
            Some(Self)
        }

        /// Nobody to tell.
        pub(in crate::plugins::mcp) fn tell(&self, _: Farewell) {}
    }
}
