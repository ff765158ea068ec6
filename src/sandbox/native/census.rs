//! What the processes of the sandbox use, counted from `/proc` by the first of them, where no
//! control group counts.

use std::fs;
use std::time::Duration;

use rustix::fs::statvfs;

/// The places whose files are memory.
const SCRATCH: [&str; 2] = ["/sandbox", "/tmp"];

/// What is used at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Memory of all processes and their files, in bytes.
    pub(super) memory_bytes: u64,
    /// Processor time of the processes that live, and of those that they waited for.
    pub(super) cpu: Duration,
}

/// Counts all processes but this one. Pages that processes share since a fork are counted for each,
/// unless that is more than `limit`: then each page is counted once.
pub(super) fn count(limit: u64) -> Usage {
    let processes = processes();
    let files = scratch_bytes();
    let mut usage = Usage::default();
    for pid in &processes {
        if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
            usage.cpu += cpu(&stat).unwrap_or_default();
        }
        usage.memory_bytes += anonymous(*pid);
    }
    usage.memory_bytes += files;
    if usage.memory_bytes > limit {
        let shared_out: u64 = processes.iter().map(|pid| proportional(*pid)).sum();
        usage.memory_bytes = shared_out + files;
    }
    usage
}

fn processes() -> Vec<u32> {
    let own = std::process::id();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != own)
        .collect()
}

/// Private memory that is in use. Shared memory without a file is closed to programs, and with one
/// it is counted with the files.
fn anonymous(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    kilobytes(&status, "RssAnon:").unwrap_or(0)
}

/// The same, with each shared page divided among those who share it.
fn proportional(pid: u32) -> u64 {
    match fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        Ok(rollup) => kilobytes(&rollup, "Pss_Anon:").unwrap_or_else(|| anonymous(pid)),
        Err(_) => anonymous(pid),
    }
}

/// The bytes of a line such as `RssAnon:      1024 kB` (proc(5)).
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

/// Fields 14 to 17 of `stat` (proc(5)): own time and that of children waited for, in and out of the
/// kernel. The name, which is field 2, stands in parentheses and may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut ticks = 0_u64;
    for _ in 0..4 {
        ticks = ticks.checked_add(times.next()?.ok()?)?;
    }
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis(
        ticks.saturating_mul(1_000) / per_second,
    ))
}

fn scratch_bytes() -> u64 {
    SCRATCH
        .iter()
        .filter_map(|place| statvfs(*place).ok())
        .map(|fs| fs.f_blocks.saturating_sub(fs.f_bfree) * fs.f_frsize)
        .sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn processor_time_is_read_past_any_name() {
        let stat = "7 (a) b 1 2) S 1 7 7 0 -1 4194304 99 0 0 0 250 50 10 5 20 0 1 0 100 1 2";
        let per_second = rustix::param::clock_ticks_per_second();
        assert_eq!(cpu(stat), Some(Duration::from_millis(315_000 / per_second)));
        assert_eq!(cpu("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_from_its_line() {
        let status = "Name:\tx\nRssAnon:\t    1024 kB\nRssFile:\t 2 kB\n";
        assert_eq!(kilobytes(status, "RssAnon:"), Some(1024 * 1024));
        assert_eq!(kilobytes(status, "RssShmem:"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            cpu(&text);
            kilobytes(&text, "RssAnon:");
        }
    }
}
