//! What FAME gives a plugin.

mod clock;
mod data;
mod error;

use std::ops::Deref;
use std::sync::Arc;

use jiff::ZonedDateTime;
use serde_json::Value;

pub use clock::{Clock, FixedClock, SystemClock};
pub use data::{
    Capability, Fetch, Fetched, Method, Notification, PluginEvent, Program, Ran, Wakeup,
};
pub use error::HostError;

use crate::FollowUp;

/// What a plugin does with an event that it subscribed to. Called one at a time; must be quick.
pub type OnEvent = Box<dyn Fn(&PluginEvent) + Send + Sync>;

/// FAME, as a plugin sees it.
///
/// All but the time and the capabilities need a [`Permission`](crate::Permission) in the manifest
/// that the user has granted. Calls block the plugin's own thread, never FAME. A host without the
/// part that a call needs answers [`HostError::Unavailable`], which every method does unless the
/// host implements it.
pub trait Host: Send + Sync {
    /// Now, in the user's time zone.
    fn now(&self) -> ZonedDateTime;

    /// What the loaded plugins can do, in their order.
    fn capabilities(&self) -> Vec<Capability>;

    /// Says which values a slot of type `{ dynamic = "list" }` has from now on: the entries, each
    /// with other ways of saying it. Needs no permission, as it changes the plugin's own sentences
    /// only.
    ///
    /// # Errors
    /// If the entries are more than FAME compiles.
    fn set_list(&self, list: &str, entries: Vec<(String, Vec<String>)>) -> Result<(), HostError> {
        let _ = (list, entries);
        Err(missing("the list of values"))
    }

    /// The value stored under `key`. Needs `store`, like all that follows it here.
    ///
    /// # Errors
    /// Without the permission, or if the store cannot be read.
    fn get(&self, key: &str) -> Result<Option<Value>, HostError> {
        let _ = key;
        Err(missing("the store"))
    }

    /// Stores `value` under `key`; it is on the disk when the call returns.
    ///
    /// # Errors
    /// Without the permission, beyond the store's limits, or if it cannot be written.
    fn put(&self, key: &str, value: Value) -> Result<(), HostError> {
        let _ = (key, value);
        Err(missing("the store"))
    }

    /// Forgets `key`; gives whether there was anything.
    ///
    /// # Errors
    /// Without the permission, or if the store cannot be written.
    fn delete(&self, key: &str) -> Result<bool, HostError> {
        let _ = key;
        Err(missing("the store"))
    }

    /// The keys that begin with `prefix`, in order.
    ///
    /// # Errors
    /// Without the permission, or if the store cannot be read.
    fn keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        let _ = prefix;
        Err(missing("the store"))
    }

    /// Has [`Plugin::wake`](crate::Plugin::wake) called at a time. Needs `schedule`, like the two
    /// that follow.
    ///
    /// # Errors
    /// Without the permission, with too many wake-ups, or if it cannot be kept.
    fn schedule(&self, wakeup: Wakeup) -> Result<(), HostError> {
        let _ = wakeup;
        Err(missing("the schedule"))
    }

    /// Takes a wake-up back; gives whether there was one.
    ///
    /// # Errors
    /// Without the permission, or if it cannot be kept.
    fn unschedule(&self, id: &str) -> Result<bool, HostError> {
        let _ = id;
        Err(missing("the schedule"))
    }

    /// The plugin's wake-ups to come, by their time.
    ///
    /// # Errors
    /// Without the permission.
    fn scheduled(&self) -> Result<Vec<Wakeup>, HostError> {
        Err(missing("the schedule"))
    }

    /// Shows a notification. Needs `notify`.
    ///
    /// # Errors
    /// Without the permission, or without a desktop that shows it.
    fn notify(&self, notification: Notification) -> Result<(), HostError> {
        let _ = notification;
        Err(missing("the notification area"))
    }

    /// Speaks outside of any request, after what is being said. Needs `speak`.
    ///
    /// # Errors
    /// Without the permission, or with too much waiting to be said.
    fn speak(&self, text: &str) -> Result<(), HostError> {
        let _ = text;
        Err(missing("the voice"))
    }

    /// Asks the user something outside of any request; the answer comes as a request for the
    /// intent of `follow_up`. Needs `ask`.
    ///
    /// # Errors
    /// Without the permission, or while another question is open.
    fn ask(&self, question: &str, follow_up: FollowUp) -> Result<(), HostError> {
        let _ = (question, follow_up);
        Err(missing("the voice"))
    }

    /// Runs a program in the sandbox. Needs `sandbox`.
    ///
    /// # Errors
    /// Without the permission, or without a sandbox.
    fn run(&self, program: Program) -> Result<Ran, HostError> {
        let _ = program;
        Err(missing("the sandbox"))
    }

    /// Asks a web service. Needs `http`, and a host that the manifest lists.
    ///
    /// # Errors
    /// Without the permission, with `allow_network` off, for another host, or if it fails.
    fn fetch(&self, request: Fetch) -> Result<Fetched, HostError> {
        let _ = request;
        Err(missing("the network"))
    }

    /// Has the configured language model answer `prompt`. Needs `llm`.
    ///
    /// # Errors
    /// Without the permission, or without a model.
    fn complete(&self, prompt: &str) -> Result<String, HostError> {
        let _ = prompt;
        Err(missing("the language model"))
    }

    /// Opens a file or a web address with the desktop's program for it. Needs `desktop`.
    ///
    /// # Errors
    /// Without the permission, or without a desktop.
    fn open(&self, target: &str) -> Result<(), HostError> {
        let _ = target;
        Err(missing("the desktop"))
    }

    /// Publishes an event; `topic` begins with the plugin's id and a dot. Needs `events`, like
    /// the one that follows.
    ///
    /// # Errors
    /// Without the permission, for another plugin's topic, or with too large an event.
    fn publish(&self, topic: &str, data: Value) -> Result<(), HostError> {
        let _ = (topic, data);
        Err(missing("the event bus"))
    }

    /// Calls `on_event` for every event whose topic fits `pattern` (`timer.*`, `#`), until the
    /// plugin is unloaded.
    ///
    /// # Errors
    /// Without the permission, for a malformed pattern, or with too many subscriptions.
    fn subscribe(&self, pattern: &str, on_event: OnEvent) -> Result<(), HostError> {
        let _ = (pattern, on_event);
        Err(missing("the event bus"))
    }
}

fn missing(what: &str) -> HostError {
    HostError::unavailable(what, "this FAME runs without it")
}

/// A shared [`Host`].
///
/// The default belongs to no FAME: it knows the computer's time and no capabilities. A plugin
/// holds it from its making until [`Plugin::init`](crate::Plugin::init) hands it the real one.
#[derive(Clone)]
pub struct HostRef(Arc<dyn Host>);

impl HostRef {
    /// Shares `host`.
    pub fn new(host: impl Host + 'static) -> Self {
        Self(Arc::new(host))
    }
}

impl Default for HostRef {
    fn default() -> Self {
        Self::new(NoHost)
    }
}

impl Deref for HostRef {
    type Target = dyn Host;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

struct NoHost;

impl Host for NoHost {
    fn now(&self) -> ZonedDateTime {
        SystemClock.now()
    }

    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }
}
