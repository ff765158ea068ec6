//! A server, whether its process runs or not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backoff::Backoff;
use super::error::{Health, McpError, Problem};
use super::output::Output;
use super::process::STOP_WITHIN;
use super::session::Session;
use super::spec::Spec;
use super::tool::Tool;
use crate::plugins::breaker::{self, Breaker, Permit};

/// Calls of one server at the same time. Further ones are told that it is busy.
pub const CALLS_AT_ONCE: usize = 8;

/// The longest arguments of a call, as bytes of JSON.
const ARGUMENT_BYTES: usize = 256 * 1024;

/// A plugin that is a server of MCP. Its process ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    spec: Spec,
    calls: Semaphore,
    control: Mutex<Control>,
    /// Held while the process is being started, so that there is one.
    starting: tokio::sync::Mutex<()>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

/// What is known of the server's health.
#[derive(Debug)]
struct Control {
    breaker: Breaker,
    backoff: Backoff,
    session: Option<Arc<Session>>,
    /// Not started again before.
    rests_until: Instant,
    /// The last failure.
    reason: String,
}

/// What a server is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its process is not running; the next call starts it.
    Stopped,
    /// Its process is running.
    Running {
        /// The process.
        pid: u32,
        /// Since then.
        since: Instant,
    },
    /// It died, and is not started again yet.
    BackingOff {
        /// Until then.
        until: Instant,
        /// How it died.
        reason: String,
    },
    /// It failed repeatedly and is left alone.
    Open {
        /// Until then.
        until: Instant,
        /// The last failure.
        reason: String,
    },
}

impl Server {
    /// A server; nothing is started yet.
    #[must_use]
    pub fn new(spec: Spec) -> Arc<Self> {
        let control = Control {
            breaker: Breaker::new(spec.limits.breaker),
            backoff: Backoff::default(),
            session: None,
            rests_until: Instant::now(),
            reason: String::new(),
        };
        Arc::new(Self {
            spec,
            calls: Semaphore::new(CALLS_AT_ONCE),
            control: Mutex::new(control),
            starting: tokio::sync::Mutex::new(()),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// What it offers. Starts the process if need be, and asks it once in its life; at most
    /// [`TOOLS_AT_MOST`](super::TOOLS_AT_MOST).
    ///
    /// # Errors
    /// If the server does not start, does not answer, or is being left alone.
    pub async fn tools(&self) -> Result<Vec<Tool>, McpError> {
        let list = async {
            let session = self.session().await?;
            session.tools(&self.spec.limits).await.map(<[Tool]>::to_vec)
        };
        self.guarded(list).await
    }

    /// Calls a tool. Starts the process if need be. A future that is dropped cancels the call.
    ///
    /// A tool that ran and failed is an [`Output`] with `is_error`.
    ///
    /// # Errors
    /// If the server gives no answer in time, or is not asked at all: too many calls are out, its
    /// restart is not due, or it is being left alone.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<Output, McpError> {
        let call = async {
            check_size(tool, &arguments)?;
            let session = self.session().await?;
            session.call(tool, arguments, &self.spec.limits).await
        };
        self.guarded(call).await
    }

    /// What it is doing now.
    #[must_use]
    pub fn state(&self) -> State {
        let now = Instant::now();
        let mut control = self.control();
        let running = control.running(now);
        let reason = control.reason.clone();
        match control.breaker.state() {
            breaker::State::Open { until } if now < until => State::Open { until, reason },
            _ => match running {
                Some(session) => {
                    let (pid, since) = session.identity();
                    State::Running { pid, since }
                }
                None if now < control.rests_until => State::BackingOff {
                    until: control.rests_until,
                    reason,
                },
                None => State::Stopped,
            },
        }
    }

    /// Ends the process, politely first, and waits until it is gone or three seconds are over.
    /// Calls that are out end in an error; later ones are refused.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        let session = self.control().session.take();
        if let Some(session) = session {
            session.stop();
        }
        self.tasks.close();
        if timeout(STOP_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(plugin = self.spec.id, "the plugin's process does not end");
        }
    }

    /// Does `work` if the server is well, and learns from its outcome.
    async fn guarded<T>(
        &self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, McpError> {
        let outcome = async {
            let Ok(_call) = self.calls.try_acquire() else {
                let calls = CALLS_AT_ONCE;
                return Err(Problem::Busy { calls });
            };
            let permit = self.control().admit(Instant::now())?;
            let outcome = work.await;
            self.learn(permit, outcome.as_ref().err());
            outcome
        };
        outcome.await.map_err(|problem| McpError {
            plugin: self.spec.id.clone(),
            problem,
        })
    }

    fn learn(&self, permit: Permit, problem: Option<&Problem>) {
        let mut control = self.control();
        let Some(problem) = problem else {
            control.breaker.succeed(permit);
            return;
        };
        match problem.health() {
            Health::Good => control.breaker.succeed(permit),
            Health::Unknown => {}
            Health::Bad => {
                control.reason = problem.to_string();
                tracing::warn!(plugin = self.spec.id, %problem, "a plugin failed");
                if control.breaker.fail(permit, Instant::now())
                    && let Some(session) = control.session.take()
                {
                    // One that fails again and again may run wild: the next trial gets a new one.
                    session.stop();
                }
            }
        }
    }

    /// The running process, or a new one.
    async fn session(&self) -> Result<Arc<Session>, Problem> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(Problem::ShutDown),
            session = self.find_or_start() => session,
        }
    }

