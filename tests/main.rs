//! One binary for all integration tests, so that Whisper is linked once. A module an area.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod audio;
mod brain;
mod config;
mod dialogue;
mod endpoint;
mod headless;
mod ipc;
mod live;
mod models;
mod recognizer;
mod support;
mod tidy;
mod voice;
mod wake;
