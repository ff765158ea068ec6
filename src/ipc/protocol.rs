//! What is said over the socket: JSON-RPC 2.0, one JSON object a line, UTF-8, ended by `\n`.
//!
//! # A conversation
//! The client speaks first and says `hello`; anything else ends the conversation. After that it
//! may call any method, up to 16 at once, and gets exactly one answer to each, in any order.
//! Calls carry an `id`; calls without one and batches are refused. `subscribe` adds
//! notifications: the whole state once, then every event as it happens. A client that hangs up
//! cancels what it was waiting for, so keep the connection open until the answer is there.
//!
//! ```text
//! > {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"my-script"}}
//! < {"jsonrpc":"2.0","id":1,"result":{"protocol":1,"version":"0.1.0","pid":4242}}
//! > {"jsonrpc":"2.0","id":2,"method":"ask","params":{"text":"what time is it"}}
//! < {"jsonrpc":"2.0","id":2,"result":{"reply":"It is noon"}}
//! ```
//!
//! # Compatibility
//! Within one [`VERSION`], names, types and error codes never change or vanish. Methods, optional
//! parameters, fields of results, notifications and values of the open enums (those with an
//! `Unknown` variant) may be added: ignore what you do not know. What cannot be done by addition
//! gets a new version, and `hello` then tells both sides apart. Messages of errors are for
//! people and may be reworded at any time.
//!
//! What the REST API tells in the same words is in `fame-wire`. This file and those below it import
//! nothing but that and serde, so that they can become a crate.

mod error;
mod explain;
mod message;
mod params;
mod plugins;
mod results;

pub use error::{RpcError, code};
pub use explain::{ApproveParams, Taught, TeachParams, TestParams, WhyParams};
pub use fame_wire::{
    Api, Approval, Approvals, Approved, Candidate, Decided, Explained, FailedVoice, LastTurn,
    Microphone, Mode, PluginInfo, PluginPermission, PluginState, Plugins, Recognizer, Source,
    Stage, State, Status, Tested, Understanding, Voice,
};
pub use message::{
    Answer, CallFrame, DropReason, Dropped, EventNote, Id, JsonRpc, Notification,
    NotificationFrame, Outcome, ServerMessage, parse_call,
};
pub use params::{
    AskParams, Call, HelloParams, ListenAction, ListenParams, METHODS, Request, SayParams,
    SetParams, SwitchParams,
};
pub use plugins::PluginsParams;
pub use results::{
    Asked, Asleep, Checkpointed, Device, Devices, Done, Hello, Listening, Muted, Said, Stopped,
    result,
};

/// The protocol's version, told in `hello`.
pub const VERSION: u32 = 1;

/// The longest line, in bytes without its end. A longer one is answered with
/// [`code::FRAME_TOO_LONG`] and skipped without being kept.
pub const MAX_FRAME: usize = 1024 * 1024;
