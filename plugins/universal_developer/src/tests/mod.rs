//! The plugin as a whole. Programs run for real, as plain processes: they are our own.

mod catalogue;
mod designs;
mod flows;
mod model;
mod sentences;
mod world;

/// Now, for all tests: a Thursday.
const NOW: &str = "2026-11-26T15:05:00[Europe/Berlin]";
