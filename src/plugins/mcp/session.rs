//! One connection with a server, from its introduction to its end.

use std::future::Future;
use std::time::{Duration, Instant};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, Implementation,
    JsonObject, PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::{ClientInitializeError, RunningService, ServiceError};
use rmcp::{RoleClient, ServiceExt};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::error::{End, LastWords, Problem};
use super::output::Output;
use super::process::{Ended, Process};
use super::spec::{Limits, Spec};
use super::text::one_line;
use super::tool::{TOOLS_AT_MOST, Tool};
use super::transport::Wire;

/// The most pages of a list of tools that are asked for.
const PAGES_AT_MOST: usize = 16;

/// What a list of tools is called in messages.
const LIST: &str = "tools/list";

/// The longest message of a server that is passed on, in bytes.
const MESSAGE_BYTES: usize = 300;

/// How long a process that takes no requests may take to turn out to be ending.
const ENDING_WITHIN: Duration = Duration::from_millis(500);

/// A running server that introduced itself.
#[derive(Debug)]
pub(super) struct Session {
    process: Process,
    since: Instant,
    client: RunningService<RoleClient, ClientConfig>,
    tools: OnceCell<Vec<Tool>>,
}

impl Session {
    /// Starts the process and shakes hands. When the future is dropped the process is stopped.
    pub(super) async fn start(spec: &Spec, tasks: &TaskTracker) -> Result<Self, Problem> {
        let since = Instant::now();
        let (process, pipes) = Process::start(spec, tasks)?;
        let wire = Wire::new(process.clone(), pipes, spec.limits.line_bytes);
        let within = spec.limits.start_timeout;
        match timeout(within, introduction().serve(wire)).await {
            Ok(Ok(client)) => Ok(Self {
                process,
                since,
                client,
                tools: OnceCell::new(),
            }),
            Ok(Err(
                ClientInitializeError::ConnectionClosed(_)
                | ClientInitializeError::TransportError { .. },
            )) => Err(ended(&process).await),
            Ok(Err(error)) => Err(Problem::Handshake {
                reason: one_line(&error.to_string(), MESSAGE_BYTES),
                last_words: process.last_words(),
            }),
            Err(_) => Err(Problem::SlowStart {
                within,
                last_words: process.last_words(),
            }),
        }
    }

    /// The process's id and when it was started.
    pub(super) fn identity(&self) -> (u32, Instant) {
        (self.process.pid, self.since)
    }

    /// How it ended, if it did, and how long it lived.
    pub(super) fn ended(&self) -> Option<(End, LastWords, Duration)> {
        let Ended { at, end } = self.process.try_ended()?;
        let lived = at.saturating_duration_since(self.since);
        Some((end, self.process.last_words(), lived))
    }

    /// Stops it; calls that are out hear of it.
    pub(super) fn stop(&self) {
        self.process.end(End::Stopped);
    }

    /// What it offers, asked for once: what was approved stays what is called.
    pub(super) async fn tools(&self, limits: &Limits) -> Result<&[Tool], Problem> {
        let list = || self.within(limits.start_timeout, LIST, self.list());
        self.tools.get_or_try_init(list).await.map(Vec::as_slice)
    }

    /// Calls a tool. When the future is dropped the server is told that nobody waits any more.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
        limits: &Limits,
    ) -> Result<Output, Problem> {
        self.process.allow_cpu(limits.cpu_seconds);
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answer = self.client.call_tool_once(params);
        match self.within(limits.call_timeout, tool, answer).await? {
            CallToolResponse::Complete(result) => Ok(Output::from_wire(result, limits)),
            _ => Err(Problem::WantsInput { tool: tool.into() }),
        }
    }

    async fn list(&self) -> Result<Vec<Tool>, ServiceError> {
        let mut tools: Vec<Tool> = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_AT_MOST {
            let params = PaginatedRequestParams::default().with_cursor(cursor);
            let page = self.client.list_tools(Some(params)).await?;
            for tool in page.tools.into_iter().filter_map(Tool::from_wire) {
                if tools.len() == TOOLS_AT_MOST {
                    tracing::warn!(
                        pid = self.identity().0,
                        TOOLS_AT_MOST,
                        "a plugin offers more tools than are taken"
                    );
                    return Ok(tools);
                }
                if tools.iter().all(|earlier| earlier.name != tool.name) {
                    tools.push(tool);
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(tools)
    }

    /// Waits for an answer, no longer than `limit` and no longer than the process lives.
    async fn within<T>(
        &self,
        limit: Duration,
        tool: &str,
        answer: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, Problem> {
        let tool = || tool.to_owned();
        let error = tokio::select! {
            biased;
            answer = timeout(limit, answer) => match answer {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => return Err(Problem::Late { tool: tool(), within: limit }),
            },
            _ = self.process.ended() => return Err(ended(&self.process).await),
        };
        Err(match error {
            ServiceError::McpError(error) => Problem::Refused {
                tool: tool(),
                code: error.code.0,
                message: one_line(&error.message, MESSAGE_BYTES),
            },
            ServiceError::TransportClosed => ended(&self.process).await,
            ServiceError::TransportSend(_) => {
                let ended = timeout(ENDING_WITHIN, ended(&self.process)).await;
                ended.unwrap_or(Problem::Deaf)
            }
            _ => Problem::NoResult { tool: tool() },
        })
    }
}

/// Who FAME says it is. It offers a server nothing: no sampling, no folders, no questions.
fn introduction() -> ClientConfig {
    let fame = Implementation::new("fame", env!("CARGO_PKG_VERSION"));
    // The versions without this handshake are younger than most servers.
    ClientConfig::new(ClientCapabilities::default(), fame)
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
}

async fn ended(process: &Process) -> Problem {
    let Ended { end, .. } = process.ended().await;
    let last_words = process.last_words();
    Problem::Ended { end, last_words }
}
