//! A language model behind an OpenAI-compatible endpoint, for what no sentence covers.
//!
//! ```text
//! messages, tools ─► request ─► POST …/chat/completions ─► events ─► answer ─► pieces
//!                    (data fenced)                         (SSE)     (sentences, tool calls)
//! ```
//!
//! [`Client::chat`] hands each sentence and each tool call on as soon as it is whole. Nothing is
//! done here: whether a call is permitted, and what it does, is the brain's to decide. Only this
//! machine is talked to unless [`Settings::allow_network`] says otherwise. What came from a tool,
//! a file or the web goes into a fence that it cannot close, see [`prompt`].

mod answer;
mod client;
mod endpoint;
mod error;
mod events;
mod exchange;
mod failure;
mod key;
mod message;
mod probe;
pub mod prompt;
mod refusal;
mod repetition;
mod request;
mod sentences;
mod settings;
mod thoughts;
mod tls;
mod wire;

pub use client::Client;
pub use error::LlmError;
pub use events::MAX_LINE_BYTES;
pub use exchange::{MAX_ANSWER_BYTES, MAX_BODY_BYTES};
pub use key::{KEYRING_WAIT, MAX_KEY_BYTES};
pub use message::{Completion, Finish, Message, Piece, Tool, ToolCall};
pub use probe::ProbeReport;
pub use refusal::MAX_RETRY_WAIT;
pub use request::{MAX_MESSAGES, MAX_REQUEST_BYTES, MAX_TOOLS};
pub use sentences::LONGEST_PIECE;
pub use settings::{KeySource, Settings};
