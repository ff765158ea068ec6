//! Calls into a sound system that may never come back.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::bounded;

use super::DeviceError;

/// Calls that may be stuck at once. Beyond it nothing is tried until one of them comes back.
const MAX_STUCK: usize = 4;

/// Makes calls on threads of their own, so that a hanging sound server hangs nothing of FAME.
pub(crate) struct Patience {
    name: &'static str,
    stuck: Vec<JoinHandle<()>>,
}

impl Patience {
    /// Threads will bear `name`.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            stuck: Vec::new(),
        }
    }

    /// Whether a call that was given up is still running.
    pub(crate) fn is_stuck(&mut self) -> bool {
        self.stuck.retain(|thread| !thread.is_finished());
        !self.stuck.is_empty()
    }

    /// The result of `work`, if it comes within `limit`. A later one is dropped over there.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DeviceError> {
        if self.is_stuck() && self.stuck.len() >= MAX_STUCK {
            return Err(DeviceError::NoAnswer);
        }
        // Without a buffer: a result nobody waits for stays with the helper, and so does the
        // work of dropping it.
        let (sender, receiver) = bounded(0);
        let thread = spawn(self.name, move || drop(sender.send(work())))?;
        receiver.recv_timeout(limit).map_err(|_| {
            self.stuck.push(thread);
            DeviceError::NoAnswer
        })
    }
}

/// Drops a stream elsewhere and waits `limit` for it.
///
/// Not counted as stuck: cpal never finishes dropping a playback stream that PulseAudio has
/// killed (its last sink was removed), and one thread for each such event is what that costs.
pub(crate) fn dispose<T: Send + 'static>(
    name: &'static str,
    limit: Duration,
    stream: T,
) -> Result<(), DeviceError> {
    let (sender, receiver) = bounded(1);
    spawn(name, move || {
        drop(stream);
        // The owner may have gone on.
        let _ = sender.send(());
    })?;
    receiver
        .recv_timeout(limit)
        .map_err(|_| DeviceError::NoAnswer)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DeviceError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|error| DeviceError::NoSystem(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    #[test]
    fn what_hangs_is_given_up_and_bounded() {
        let mut patience = Patience::new("test");
        assert!(matches!(patience.run(LIMIT, || 7), Ok(7)));
        let (release, hold) = bounded::<()>(0);
        for _ in 0..MAX_STUCK + 2 {
            let hold = hold.clone();
            let result = patience.run(LIMIT, move || hold.recv());
            assert!(matches!(result, Err(DeviceError::NoAnswer)));
        }
        assert_eq!(patience.stuck.len(), MAX_STUCK);
        drop(release);
        while patience.is_stuck() {
            std::thread::yield_now();
        }
        assert!(matches!(patience.run(LIMIT, || 7), Ok(7)));
    }
}
