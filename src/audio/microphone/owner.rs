//! The capture thread: opens the device, cuts its samples into frames, and opens it again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};

use super::input::Input;
use super::{CaptureEvent, Command};
use crate::audio::device::patience::{Patience, dispose};
use crate::audio::device::{DeviceError, Direction, choose, list};
use crate::audio::resample::Resampler;
use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE};

/// How often the ring is emptied.
const POLL: Duration = Duration::from_millis(10);
/// No samples for this long means that the device is gone or stuck. PulseAudio's null sink, whose
/// monitor stands in for a microphone where there is none, renders up to 2 s ahead.
const STALL: Duration = Duration::from_millis(2_500);
/// How long after a failure the next attempt follows.
const RETRY: Duration = Duration::from_millis(500);
/// And after an attempt that hung, because each may leave a thread behind.
const SLOW_RETRY: Duration = Duration::from_secs(10);
/// An attempt that takes this long hung.
const HUNG: Duration = Duration::from_secs(2);
/// How often it is asked whether the right device is in use.
const SURVEY: Duration = Duration::from_secs(1);
/// How long opening is waited for, listing included.
const OPEN_LIMIT: Duration = Duration::from_secs(4);
/// How long listing is waited for while sound is captured; the ring holds more.
const SURVEY_LIMIT: Duration = Duration::from_secs(1);
/// How long closing is waited for.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// Overruns are reported at most this often.
const OVERRUN_REPORT: Duration = Duration::from_secs(1);
/// Notices that wait while the listener is stuck. The oldest goes first.
const NOTICES: usize = 16;

pub(super) struct Owner {
    commands: Receiver<Command>,
    events: Sender<CaptureEvent>,
    wanted: Option<String>,
    state: State,
    /// Whether the listener knows that there is no sound.
    told_lost: bool,
    /// Notices that the listener had no room for: unlike frames they are not dropped.
    notices: VecDeque<CaptureEvent>,
    overrun: Overrun,
    patience: Patience,
}

enum State {
    /// Closed on purpose.
    Closed,
    /// No device; the next attempt is due then.
    Waiting(Instant),
    Open(Box<Capture>),
    /// The listener or the owner is gone.
    Over,
}

/// An open device on its way into frames.
struct Capture {
    input: Input,
    resampler: Resampler,
    /// Samples at the device's rate, at ours, and the part of the latter not in a frame yet.
    raw: Vec<f32>,
    ready: Vec<f32>,
    last_sample: Instant,
    next_survey: Instant,
    announced: bool,
}

#[derive(Default)]
struct Overrun {
    lost: u64,
    last_report: Option<Instant>,
}

impl Owner {
    pub(super) fn new(
        wanted: Option<String>,
        commands: Receiver<Command>,
        events: Sender<CaptureEvent>,
    ) -> Self {
        Self {
            commands,
            events,
            wanted,
            state: State::Waiting(Instant::now()),
            told_lost: false,
            notices: VecDeque::new(),
            overrun: Overrun::default(),
            patience: Patience::new("fame-capture-call"),
        }
    }

