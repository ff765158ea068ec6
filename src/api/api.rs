//! What all handlers share.

use std::sync::Arc;

use bytes::Bytes;
use fame_auth::Keys;
use tokio::sync::{Semaphore, watch};

use crate::assets::Asset;
use crate::house::House;
use crate::settings::Settings;

/// What all handlers share.
pub(crate) struct Api {
    pub(crate) settings: Settings,
    pub(crate) house: Arc<dyn House>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) assets: &'static [Asset],
    /// `/openapi.json`, written once.
    pub(crate) document: Bytes,
    /// `/docs`, written once.
    pub(crate) docs: Bytes,
    /// Room for clients of `/events`.
    pub(crate) streams: Arc<Semaphore>,
    /// Room for recordings and speech.
    pub(crate) sounds: Semaphore,
    /// True once the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}
