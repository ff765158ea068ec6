//! Plugins in a process of their own that speak the Model Context Protocol over stdin and stdout
//! (<https://modelcontextprotocol.io/specification>), through the official crate `rmcp`.
//!
//! A [`Server`] owns one child process. It is started by the first call, restarted with growing
//! delays when it dies, and left alone by a circuit breaker when it fails again and again.
//! Everything the process says is bounded before `rmcp` sees it (`traffic.rs`): one line, what
//! comes unasked, stderr, the size of an answer. Whatever it does, only its own calls fail.
//!
//! The limits here keep a *faulty* plugin from harming its user's machine. They are no sandbox: a
//! plugin has its user's rights on files and the network.

mod backoff;
mod environment;
mod error;
mod group;
mod limits;
mod output;
mod process;
mod server;
mod session;
mod spec;
mod stderr;
mod text;
mod tool;
mod traffic;
mod transport;

pub use error::{End, LastWords, McpError, Problem};
pub use output::Output;
pub use server::{CALLS_AT_ONCE, Server, State};
pub use spec::{Limits, Spec};
pub use tool::{TOOLS_AT_MOST, Tool};
