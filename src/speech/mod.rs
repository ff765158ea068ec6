//! From sound to words and from words to sound. Threads only.

pub mod endpoint;
pub mod recognizer;
pub mod transcribe;
pub mod vad;
pub mod voice;
pub mod wake;
