//! How often something may be done: a token bucket. It is a value; the time is an input.

use std::time::{Duration, Instant};

/// A bucket that holds `burst` tokens and gets one back each `every`.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    burst: u32,
    every: Duration,
    /// When it will be full again; earlier than now if it is.
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(burst: u32, every: Duration, now: Instant) -> Self {
        Self {
            burst,
            every,
            full_at: now,
        }
    }

    /// Takes a token, or says how long to wait for one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + self.every;
        let missing = full_at.duration_since(now);
        let most = self.every * self.burst;
        if missing > most {
            return Err(missing - most);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut bucket = Bucket::new(3, second * 10, start);
        for _ in 0..3 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        assert_eq!(bucket.take(start), Err(second * 10));
        assert_eq!(bucket.take(start + second * 4), Err(second * 6));
        assert_eq!(bucket.take(start + second * 10), Ok(()));
        assert_eq!(bucket.take(start + second * 10), Err(second * 10));
        let much_later = start + second * 1000;
        for _ in 0..3 {
            assert_eq!(bucket.take(much_later), Ok(()));
        }
        assert!(bucket.take(much_later).is_err());
    }
}
