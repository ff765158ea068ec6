//! What a FAME plugin sees.
//!
//! A plugin is a type that implements [`Plugin`] and a `plugin.toml` that lists its intents with
//! the sentences that ask for them. FAME matches what the user said against the sentences of all
//! plugins, reads the typed slots out of it and calls [`Plugin::handle`] with a [`Request`]; the
//! [`Reply`] is spoken. `plugins/README.md` builds one from nothing.
//!
//! * [`words`]: an utterance as normalised words, the original kept.
//! * [`read`]: numbers, dates, times, places and sums out of words.
//! * [`sentence`]: templates such as `set [a] timer for {duration}`, compiled and matched.
//! * [`testkit`]: a plugin under test, without a daemon.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod host;
mod language;
mod lists;
mod manifest;
mod plugin;
pub mod read;
mod reply;
mod request;
pub mod say;
pub mod sentence;
mod slot;
pub mod testkit;
pub mod words;

pub use host::{
    Capability, Clock, Fetch, Fetched, FixedClock, Host, HostError, HostRef, Method, Notification,
    OnEvent, PluginEvent, Program, Ran, SystemClock, Wakeup,
};
pub use manifest::{Intent, MAX_SECONDS, Manifest, ManifestError, Permission, Risk, Runtime};
pub use plugin::{Info, Plugin, PluginError};
pub use reply::{Act, FollowUp, Reply, SourceRef};
pub use request::{Context, Request, Source};
pub use slot::{Slot, SlotType, Slots};
