//! A word to the user when something takes long.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use fame_plugin::HostRef;

/// How long a user waits without a word.
const PATIENCE: Duration = Duration::from_secs(4);

/// Says something after a while, unless it is dropped before.
pub(crate) struct Progress {
    done: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Has `host` say `text` in four seconds, once.
    pub(crate) fn announce(host: &HostRef, text: &'static str) -> Self {
        Self::after(PATIENCE, host, text)
    }

    fn after(patience: Duration, host: &HostRef, text: &'static str) -> Self {
        let host = host.clone();
        let (done, wait) = sync_channel::<()>(1);
        let speak = move || {
            if wait.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                // Without a voice there is nobody to keep waiting.
                let _ = host.speak(text);
            }
        };
        // Without a thread the user waits without a word, and still gets the answer.
        let thread = std::thread::Builder::new()
            .name("developer-progress".into())
            .spawn(speak);
        Self {
            done: Some(done),
            thread: thread.ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use fame_plugin::{Capability, Host, HostError};
    use jiff::ZonedDateTime;

    use super::*;

    #[derive(Clone, Default)]
    struct Voice(Arc<Mutex<Vec<String>>>);

    impl Host for Voice {
        fn now(&self) -> ZonedDateTime {
            ZonedDateTime::default()
        }

        fn capabilities(&self) -> Vec<Capability> {
            Vec::new()
        }

        fn speak(&self, text: &str) -> Result<(), HostError> {
            self.0.lock().unwrap().push(text.into());
            Ok(())
        }
    }

    #[test]
    fn only_what_takes_long_is_announced() {
        let voice = Voice::default();
        let host = HostRef::new(voice.clone());
        drop(Progress::after(Duration::from_secs(60), &host, "quick"));
        let slow = Progress::after(Duration::from_millis(1), &host, "slow");
        while voice.0.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        drop(slow);
        assert_eq!(*voice.0.lock().unwrap(), ["slow"]);
    }
}
