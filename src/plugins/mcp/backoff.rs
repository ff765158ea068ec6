//! How long a server that died is not restarted.

use std::time::Duration;

/// The second restart in a row waits so long, each further one twice as long. The first is
/// immediate: most crashes are met once.
const FIRST: Duration = Duration::from_millis(500);

/// The longest that a restart waits.
const LONGEST: Duration = Duration::from_secs(30);

/// A process that lived so long is steady; its end starts the count anew.
const STEADY: Duration = Duration::from_secs(60);

/// Counts short lives.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    short_lives: u32,
}

impl Backoff {
    /// A process ended after it `lived` so long. Returns how long to wait before the next.
    pub(super) fn ended(&mut self, lived: Duration) -> Duration {
        let earlier = if lived >= STEADY { 0 } else { self.short_lives };
        self.short_lives = earlier.saturating_add(1);
        match earlier.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => FIRST
                .saturating_mul(2_u32.saturating_pow(doublings))
                .min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_bound_and_a_steady_life_resets_them() {
        let mut backoff = Backoff::default();
        let mut waits = || backoff.ended(Duration::from_secs(1)).as_millis();
        let first: Vec<u128> = (0..9).map(|_| waits()).collect();
        assert_eq!(
            first,
            [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        assert_eq!(backoff.ended(STEADY), Duration::ZERO);
        assert_eq!(backoff.ended(Duration::ZERO), FIRST);
        for _ in 0..100 {
            assert!(backoff.ended(Duration::ZERO) <= LONGEST);
        }
    }
}
