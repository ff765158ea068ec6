//! FAME, as its plugins see it.

use std::sync::Arc;

use fame_plugin::{Capability, Clock, Host};
use jiff::ZonedDateTime;

/// What every plugin is given.
pub(super) struct RegistryHost {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) capabilities: Vec<Capability>,
}

impl Host for RegistryHost {
    fn now(&self) -> ZonedDateTime {
        self.clock.now()
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.capabilities.clone()
    }
}
