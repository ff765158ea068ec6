//! The registry of now.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use fame_plugin::sentence::{Lists, TemplateError};

use super::registry::Registry;

/// The registry of now. Clones share it.
#[derive(Clone)]
pub struct Current(Arc<ArcSwap<Registry>>);

impl Current {
    /// One without plugins, until [`Plugins::start`](super::Plugins::start) is given it.
    ///
    /// # Errors
    /// If no sentences do not compile, which would be a mistake of ours.
    pub fn new() -> Result<Self, TemplateError> {
        let (empty, _) = Registry::of([], &Lists::default())?;
        Ok(Self(Arc::new(ArcSwap::from_pointee(empty))))
    }

    /// The plugins that are loaded now. A request keeps what it gets here to its end.
    #[must_use]
    pub fn get(&self) -> Arc<Registry> {
        self.0.load_full()
    }

    /// Makes `registry` the one of now.
    pub fn set(&self, registry: Arc<Registry>) {
        self.0.store(registry);
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.load().fmt(f)
    }
}
