//! The envelopes: what a line holds around parameters and results.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{RpcError, code};
use super::params::Call;

/// The mark of JSON-RPC 2.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonRpc {
    /// The only version there is.
    #[default]
    #[serde(rename = "2.0")]
    V2,
}

/// What ties an answer to its call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// Any text.
    Text(String),
}

/// A call, as the client writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallFrame {
    /// Always "2.0".
    pub jsonrpc: JsonRpc,
    /// Comes back in the answer.
    pub id: Id,
    /// The method's name.
    pub method: &'static str,
    /// Its parameters.
    pub params: Value,
}

impl CallFrame {
    /// The frame of a call.
    pub fn new(id: Id, call: &Call) -> Self {
        Self {
            jsonrpc: JsonRpc::V2,
            id,
            method: call.method(),
            params: call.params(),
        }
    }
}

/// The answer to one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Always "2.0".
    pub jsonrpc: JsonRpc,
    /// The call's id; null when the line could not be read that far.
    pub id: Option<Id>,
    /// `result` or `error`.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It worked.
    Result(Value),
    /// It did not.
    Error(RpcError),
}

impl Answer {
    /// The answer to the call `id`.
    pub fn new(id: Option<Id>, result: Result<Value, RpcError>) -> Self {
        Self {
            jsonrpc: JsonRpc::V2,
            id,
            outcome: match result {
                Ok(value) => Outcome::Result(value),
                Err(error) => Outcome::Error(error),
            },
        }
    }
}

/// What the daemon says unasked, to those who subscribed or are being dropped.
///
/// `E` is an event: any JSON to a client, the daemon's own type to the daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Notification<E = Value> {
    /// The whole state, once, before any event: a [`Status`](super::Status).
    State(Value),
    /// Something happened. What happened while the state was taken may be told again.
    Event(EventNote<E>),
    /// The daemon closes the connection after this.
    Dropped(Dropped),
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventNote<E = Value> {
    /// Its place in the order of all events since the daemon's start.
    pub seq: u64,
    /// When it happened, in RFC 3339.
    pub at: String,
    /// What happened: an object with `event` and the event's own fields.
    pub event: E,
}

/// Why the daemon closes a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// For programs.
    pub reason: DropReason,
    /// For people.
    pub message: String,
    /// Events that this client did not get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u64>,
}

/// Why the daemon closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The client did not read what it asked for.
    Slow,
    /// Nothing was said for a long time.
    Idle,
    /// The daemon is stopping.
    ShuttingDown,
    /// A reason that a newer daemon has added.
    #[serde(other)]
    Unknown,
}

/// A [`Notification`] in its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotificationFrame<E = Value> {
    /// Always "2.0".
    pub jsonrpc: JsonRpc,
    /// What is told.
    #[serde(flatten)]
    pub notification: Notification<E>,
}

impl<E> From<Notification<E>> for NotificationFrame<E> {
    fn from(notification: Notification<E>) -> Self {
        Self {
            jsonrpc: JsonRpc::V2,
            notification,
        }
    }
}

/// Anything a client may read.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage {
    /// The answer to a call.
    Answer(Answer),
    /// Something unasked.
    Notification(Notification),
    /// A notification that a newer daemon has added: to be ignored.
    Unknown,
}

impl ServerMessage {
    /// Reads one line of the daemon.
    pub fn parse(line: &[u8]) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_slice(line)?;
        match value.get("method").and_then(Value::as_str) {
            Some("state" | "event" | "dropped") => {
                let frame: NotificationFrame = serde_json::from_value(value)?;
                Ok(Self::Notification(frame.notification))
            }
            Some(_) => Ok(Self::Unknown),
            None => Ok(Self::Answer(serde_json::from_value(value)?)),
        }
    }
}

/// Reads one line of a client. The error carries the id, as far as the line could be read.
pub fn parse_call(line: &[u8]) -> Result<(Id, Call), (Option<Id>, RpcError)> {
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let message = format!("this is not JSON ({error}); send one JSON object a line");
        (None, RpcError::new(code::PARSE, message))
    })?;
    let Value::Object(mut call) = value else {
        return Err((None, invalid("this is not a JSON object")));
    };
    let id = call
        .remove("id")
        .and_then(|id| serde_json::from_value::<Id>(id).ok());
    if call.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err((id, invalid("`jsonrpc` is not \"2.0\"")));
    }
    let Some(Value::String(method)) = call.remove("method") else {
        return Err((id, invalid("`method` is missing or no text")));
    };
    let Some(id) = id else {
        let problem = invalid("`id` is missing, or neither a whole number nor text");
        return Err((None, problem));
    };
    match Call::parse(&method, call.remove("params").unwrap_or_default()) {
        Ok(call) => Ok((id, call)),
        Err(error) => Err((Some(id), error)),
    }
}

fn invalid(problem: &str) -> RpcError {
    RpcError::new(
        code::INVALID_REQUEST,
        format!(
            "{problem}; send for example \
             {{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"status\"}}"
        ),
    )
}