    async fn find_or_start(&self) -> Result<Arc<Session>, Problem> {
        if let Some(session) = self.control().running(Instant::now()) {
            return Ok(session);
        }
        let _one = self.starting.lock().await;
        {
            let now = Instant::now();
            let mut control = self.control();
            if let Some(session) = control.running(now) {
                return Ok(session);
            }
            control.check_rest(now)?;
        }
        let began = Instant::now();
        let started = Session::start(&self.spec, &self.tasks).await;
        let mut control = self.control();
        match started {
            // It was shut down in this very moment.
            Ok(_) if self.closing.is_cancelled() => Err(Problem::ShutDown),
            Ok(session) => {
                let session = Arc::new(session);
                control.session = Some(session.clone());
                let (pid, _) = session.identity();
                let took = began.elapsed();
                tracing::debug!(plugin = self.spec.id, pid, ?took, "plugin started");
                Ok(session)
            }
            Err(problem) => {
                let now = Instant::now();
                control.rest(now - began, problem.to_string(), now);
                Err(problem)
            }
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// The process, if it lives. The end of one that died is noted.
    fn running(&mut self, now: Instant) -> Option<Arc<Session>> {
        let session = self.session.as_ref()?;
        let Some((end, last_words, lived)) = session.ended() else {
            return Some(session.clone());
        };
        self.session = None;
        self.rest(lived, format!("{end}{last_words}"), now);
        None
    }

    fn rest(&mut self, lived: Duration, reason: String, now: Instant) {
        self.rests_until = now + self.backoff.ended(lived);
        self.reason = reason;
    }

    fn admit(&mut self, now: Instant) -> Result<Permit, Problem> {
        let open = |control: &Self, until: Instant| Problem::Open {
            reason: control.reason.clone(),
            wait: until.saturating_duration_since(now),
        };
        if let breaker::State::Open { until } = self.breaker.state()
            && now < until
        {
            return Err(open(self, until));
        }
        // Asked first: a trial of the breaker is for a server that may be started.
        if self.running(now).is_none() {
            self.check_rest(now)?;
        }
        let permit = self.breaker.admit(now);
        permit.map_err(|refused| open(self, refused.until))
    }

    fn check_rest(&self, now: Instant) -> Result<(), Problem> {
        if now >= self.rests_until {
            return Ok(());
        }
        Err(Problem::BackingOff {
            reason: self.reason.clone(),
            wait: self.rests_until - now,
        })
    }
}

fn check_size(tool: &str, arguments: &Map<String, Value>) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(arguments).map_or(usize::MAX, |json| json.len());
    if bytes <= ARGUMENT_BYTES {
        return Ok(());
    }
    Err(Problem::LongRequest {
        tool: tool.to_owned(),
        bytes,
        limit: ARGUMENT_BYTES,
    })
}
