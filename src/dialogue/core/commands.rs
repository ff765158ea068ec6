//! What clients order, and the acts of a reply that do the same.

use super::super::io::{Command, Effect, Ticket};
use super::super::turn::Phase;
use super::turns::Request;
use super::{Dialogue, Ear};
use crate::bus::{Event, IgnoreReason};
use crate::speech::wake::WakePhrase;

impl Dialogue {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Ask { query, ticket } => self.enqueue(Request::Ask {
                query,
                ticket: Some(ticket),
                heard_ms: (0.0, 0.0),
            }),
            Command::Conclude { silent, ticket } => self.conclude(*silent, ticket),
            Command::Say { text, ticket, asks } => {
                self.enqueue(Request::Say { text, ticket, asks });
            }
            Command::Withdraw(ticket) => self.withdraw(ticket),
            Command::Listen { toggle: true } if matches!(self.ear, Ear::Open { .. }) => {
                self.ear = Ear::Closed;
            }
            Command::Listen { .. } => {
                self.interrupt_voice();
                self.asleep = false;
                self.open_ear(
                    self.seconds(self.settings.listen.nothing_said_seconds),
                    true,
                );
            }
            Command::Press if !self.muted => {
                self.interrupt_voice();
                self.asleep = false;
                self.ear = Ear::Held { since: self.now };
                self.effects.push(Effect::Hold(true));
            }
            Command::Press => {}
            Command::Release => self.release(),
            Command::Stop => self.stop(),
            Command::Mute(on) => self.mute(on),
            Command::Sleep(on) => self.sleep(on),
            Command::Configure(listen) => {
                self.wake = WakePhrase::new(&listen.wake_phrase, listen.wake_threshold);
                self.settings.listen = *listen;
            }
        }
    }

    pub(super) fn withdraw(&mut self, ticket: Ticket) {
        self.waiting
            .retain(|request| request.ticket() != Some(ticket));
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.ticket == Some(ticket))
        {
            self.end_turn();
        }
    }

    pub(super) fn interrupt_voice(&mut self) {
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.phase == Phase::Speaking)
        {
            self.end_turn();
        }
    }

    pub(super) fn release(&mut self) {
        if matches!(self.ear, Ear::Held { .. }) {
            self.ear = Ear::Closed;
            self.effects.push(Effect::Hold(false));
        }
    }

    pub(super) fn stop(&mut self) {
        self.release();
        self.ear = Ear::Closed;
        self.forget_speech();
        self.drop_waiting();
        self.end_turn();
    }

    /// What is being said is not for FAME after all.
    pub(super) fn forget_speech(&mut self) {
        self.pieces.clear();
        while self.hearing.pop_front().is_some() {
            self.ignore(String::new(), IgnoreReason::NotAddressed);
        }
    }

    pub(super) fn mute(&mut self, on: bool) {
        if self.muted == on {
            return;
        }
        self.muted = on;
        if on {
            self.release();
            self.ear = Ear::Closed;
            self.forget_speech();
        }
        self.effects.push(Effect::Microphone(!on));
    }

    pub(super) fn sleep(&mut self, on: bool) {
        self.asleep = on;
        if on {
            self.ear = Ear::Closed;
        }
    }

    pub(super) fn open_ear(&mut self, for_ms: u64, with_sound: bool) {
        if self.muted {
            self.publish(Event::Error {
                code: "muted".into(),
                message: "the microphone is muted; `fame mute off` opens it".into(),
            });
            return;
        }
        let heard = with_sound && self.settings.listen.earcon;
        self.ear = Ear::Open {
            until: self.now + for_ms,
            heard,
        };
        if heard {
            self.effects.push(Effect::Earcon(true));
        }
    }

    pub(super) fn seconds(&self, seconds: f32) -> u64 {
        (seconds * 1000.0) as u64
    }
}
