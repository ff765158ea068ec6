//! Requests in line, the turn in the foreground and those beside it.

use fame_plugin::Act;

use super::super::io::{Answered, Effect, Outcome, Silent, Ticket, TurnId, received};
use super::super::turn::{Phase, Turn};
use super::{Dialogue, ECHO_TAIL_MS, QUESTION_LIFE_MS, Question, WAITING};
use crate::brain::Query;
use crate::bus::{Event, IgnoreReason};
use crate::config::ListenMode;

/// A request in line.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Ask {
        query: Box<Query>,
        ticket: Option<Ticket>,
        heard_ms: (f64, f64),
    },
    Say {
        text: String,
        ticket: Option<Ticket>,
        /// The intent that waits for an answer, if the text is a question.
        asks: Option<String>,
    },
}

impl Request {
    pub(super) fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Ask { ticket, .. } | Self::Say { ticket, .. } => *ticket,
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
            (None, Request::Ask { query, .. }) => self.ignore(query.text, IgnoreReason::Busy),
            (None, Request::Say { text, .. }) => self.publish(Event::Error {
                code: "busy".into(),
                message: format!("this was not said, as too much waits to be said: {text}"),
            }),
        }
    }

    pub(super) fn new_turn(&mut self) -> Turn {
        Turn::new(self.settings.numbers.next(), self.now)
    }

    pub(super) fn begin(&mut self, request: Request) {
        let mut turn = self.new_turn();
        match request {
            Request::Ask {
                query,
                ticket,
                heard_ms,
            } => {
                turn.ticket = ticket;
                (turn.latency.endpoint, turn.latency.recognise) = heard_ms;
                self.ask(&turn, query);
                self.turn = Some(turn);
            }
            Request::Say { text, ticket, asks } => {
                turn.ticket = ticket;
                turn.delivers_at_end = true;
                let id = turn.id;
                self.turn = Some(turn);
                let answer = Answered {
                    speech: text,
                    ok: true,
                    ..Answered::default()
                };
                self.answered(id, answer);
                if let Some(turn) = &mut self.turn {
                    turn.asks = asks;
                }
            }
        }
    }

    /// Has the brain work on `query` for `turn`.
    pub(super) fn ask(&mut self, turn: &Turn, mut query: Box<Query>) {
        query.turn = turn.id;
        self.publish(received(&query));
        self.effects.push(Effect::Ask(query));
    }

    pub(super) fn next_request(&mut self) {
        if self.turn.is_none()
            && let Some(request) = self.waiting.pop_front()
        {
            self.begin(request);
        }
    }

    /// A sentence of an answer that is still being made is spoken at once.
    pub(super) fn sentence(&mut self, id: TurnId, text: String) {
        let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| turn.id == id && !turn.answered)
        else {
            return;
        };
        if text.trim().is_empty() {
            return;
        }
        turn.speak(&text, self.now);
        self.effects.push(Effect::Speak(id, text));
    }

    pub(super) fn answered(&mut self, id: TurnId, answer: Answered) {
        let Some(mut turn) = self.turn.take_if(|turn| turn.id == id && !turn.answered) else {
            return;
        };
        // What was asked before is answered, or the subject was changed.
        self.question = None;
        let speech = self.take(&mut turn, answer);
        if !turn.delivers_at_end {
            self.deliver(&mut turn);
        }
        if !speech.trim().is_empty() {
            self.last_reply.clone_from(&speech);
        }
        if turn.at_voice > 0 {
            // Its sentences are being spoken already.
            self.turn = Some(turn);
            return;
        }
        if speech.trim().is_empty() || turn.was_spoken() {
            self.finish(turn, false);
            return;
        }
        turn.speak(&speech, self.now);
        self.turn = Some(turn);
        self.effects.push(Effect::Speak(id, speech));
    }

    /// Takes over a request that was answered beside the dialogue.
    pub(super) fn conclude(&mut self, silent: Silent, ticket: Ticket) {
        let begun = self.now.saturating_sub(silent.took_ms as u64);
        let mut turn = Turn::new(silent.turn, begun);
        turn.ticket = Some(ticket);
        turn.elsewhere = silent.session != self.settings.session;
        if !turn.elsewhere {
            self.question = None;
        }
        self.take(&mut turn, silent.answer);
        self.finish(turn, false);
    }

    /// Tells the world of the answer and does what it does to FAME itself; gives the words.
    fn take(&mut self, turn: &mut Turn, answer: Answered) -> String {
        turn.answered(&answer);
        let speech = self.apply(&answer, turn);
        let ms = (self.now - turn.begun) as f64;
        let (events, reply) = answer.told(turn.id, speech.clone(), ms);
        turn.reply = reply;
        for event in events {
            self.publish(event);
        }
        speech
    }

    /// Tells the client that the turn has its answer.
    pub(super) fn deliver(&mut self, turn: &mut Turn) {
        if let Some(ticket) = turn.ticket.take() {
            let reply = Box::new(std::mem::take(&mut turn.reply));
            self.effects
                .push(Effect::Deliver(ticket, Outcome::Replied(reply)));
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
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == id) else {
            return;
        };
        turn.at_voice = turn.at_voice.saturating_sub(1);
        if turn.phase == Phase::Speaking
            && turn.at_voice == 0
            && turn.answered
            && let Some(turn) = self.turn.take()
        {
            self.finish(turn, false);
        }
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
            turn: Some(turn.id),
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
        if turn.elsewhere {
            return;
        }
        let asks = turn.asks.is_some();
        if let Some(intent) = turn.asks.filter(|_| !cancelled) {
            self.question = Some(Question {
                intent,
                until: self.now + QUESTION_LIFE_MS,
                spoken: turn.phase == Phase::Speaking,
            });
        }
        if !quiet && (asks || talks) && !self.asleep && !self.settings.always_addressed {
            self.open_ear(self.seconds(self.settings.listen.open_seconds), false);
        }
    }

    /// Ends the foreground turn before its time.
    pub(super) fn end_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            match turn.phase {
                Phase::Speaking => self.effects.push(Effect::StopVoice),
                Phase::Thinking => {}
            }
            if !turn.answered {
                self.effects.push(Effect::Abandon(turn.id));
            }
            self.finish(turn, true);
        }
    }

    pub(super) fn drop_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            self.refuse(request, Outcome::Cancelled);
        }
    }
}
