//! The plugins that are loaded, and what they may do.
//!
//! `plugins/README.md` tells how one is written; the crate `fame-plugin` is what it sees.

mod builtin;
mod host;
mod permission;
mod registry;

pub use permission::screen;
pub use registry::{Loaded, PluginError, Registry};
