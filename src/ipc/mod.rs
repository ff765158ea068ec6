//! The local socket: how the CLI and the tray talk to the daemon.
//!
//! - [`protocol`]: what is said, as serde types that import nothing of FAME;
//! - [`codec`]: one JSON value a line, never longer than a frame may be;
//! - [`Server`] and [`Handler`]: the daemon's side, on tokio;
//! - [`Client`]: the other side, blocking, so that `fame` starts in milliseconds.

pub mod client;
pub mod codec;
pub mod protocol;
pub mod server;

mod connection;
mod convert;
mod handler;
mod outgoing;
mod socket;

pub use client::{Client, ClientError, Subscription};
pub use handler::Handler;
pub use server::Server;
pub use socket::IpcError;
