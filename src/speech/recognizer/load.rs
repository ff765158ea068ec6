//! How many threads the machine can spare right now.
//!
//! ggml's threads spin at their barriers: with both cores of two taken by other programs, a
//! command takes 1.6 s with two threads and 0.33 s with one. So the number follows the load.

use std::time::Instant;

/// Beyond four threads a model of this size gains nothing.
const MOST_THREADS: usize = 4;

/// A look at the load counts for this long before it is too short to mean anything.
const SHORTEST_MS: u128 = 60;

/// A measure older than this says nothing about now.
const STALE_MS: u128 = 3_000;

/// Watches how much of the machine other programs use.
pub struct Load {
    cores: usize,
    last: Option<(Instant, CpuTimes)>,
    /// Cores that others left free at the last measure.
    free: f32,
}

/// Processor time since boot, in clock ticks over all cores.
#[derive(Clone, Copy)]
struct CpuTimes {
    /// Time that no program of any other process used.
    idle: u64,
    total: u64,
    own: u64,
}

impl Default for Load {
    fn default() -> Self {
        Self::new()
    }
}

impl Load {
    /// Starts to watch.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cores,
            last: cpu_times().map(|times| (Instant::now(), times)),
            free: cores as f32,
        }
    }

    /// Measures from the last call until now. Call it when speech begins, so that the measure
    /// covers the utterance by the time the recogniser asks.
    pub fn sample(&mut self) {
        let Some(now) = cpu_times() else { return };
        match self.last {
            Some((at, _)) if at.elapsed().as_millis() < SHORTEST_MS => return,
            Some((at, before)) if at.elapsed().as_millis() <= STALE_MS => {
                let total = now.total.saturating_sub(before.total);
                if total > 0 {
                    let idle = now.idle.saturating_sub(before.idle);
                    let own = now.own.saturating_sub(before.own);
                    self.free = self.cores as f32 * (idle + own).min(total) as f32 / total as f32;
                }
            }
            _ => {}
        }
        self.last = Some((Instant::now(), now));
    }

    /// Cores that no other program uses.
    pub fn free_cores(&self) -> f32 {
        self.free
    }

    /// Threads that can run without waiting for each other's turn on a core.
    pub fn threads(&self) -> usize {
        (self.free.round() as usize).clamp(1, self.cores.min(MOST_THREADS))
    }

    /// Whether work that can be left out should be.
    pub fn is_busy(&self) -> bool {
        self.free < (self.cores as f32 * 0.35).max(0.5)
    }
}

#[cfg(target_os = "linux")]
fn cpu_times() -> Option<CpuTimes> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<u64> = stat
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .map_while(|field| field.parse().ok())
        .collect();
    let own = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Field 2 is the program's name in brackets and may hold spaces; 14 and 15 are its times.
    let after_name: Vec<&str> = own.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| after_name.get(index)?.parse::<u64>().ok();
    Some(CpuTimes {
        idle: fields.get(3)? + fields.get(4)?,
        // Guest time (fields 9 and 10) is counted in user time already.
        total: fields.iter().take(8).sum(),
        own: ticks(11)? + ticks(12)?,
    })
}

/// Elsewhere the load is not known and the machine counts as idle.
#[cfg(not(target_os = "linux"))]
fn cpu_times() -> Option<CpuTimes> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_thread_and_never_more_than_cores() {
        let mut load = Load::new();
        for free in [0.0, 0.4, 1.6, 64.0] {
            load.free = free;
            assert!((1..=load.cores.min(MOST_THREADS)).contains(&load.threads()));
        }
    }
}
