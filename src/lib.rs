//! FAME: a voice-first desktop assistant that lives on its user's own machine.
//!
//! # The house
//! | room | what happens there | imports |
//! | --- | --- | --- |
//! | [`audio`] | microphone, loudspeaker, files: mono 16 kHz frames inside, anything outside | – |
//! | [`speech`] | voice activity, endpoint, wake phrase, recogniser, voices | audio, models |
//! | [`dialogue`] | turns, interruption, attention: a state machine and its driver | speech, brain |
//! | [`brain`] | from a text to a decision and a reply | plugins |
//! | [`plugins`] | finds plugins, checks what they may do, runs them | bus, store |
//! | [`sandbox`] | runs code that nobody has to trust: containers, or the kernel's own walls | – |
//! | [`skills`] | the brain with its plugins and services, put together | brain, plugins, models |
//! | [`store`] | state in one SQLite file | – |
//! | [`headless`] | the pipeline on files | dialogue |
//! | [`ipc`] | the local socket: protocol, server, client | bus |
//! | [`audit`], [`auth`] | the record of every act; keys of the REST API | – |
//! | [`api`] | the REST API and its dashboard, in front of a `House` | auth |
//! | [`metrics`] | what is counted and timed, for Prometheus | bus |
//! | [`cli`] | `fame`, a thin client | ipc, models |
//! | [`daemon`] | puts it all together | everything |
//! | [`bus`], [`config`], [`models`] | events, settings, model files | – |
//!
//! `ARCHITECTURE.md` follows a request through these rooms and states the invariants; those that
//! a machine can check are checked by `tests/tidy.rs`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub use fame_api as api;
pub use fame_audit as audit;
pub use fame_auth as auth;
pub use fame_sandbox as sandbox;

pub mod audio;
pub mod brain;
pub mod bus;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod dialogue;
pub mod headless;
pub mod ipc;
pub mod metrics;
pub mod models;
pub mod plugins;
pub mod skills;
pub mod speech;
pub mod store;
