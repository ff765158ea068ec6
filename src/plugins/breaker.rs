//! A circuit breaker: a plugin that fails again and again is left alone for a while, then tried
//! with one call (M. Nygard, "Release It!", 2nd edition, chapter 5).
//!
//! It is a value. The time is an input, so that it is tested without waiting.

use std::time::{Duration, Instant};

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Failures in a row that open it. Zero counts as one.
    pub failures: u32,
    /// How long it stays open the first time; twice as long after each trial that fails.
    pub cool_down: Duration,
    /// The longest that it stays open.
    pub longest: Duration,
    /// How long the outcome of a trial is waited for. A trial whose caller went away is lost, and
    /// another call is tried.
    pub trial: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            failures: 3,
            cool_down: Duration::from_secs(10),
            longest: Duration::from_secs(300),
            trial: Duration::from_secs(20),
        }
    }
}

/// Decides which calls are made.
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: Policy,
    state: State,
    /// Grows whenever older permits lose their say.
    epoch: u64,
    /// Times it opened since it was closed last.
    trips: u32,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls are made.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Calls are refused.
    Open {
        /// From then on one call is tried.
        until: Instant,
    },
    /// One call is being tried, others are refused.
    HalfOpen {
        /// From then on the trial is lost.
        until: Instant,
    },
}

/// A call that may be made. Its outcome is told with [`Breaker::succeed`] or [`Breaker::fail`];
/// one that is dropped says nothing.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    epoch: u64,
}

/// The breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it failed repeatedly and is left alone for now; try again later")]
pub struct Refused {
    /// From then on a call may be admitted.
    pub until: Instant,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: State::Closed { failures: 0 },
            epoch: 0,
            trips: 0,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Asks whether a call may be made.
    ///
    /// # Errors
    /// While it is open, or its trial is out.
    pub fn admit(&mut self, now: Instant) -> Result<Permit, Refused> {
        match self.state {
            State::Open { until } | State::HalfOpen { until } if now < until => {
                return Err(Refused { until });
            }
            State::Open { .. } | State::HalfOpen { .. } => {
                self.epoch += 1;
                let until = now + self.policy.trial;
                self.state = State::HalfOpen { until };
            }
            State::Closed { .. } => {}
        }
        Ok(Permit { epoch: self.epoch })
    }

    /// A call went well. A call admitted before the breaker opened has no say any more.
    pub fn succeed(&mut self, permit: Permit) {
        if permit.epoch == self.epoch {
            self.state = State::Closed { failures: 0 };
            self.trips = 0;
        }
    }

    /// A call failed. Tells whether that opened the breaker.
    pub fn fail(&mut self, permit: Permit, now: Instant) -> bool {
        if permit.epoch != self.epoch {
            return false;
        }
        if let State::Closed { failures } = self.state {
            let failures = failures + 1;
            if failures < self.policy.failures {
                self.state = State::Closed { failures };
                return false;
            }
        }
        self.open(now);
        true
    }

    fn open(&mut self, now: Instant) {
        let doubled = 2_u32.saturating_pow(self.trips);
        let cool_down = self.policy.cool_down.saturating_mul(doubled);
        let until = now + cool_down.min(self.policy.longest);
        self.state = State::Open { until };
        self.trips = self.trips.saturating_add(1);
        self.epoch += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: Policy = Policy {
        failures: 3,
        cool_down: Duration::from_secs(10),
        longest: Duration::from_secs(60),
        trial: Duration::from_secs(5),
    };

    fn tripped(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..POLICY.failures {
            let permit = breaker.admit(now).unwrap();
            breaker.fail(permit, now);
        }
        breaker
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let now = Instant::now();
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..20 {
            for _ in 1..POLICY.failures {
                let permit = breaker.admit(now).unwrap();
                assert!(!breaker.fail(permit, now));
            }
            let permit = breaker.admit(now).unwrap();
            breaker.succeed(permit);
        }
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }

    #[test]
    fn it_stays_open_longer_after_each_failed_trial_and_forgets_after_a_good_one() {
        let mut now = Instant::now();
        let mut breaker = tripped(now);
        for seconds in [10, 20, 40, 60, 60] {
            let until = now + Duration::from_secs(seconds);
            assert_eq!(breaker.state(), State::Open { until });
            let early = until - Duration::from_millis(1);
            assert_eq!(breaker.admit(early).unwrap_err(), Refused { until });
            now = until;
            let trial = breaker.admit(now).unwrap();
            breaker.admit(now).unwrap_err();
            assert!(breaker.fail(trial, now));
        }
        now += Duration::from_secs(60);
        let trial = breaker.admit(now).unwrap();
        breaker.succeed(trial);
        let breaker_again = tripped(now);
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
        assert_eq!(
            breaker_again.state(),
            State::Open {
                until: now + POLICY.cool_down
            }
        );
    }

    #[test]
    fn a_trial_that_nobody_waits_for_is_followed_by_another() {
        let now = Instant::now();
        let mut breaker = tripped(now);
        let now = now + POLICY.cool_down;
        let lost = breaker.admit(now).unwrap();
        let second = breaker.admit(now + POLICY.trial).unwrap();
        assert!(!breaker.fail(lost, now + POLICY.trial));
        breaker.succeed(second);
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }

    /// What happens to a breaker: time passes, a call asks, a call ends well or badly.
    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Ask,
        End { which: usize, well: bool },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_u64..30_000).prop_map(Step::Wait),
            Just(Step::Ask),
            (0_usize..8, any::<bool>()).prop_map(|(which, well)| Step::End { which, well }),
        ]
    }

    proptest! {
        #[test]
        fn it_never_admits_while_open_and_always_admits_afterwards(
            steps in prop::collection::vec(step(), 0..200)
        ) {
            let mut now = Instant::now();
            let mut breaker = Breaker::new(POLICY);
            let mut out: Vec<Permit> = Vec::new();
            for step in steps {
                match step {
                    Step::Wait(millis) => now += Duration::from_millis(millis),
                    Step::Ask => {
                        let before = breaker.state();
                        match (before, breaker.admit(now)) {
                            (State::Closed { .. }, Ok(permit)) => {
                                prop_assert_eq!(breaker.state(), before);
                                out.push(permit);
                            }
                            (State::Open { until } | State::HalfOpen { until }, Ok(permit)) => {
                                prop_assert!(now >= until);
                                prop_assert!(breaker.admit(now).is_err(), "one trial at a time");
                                out.push(permit);
                            }
                            (State::Open { until } | State::HalfOpen { until }, Err(refused)) => {
                                prop_assert!(now < until);
                                prop_assert_eq!(refused.until, until);
                            }
                            (State::Closed { .. }, Err(_)) => prop_assert!(false, "refused though closed"),
                        }
                    }
                    Step::End { which, well } if which < out.len() => {
                        let permit = out.swap_remove(which);
                        let before = breaker.state();
                        let opened = if well {
                            breaker.succeed(permit);
                            false
                        } else {
                            breaker.fail(permit, now)
                        };
                        if matches!(before, State::Open { .. }) {
                            prop_assert_eq!(breaker.state(), before, "late outcomes have no say");
                        }
                        prop_assert_eq!(opened, breaker.state() != before && matches!(breaker.state(), State::Open { .. }));
                    }
                    Step::End { .. } => {}
                }
                match breaker.state() {
                    State::Closed { failures } => prop_assert!(failures < POLICY.failures),
                    State::Open { until } => prop_assert!(until <= now + POLICY.longest),
                    State::HalfOpen { until } => prop_assert!(until <= now + POLICY.trial),
                }
            }
        }
    }
}
