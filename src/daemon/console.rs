//! What `famed` shows in a terminal: one live line of state, and what was heard and answered.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::bus::{Event, Published, State};

/// Steps of the level meter.
const METER: usize = 16;

/// The quietest and the loudest level that the meter tells apart, in dBFS.
const QUIET: f32 = -60.0;
const LOUD: f32 = -10.0;

/// Clears the line the cursor is in.
const CLEAR: &str = "\r\x1b[2K";

/// Follows the bus until it is closed.
pub(super) async fn run(mut events: Receiver<Arc<Published>>, wake_phrase: String) {
    let live = io::stderr().is_terminal();
    let mut line = StateLine {
        state: State::Idle,
        level: QUIET,
        partial: String::new(),
        note: None,
        wake_phrase,
    };
    loop {
        let event = match events.recv().await {
            Ok(published) => published.event.clone(),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        };
        let said = sentence(&event);
        line.update(&event);
        // A terminal that is gone is no reason to stop listening.
        let _ = show(live, said.as_deref(), &line);
    }
}

fn show(live: bool, said: Option<&str>, line: &StateLine) -> io::Result<()> {
    let mut terminal = io::stderr().lock();
    if live && said.is_some() {
        write!(terminal, "{CLEAR}")?;
        terminal.flush()?;
    }
    if let Some(said) = said {
        let mut out = io::stdout().lock();
        writeln!(out, "{said}")?;
        out.flush()?;
    }
    if live {
        write!(terminal, "{CLEAR}{line}")?;
        terminal.flush()?;
    }
    Ok(())
}

/// The line that an event leaves behind, if it does.
fn sentence(event: &Event) -> Option<String> {
    match event {
        Event::TranscriptFinal { text, .. } => Some(format!("you   {text}")),
        Event::Reply { text, .. } if !text.is_empty() => Some(format!("fame  {text}")),
        Event::TurnFinished {
            latency_ms,
            cancelled: false,
            ..
        } if latency_ms.total > 0.0 => Some(format!(
            "      ({:.0} ms to the first sound)",
            latency_ms.total
        )),
        Event::TurnFinished {
            cancelled: true, ..
        } => Some("      (stopped)".into()),
        Event::MicrophoneChanged {
            available: true,
            device,
            reason,
        } => {
            let device = device.as_deref().unwrap_or("the default microphone");
            let reason = reason
                .as_ref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            Some(format!("mic   listening to {device}{reason}"))
        }
        Event::MicrophoneChanged {
            available: false,
            reason,
            ..
        } => Some(format!(
            "mic   none: {}",
            reason.as_deref().unwrap_or("no sound arrives")
        )),
        Event::AudioOverrun { lost } => {
            Some(format!("mic   {lost} frames lost; the machine is too busy"))
        }
        Event::ApprovalRequested { id, what, .. } => Some(format!(
            "ask   {what} (`fame approvals yes {id}` or `no {id}`)"
        )),
        Event::Error { message, .. } => Some(format!("error {message}")),
        _ => None,
    }
}

struct StateLine {
    state: State,
    level: f32,
    partial: String,
    note: Option<&'static str>,
    wake_phrase: String,
}

impl StateLine {
    fn update(&mut self, event: &Event) {
        match event {
            Event::StateChanged { state } => self.state = *state,
            Event::AudioLevel { dbfs } => self.level = *dbfs,
            Event::TranscriptPartial {
                committed,
                tentative,
            } => {
                self.partial = format!("{committed} {tentative}").trim().to_owned();
            }
            Event::TranscriptFinal { .. }
            | Event::SpeechStarted {}
            | Event::UtteranceIgnored { .. } => {
                self.partial.clear();
            }
            Event::MicrophoneChanged { available, .. } => {
                self.note = (!available).then_some("no microphone");
            }
            _ => {}
        }
    }

    fn meter(&self) -> String {
        let share = ((self.level - QUIET) / (LOUD - QUIET)).clamp(0.0, 1.0);
        let full = (share * METER as f32).round() as usize;
        format!("[{}{}]", "█".repeat(full), "·".repeat(METER - full))
    }
}

impl std::fmt::Display for StateLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, hint) = match self.state {
            State::Idle => ("idle", format!("say \"{}\"", self.wake_phrase)),
            State::Listening => ("listening", self.partial.clone()),
            State::Thinking => ("thinking", String::new()),
            State::Speaking => ("speaking", "say \"stop\" to cut it short".to_owned()),
            State::Asleep => ("asleep", format!("say \"{}\" to wake me", self.wake_phrase)),
            State::Muted => ("muted", "`fame mute off` opens the microphone".to_owned()),
        };
        let hint = self.note.map_or(hint, str::to_owned);
        // Longer text would wrap, and a wrapped line cannot be cleared.
        let hint: String = hint.chars().take(48).collect();
        write!(formatter, "● {name:<9} {} {hint}", self.meter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_shows_state_level_and_words() {
        let mut line = StateLine {
            state: State::Idle,
            level: QUIET,
            partial: String::new(),
            note: None,
            wake_phrase: "hey fame".into(),
        };
        assert_eq!(
            line.to_string(),
            "● idle      [················] say \"hey fame\""
        );
        line.update(&Event::StateChanged {
            state: State::Listening,
        });
        line.update(&Event::AudioLevel { dbfs: -35.0 });
        line.update(&Event::TranscriptPartial {
            committed: "what time".into(),
            tentative: "is it".into(),
        });
        assert_eq!(
            line.to_string(),
            "● listening [████████········] what time is it"
        );
    }
}
