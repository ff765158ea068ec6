//! The connection to the sound system, shared by everything in the process.
//!
//! One connection, because the PulseAudio client keeps its thread and its socket after the
//! last user is gone: a new one for every attempt would pile them up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cpal::HostId;

use super::DeviceError;

/// Names the sound system to use, as cpal does (`pulseaudio`, `alsa`), and no other.
const OVERRIDE: &str = "FAME_AUDIO_HOST";

static CURRENT: Mutex<Option<Arc<cpal::Host>>> = Mutex::new(None);

/// The best sound system that answers: a sound server before bare devices.
///
/// Blocks for as long as it likes: to be called through [`Patience`](super::patience::Patience).
pub(crate) fn connect() -> Result<Arc<cpal::Host>, DeviceError> {
    let candidates = candidates()?;
    let mut current = lock();
    let mut reason = String::from("none is supported here");
    for id in candidates {
        if let Some(host) = current.as_ref().filter(|host| host.id() == id) {
            return Ok(host.clone());
        }
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(current.insert(Arc::new(host)).clone()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(DeviceError::NoSystem(reason))
}

/// Drops a connection that failed, so that the next one is new.
pub(crate) fn forget(host: &Arc<cpal::Host>) {
    let mut current = lock();
    if current.as_ref().is_some_and(|held| Arc::ptr_eq(held, host)) {
        *current = None;
    }
}

/// cpal lists them in the order of preference.
fn candidates() -> Result<Vec<HostId>, DeviceError> {
    let Ok(name) = std::env::var(OVERRIDE) else {
        return Ok(cpal::ALL_HOSTS.to_vec());
    };
    name.parse()
        .map(|id| vec![id])
        .map_err(|error: cpal::Error| DeviceError::NoSystem(format!("{OVERRIDE}: {error}")))
}

fn lock() -> MutexGuard<'static, Option<Arc<cpal::Host>>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}
