//! Requests in line, the turn in the foreground and those beside it.

use fame_plugin::Act;

use super::super::io::{Answered, Effect, Outcome, Ticket, TurnId};
use super::super::turn::{Phase, Turn};
use super::{Dialogue, ECHO_TAIL_MS, WAITING};
use crate::brain::Source;
use crate::bus::{Event, IgnoreReason};
use crate::config::ListenMode;

/// A request in line.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Ask {
        text: String,
        confidence: Option<f32>,
        source: Source,
        ticket: Option<Ticket>,
        heard_ms: (f64, f64),
    },
    Say {
        text: String,
        ticket: Ticket,
    },
}

impl Request {
    pub(super) fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Ask { ticket, .. } => *ticket,
            Self::Say { ticket, .. } => Some(*ticket),
        }
    }
}

impl Dialogue {
    pub(super) fn enqueue(&mut self, request: Request) {
        if self.turn.is_none() {
            self.begin(request);
        } else if self.waiting.len() < WAITING {
            self.waiting.push_back(request);
        } else {
            self.refuse(request, Outcome::Busy);
        }
    }

    pub(super) fn refuse(&mut self, request: Request, outcome: Outcome) {
        match (request.ticket(), request) {
            (Some(ticket), _) => self.effects.push(Effect::Deliver(ticket, outcome)),
            (None, Request::Ask { text, .. } | Request::Say { text, .. }) => {
                self.ignore(text, IgnoreReason::Busy);
            }
        }
    }

    pub(super) fn new_turn(&mut self) -> Turn {
        let id = self.next_turn;
        self.next_turn += 1;
        Turn::new(id, self.now)
    }

    pub(super) fn begin(&mut self, request: Request) {
        let mut turn = self.new_turn();
        match request {
            Request::Ask {
                text,
                confidence,
                source,
                ticket,
                heard_ms,
            } => {
                turn.ticket = ticket;
                (turn.latency.endpoint, turn.latency.recognise) = heard_ms;
                self.effects.push(Effect::Ask {
                    turn: turn.id,
                    text,
                    confidence,
                    source,
                });
                self.turn = Some(turn);
            }
            Request::Say { text, ticket } => {
                turn.ticket = Some(ticket);
                turn.delivers_at_end = true;
                let id = turn.id;
                self.turn = Some(turn);
                self.answered(
                    id,
                    Answered {
                        speech: text,
                        ..Answered::default()
                    },
                );
            }
        }
    }

    pub(super) fn next_request(&mut self) {
        if self.turn.is_none()
            && let Some(request) = self.waiting.pop_front()
        {
            self.begin(request);
        }
    }

    pub(super) fn answered(&mut self, id: TurnId, answer: Answered) {
        if let Some(at) = self.background.iter().position(|turn| turn.id == id) {
            let turn = self.background.swap_remove(at);
            self.answer_silently(turn, answer);
            return;
        }
        let Some(mut turn) = self
            .turn
            .take_if(|turn| turn.id == id && turn.phase == Phase::Thinking)
        else {
            return;
        };
        turn.answered(&answer);
        if let Some(matched) = answer.matched.clone() {
            self.publish(matched);
        }
        let speech = self.apply(&answer, &mut turn);
        turn.spoken.clone_from(&speech);
        if !turn.delivers_at_end {
            self.deliver(&mut turn);
        }
        self.publish(Event::Reply {
            text: speech.clone(),
            wav: None,
        });
        if speech.trim().is_empty() {
            self.finish(turn, false);
            return;
        }
        self.last_reply.clone_from(&speech);
        turn.speak(self.now);
        self.turn = Some(turn);
        self.effects.push(Effect::Speak(id, speech));
    }

    pub(super) fn answer_silently(&mut self, mut turn: Turn, answer: Answered) {
        turn.answered(&answer);
        if let Some(matched) = answer.matched.clone() {
            self.publish(matched);
        }
        let speech = self.apply(&answer, &mut turn);
        turn.spoken.clone_from(&speech);
        self.publish(Event::Reply {
            text: speech,
            wav: None,
        });
        self.finish(turn, false);
    }

    /// Tells the client that the turn has its answer.
    pub(super) fn deliver(&mut self, turn: &mut Turn) {
        if let Some(ticket) = turn.ticket.take() {
            let (turn, text, matched) = (turn.id, turn.spoken.clone(), turn.matched.take());
            self.effects.push(Effect::Deliver(
                ticket,
                Outcome::Replied {
                    turn,
                    text,
                    matched,
                },
            ));
        }
    }

    /// Does what the answer does to FAME itself; gives the words to speak. What would keep the
    /// reply from being heard waits until it was.
    pub(super) fn apply(&mut self, answer: &Answered, turn: &mut Turn) -> String {
        let mut speech = answer.speech.clone();
        for act in &answer.acts {
            match *act {
                Act::StopSpeaking => self.effects.push(Effect::StopVoice),
                Act::CancelTurn => self.drop_waiting(),
                Act::Repeat if self.last_reply.is_empty() => {
                    speech = "I haven't said anything yet.".into()
                }
                Act::Repeat => speech.clone_from(&self.last_reply),
                Act::VolumeBy(step) => self.effects.push(Effect::VolumeBy(step)),
                Act::RateBy(step) => self.effects.push(Effect::RateBy(step)),
                Act::Sleep | Act::Mute => turn.then.push(*act),
                Act::Wake => self.asleep = false,
            }
        }
        speech
    }

    pub(super) fn voice_finished(&mut self, id: TurnId) {
        let Some(turn) = self
            .turn
            .take_if(|turn| turn.id == id && turn.phase == Phase::Speaking)
        else {
            return;
        };
        self.finish(turn, false);
    }

    /// Ends a turn and does what was to be done after it.
    pub(super) fn finish(&mut self, mut turn: Turn, cancelled: bool) {
        if turn.phase == Phase::Speaking {
            self.echo = Some((turn.spoken.clone(), self.now + ECHO_TAIL_MS));
        }
        if !cancelled {
            self.deliver(&mut turn);
        } else if let Some(ticket) = turn.ticket {
            self.effects
                .push(Effect::Deliver(ticket, Outcome::Cancelled));
        }
        self.publish(Event::TurnFinished {
            latency_ms: turn.latency(),
            cancelled,
        });
        let mut quiet = cancelled;
        for act in &turn.then {
            quiet = true;
            match act {
                Act::Sleep => self.sleep(true),
                Act::Mute => self.mute(true),
                _ => {}
            }
        }
        let talks =
            self.settings.listen.mode == ListenMode::Conversation && turn.phase == Phase::Speaking;
        if !quiet && (turn.opens_ear || talks) && !self.asleep && !self.settings.always_addressed {
            self.open_ear(self.seconds(self.settings.listen.open_seconds), false);
        }
    }

    /// Ends the foreground turn before its time.
    pub(super) fn end_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            match turn.phase {
                Phase::Speaking => self.effects.push(Effect::StopVoice),
                Phase::Thinking => self.effects.push(Effect::Abandon(turn.id)),
            }
            self.finish(turn, true);
        }
    }

    pub(super) fn cancel(&mut self, turn: Turn) {
        self.effects.push(Effect::Abandon(turn.id));
        self.finish(turn, true);
    }

    pub(super) fn drop_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            self.refuse(request, Outcome::Cancelled);
        }
    }
}
