//! FAME: a voice-first desktop assistant.

pub mod audio;
pub mod bus;
pub mod config;
