//! The methods and their parameters.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::{RpcError, code};
use super::explain::{ApproveParams, TeachParams, TestParams, WhyParams};
use super::plugins::PluginsParams;

/// Every method with an example of its parameters, which the messages of errors quote.
pub const METHODS: [(&str, &str); 19] = [
    ("hello", r#"{"protocol": 1, "client": "my-script"}"#),
    ("status", "{}"),
    ("ask", r#"{"text": "what time is it", "speak": false}"#),
    ("say", r#"{"text": "dinner is ready"}"#),
    ("listen", r#"{"action": "open"}"#),
    ("stop", "{}"),
    ("mute", r#"{"on": true}"#),
    ("sleep", r#"{"on": true}"#),
    ("devices", "{}"),
    ("subscribe", "{}"),
    ("set", r#"{"model": "base.en", "threads": 2}"#),
    ("why", r#"{"turn": 12}"#),
    ("test", r#"{"text": "what time is it"}"#),
    ("approvals", "{}"),
    ("approve", r#"{"id": 1, "yes": true}"#),
    ("teach", r#"{"text": "how late is it", "intent": "time"}"#),
    ("plugins", r#"{"action": "info", "plugin": "clock"}"#),
    ("checkpoint", "{}"),
    ("shutdown", "{}"),
];

/// What a client may call.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// The first call on every connection.
    Hello(HelloParams),
    /// Asks for the state and for every event from now on.
    Subscribe,
    /// Everything that the daemon, not the socket, answers.
    Request(Request),
}

/// What the daemon is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// How is it? Answered with a [`Status`](super::Status).
    Status,
    /// A request in words; answered with an [`Asked`](super::Asked) when there is a reply.
    Ask(AskParams),
    /// Words to speak; answered with a [`Said`](super::Said) when they are spoken or cut.
    Say(SayParams),
    /// Opens or closes the ear; answered with a [`Listening`](super::Listening).
    Listen(ListenParams),
    /// Cuts what is going on; answered with a [`Stopped`](super::Stopped).
    Stop,
    /// Closes or opens the microphone; answered with a [`Muted`](super::Muted).
    Mute(SwitchParams),
    /// Goes to sleep or wakes; answered with an [`Asleep`](super::Asleep).
    Sleep(SwitchParams),
    /// Lists the sound devices; answered with a [`Devices`](super::Devices).
    Devices,
    /// Changes the recogniser while it runs; answered with a [`Recognizer`](super::Recognizer).
    Set(SetParams),
    /// Explains a turn; answered with an [`Explained`](super::Explained).
    Why(WhyParams),
    /// Understands a text without acting on it; answered with a [`Tested`](super::Tested).
    Test(TestParams),
    /// Lists the acts that wait for a person's word; answered with
    /// [`Approvals`](super::Approvals).
    Approvals,
    /// Sign where the audit log has come to. Result: [`Checkpointed`](super::Checkpointed).
    Checkpoint,
    /// Has a waiting act done, or drops it; answered with an [`Approved`](super::Approved).
    Approve(ApproveParams),
    /// Teaches what a text means; answered with a [`Taught`](super::Taught).
    Teach(TeachParams),
    /// Looks at plugins or changes what they may do; answered with
    /// [`Plugins`](super::Plugins) or a [`PluginInfo`](super::PluginInfo).
    Plugins(PluginsParams),
    /// Stops the daemon; answered with a [`Done`](super::Done) before it does.
    Shutdown,
}

/// `hello`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloParams {
    /// The version of the protocol that the client speaks.
    pub protocol: u32,
    /// The client's name, for the daemon's log.
    pub client: String,
}

/// `ask`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskParams {
    /// The request, as one would say it.
    pub text: String,
    /// Whether the reply is also spoken.
    #[serde(default)]
    pub speak: bool,
    /// Requests of one session share their context. Left out: the daemon's own session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The intent that is wanted, whatever the text says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// `say`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SayParams {
    /// The words.
    pub text: String,
}

/// `listen`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenParams {
    /// What to do with the ear.
    #[serde(default)]
    pub action: ListenAction,
}

/// What `listen` does with the ear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenAction {
    /// Opens it until something is said or the time is over.
    #[default]
    Open,
    /// Opens it, or closes it if it is open.
    Toggle,
    /// Push to talk: the key went down.
    Press,
    /// Push to talk: the key came up.
    Release,
}

/// `mute` and `sleep`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchParams {
    /// On or off; left out: the opposite of what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
}

/// `set`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetParams {
    /// A model's name from the catalogue or the path of a model file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Threads, 1 to 16; 0 follows the machine's load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// The language spoken, such as `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it is kept in the user's settings file, and not only until FAME is started again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

impl Call {
    /// Reads a call's method and parameters. No parameters are the same as `{}`.
    pub fn parse(method: &str, params: Value) -> Result<Self, RpcError> {
        let params = match params {
            Value::Null => Value::Object(Map::new()),
            other => other,
        };
        let request = match method {
            "hello" => return Ok(Self::Hello(read(method, params)?)),
            "subscribe" => return Ok(Self::Subscribe),
            "status" => Request::Status,
            "ask" => Request::Ask(read(method, params)?),
            "say" => Request::Say(read(method, params)?),
            "listen" => Request::Listen(read(method, params)?),
            "stop" => Request::Stop,
            "mute" => Request::Mute(read(method, params)?),
            "sleep" => Request::Sleep(read(method, params)?),
            "devices" => Request::Devices,
            "set" => Request::Set(read(method, params)?),
            "why" => Request::Why(read(method, params)?),
            "test" => Request::Test(read(method, params)?),
            "approvals" => Request::Approvals,
            "checkpoint" => Request::Checkpoint,
            "approve" => Request::Approve(read(method, params)?),
            "teach" => Request::Teach(read(method, params)?),
            "plugins" => Request::Plugins(read(method, params)?),
            "shutdown" => Request::Shutdown,
            _ => return Err(unknown_method(method)),
        };
        Ok(Self::Request(request))
    }

    /// The method's name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Subscribe => "subscribe",
            Self::Request(request) => request.method(),
        }
    }

    /// The parameters as they go on the wire.
    pub fn params(&self) -> Value {
        match self {
            Self::Hello(params) => json!(params),
            Self::Subscribe => json!({}),
            Self::Request(request) => request.params(),
        }
    }
}

impl Request {
    /// The method's name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Ask(_) => "ask",
            Self::Say(_) => "say",
            Self::Listen(_) => "listen",
            Self::Stop => "stop",
            Self::Mute(_) => "mute",
            Self::Sleep(_) => "sleep",
            Self::Devices => "devices",
            Self::Set(_) => "set",
            Self::Why(_) => "why",
            Self::Test(_) => "test",
            Self::Approvals => "approvals",
            Self::Checkpoint => "checkpoint",
            Self::Approve(_) => "approve",
            Self::Teach(_) => "teach",
            Self::Plugins(_) => "plugins",
            Self::Shutdown => "shutdown",
        }
    }

    /// The parameters as they go on the wire.
    pub fn params(&self) -> Value {
        match self {
            Self::Ask(params) => json!(params),
            Self::Say(params) => json!(params),
            Self::Listen(params) => json!(params),
            Self::Mute(params) | Self::Sleep(params) => json!(params),
            Self::Set(params) => json!(params),
            Self::Why(params) => json!(params),
            Self::Test(params) => json!(params),
            Self::Approve(params) => json!(params),
            Self::Teach(params) => json!(params),
            Self::Plugins(params) => json!(params),
            Self::Status
            | Self::Stop
            | Self::Devices
            | Self::Approvals
            | Self::Checkpoint
            | Self::Shutdown => {
                json!({})
            }
        }
    }
}

fn read<T: DeserializeOwned>(method: &str, params: Value) -> Result<T, RpcError> {
    let problem = match params {
        Value::Object(_) => match serde_json::from_value(params) {
            Ok(params) => return Ok(params),
            Err(error) => error.to_string(),
        },
        _ => "parameters go by name".into(),
    };
    let example = METHODS
        .iter()
        .find(|(name, _)| *name == method)
        .map_or("{}", |(_, example)| example);
    Err(RpcError::new(
        code::INVALID_PARAMS,
        format!("bad parameters for `{method}`: {problem}; send for example {example}"),
    ))
}

fn unknown_method(method: &str) -> RpcError {
    /// A name this long is no name; the rest would only fill the log.
    const SHOWN: usize = 40;
    let shown: String = method.chars().take(SHOWN).collect();
    let known = METHODS.map(|(name, _)| name).join(", ");
    RpcError::new(
        code::UNKNOWN_METHOD,
        format!("unknown method `{shown}`; call one of {known}, or update the daemon"),
    )
}
