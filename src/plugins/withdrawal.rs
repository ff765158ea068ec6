//! Whether anybody still waits for what a plugin does.
//!
//! A built-in plugin handles a call on one thread, and nobody can end it there. What it has others
//! do from there, programs and the language model, ends as soon as nobody waits for the call any
//! more, and the plugin with it.

use std::cell::RefCell;

use tokio_util::sync::CancellationToken;

thread_local! {
    static CALL: RefCell<CancellationToken> = RefCell::new(CancellationToken::new());
}

/// Does `work`, for which somebody waits until `withdrawn`.
pub fn until<T>(withdrawn: CancellationToken, work: impl FnOnce() -> T) -> T {
    let before = CALL.replace(withdrawn);
    let done = work();
    CALL.set(before);
    done
}

/// Says when nobody waits any more for the call that is being handled on this thread; never on a
/// thread that handles none.
#[must_use]
pub fn of_this_call() -> CancellationToken {
    CALL.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_withdrawn_by_itself() {
        let withdrawn = CancellationToken::new();
        until(withdrawn.clone(), || {
            assert!(!of_this_call().is_cancelled());
            withdrawn.cancel();
            assert!(of_this_call().is_cancelled());
        });
        assert!(!of_this_call().is_cancelled());
    }
}
