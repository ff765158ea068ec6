//! What an answer says when a call failed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The error codes. They never change their meaning.
pub mod code {
    /// The line is not JSON.
    pub const PARSE: i32 = -32_700;
    /// The JSON is not a JSON-RPC 2.0 call with an id.
    pub const INVALID_REQUEST: i32 = -32_600;
    /// The daemon does not know the method.
    pub const UNKNOWN_METHOD: i32 = -32_601;
    /// The method is known, its parameters are not right.
    pub const INVALID_PARAMS: i32 = -32_602;
    /// A bug in the daemon.
    pub const INTERNAL: i32 = -32_603;
    /// Something was called before `hello`.
    pub const HELLO_REQUIRED: i32 = -32_001;
    /// The two sides speak different versions of the protocol.
    pub const WRONG_PROTOCOL: i32 = -32_002;
    /// The line is longer than a frame may be.
    pub const FRAME_TOO_LONG: i32 = -32_003;
    /// The daemon has as many connections as it accepts.
    pub const TOO_MANY_CONNECTIONS: i32 = -32_004;
    /// This connection has as many calls in flight as it may have, or the work queue is full.
    pub const BUSY: i32 = -32_005;
    /// The call was cancelled before it had a result.
    pub const CANCELLED: i32 = -32_006;
    /// A part that the call needs is missing: a microphone, a model, a voice.
    pub const UNAVAILABLE: i32 = -32_007;
    /// The daemon is stopping.
    pub const SHUTTING_DOWN: i32 = -32_008;
    /// `hello` did not come in time.
    pub const HELLO_TIMEOUT: i32 = -32_009;
}

/// Why a call failed. The message ends with what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    /// One of [`code`], for programs.
    pub code: i32,
    /// A sentence for people.
    pub message: String,
    /// More for programs, where there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<Value>>,
}

impl RpcError {
    /// An error without data.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The same error with data.
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// [`code::UNAVAILABLE`]: a part is missing.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(code::UNAVAILABLE, message)
    }

    /// [`code::CANCELLED`]: somebody said stop.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(code::CANCELLED, message)
    }

    /// [`code::BUSY`]: too much is waiting.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(code::BUSY, message)
    }

    /// [`code::INTERNAL`]: our bug.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL, message)
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RpcError {}
