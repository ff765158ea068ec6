//! FAME, as its plugins see it: every call goes through its permission here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use fame_plugin::sentence::Lists;
use fame_plugin::{
    Capability, Clock, Fetch, Fetched, FollowUp, Host, HostError, HostRef, Manifest, Notification,
    OnEvent, Permission, PluginEvent, Program, Ran, Wakeup,
};
use jiff::ZonedDateTime;
use serde_json::Value;

use super::current::Current;
use super::registry::HostFactory;
use super::services::{Access, Desktop, Notifier, Scheduler, Web};
use crate::bus::{Bus, Event, Pattern, Subscription};
use crate::store::Store;

/// Subscriptions of one plugin.
const MAX_SUBSCRIPTIONS: usize = 8;

/// Speaking outside of any request. Calls return at once.
pub trait Unasked: Send + Sync {
    /// Says `text` for `plugin`, after what is being said.
    ///
    /// # Errors
    /// With too much waiting to be said.
    fn speak(&self, plugin: &str, text: &str) -> Result<(), HostError>;

    /// Asks `question` for `plugin`.
    ///
    /// # Errors
    /// While another question is open, or with too much waiting to be said.
    fn ask(&self, plugin: &str, question: &str, follow_up: FollowUp) -> Result<(), HostError>;
}

/// A language model, asked from a plugin's own thread.
pub trait Model: Send + Sync {
    /// Its answer to `prompt`.
    ///
    /// # Errors
    /// If it gives none.
    fn complete(&self, prompt: &str) -> Result<String, HostError>;
}

/// The sandbox, used from a plugin's own thread.
pub trait Runs: Send + Sync {
    /// Runs `program` to its end.
    ///
    /// # Errors
    /// If it cannot be run at all.
    fn run(&self, program: Program) -> Result<Ran, HostError>;
}

/// What there is for plugins. A part that is missing makes its calls say so.
#[derive(Clone)]
pub struct Means {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The plugins of now, for their capabilities.
    pub current: Current,
    /// The values of dynamic slots.
    pub lists: Lists,
    /// Keeps what plugins keep.
    pub store: Option<Store>,
    /// Wakes plugins.
    pub scheduler: Option<Arc<Scheduler>>,
    /// Shows notifications.
    pub notifier: Option<Arc<Notifier>>,
    /// Reaches web services.
    pub web: Option<Arc<Web>>,
    /// Whether other machines may be reached.
    pub allow_network: bool,
    /// Opens things on the desktop.
    pub desktop: Option<Desktop>,
    /// Carries events.
    pub bus: Option<Bus>,
    /// Speaks.
    pub voice: Option<Arc<dyn Unasked>>,
    /// Answers prompts.
    pub model: Option<Arc<dyn Model>>,
    /// Runs programs.
    pub sandbox: Option<Arc<dyn Runs>>,
}

impl Means {
    /// The time, the plugins' names and their lists; nothing else.
    #[must_use]
    pub fn bare(clock: Arc<dyn Clock>, current: Current, lists: Lists) -> Self {
        Self {
            clock,
            current,
            lists,
            store: None,
            scheduler: None,
            notifier: None,
            web: None,
            allow_network: false,
            desktop: None,
            bus: None,
            voice: None,
            model: None,
            sandbox: None,
        }
    }

    /// Makes the host of each plugin.
    #[must_use]
    pub fn factory(self) -> HostFactory {
        let means = Arc::new(self);
        Arc::new(move |manifest: &Manifest, granted: &BTreeSet<Permission>| {
            HostRef::new(PluginHost {
                plugin: manifest.id.clone(),
                granted: granted.clone(),
                hosts: manifest.hosts.clone(),
                means: Arc::clone(&means),
                subscriptions: Mutex::default(),
            })
        })
    }
}

/// The host of one plugin.
struct PluginHost {
    plugin: String,
    granted: BTreeSet<Permission>,
    hosts: BTreeSet<String>,
    means: Arc<Means>,
    /// End with the plugin.
    subscriptions: Mutex<Vec<Subscription>>,
}

impl PluginHost {
    /// The part that a call needs, if the plugin may use it and FAME has it.
    fn part<'a, T>(
        &self,
        permission: Permission,
        what: &str,
        part: &'a Option<T>,
    ) -> Result<&'a T, HostError> {
        if !self.granted.contains(&permission) {
            return Err(HostError::NotPermitted {
                plugin: self.plugin.clone(),
                permission,
            });
        }
        part.as_ref()
            .ok_or_else(|| HostError::unavailable(what, hint(permission)))
    }
}

/// What the user can do about a part that is missing.
fn hint(permission: Permission) -> &'static str {
    match permission {
        Permission::Llm => "no language model is configured; add `[llm]` to the settings",
        Permission::Http => "the network is off; set `allow_network = true` in the settings",
        Permission::Sandbox => {
            "no sandbox is running; `fame sandbox status` tells why, as far as this FAME has one"
        }
        Permission::Speak | Permission::Ask => "this FAME answers only when it is asked",
        Permission::Control
        | Permission::Store
        | Permission::Schedule
        | Permission::Notify
        | Permission::Desktop
        | Permission::Events => "this FAME runs without it",
    }
}

