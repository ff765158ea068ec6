//! What every command is given.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Failure, Terminal};
use crate::audit::{self, AuditError, Record};
use crate::config::{Config, ConfigError, Overrides, Paths, Sources};
use crate::ipc::protocol::Request;
use crate::ipc::{Client, ClientError};

/// The name `fame` says hello with.
const CLIENT_NAME: &str = concat!("fame ", env!("CARGO_PKG_VERSION"));

/// How and where a command talks.
pub(super) struct Context<'a> {
    /// Whether programs read the output.
    pub(super) json: bool,
    /// Where the output goes.
    pub(super) terminal: &'a mut Terminal,
    socket: Option<PathBuf>,
}

impl<'a> Context<'a> {
    pub(super) fn new(json: bool, socket: Option<PathBuf>, terminal: &'a mut Terminal) -> Self {
        Self {
            json,
            terminal,
            socket,
        }
    }

    /// The layers of the settings.
    pub(super) fn sources() -> Result<Sources, ConfigError> {
        Sources::of_process(Overrides::new())
    }

    /// A connection to the daemon.
    pub(super) fn connect(&mut self) -> Result<Client, Failure> {
        let socket = self.socket()?;
        Ok(Client::connect(&socket, CLIENT_NAME)?)
    }

    /// Writes into the audit log what was done past the daemon. Where one runs, it holds the log
    /// and sees by itself what changed.
    pub(super) fn note_in_audit(&mut self, record: Record) {
        let written = match Self::sources() {
            Ok(sources) => {
                let settings = audit::Settings::new(sources.paths.audit());
                audit::Log::open(settings).and_then(|log| log.append(record).map(drop))
            }
            Err(_) => return,
        };
        match written {
            Ok(()) | Err(AuditError::InUse(_)) => {}
            Err(error) => self
                .terminal
                .warning(&format!("this is not recorded: {error}")),
        }
    }

    /// Calls the daemon and prints its answer: as it came for programs, in words for people.
    pub(super) fn call<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let answer = self.connect()?.call_raw(request)?;
        self.print(request.method(), answer, words)
    }

    /// Prints an answer. No words, no line.
    pub(super) fn print<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        answer: Value,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json {
            return Ok(self.terminal.json(&answer)?);
        }
        let typed: T = serde_json::from_value(answer).map_err(|source| ClientError::Garbled {
            method,
            source: Some(source),
        })?;
        let words = words(&typed);
        if !words.is_empty() {
            self.terminal.text(&words)?;
        }
        Ok(())
    }

    /// Settings that cannot be read do not keep anybody from stopping the daemon.
    fn socket(&mut self) -> Result<PathBuf, Failure> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        let sources = Self::sources()?;
        let config = sources.load().unwrap_or_else(|error| {
            self.terminal
                .warning(&format!("{error}; using the default socket"));
            Config::default()
        });
        Ok(Paths::socket(&sources.paths, &config))
    }
}
