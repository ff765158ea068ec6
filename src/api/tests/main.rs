//! The API over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod audio;
mod crowd;
mod document;
mod events;
mod hosts;
mod leaving;
mod limits;
mod once;
mod scopes;
mod secrets;
mod support;
mod tls;
mod wrong_keys;