    pub(super) fn run(mut self) {
        loop {
            self.tell_notices();
            let pause = match &self.state {
                State::Over => break,
                State::Closed if self.notices.is_empty() => None,
                State::Closed => Some(RETRY),
                State::Waiting(due) => Some(due.saturating_duration_since(Instant::now())),
                State::Open(_) => Some(POLL),
            };
            let command = match pause {
                None => self
                    .commands
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
                Some(pause) => self.commands.recv_timeout(pause),
            };
            match command {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => self.step(),
                Err(RecvTimeoutError::Disconnected) => self.obey(Command::Stop),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Close => self.enter(State::Closed),
            Command::Stop => self.enter(State::Over),
            Command::Open if matches!(self.state, State::Closed) => self.begin(),
            Command::Open => {}
            Command::SetDevice(device) => {
                self.wanted = device;
                if !matches!(self.state, State::Closed) {
                    self.begin();
                }
            }
        }
    }

    /// Opens what is wanted now, and tells again if that fails.
    fn begin(&mut self) {
        self.told_lost = false;
        self.enter(State::Waiting(Instant::now()));
    }

    /// Changes the state; a stream that was open is closed.
    fn enter(&mut self, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        if let State::Open(capture) = before
            && dispose("fame-capture-close", CLOSE_LIMIT, capture.input.stream).is_err()
        {
            tracing::warn!("the microphone does not close in time; its samples are ignored");
        }
    }

    fn step(&mut self) {
        match &mut self.state {
            State::Waiting(_) => self.attempt(),
            State::Open(_) => self.capture(),
            State::Closed | State::Over => {}
        }
    }

    fn attempt(&mut self) {
        let started = Instant::now();
        let wanted = self.wanted.clone();
        let opened = self
            .patience
            .run(OPEN_LIMIT, move || Input::open(wanted.as_deref()))
            .and_then(|opened| opened);
        match opened.and_then(Capture::new) {
            Ok(capture) => self.enter(State::Open(Box::new(capture))),
            Err(error) => {
                let hung = started.elapsed() >= HUNG;
                let pause = if hung { SLOW_RETRY } else { RETRY };
                self.lose(error.to_string(), Instant::now() + pause);
            }
        }
    }

    /// No sound any more: tells it once and tries again at `next`.
    fn lose(&mut self, reason: String, next: Instant) {
        self.enter(State::Waiting(next));
        if !std::mem::replace(&mut self.told_lost, true) {
            tracing::warn!("microphone: {reason}");
            self.notify(CaptureEvent::Lost { reason });
        }
    }

    fn capture(&mut self) {
        let State::Open(capture) = &mut self.state else {
            return;
        };
        let now = Instant::now();
        if let Err(reason) = capture.convert(now) {
            let reason = format!("{} {reason}", capture.input.device.name);
            // At once, unless it never worked: that would go round and round.
            let next = if capture.announced { now } else { now + RETRY };
            return self.lose(reason, next);
        }
        self.overrun.lost += capture.input.samples.take_lost();
        if !capture.announced && !capture.ready.is_empty() {
            capture.announced = true;
            let event = CaptureEvent::Available {
                device: capture.input.device.name.clone(),
                substitute_for: capture.input.substitute_for.clone(),
            };
            self.told_lost = false;
            self.notify(event);
        }
        self.send_frames();
        self.report_overrun(now);
        self.survey(now);
    }

    fn send_frames(&mut self) {
        let State::Open(capture) = &mut self.state else {
            return;
        };
        let mut frames = capture.ready.chunks_exact(FRAME_SAMPLES);
        let mut gone = false;
        for samples in frames.by_ref() {
            let mut frame = [0.0; FRAME_SAMPLES];
            frame.copy_from_slice(samples);
            // Notices that wait go first, so that the order holds.
            if self.notices.is_empty() {
                match self.events.try_send(CaptureEvent::Frame(frame)) {
                    Ok(()) => continue,
                    Err(TrySendError::Full(_)) => {}
                    Err(TrySendError::Disconnected(_)) => gone = true,
                }
            }
            let frames = FRAME_SAMPLES as u64 * u64::from(capture.input.rate);
            self.overrun.lost += frames / u64::from(SAMPLE_RATE);
        }
        let rest = frames.remainder().len();
        let sent = capture.ready.len() - rest;
        capture.ready.drain(..sent);
        if gone {
            self.enter(State::Over);
        }
    }

    fn report_overrun(&mut self, now: Instant) {
        let recent = |last: Instant| now.duration_since(last) < OVERRUN_REPORT;
        if self.overrun.lost == 0 || self.overrun.last_report.is_some_and(recent) {
            return;
        }
        // Later is early enough: the count goes on.
        let lost = self.overrun.lost;
        if self.notices.is_empty() && self.events.try_send(CaptureEvent::Overrun { lost }).is_ok() {
            self.overrun.lost = 0;
            self.overrun.last_report = Some(now);
        }
    }

    /// Compares the device in use with the one that should be, and changes over.
    fn survey(&mut self, now: Instant) {
        let State::Open(capture) = &mut self.state else {
            return;
        };
        if !capture.input.watched || now < capture.next_survey || self.patience.is_stuck() {
            return;
        }
        capture.next_survey = now + SURVEY;
        let listed = self.patience.run(SURVEY_LIMIT, || list(Direction::Input));
        let found = match listed {
            Ok(Ok(found)) => found,
            // A server that is gone ends the stream, and a slow one is no reason to.
            Ok(Err(_)) | Err(_) => return,
        };
        let current = &capture.input.device;
        let devices = found.iter().map(|(device, _)| device);
        let present = devices.clone().any(|device| device.id == current.id);
        let best = choose(devices, self.wanted.as_deref());
        if !present {
            let reason = format!("{} was disconnected; connect it again", current.name);
            self.lose(reason, now);
        } else if let Some(best) = best
            && found[best.index].0.id != current.id
        {
            tracing::info!("microphone: changing to {}", found[best.index].0.name);
            self.begin();
        }
    }

    fn notify(&mut self, event: CaptureEvent) {
        if self.notices.len() >= NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(event);
        self.tell_notices();
    }

    fn tell_notices(&mut self) {
        while let Some(event) = self.notices.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.notices.push_front(event),
                Err(TrySendError::Disconnected(_)) => return self.enter(State::Over),
            }
        }
    }
}

impl Capture {
    fn new(input: Input) -> Result<Self, DeviceError> {
        let resampler =
            Resampler::new(input.rate, SAMPLE_RATE).map_err(|error| DeviceError::Refused {
                device: input.device.name.clone(),
                reason: error.to_string(),
            })?;
        let now = Instant::now();
        Ok(Self {
            raw: Vec::with_capacity(input.rate as usize),
            ready: Vec::with_capacity(SAMPLE_RATE as usize),
            input,
            resampler,
            last_sample: now,
            next_survey: now + SURVEY,
            announced: false,
        })
    }

    /// Takes what the callback left and converts it, or tells what is wrong with the device.
    fn convert(&mut self, now: Instant) -> Result<(), String> {
        if let Ok(error) = self.input.errors.try_recv() {
            return Err(format!("stopped ({error}); connect it again"));
        }
        self.raw.clear();
        self.input.samples.read(&mut self.raw);
        if !self.raw.is_empty() {
            self.last_sample = now;
        } else if now.duration_since(self.last_sample) > STALL {
            return Err("delivers no sound; check its plug".into());
        }
        self.resampler
            .process(&self.raw, &mut self.ready)
            .map_err(|error| format!("cannot be converted: {error}"))
    }
}
