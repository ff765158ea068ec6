//! The sandbox against programs that want out, on both tiers, and against engines that lie.
//!
//! The numbers are those of the list of adversarial tests that the sandbox was built against.

mod engine;
mod escape;
mod exhaust;
mod fake;
mod life;
mod output;
mod support;
