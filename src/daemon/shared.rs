//! What the daemon's threads and clients look at together: the bus and the state of things.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::memory::{Memory, MemoryFile};
use crate::bus::{Bus, Event, Latency, State};
use crate::speech::voice::Prosody;

/// What was heard and answered last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LastTurn {
    pub(super) heard: String,
    pub(super) reply: String,
    pub(super) total_ms: f64,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ended {
    turn: u64,
    /// Where its time went.
    pub(super) latency: Latency,
    /// Whether it was done.
    pub(super) ok: bool,
}

/// Turns whose end is remembered. The oldest is forgotten for one more.
const ENDED: usize = 1_000;

/// The state of things.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) state: State,
    pub(super) microphone_available: bool,
    pub(super) microphone_device: Option<String>,
    pub(super) microphone_reason: Option<String>,
    pub(super) overruns: u64,
    pub(super) last_turn: LastTurn,
    pub(super) memory: Memory,
}

/// See the module's documentation.
pub(super) struct Shared {
    pub(super) bus: Bus,
    pub(super) started: Instant,
    facts: Mutex<Facts>,
    /// Told when what is remembered is not what it was.
    memory_changed: Notify,
    ended: Mutex<VecDeque<Ended>>,
}

impl Shared {
    pub(super) fn new(bus: Bus, memory: Memory) -> Self {
        Self {
            bus,
            started: Instant::now(),
            memory_changed: Notify::new(),
            ended: Mutex::default(),
            facts: Mutex::new(Facts {
                state: State::Idle,
                microphone_available: false,
                microphone_device: None,
                microphone_reason: Some("starting".into()),
                overruns: 0,
                last_turn: LastTurn::default(),
                memory,
            }),
        }
    }

    pub(super) fn facts(&self) -> Facts {
        self.lock().clone()
    }

    /// Keeps what the event says and tells everyone.
    pub(super) fn publish(&self, event: Event) {
        self.keep(&event);
        self.bus.publish(event);
    }

    /// How `turn` ended, if it is remembered.
    pub(super) fn ended(&self, turn: u64) -> Option<Ended> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.iter().rev().find(|one| one.turn == turn).copied()
    }

    fn note_end(&self, turn: u64, change: impl FnOnce(&mut Ended)) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ended.iter_mut().rev().find(|one| one.turn == turn) {
            return change(known);
        }
        if ended.len() >= ENDED {
            ended.pop_front();
        }
        let mut new = Ended {
            turn,
            ok: true,
            ..Ended::default()
        };
        change(&mut new);
        ended.push_back(new);
    }

    pub(super) fn set_muted(&self, muted: bool) {
        self.remember(|memory| memory.muted = muted);
    }

    pub(super) fn set_prosody(&self, prosody: Prosody) {
        self.remember(|memory| {
            memory.volume = Some(prosody.volume);
            memory.rate = Some(prosody.rate);
        });
    }

    /// Saves each change of what is remembered, so that a microphone that was closed stays closed even
    /// after a power cut. Of changes that come faster than the disk takes them, the last is saved.
    pub(super) async fn keep_memory(self: Arc<Self>, file: Arc<MemoryFile>) {
        loop {
            self.memory_changed.notified().await;
            let (shared, file) = (self.clone(), file.clone());
            let saving = tokio::task::spawn_blocking(move || file.save(|| shared.facts().memory));
            match saving.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the state is not saved"),
                Err(error) => tracing::error!(%error, "saving the state failed"),
            }
        }
    }

    fn remember(&self, change: impl FnOnce(&mut Memory)) {
        let memory = &mut self.lock().memory;
        let before = memory.clone();
        change(memory);
        if *memory != before {
            self.memory_changed.notify_one();
        }
    }

    fn keep(&self, event: &Event) {
        match event {
            Event::QueryCompleted { turn, ok, .. } => self.note_end(*turn, |ended| ended.ok = *ok),
            Event::TurnFinished {
                turn: Some(turn),
                latency_ms,
                ..
            } => self.note_end(*turn, |ended| ended.latency = *latency_ms),
            Event::StateChanged {
                state: State::Asleep,
            } => self.remember(|memory| memory.asleep = true),
            Event::StateChanged { state: State::Idle } => {
                self.remember(|memory| memory.asleep = false);
            }
            _ => {}
        }
        let mut facts = self.lock();
        match event {
            Event::StateChanged { state } => facts.state = *state,
            Event::MicrophoneChanged {
                available,
                device,
                reason,
            } => {
                facts.microphone_available = *available;
                facts.microphone_device.clone_from(device);
                facts.microphone_reason.clone_from(reason);
            }
            Event::AudioOverrun { lost } => facts.overruns += lost,
            Event::TranscriptFinal { text, .. } => {
                facts.last_turn = LastTurn {
                    heard: text.clone(),
                    ..LastTurn::default()
                };
            }
            Event::Reply { text, .. } => facts.last_turn.reply.clone_from(text),
            Event::TurnFinished { latency_ms, .. } => facts.last_turn.total_ms = latency_ms.total,
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        // Only plain assignments happen under this lock, so a poisoned one is still whole.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
