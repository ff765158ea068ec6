//! How often somebody may ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::http::Method;
use fame_auth::Bearer;

use crate::problem::{Code, Problem};
use crate::settings::Rate;

/// Keys whose buckets are kept before those that are full again are forgotten.
const MAX_KEYS: usize = 2 * fame_auth::MAX_KEYS;

/// Nanoseconds since the server began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> u64 {
        // 584 years.
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Tokens that come back at an even pace. Kept as the time at which it is full again, so that one
/// number is all and no lock is needed.
#[derive(Debug)]
pub(crate) struct Bucket {
    full_at: AtomicU64,
    each: u64,
    whole: u64,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(rate: Rate) -> Self {
        // At least a token in an hour, at most one in a nanosecond.
        let each = (1e9 / rate.per_second).clamp(1.0, 3.6e12) as u64;
        Self {
            full_at: AtomicU64::new(0),
            each,
            whole: each.saturating_mul(u64::from(rate.burst.max(1))),
        }
    }

    /// Takes a token, or says in how many seconds there is one.
    pub(crate) fn take(&self, now: u64) -> Result<(), u64> {
        let taken = self
            .full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                let later = full_at.max(now) + self.each;
                (later - now <= self.whole).then_some(later)
            });
        taken.map(drop).map_err(|full_at| {
            let wait = (full_at.max(now) + self.each - now).saturating_sub(self.whole);
            wait.div_ceil(1_000_000_000).max(1)
        })
    }

    /// Whether nothing is missing.
    pub(crate) fn is_full(&self, now: u64) -> bool {
        self.full_at.load(Ordering::Relaxed) <= now
    }
}

/// A bucket for what looks and one for what changes something.
struct Buckets {
    looks: Bucket,
    changes: Bucket,
}

/// The buckets of all keys.
pub(crate) struct Rates {
    rate: Rate,
    clock: Clock,
    keys: RwLock<HashMap<String, Arc<Buckets>>>,
}

impl Rates {
    pub(crate) fn new(rate: Rate, clock: Clock) -> Self {
        Self {
            rate,
            clock,
            keys: RwLock::default(),
        }
    }

    /// Whether this key may ask now.
    pub(crate) fn check(&self, bearer: &Bearer, method: &Method) -> Result<(), Problem> {
        let now = self.clock.now();
        let buckets = self.of(bearer.id(), now);
        let bucket = match *method {
            Method::GET | Method::HEAD => &buckets.looks,
            _ => &buckets.changes,
        };
        bucket.take(now).map_err(|seconds| {
            Problem::new(Code::TooMany, "Too many requests with this key.").retry_after(seconds)
        })
    }

    fn of(&self, id: &str, now: u64) -> Arc<Buckets> {
        // Whole entries are added and removed under this lock, so a poisoned one is whole.
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(buckets) = keys.get(id) {
            return buckets.clone();
        }
        drop(keys);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_KEYS {
            keys.retain(|_, one| !one.looks.is_full(now) || !one.changes.is_full(now));
        }
        let new = || {
            Arc::new(Buckets {
                looks: Bucket::new(self.rate),
                changes: Bucket::new(self.rate),
            })
        };
        keys.entry(id.to_owned()).or_insert_with(new).clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_then_an_even_pace() {
        let bucket = Bucket::new(Rate {
            burst: 3,
            per_second: 0.5,
        });
        for _ in 0..3 {
            assert_eq!(bucket.take(5 * SECOND), Ok(()));
        }
        assert_eq!(bucket.take(5 * SECOND), Err(2));
        assert_eq!(bucket.take(6 * SECOND), Err(1));
        assert_eq!(bucket.take(7 * SECOND), Ok(()));
        assert_eq!(bucket.take(7 * SECOND), Err(2));
        assert!(!bucket.is_full(12 * SECOND) && bucket.is_full(13 * SECOND));
    }

    proptest! {
        #[test]
        fn no_pattern_gets_more_than_the_rate(
            burst in 1u32..50,
            per_second in 0.1f64..1000.0,
            gaps in prop::collection::vec(0u64..SECOND, 1..300),
        ) {
            let bucket = Bucket::new(Rate { burst, per_second });
            let mut now = 0;
            let mut got = 0u32;
            for gap in gaps {
                now += gap;
                if let Err(wait) = bucket.take(now) {
                    prop_assert!(wait >= 1);
                    prop_assert!(wait as f64 <= 1.0 / per_second + 1.0);
                } else {
                    got += 1;
                }
            }
            let most = f64::from(burst) + per_second * now as f64 / SECOND as f64 + 1.0;
            prop_assert!(f64::from(got) <= most, "{got} of {most}");
        }
    }
}
