//! The client's side: blocking, one call at a time, no runtime to start.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use interprocess::local_socket::Stream;
use interprocess::local_socket::traits::Stream as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::bytes::BytesMut;

use super::codec::{EncodeError, Frame, LineCodec, READ_AT_ONCE, encode};
use super::protocol::{
    Call, CallFrame, Hello, HelloParams, Id, Notification, Outcome, Request, RpcError,
    ServerMessage, VERSION, code,
};
use super::socket::connect;

/// How long the daemon may take for what it answers at once.
pub const PROMPT_WAIT: Duration = Duration::from_secs(10);

/// How long it may take to think of a reply, to speak, to load a model.
pub const WORK_WAIT: Duration = Duration::from_secs(10 * 60);

/// Why a conversation with the daemon failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no FAME daemon is running (looked at `{}`)", .socket.display())]
    NotRunning {
        /// Where it was looked for.
        socket: PathBuf,
    },
    /// The system refused.
    #[error("cannot connect to `{}`", .socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The two sides speak different versions.
    #[error("{0}")]
    WrongProtocol(RpcError),
    /// The connection ended in the middle of a call.
    #[error("the daemon closed the connection before it answered `{method}`")]
    Lost {
        /// The call that got no answer.
        method: &'static str,
        /// What the system said, if it said something.
        source: Option<io::Error>,
    },
    /// The daemon is silent.
    #[error("the daemon did not answer `{method}` within {} s", .waited.as_secs())]
    Silent {
        /// The call that got no answer.
        method: &'static str,
        /// How long was waited.
        waited: Duration,
    },
    /// What came is not what the protocol says.
    #[error("the daemon answered `{method}` with something that cannot be understood")]
    Garbled {
        /// The call.
        method: &'static str,
        /// What is wrong with the answer.
        source: Option<serde_json::Error>,
    },
    /// What is to be sent does not fit.
    #[error("cannot send `{method}`")]
    Encode {
        /// The call.
        method: &'static str,
        /// Why it does not fit.
        source: EncodeError,
    },
    /// The daemon said no.
    #[error("{0}")]
    Refused(RpcError),
}

impl ClientError {
    /// What the user can do, where the message does not say it already.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotRunning { .. } => {
                Some("start it with `famed`, or `systemctl --user start famed`")
            }
            Self::Connect { .. } => Some("the socket has to belong to you; see `fame config path`"),
            Self::Lost { .. } | Self::Silent { .. } => {
                Some("see the daemon's log: `journalctl --user -u famed`, or its terminal")
            }
            Self::Garbled { .. } => {
                Some("`fame` and `famed` may be of different versions: restart the daemon")
            }
            Self::Encode { .. } => Some("send less text at once"),
            Self::WrongProtocol(_) | Self::Refused(_) => None,
        }
    }
}

/// A connection that has said hello.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    codec: LineCodec,
    buffer: BytesMut,
    last_id: i64,
    daemon: Hello,
}

