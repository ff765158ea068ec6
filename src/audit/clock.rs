//! What time it is, twice: as people say it, and as nobody can set it.

use jiff::Timestamp;

/// The wall clock going back by less than this is it being kept right, and not told, in ms.
pub(crate) const TOLERATED_MS: i64 = 1_000;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// By the wall clock.
    pub wall: Timestamp,
    /// Since the machine started, its sleep included, in nanoseconds.
    pub mono: u64,
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Now;
}

/// The clocks of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp::now(),
            mono: monotonic(),
        }
    }
}

#[cfg(target_os = "linux")]
fn monotonic() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    nanoseconds(time.tv_sec, time.tv_nsec)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn monotonic() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    nanoseconds(time.tv_sec, time.tv_nsec)
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let whole = u64::try_from(seconds).unwrap_or(0);
    whole
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(nanoseconds).unwrap_or(0))
}

/// Elsewhere, since this process first asked.
#[cfg(not(unix))]
fn monotonic() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
