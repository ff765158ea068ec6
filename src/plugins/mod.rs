//! The plugins: found, granted, loaded, called, and what they may do.
//!
//! [`manager::Plugins`] finds them and makes a [`Registry`] of those that may run: a snapshot that
//! never changes. [`host`] is what they see of FAME. `plugins/README.md` tells how one is written;
//! the crate `fame-plugin` is what it sees.

pub mod breaker;
mod builtin;
pub mod content;
pub mod discovery;
pub mod grants;
pub mod host;
pub mod manager;
pub mod mcp;
mod permission;
pub mod ran;
mod registry;
pub mod services;
mod watch;
pub mod withdrawal;

pub use builtin::all as builtin_plugins;
pub use manager::Plugins;
pub use permission::screen;
pub use registry::{HostFactory, Loaded, Origin, PluginError, Reaper, Registry, Rejected, Runner};
