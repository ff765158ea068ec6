//! The plugins: found, granted, loaded, called, and what they may do.
//!
//! [`manager::Plugins`] finds them and makes a [`Registry`] of those that may run: a snapshot that
//! never changes. [`host`] is what they see of FAME. `plugins/README.md` tells how one is written;
//! the crate `fame-plugin` is what it sees.

mod alone;
pub mod breaker;
mod builtin;
pub mod content;
mod current;
pub mod discovery;
mod error;
pub mod grants;
pub mod host;
pub mod manager;
pub mod mcp;
mod origin;
mod permission;
pub mod ran;
mod registry;
pub mod services;
mod watch;
pub mod withdrawal;

pub use builtin::all as builtin_plugins;
pub use current::Current;
pub use error::PluginError;
pub use manager::Plugins;
pub use origin::Origin;
pub use permission::screen;
pub use registry::{HostFactory, Loaded, Reaper, Registry, Rejected, Runner};
