//! The thread that owns the loudspeaker: opens it when asked, watches it, closes it when idle.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::Link;
use super::output::Output;
use super::player::{Controls, Volume};
use crate::audio::device::DeviceError;
use crate::audio::device::patience::{Patience, dispose};
use crate::audio::sink::Cutter;

/// How often an open stream is looked after.
const WATCH: Duration = Duration::from_millis(100);
/// A stream that asks for nothing this long is dead. PulseAudio's null sink may sleep for 2 s.
const STALL: Duration = Duration::from_millis(3_000);
/// A stream is closed after so many seconds of silence.
const IDLE_SECONDS: u64 = 5;
/// How long opening is waited for, listing included.
const OPEN_LIMIT: Duration = Duration::from_secs(4);
/// How long closing is waited for.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// What the owner is told.
pub(super) enum Command {
    /// Open a stream, or replace the one there is, and answer with its writing end.
    Open(Sender<Result<Link, DeviceError>>),
    SetDevice(Option<String>),
}

/// What the owner and the writer share beside a stream.
pub(super) struct Shared {
    cutter: Cutter,
    volume: Arc<Volume>,
    /// Why the last stream failed, until the writer has been told.
    failure: Mutex<Option<String>>,
}

impl Shared {
    pub(super) fn new(cutter: Cutter) -> Self {
        Self {
            cutter,
            volume: Arc::new(Volume::new()),
            failure: Mutex::new(None),
        }
    }

    pub(super) fn set_volume(&self, volume: f32) {
        self.volume.set(volume);
    }

    pub(super) fn take_failure(&self) -> Option<String> {
        self.failure().take()
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Owner {
    wanted: Option<String>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    patience: Patience,
    open: Option<Watched>,
}

/// An open stream and when it last asked for sound.
struct Watched {
    output: Output,
    controls: Arc<Controls>,
    callbacks: u64,
    last_callback: Instant,
}

impl Owner {
    pub(super) fn new(
        wanted: Option<String>,
        commands: Receiver<Command>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            wanted,
            commands,
            shared,
            patience: Patience::new("fame-loudspeaker-call"),
            open: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let command = match &self.open {
                Some(_) => self.commands.recv_timeout(WATCH),
                None => self
                    .commands
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match command {
                Ok(Command::Open(reply)) => {
                    // A writer that was cut while it waited is not there any more.
                    if reply.send(self.open()).is_err() {
                        self.close();
                    }
                }
                Ok(Command::SetDevice(device)) => {
                    self.wanted = device;
                    self.close();
                }
                Err(RecvTimeoutError::Timeout) => self.watch(),
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
        }
    }

    fn open(&mut self) -> Result<Link, DeviceError> {
        self.close();
        self.shared.take_failure();
        let wanted = self.wanted.clone();
        let controls = Arc::new(Controls::new(
            self.shared.cutter.clone(),
            self.shared.volume.clone(),
        ));
        let theirs = controls.clone();
        let (output, ring) = self
            .patience
            .run(OPEN_LIMIT, move || Output::open(wanted.as_deref(), &theirs))??;
        let link = Link {
            ring,
            controls: controls.clone(),
            rate: output.rate,
        };
        self.open = Some(Watched {
            output,
            controls,
            callbacks: 0,
            last_callback: Instant::now(),
        });
        Ok(link)
    }

    fn watch(&mut self) {
        let Some(open) = &mut self.open else {
            return;
        };
        let now = Instant::now();
        let callbacks = open.controls.callbacks();
        if callbacks != open.callbacks {
            open.callbacks = callbacks;
            open.last_callback = now;
        }
        let name = &open.output.name;
        if let Ok(error) = open.output.errors.try_recv() {
            let reason = format!("{name} stopped: {error}");
            self.fail(reason);
        } else if now.duration_since(open.last_callback) > STALL {
            let reason = format!("{name} takes no sound any more");
            self.fail(reason);
        } else if open.controls.silent_frames() > IDLE_SECONDS * u64::from(open.output.rate) {
            self.close();
        }
    }

    /// The writer finds the stream closed, and the reason here.
    fn fail(&mut self, reason: String) {
        tracing::warn!("loudspeaker: {reason}");
        *self.shared.failure() = Some(reason);
        self.close();
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.controls.close();
            if dispose("fame-loudspeaker-close", CLOSE_LIMIT, open.output.stream).is_err() {
                tracing::warn!("the loudspeaker does not close in time");
            }
        }
    }
}
