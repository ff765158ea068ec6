//! Talking: ask, say, listen, stop, mute, sleep, wake.

use clap::{Args, ValueEnum};

use super::Failure;
use super::context::Context;
use crate::cli::status::state_word;
use crate::ipc::protocol::{
    AskParams, Asked, Asleep, ListenAction, ListenParams, Listening, Muted, Request, Said,
    SayParams, Stopped, SwitchParams,
};

#[derive(Debug, Args)]
pub(super) struct Ask {
    /// The request, as one would say it
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// Speak the reply too
    #[arg(long)]
    speak: bool,
    /// Share the context of earlier requests with this name
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Take it for this intent, whatever the text says
    #[arg(long, value_name = "INTENT")]
    intent: Option<String>,
}

impl Ask {
    /// Ctrl-C ends the process, whereupon the daemon cancels the request.
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Ask(AskParams {
            text: self.text.join(" "),
            speak: self.speak,
            session: self.session,
            intent: self.intent,
            user: None,
        });
        context.call(&request, |asked: &Asked| {
            asked.display.clone().unwrap_or_else(|| asked.reply.clone())
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Say {
    /// The words
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
}

impl Say {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Say(SayParams {
            text: self.text.join(" "),
        });
        context.call(&request, |said: &Said| {
            if said.finished { "" } else { "cut short" }.into()
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Listen {
    /// What to do with the ear
    #[arg(value_enum, default_value_t = Ear::Open)]
    action: Ear,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ear {
    /// Open it until something is said
    Open,
    /// Open it, or close it if it is open
    Toggle,
    /// Push to talk: the key went down
    Press,
    /// Push to talk: the key came up
    Release,
}

impl Listen {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let action = match self.action {
            Ear::Open => ListenAction::Open,
            Ear::Toggle => ListenAction::Toggle,
            Ear::Press => ListenAction::Press,
            Ear::Release => ListenAction::Release,
        };
        context.call(
            &Request::Listen(ListenParams { action }),
            |listening: &Listening| state_word(listening.state).into(),
        )
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Switch {
    /// Which way
    #[arg(value_enum, default_value_t = Way::On)]
    way: Way,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    On,
    Off,
    /// The opposite of what it is, good for a key
    Toggle,
}

impl From<Switch> for SwitchParams {
    fn from(switch: Switch) -> Self {
        Self {
            on: match switch.way {
                Way::On => Some(true),
                Way::Off => Some(false),
                Way::Toggle => None,
            },
        }
    }
}

pub(super) fn stop(context: &mut Context<'_>) -> Result<(), Failure> {
    context.call(&Request::Stop, |stopped: &Stopped| {
        if stopped.stopped {
            "stopped"
        } else {
            "there was nothing to stop"
        }
        .into()
    })
}

pub(super) fn mute(context: &mut Context<'_>, switch: Switch) -> Result<(), Failure> {
    context.call(&Request::Mute(switch.into()), |muted: &Muted| {
        if muted.muted {
            "the microphone is closed"
        } else {
            "the microphone is open"
        }
        .into()
    })
}

pub(super) fn sleep(context: &mut Context<'_>, switch: Switch) -> Result<(), Failure> {
    let words = |asleep: &Asleep| if asleep.asleep { "asleep" } else { "awake" }.into();
    context.call(&Request::Sleep(switch.into()), words)
}

pub(super) fn wake(context: &mut Context<'_>) -> Result<(), Failure> {
    sleep(context, Switch { way: Way::Off })
}
