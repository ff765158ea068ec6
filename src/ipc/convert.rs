//! FAME's own types as the protocol tells them. The protocol itself imports nothing.

use super::protocol::{Mode, State};
use crate::bus;
use crate::config::ListenMode;

impl From<bus::State> for State {
    fn from(state: bus::State) -> Self {
        match state {
            bus::State::Idle => Self::Idle,
            bus::State::Listening => Self::Listening,
            bus::State::Thinking => Self::Thinking,
            bus::State::Speaking => Self::Speaking,
            bus::State::Asleep => Self::Asleep,
            bus::State::Muted => Self::Muted,
        }
    }
}

impl From<ListenMode> for Mode {
    fn from(mode: ListenMode) -> Self {
        match mode {
            ListenMode::Wake => Self::Wake,
            ListenMode::Conversation => Self::Conversation,
            ListenMode::PushToTalk => Self::PushToTalk,
        }
    }
}
