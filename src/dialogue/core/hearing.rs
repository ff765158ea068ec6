//! What is heard, and for whom it is meant.

use super::super::echo::is_own_voice;
use super::super::io::{Heard, UtteranceId};
use super::super::turn::Phase;
use super::turns::Request;
use super::{Dialogue, Ear, PIECES};
use crate::brain::{Brain, Query};
use crate::bus::{EndReason, Event, IgnoreReason};

/// An utterance whose text is awaited.
#[derive(Clone, Debug)]
pub(super) struct Hearing {
    pub(super) utterance: UtteranceId,
    pub(super) since: u64,
    pub(super) ear_open: bool,
    /// The wake phrase was found in it.
    pub(super) woken: bool,
    /// What FAME was saying when it began, or had just said.
    pub(super) over: Option<Over>,
}

/// FAME's own words, which an utterance may be the echo of.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) spoken: String,
    /// Whether they were still being spoken. If not, a person may answer.
    pub(super) speaking: bool,
}

impl Hearing {
    pub(super) fn is_own_voice(&self, text: &str) -> bool {
        self.over
            .as_ref()
            .is_some_and(|over| is_own_voice(text, &over.spoken))
    }

    /// Whether it began while FAME was speaking, when only its name, a stop word or the key
    /// reach it.
    pub(super) fn interrupts(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.speaking)
    }
}

impl Dialogue {
    pub(super) fn speech_started(&mut self, utterance: UtteranceId) {
        let over = match (&self.turn, &self.echo) {
            (Some(turn), _) if turn.phase == Phase::Speaking => Some(Over {
                spoken: turn.spoken.clone(),
                speaking: true,
            }),
            (_, Some((spoken, until))) if self.now < *until => Some(Over {
                spoken: spoken.clone(),
                speaking: false,
            }),
            _ => None,
        };
        // A piece of a longer utterance is for FAME if the piece before it was.
        let continues = !self.pieces.is_empty();
        self.hearing.push_back(Hearing {
            utterance,
            since: self.now,
            ear_open: self.ear != Ear::Closed || self.settings.always_addressed || continues,
            woken: continues,
            over,
        });
    }

    pub(super) fn position(&self, utterance: UtteranceId) -> Option<usize> {
        self.hearing
            .iter()
            .position(|hearing| hearing.utterance == utterance)
    }

    /// Whether a text that may not be all of it already cuts short what FAME does.
    pub(super) fn early(&mut self, utterance: UtteranceId, text: &str, confidence: f32) {
        let Some(at) = self.position(utterance) else {
            return;
        };
        let hearing = &self.hearing[at];
        if hearing.interrupts() && !hearing.is_own_voice(text) && Brain::is_stop(text) {
            let since = hearing.since;
            self.hearing.remove(at);
            self.publish_final(text, confidence, (since, self.now));
            self.stop();
            return;
        }
        self.look_for_wake(at, text);
    }

    /// What follows the wake phrase in the text, if it is there and not FAME's own voice.
    pub(super) fn look_for_wake(&mut self, at: usize, text: &str) -> Option<String> {
        if self.hearing[at].is_own_voice(text) {
            return None;
        }
        let found = self.wake.find(text)?;
        if !std::mem::replace(&mut self.hearing[at].woken, true) && !self.settings.always_addressed
        {
            let phrase = self.wake.phrase().to_owned();
            self.publish(Event::WakeDetected {
                phrase,
                heard: found.heard,
                score: found.score,
            });
        }
        Some(found.rest)
    }

    pub(super) fn heard(&mut self, heard: Heard) {
        let Some(at) = self.position(heard.utterance) else {
            // Stopped or given up while it was being recognised.
            return;
        };
        let rest = self.look_for_wake(at, &heard.text);
        let Some(hearing) = self.hearing.remove(at) else {
            return;
        };
        let own_voice = hearing.is_own_voice(&heard.text);
        let busy = self.turn.is_some() || hearing.interrupts();
        let stops = busy && Brain::is_stop(&heard.text);
        let addressed = match heard.reason {
            EndReason::Released => true,
            _ if own_voice => false,
            _ if rest.is_some() || stops => true,
            _ => (hearing.ear_open || hearing.woken) && !hearing.interrupts(),
        };
        if !addressed {
            let reason = if own_voice {
                IgnoreReason::OwnVoice
            } else {
                IgnoreReason::NotAddressed
            };
            self.ignore(heard.text, reason);
            return;
        }
        self.asleep = false;
        self.publish_final(
            &heard.text,
            heard.confidence,
            (heard.start_ms, heard.end_ms),
        );
        self.pieces.push(rest.unwrap_or(heard.text));
        if heard.reason == EndReason::TooLong && self.pieces.len() < PIECES {
            return;
        }
        let text = std::mem::take(&mut self.pieces).join(" ");
        if text.trim().is_empty() {
            self.open_ear(self.seconds(self.settings.listen.open_seconds), true);
            return;
        }
        self.request_by_voice(
            text,
            heard.confidence,
            (heard.endpoint_ms, heard.recognise_ms),
        );
    }

    pub(super) fn no_words(&mut self, utterance: UtteranceId) {
        let Some(at) = self.position(utterance) else {
            return;
        };
        self.hearing.remove(at);
        self.ignore(String::new(), IgnoreReason::NoWords);
        if !self.pieces.is_empty() {
            let text = std::mem::take(&mut self.pieces).join(" ");
            self.request_by_voice(text, 0.0, (0.0, 0.0));
        }
    }

    pub(super) fn request_by_voice(&mut self, text: String, confidence: f32, heard_ms: (f64, f64)) {
        self.ear = Ear::Closed;
        // A new request cuts the reply to the old one short.
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| turn.phase == Phase::Speaking)
        {
            self.end_turn();
        } else if self.turn.is_some() && Brain::is_stop(&text) {
            self.stop();
            return;
        }
        self.publish(Event::VoiceInput {
            text: text.clone(),
            confidence,
        });
        let query = Query {
            text,
            confidence: Some(confidence),
            source: self.settings.source,
            session: self.settings.session.clone(),
            ..Query::default()
        };
        self.enqueue(Request::Ask {
            query: Box::new(query),
            ticket: None,
            heard_ms,
        });
    }

    pub(super) fn ignore(&mut self, text: String, reason: IgnoreReason) {
        let text = if self.settings.reveal_ignored {
            text
        } else {
            String::new()
        };
        self.publish(Event::UtteranceIgnored { text, reason });
    }

    pub(super) fn publish_final(
        &mut self,
        text: &str,
        confidence: f32,
        (start_ms, end_ms): (u64, u64),
    ) {
        self.publish(Event::TranscriptFinal {
            text: text.to_owned(),
            start_ms,
            end_ms,
            confidence,
        });
    }
}
