//! One binary for all integration tests, so that Whisper is linked once. A module an area.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod api;
mod audio;
mod audit;
mod brain;
mod bus;
mod config;
mod conversation;
mod dashboard;
mod dialogue;
mod endpoint;
mod example_queries;
mod headless;
mod ipc;
mod live;
mod llm;
mod mcp;
mod model;
mod models;
mod plugins;
mod recognizer;
mod sandbox;
mod services;
mod store;
mod support;
mod tidy;
mod voice;
mod wake;
