//! Plugins without a daemon around them.

use std::sync::Arc;

use fame_plugin::sentence::Lists;
use fame_plugin::{Clock, Plugin};

use super::current::Current;
use super::error::PluginError;
use super::host::Means;
use super::registry::{Loaded, Reaper, Registry};

impl Registry {
    /// Loads and starts `plugins`, with a host that knows the time and no more.
    ///
    /// # Errors
    /// If a manifest or a sentence is malformed, two plugins or intents have one name, or a
    /// plugin does not start.
    pub fn new(plugins: Vec<Box<dyn Plugin>>, clock: Arc<dyn Clock>) -> Result<Self, PluginError> {
        let lists = Lists::default();
        let host = Means::bare(clock, Current::new()?, lists.clone()).factory();
        let reaper = Reaper::here();
        let loaded: Result<Vec<_>, _> = plugins
            .into_iter()
            .map(|plugin| Loaded::builtin(plugin, &host, &reaper))
            .collect();
        let (registry, rejected) = Self::of(loaded?, &lists)?;
        match rejected.into_iter().next() {
            Some(rejected) => Err(rejected.error),
            None => Ok(registry),
        }
    }
}
