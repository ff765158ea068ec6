//! The sandbox for real: the kernel's walls, and a container engine where there is one
//! (`FAME_TEST_ENGINE=1` says that there must be).

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod engine;
mod events;
mod network;
mod support;