impl Client {
    /// Connects to the daemon at `socket` and says hello as `name`.
    pub fn connect(socket: &Path, name: &str) -> Result<Self, ClientError> {
        let stream = connect(socket).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning {
                socket: socket.to_owned(),
            },
            _ => ClientError::Connect {
                socket: socket.to_owned(),
                source,
            },
        })?;
        let mut client = Self {
            stream,
            codec: LineCodec::default(),
            buffer: BytesMut::new(),
            last_id: 0,
            daemon: Hello {
                protocol: VERSION,
                version: String::new(),
                pid: 0,
            },
        };
        let hello = Call::Hello(HelloParams {
            protocol: VERSION,
            client: name.into(),
        });
        let answer = client
            .exchange(&hello, PROMPT_WAIT)
            .map_err(|error| match error {
                ClientError::Refused(error) if error.code == code::WRONG_PROTOCOL => {
                    ClientError::WrongProtocol(error)
                }
                other => other,
            })?;
        client.daemon = typed("hello", answer)?;
        Ok(client)
    }

    /// Who answered the hello.
    pub fn daemon(&self) -> &Hello {
        &self.daemon
    }

    /// Calls a method and waits for its result.
    ///
    /// Dropping the client, or ending the process, cancels the call in the daemon.
    pub fn call<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, ClientError> {
        let answer = self.call_raw(request)?;
        typed(request.method(), answer)
    }

    /// Calls a method and returns its result as it came, with fields this version does not know.
    pub fn call_raw(&mut self, request: &Request) -> Result<Value, ClientError> {
        self.exchange(&Call::Request(request.clone()), patience(request))
    }

    /// Subscribes to the state and to all events.
    pub fn subscribe(mut self) -> Result<Subscription, ClientError> {
        self.exchange(&Call::Subscribe, PROMPT_WAIT)?;
        Ok(Subscription { client: self })
    }

    /// Waits until the daemon hangs up, as it does after [`Request::Shutdown`].
    pub fn until_closed(mut self) -> Result<(), ClientError> {
        let wait = Wait::new("shutdown", Some(PROMPT_WAIT));
        while self.read(&wait)?.is_some() {}
        Ok(())
    }

    fn exchange(&mut self, call: &Call, wait: Duration) -> Result<Value, ClientError> {
        let wait = Wait::new(call.method(), Some(wait));
        self.last_id += 1;
        let id = Id::Number(self.last_id);
        let line = encode(&CallFrame::new(id.clone(), call)).map_err(|source| {
            let method = wait.method;
            ClientError::Encode { method, source }
        })?;
        // A daemon that refuses us may hang up before all is written: what it said counts.
        let sent = self.send(&line, &wait);
        loop {
            match self.read(&wait)? {
                // An answer without an id is for us too: there is one call at a time.
                Some(ServerMessage::Answer(answer))
                    if answer.id.as_ref().is_none_or(|answered| *answered == id) =>
                {
                    return match answer.outcome {
                        Outcome::Result(value) => Ok(value),
                        Outcome::Error(error) => Err(ClientError::Refused(error)),
                    };
                }
                Some(_) => {}
                None => {
                    return Err(ClientError::Lost {
                        method: wait.method,
                        source: sent.err(),
                    });
                }
            }
        }
    }

    fn send(&self, line: &[u8], wait: &Wait) -> io::Result<()> {
        self.stream.set_send_timeout(wait.left())?;
        (&self.stream).write_all(line)
    }

    /// The next message, or none when the daemon hung up.
    fn read(&mut self, wait: &Wait) -> Result<Option<ServerMessage>, ClientError> {
        let method = wait.method;
        loop {
            match self.codec.next_frame(&mut self.buffer) {
                Some(Frame::Line(line)) => return message(method, &line).map(Some),
                Some(Frame::TooLong) => {
                    return Err(ClientError::Garbled {
                        method,
                        source: None,
                    });
                }
                None => {}
            }
            let mut chunk = [0; READ_AT_ONCE];
            let read = self
                .stream
                .set_recv_timeout(wait.left())
                .and_then(|()| (&self.stream).read(&mut chunk));
            match read {
                Ok(0) => return Ok(None),
                Ok(length) => self.buffer.extend_from_slice(&chunk[..length]),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::ConnectionReset => return Ok(None),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(ClientError::Silent {
                            method,
                            waited: wait.total.unwrap_or_default(),
                        });
                    }
                    _ => {
                        return Err(ClientError::Lost {
                            method,
                            source: Some(error),
                        });
                    }
                },
            }
        }
    }
}

/// A client that listens to what the daemon does.
#[derive(Debug)]
pub struct Subscription {
    client: Client,
}

impl Subscription {
    /// The next notification: the state first, then events. None when the daemon hung up.
    ///
    /// Waits as long as nothing happens; a daemon that dies ends the wait.
    pub fn read(&mut self) -> Result<Option<Notification>, ClientError> {
        let wait = Wait::new("subscribe", None);
        loop {
            match self.client.read(&wait)? {
                Some(ServerMessage::Notification(notification)) => return Ok(Some(notification)),
                Some(ServerMessage::Answer(_) | ServerMessage::Unknown) => {}
                None => return Ok(None),
            }
        }
    }
}

/// How long an answer to `method` is waited for.
struct Wait {
    method: &'static str,
    started: Instant,
    total: Option<Duration>,
}

impl Wait {
    /// The system takes no time-out of zero; this is as good as none left.
    const LEAST: Duration = Duration::from_millis(1);

    fn new(method: &'static str, total: Option<Duration>) -> Self {
        Self {
            method,
            started: Instant::now(),
            total,
        }
    }

    fn left(&self) -> Option<Duration> {
        let total = self.total?;
        Some(
            total
                .saturating_sub(self.started.elapsed())
                .max(Self::LEAST),
        )
    }
}

fn patience(request: &Request) -> Duration {
    match request {
        // A plugin may have to be started, a classifier trained, an act done.
        Request::Ask(_)
        | Request::Say(_)
        | Request::Set(_)
        | Request::Approve(_)
        | Request::Teach(_)
        | Request::Plugins(_)
        | Request::Checkpoint => WORK_WAIT,
        Request::Status
        | Request::Listen(_)
        | Request::Stop
        | Request::Mute(_)
        | Request::Sleep(_)
        | Request::Devices
        | Request::Why(_)
        | Request::Test(_)
        | Request::Approvals
        | Request::Shutdown => PROMPT_WAIT,
    }
}

fn message(method: &'static str, line: &[u8]) -> Result<ServerMessage, ClientError> {
    ServerMessage::parse(line).map_err(|error| ClientError::Garbled {
        method,
        source: Some(error),
    })
}

fn typed<T: DeserializeOwned>(method: &'static str, value: Value) -> Result<T, ClientError> {
    serde_json::from_value(value).map_err(|error| ClientError::Garbled {
        method,
        source: Some(error),
    })
}
