//! The system's limits on a process.
//!
//! They are set right after the start, so what the program does in its first microseconds is not
//! yet limited. To limit it before it runs would take unsafe code between `fork` and `exec`.

#[cfg(target_os = "linux")]
pub(super) use linux::{allow_cpu, set};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{allow_cpu, set};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;

    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    use crate::plugins::mcp::spec::Limits;

    /// Processor time in a whole life, in seconds. The limit for a call is a soft one, that a
    /// program can ignore or lift; this one it cannot. One that lives on is restarted.
    const CPU_SECONDS_IN_ALL: u64 = 3_600;

    /// Sets all limits.
    pub(in crate::plugins::mcp) fn set(pid: u32, limits: &Limits) -> io::Result<()> {
        let id = process(pid)?;
        let memory = limits.memory_bytes;
        for (resource, soft, hard) in [
            (Resource::Data, memory, memory),
            (Resource::Nofile, limits.open_files, limits.open_files),
            (Resource::Core, 0, 0),
            (Resource::Cpu, limits.cpu_seconds, CPU_SECONDS_IN_ALL),
        ] {
            // A limit that FAME itself is under cannot be raised, and need not be.
            let ours = getrlimit(resource).maximum.unwrap_or(u64::MAX);
            let hard = hard.min(ours);
            let new = Rlimit {
                current: Some(soft.min(hard)),
                maximum: Some(hard),
            };
            prlimit(Some(id), resource, new)?;
        }
        Ok(())
    }

    /// Lets the process use `seconds` of processor time from now on.
    pub(in crate::plugins::mcp) fn allow_cpu(pid: u32, seconds: u64) -> io::Result<()> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let used = cpu_ticks(&stat).ok_or(io::ErrorKind::InvalidData)?
            / rustix::param::clock_ticks_per_second().max(1);
        let hard = getrlimit(Resource::Cpu)
            .maximum
            .unwrap_or(u64::MAX)
            .min(CPU_SECONDS_IN_ALL);
        let new = Rlimit {
            current: Some((used + seconds).min(hard)),
            maximum: Some(hard),
        };
        prlimit(Some(process(pid)?), Resource::Cpu, new)?;
        Ok(())
    }

    /// No number must mean FAME itself, as `prlimit` would have it.
    fn process(pid: u32) -> io::Result<Pid> {
        Pid::from_raw(pid.cast_signed()).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Processor time used, in clock ticks: fields 14 and 15 of `stat` (proc(5)). The name, which
    /// is field 2, stands in parentheses and may hold anything.
    fn cpu_ticks(stat: &str) -> Option<u64> {
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(11);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        user.checked_add(system)
    }

    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    mod tests {
        use proptest::prelude::*;

        use super::*;

        #[test]
        fn processor_time_is_read_past_any_name() {
            let stat = "7 (a) b 1 2) S 1 7 7 0 -1 4194304 99 0 0 0 250 50 0 0 20 0 1 0 100 1 2";
            assert_eq!(cpu_ticks(stat), Some(300));
            assert_eq!(cpu_ticks("7 (a) S 1"), None);
            let own = fs::read_to_string("/proc/self/stat").unwrap();
            assert!(cpu_ticks(&own).is_some());
        }

        proptest! {
            #[test]
            fn any_text_is_survived(stat in any::<String>()) {
                cpu_ticks(&stat);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    use crate::plugins::mcp::spec::Limits;

    /// Other systems offer no way to limit another process from outside: time-outs, output caps
    /// and the breaker hold all the same.
    pub(in crate::plugins::mcp) fn set(_: u32, _: &Limits) -> io::Result<()> {
        Ok(())
    }

    /// See [`set`].
    pub(in crate::plugins::mcp) fn allow_cpu(_: u32, _: u64) -> io::Result<()> {
        Ok(())
    }
}
