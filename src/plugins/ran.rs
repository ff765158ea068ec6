//! What a plugin has had run in the sandbox while it handled one call, for the record of that call.
//!
//! A built-in plugin handles a call on one thread from its beginning to its end, and has programs
//! run from that thread.

use std::cell::RefCell;

/// Runs of one call that are kept: a program with its tests and its repairs. More are left out.
const MAX_RUNS: usize = 16;

/// One run, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// What kept it in.
    pub tier: String,
    /// What ran it, such as `python`.
    pub profile: String,
    /// The image of a container.
    pub image: Option<String>,
    /// `ok`, `failed`, `timed_out`, `oom`.
    pub ended: &'static str,
    /// Its exit code.
    pub exit: Option<i32>,
    /// What it wrote, in bytes.
    pub output_bytes: u64,
    /// How long it ran, in milliseconds.
    pub wall_ms: u64,
}

thread_local! {
    static RUNS: RefCell<Vec<Run>> = const { RefCell::new(Vec::new()) };
}

/// Does `work` and gives what was run for it on this thread.
pub fn during<T>(work: impl FnOnce() -> T) -> (T, Vec<Run>) {
    // What a call that panicked has left behind is not this one's.
    RUNS.take();
    let done = work();
    (done, RUNS.take())
}

/// Notes a run of the call that is being handled on this thread.
pub fn note(run: Run) {
    RUNS.with_borrow_mut(|runs| {
        if runs.len() < MAX_RUNS {
            runs.push(run);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_its_own_runs_and_not_those_of_others() {
        note(Run::default());
        let (done, runs) = during(|| {
            note(Run {
                wall_ms: 7,
                ..Run::default()
            });
            1
        });
        assert_eq!((done, runs.len(), runs[0].wall_ms), (1, 1, 7));
        assert!(during(|| ()).1.is_empty());
        let (_, runs) = during(|| (0..2 * MAX_RUNS).for_each(|_| note(Run::default())));
        assert_eq!(runs.len(), MAX_RUNS);
    }
}