impl Host for PluginHost {
    fn now(&self) -> ZonedDateTime {
        self.means.clock.now()
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.means.current.get().capabilities()
    }

    fn set_list(&self, list: &str, entries: Vec<(String, Vec<String>)>) -> Result<(), HostError> {
        self.means.lists.set(&self.plugin, list, entries);
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<Value>, HostError> {
        let store = self.part(Permission::Store, "the store", &self.means.store)?;
        Ok(store.get(&self.plugin, key)?)
    }

    fn put(&self, key: &str, value: Value) -> Result<(), HostError> {
        let store = self.part(Permission::Store, "the store", &self.means.store)?;
        Ok(store.put(&self.plugin, key, value)?)
    }

    fn delete(&self, key: &str) -> Result<bool, HostError> {
        let store = self.part(Permission::Store, "the store", &self.means.store)?;
        Ok(store.delete(&self.plugin, key)?)
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        let store = self.part(Permission::Store, "the store", &self.means.store)?;
        Ok(store.keys(&self.plugin, prefix)?)
    }

    fn schedule(&self, wakeup: Wakeup) -> Result<(), HostError> {
        let store = self.part(Permission::Schedule, "the schedule", &self.means.store)?;
        match &self.means.scheduler {
            Some(scheduler) => scheduler.schedule(&self.plugin, wakeup)?,
            // Kept like all else; it comes when a FAME runs that wakes plugins.
            None => store.schedule(&self.plugin, wakeup)?,
        }
        Ok(())
    }

    fn unschedule(&self, id: &str) -> Result<bool, HostError> {
        let store = self.part(Permission::Schedule, "the schedule", &self.means.store)?;
        Ok(store.unschedule(&self.plugin, id)?)
    }

    fn scheduled(&self) -> Result<Vec<Wakeup>, HostError> {
        let store = self.part(Permission::Schedule, "the schedule", &self.means.store)?;
        Ok(store.scheduled(&self.plugin)?)
    }

    fn notify(&self, notification: Notification) -> Result<(), HostError> {
        let what = "the notification area";
        self.part(Permission::Notify, what, &self.means.notifier)?
            .notify(&self.plugin, &notification)
    }

    fn speak(&self, text: &str) -> Result<(), HostError> {
        self.part(Permission::Speak, "the voice", &self.means.voice)?
            .speak(&self.plugin, text)
    }

    fn ask(&self, question: &str, follow_up: FollowUp) -> Result<(), HostError> {
        self.part(Permission::Ask, "the voice", &self.means.voice)?
            .ask(&self.plugin, question, follow_up)
    }

    fn run(&self, program: Program) -> Result<Ran, HostError> {
        self.part(Permission::Sandbox, "the sandbox", &self.means.sandbox)?
            .run(program)
    }

    fn fetch(&self, request: Fetch) -> Result<Fetched, HostError> {
        let access = Access {
            allow_network: self.means.allow_network,
            hosts: &self.hosts,
        };
        self.part(Permission::Http, "the network", &self.means.web)?
            .fetch(access, request)
    }

    fn complete(&self, prompt: &str) -> Result<String, HostError> {
        self.part(Permission::Llm, "the language model", &self.means.model)?
            .complete(prompt)
    }

    fn open(&self, target: &str) -> Result<(), HostError> {
        self.part(Permission::Desktop, "the desktop", &self.means.desktop)?
            .open(target)
    }

    fn publish(&self, topic: &str, data: Value) -> Result<(), HostError> {
        let bus = self.part(Permission::Events, "the event bus", &self.means.bus)?;
        let event = Event::of_plugin(&self.plugin, topic, data)
            .map_err(|error| HostError::failed(format!("publishing `{topic}`"), error))?;
        bus.publish(event);
        Ok(())
    }

    fn subscribe(&self, pattern: &str, on_event: OnEvent) -> Result<(), HostError> {
        let bus = self.part(Permission::Events, "the event bus", &self.means.bus)?;
        let failed = |error: String| HostError::failed(format!("subscribing `{pattern}`"), error);
        let parsed: Pattern = pattern
            .parse()
            .map_err(|error: crate::bus::PatternError| failed(error.to_string()))?;
        let mut subscriptions = self
            .subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Err(HostError::TooMuch {
                what: "a plugin's subscriptions".into(),
                limit: MAX_SUBSCRIPTIONS.to_string(),
            });
        }
        let subscription = bus.on(parsed, &self.plugin, move |published| {
            on_event(&PluginEvent {
                topic: published.event.topic().to_owned(),
                data: serde_json::to_value(&published.event).unwrap_or_default(),
            });
        });
        subscriptions.push(subscription.map_err(|error| failed(error.to_string()))?);
        Ok(())
    }
}
