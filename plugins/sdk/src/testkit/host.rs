//! FAME under test: everything is kept in memory and can be looked at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::ZonedDateTime;
use serde_json::Value;

use crate::sentence::Lists;
use crate::{
    Capability, Clock, FixedClock, FollowUp, Host, HostError, Manifest, Notification, Permission,
    Wakeup,
};

/// What a plugin under test left behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// What it stored.
    pub stored: BTreeMap<String, Value>,
    /// The wake-ups to come.
    pub scheduled: Vec<Wakeup>,
    /// The notifications that it showed.
    pub notified: Vec<Notification>,
    /// What it said unasked.
    pub spoken: Vec<String>,
    /// What it asked unasked.
    pub asked: Vec<(String, FollowUp)>,
    /// What it published: topic and data.
    pub published: Vec<(String, Value)>,
    /// What it opened on the desktop.
    pub opened: Vec<String>,
}

/// See the module's documentation. Permissions are those of the manifest.
pub(super) struct TestHost {
    pub(super) clock: Arc<FixedClock>,
    pub(super) manifest: Manifest,
    pub(super) lists: Lists,
    pub(super) traces: Arc<Mutex<Traces>>,
}

impl TestHost {
    fn with(&self, permission: Permission) -> Result<MutexGuard<'_, Traces>, HostError> {
        if self.manifest.permissions.contains(&permission) {
            Ok(lock(&self.traces))
        } else {
            Err(HostError::NotPermitted {
                plugin: self.manifest.id.clone(),
                permission,
            })
        }
    }
}

/// The traces, even after a test panicked with them in its hands.
pub(super) fn lock(traces: &Mutex<Traces>) -> MutexGuard<'_, Traces> {
    traces.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for TestHost {
    fn now(&self) -> ZonedDateTime {
        self.clock.now()
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.manifest.capabilities()
    }

    fn set_list(&self, list: &str, entries: Vec<(String, Vec<String>)>) -> Result<(), HostError> {
        self.lists.set(&self.manifest.id, list, entries);
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<Value>, HostError> {
        Ok(self.with(Permission::Store)?.stored.get(key).cloned())
    }

    fn put(&self, key: &str, value: Value) -> Result<(), HostError> {
        self.with(Permission::Store)?
            .stored
            .insert(key.into(), value);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<bool, HostError> {
        Ok(self.with(Permission::Store)?.stored.remove(key).is_some())
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        let traces = self.with(Permission::Store)?;
        let keys = traces.stored.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }

    fn schedule(&self, wakeup: Wakeup) -> Result<(), HostError> {
        let mut traces = self.with(Permission::Schedule)?;
        traces.scheduled.retain(|other| other.id != wakeup.id);
        traces.scheduled.push(wakeup);
        traces.scheduled.sort_by_key(|wakeup| wakeup.at);
        Ok(())
    }

    fn unschedule(&self, id: &str) -> Result<bool, HostError> {
        let mut traces = self.with(Permission::Schedule)?;
        let before = traces.scheduled.len();
        traces.scheduled.retain(|wakeup| wakeup.id != id);
        Ok(traces.scheduled.len() < before)
    }

    fn scheduled(&self) -> Result<Vec<Wakeup>, HostError> {
        Ok(self.with(Permission::Schedule)?.scheduled.clone())
    }

    fn notify(&self, notification: Notification) -> Result<(), HostError> {
        self.with(Permission::Notify)?.notified.push(notification);
        Ok(())
    }

    fn speak(&self, text: &str) -> Result<(), HostError> {
        self.with(Permission::Speak)?.spoken.push(text.into());
        Ok(())
    }

    fn ask(&self, question: &str, follow_up: FollowUp) -> Result<(), HostError> {
        self.with(Permission::Ask)?
            .asked
            .push((question.into(), follow_up));
        Ok(())
    }

    fn open(&self, target: &str) -> Result<(), HostError> {
        self.with(Permission::Desktop)?.opened.push(target.into());
        Ok(())
    }

    fn publish(&self, topic: &str, data: Value) -> Result<(), HostError> {
        self.with(Permission::Events)?
            .published
            .push((topic.into(), data));
        Ok(())
    }
}
