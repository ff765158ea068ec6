//! How a command ends when it does not work, and the exit codes.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use super::Terminal;
use crate::audit::AuditError;
use crate::auth::KeysError;
use crate::brain::classifier::{ClassifierError, ExamplesError};
use crate::config::ConfigError;
use crate::ipc::ClientError;
use crate::models::{InstallError, ModelError};
use crate::sandbox::SandboxError;

/// The exit codes of `fame`. They do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It worked. A reader that went away (`fame events | head`) is no failure.
    Ok = 0,
    /// It did not work; stderr says why and what to do.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// No daemon is running.
    NoDaemon = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line cannot be understood, or asks for help.
    #[error("{0}")]
    Arguments(clap::Error),
    /// The daemon is not there or does not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model cannot be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// Examples of intents cannot be used.
    #[error(transparent)]
    Examples(#[from] ExamplesError),
    /// A classifier cannot be trained or tried.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
    /// Nothing can be run, or nothing is known of what was.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Keys cannot be made or changed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The keys' file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] crate::auth::FileError),
    /// The audit log cannot be read or written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The output cannot be written.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
    /// Something else.
    #[error("{problem}")]
    Other {
        /// What.
        problem: String,
        /// What to do.
        hint: String,
    },
}

impl Failure {
    /// A failure with its own words.
    pub(super) fn other(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// Tells it on the terminal and gives the exit code.
    pub(super) fn report(self, terminal: &mut Terminal) -> Exit {
        match &self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Ok,
            Self::Arguments(error) => return arguments(error, terminal),
            _ => {}
        }
        terminal.error(&chain(&self), self.hint().as_deref());
        match self {
            Self::Client(ClientError::NotRunning { .. }) => Exit::NoDaemon,
            _ => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Client(error) => error.hint().map(String::from),
            Self::Config(error) => Some(error.hint()),
            Self::Other { hint, .. } => Some(hint.clone()),
            // These say it in their own text.
            Self::Model(_)
            | Self::Install(_)
            | Self::Examples(_)
            | Self::Classifier(_)
            | Self::Sandbox(_)
            | Self::Keys(_)
            | Self::KeyFile(_)
            | Self::Audit(_)
            | Self::Arguments(_) => None,
            Self::Output(_) => Some("is the disk full?".into()),
        }
    }
}

/// Help is data; a wrong command is not.
fn arguments(error: &clap::Error, terminal: &mut Terminal) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        terminal.styled_note(&text);
        return Exit::Usage;
    }
    match terminal.styled_data(&text) {
        Ok(()) => Exit::Ok,
        Err(error) => Failure::Output(error).report(terminal),
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
