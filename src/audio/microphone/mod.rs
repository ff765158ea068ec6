//! The microphone: one thread that owns the device and keeps trying while there is none.

mod input;
mod owner;

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::Frame;

/// Commands that may wait. One more waits for the thread, whose own waits are bounded.
const COMMANDS: usize = 16;

/// Events that [`available`] lets wait.
const CHECK_EVENTS: usize = 64;

/// What the capture thread tells.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all events are frames, and a box would be an allocation every 16 ms"
)]
pub enum CaptureEvent {
    /// The next 16 ms.
    Frame(Frame),
    /// Samples arrive, for the first time or again.
    Available {
        /// The device in use.
        device: String,
        /// The device that was asked for and is not there.
        substitute_for: Option<String>,
    },
    /// No samples arrive. Told once; the thread keeps trying.
    Lost {
        /// A sentence for people.
        reason: String,
    },
    /// Samples were lost because somebody was late. At most once a second.
    Overrun {
        /// Frames of the device lost since the last report.
        lost: u64,
    },
}

/// What the capture thread is told.
enum Command {
    Open,
    Close,
    SetDevice(Option<String>),
    Stop,
}

/// Owns the capture thread. Dropping it closes the device and joins the thread.
pub struct Microphone {
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Microphone {
    /// Starts to capture from the named device, or from the default one, into `events`.
    ///
    /// When `events` is full, frames are dropped and reported as [`CaptureEvent::Overrun`];
    /// nothing waits for it. When it is disconnected, the thread ends.
    pub fn start(device: Option<String>, events: Sender<CaptureEvent>) -> std::io::Result<Self> {
        let (commands, receiver) = bounded(COMMANDS);
        let thread = std::thread::Builder::new()
            .name("fame-capture".into())
            .spawn(move || owner::Owner::new(device, receiver, events).run())?;
        Ok(Self {
            commands,
            thread: Some(thread),
        })
    }

    /// Closes the stream: the device is given back, not just ignored.
    pub fn close(&self) {
        self.send(Command::Close);
    }

    /// Opens it again.
    pub fn open(&self) {
        self.send(Command::Open);
    }

    /// Changes to the named device, or to the default one.
    pub fn set_device(&self, device: Option<String>) {
        self.send(Command::SetDevice(device));
    }

    fn send(&self, command: Command) {
        // The thread is gone only when its listener is, and then nobody cares.
        let _ = self.commands.send(command);
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the capture thread panicked");
        }
    }
}

/// Proves that the default microphone delivers samples: its name, or why it does not.
pub fn available(timeout: Duration) -> Result<String, String> {
    let deadline = Instant::now() + timeout;
    let (sender, events) = bounded(CHECK_EVENTS);
    let _microphone = Microphone::start(None, sender).map_err(|error| error.to_string())?;
    first_sound(&events, deadline)
}

fn first_sound(events: &Receiver<CaptureEvent>, deadline: Instant) -> Result<String, String> {
    let mut last_reason = None;
    loop {
        match events.recv_deadline(deadline) {
            Ok(CaptureEvent::Available { device, .. }) => return Ok(device),
            // It is tried again meanwhile: a sound server may just have started.
            Ok(CaptureEvent::Lost { reason }) => last_reason = Some(reason),
            Ok(CaptureEvent::Frame(_) | CaptureEvent::Overrun { .. }) => {}
            Err(RecvTimeoutError::Timeout) => {
                return Err(last_reason.unwrap_or_else(|| {
                    "the microphone delivers nothing in time; check its plug".into()
                }));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the capture thread ended".into());
            }
        }
    }
}
