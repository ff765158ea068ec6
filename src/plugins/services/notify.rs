//! Shows notifications on the desktop.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, TrySendError, bounded};
use fame_plugin::{HostError, Notification};

use super::bucket::Bucket;

/// Notifications that one plugin may show at once, and after how long there is one more.
const BURST: u32 = 5;
const EVERY: Duration = Duration::from_secs(10);

/// Notifications that wait for the desktop. With one more the plugin is told that it is busy.
const QUEUE: usize = 8;

/// How long the desktop may take to show one.
const WAIT: Duration = Duration::from_secs(2);

/// The longest title and body, in characters; the rest is cut off.
const TITLE_CHARS: usize = 120;
const BODY_CHARS: usize = 1000;

const WHAT: &str = "the notification area";

/// The desktop's notification area. Its thread ends with it, but nobody waits for a desktop that
/// hangs.
pub struct Notifier {
    jobs: Sender<Job>,
    buckets: Mutex<HashMap<String, Bucket>>,
    wait: Duration,
}

struct Job {
    notification: Notification,
    answer: Sender<Result<(), String>>,
}

impl Notifier {
    /// Starts the thread. The desktop is only asked when there is something to show.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        Self::start_with(WAIT, show)
    }

    fn start_with(
        wait: Duration,
        show: impl Fn(&Notification) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, queue) = bounded::<Job>(QUEUE);
        thread::Builder::new()
            .name("fame-notify".into())
            .spawn(move || {
                for job in queue {
                    // Nobody listens any more if the plugin gave up.
                    let _ = job.answer.send(show(&job.notification));
                }
            })?;
        Ok(Self {
            jobs,
            buckets: Mutex::default(),
            wait,
        })
    }

    /// Shows `notification` of `plugin`. Text that is too long is cut.
    ///
    /// # Errors
    /// Without a desktop that shows it in time, or with too many in a short time.
    pub fn notify(&self, plugin: &str, notification: &Notification) -> Result<(), HostError> {
        self.take_turn(plugin)?;
        let notification = Notification {
            title: cut(&notification.title, TITLE_CHARS),
            body: cut(&notification.body, BODY_CHARS),
            urgent: notification.urgent,
        };
        let (answer, answered) = bounded(1);
        let job = Job {
            notification,
            answer,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => no_answer(),
            TrySendError::Disconnected(_) => HostError::unavailable(WHAT, "restart FAME"),
        })?;
        match answered.recv_timeout(self.wait) {
            Ok(shown) => shown.map_err(|reason| {
                let hint = format!(
                    "FAME must run in a desktop session that shows notifications ({reason})"
                );
                HostError::unavailable(WHAT, hint)
            }),
            Err(RecvTimeoutError::Timeout) => Err(no_answer()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(HostError::unavailable(WHAT, "restart FAME"))
            }
        }
    }

    fn take_turn(&self, plugin: &str) -> Result<(), HostError> {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(plugin.to_owned())
            .or_insert_with(|| Bucket::new(BURST, EVERY, now));
        bucket.take(now).map_err(|_| HostError::TooMuch {
            what: format!("notifications of `{plugin}`"),
            limit: format!("{BURST}, and then one each {} seconds", EVERY.as_secs()),
        })
    }
}

fn no_answer() -> HostError {
    HostError::unavailable(
        WHAT,
        "the desktop does not answer; log in again if that stays so",
    )
}

/// At most `most` characters of `text`, without those that a desktop cannot show.
fn cut(text: &str, most: usize) -> String {
    let shown = |c: &char| !c.is_control() || *c == '\n';
    let mut clean = text.chars().filter(shown);
    let mut cut: String = clean.by_ref().take(most).collect();
    if clean.next().is_some() {
        cut.pop();
        cut.push('…');
    }
    cut
}

fn show(notification: &Notification) -> Result<(), String> {
    let mut shown = notify_rust::Notification::new();
    shown
        .appname("FAME")
        .summary(&notification.title)
        .body(&body(&notification.body));
    #[cfg(all(unix, not(target_os = "macos")))]
    if notification.urgent {
        shown
            .urgency(notify_rust::Urgency::Critical)
            .timeout(notify_rust::Timeout::Never);
    }
    shown.show().map(|_| ()).map_err(|error| error.to_string())
}

/// Plain text stays plain where the desktop reads markup.
#[cfg(all(unix, not(target_os = "macos")))]
fn body(text: &str) -> String {
    let reads_markup = notify_rust::get_capabilities()
        .is_ok_and(|known| known.iter().any(|capability| capability == "body-markup"));
    if reads_markup {
        escape(text)
    } else {
        text.to_owned()
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn body(text: &str) -> String {
    text.to_owned()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn titled(title: &str) -> Notification {
        Notification {
            title: title.into(),
            ..Notification::default()
        }
    }

    #[test]
    fn each_plugin_has_a_limit_of_its_own() {
        let (tell, told) = sync_channel(100);
        let notifier = Notifier::start_with(WAIT, move |shown| {
            tell.send(shown.title.clone())
                .map_err(|error| error.to_string())
        })
        .unwrap();
        for _ in 0..BURST {
            notifier.notify("timer", &titled("tea")).unwrap();
        }
        let error = notifier.notify("timer", &titled("tea")).unwrap_err();
        assert!(matches!(error, HostError::TooMuch { .. }), "{error}");
        notifier.notify("notes", &titled("note")).unwrap();
        assert_eq!(told.try_iter().count(), BURST as usize + 1);
    }

    #[test]
    fn a_desktop_that_hangs_is_not_waited_for() {
        let (let_go, held) = sync_channel::<()>(0);
        let notifier = Notifier::start_with(Duration::from_millis(20), move |_| {
            let _ = held.recv();
            Ok(())
        })
        .unwrap();
        // One that is being shown, a full queue, and one more.
        for plugin in 0..QUEUE + 3 {
            let error = notifier.notify(&plugin.to_string(), &titled("x"));
            assert!(
                matches!(error, Err(HostError::Unavailable { .. })),
                "{error:?}"
            );
        }
        drop(let_go);
    }

    #[test]
    fn text_is_cut_and_cleaned() {
        assert_eq!(cut("a\u{0}b\u{7}\nc", 10), "ab\nc");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
        assert_eq!(escape("1 < 2 & <b>"), "1 &lt; 2 &amp; &lt;b&gt;");
    }
}
