//! What programs are told about FAME. The local socket and the REST API tell it with the same types, so
//! that it is the same JSON.
//!
//! Fields and values of enums with an `Unknown` variant may be added. Nothing else changes within one
//! version of the socket's protocol.

mod approvals;
mod explain;
mod plugins;
mod source;
mod status;

pub use approvals::{Approval, Approvals, Approved};
pub use explain::{Candidate, Decided, Explained, Stage, Tested};
pub use plugins::{PluginInfo, PluginPermission, PluginState, Plugins};
pub use source::Source;
pub use status::{
    Api, FailedVoice, LastTurn, Microphone, Mode, Recognizer, State, Status, Understanding, Voice,
};
