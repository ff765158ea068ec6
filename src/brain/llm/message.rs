//! What is said to the model, and what comes back.

use std::time::Duration;

use serde_json::{Map, Value};

/// Something the model may ask to have done.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// A word of letters, digits, `_` and `-`, unique among the tools of a request.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: Value,
}

/// One part of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// What the model is to be. The only instructions beside the user's.
    System(String),
    /// What the user said.
    User(String),
    /// What the model answered earlier.
    Assistant {
        /// Its words; may be empty beside calls.
        text: String,
        /// What it asked for.
        calls: Vec<ToolCall>,
    },
    /// What came of a call. Fenced as data.
    ToolResult {
        /// The call's [`ToolCall::id`].
        call_id: String,
        /// The tool.
        name: String,
        /// What it gave.
        data: String,
    },
    /// A text from a file or the web that the user asks about. Fenced as data.
    Data {
        /// Where it is from.
        origin: String,
        /// The text.
        data: String,
    },
}

/// A tool that the model wants to be used.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// Names the call in the conversation.
    pub id: String,
    /// The tool; always one that was offered.
    pub name: String,
    /// Its arguments: an object, not checked against the tool's schema.
    pub arguments: Map<String, Value>,
}

/// A part of an answer that is whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A sentence, or another stretch that can be spoken by itself.
    Sentence(String),
    /// A tool that the model wants to be used.
    Call(ToolCall),
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was done, or waits for its tools.
    Done,
    /// `max_tokens` were reached; the text ends anywhere, the last sentence is left out unless it
    /// is whole.
    Length,
    /// The server held the rest back.
    Filtered,
    /// It went round in circles, so nobody read on.
    Circling,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// All that was said.
    pub text: String,
    /// All the calls, in the model's order.
    pub calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// Calls that were dropped, each with the reason: a tool that was not offered, arguments that
    /// are no JSON object.
    pub dropped: Vec<String>,
    /// From the request to the first word, thought or piece of a call; `None` for a server that
    /// does not stream.
    pub first_token: Option<Duration>,
    /// From the request to the end, a first try that failed included.
    pub total: Duration,
    /// Tokens read and written, where the server tells.
    pub tokens: Option<(u64, u64)>,
    /// Whether the server took the request only without its tools.
    pub tools_refused: bool,
}
