//! The loudspeaker: opened when there is something to say, closed when there is not.
//!
//! A voice writes into a ring that the device's callback reads. One thread owns the device; it
//! opens the stream on demand, watches it and closes it.

mod output;
mod owner;
mod player;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use rtrb::Producer;

use self::owner::Command;
use self::player::Controls;
use super::resample::{ResampleError, Resampler};
use super::sink::{Cutter, Sink, SinkError, check_rate};

/// Commands that may wait. One more waits for the thread, whose own waits are bounded.
const COMMANDS: usize = 16;

/// How often a waiting writer looks whether it may go on, or was cut.
const POLL: Duration = Duration::from_millis(5);

/// How long an answer of the owner is waited for. Its own limits are shorter.
const OPEN_LIMIT: Duration = Duration::from_secs(6);

/// How long the callback may take to drop what was cut.
const DISCARD_LIMIT: Duration = Duration::from_secs(2);

/// What writing and the open stream share.
struct Link {
    ring: Producer<f32>,
    controls: Arc<Controls>,
    rate: u32,
}

/// Plays through the system's loudspeaker. Dropping it stops the sound and joins its thread.
pub struct Loudspeaker {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<owner::Shared>,
    link: Option<Link>,
    resampler: Option<Resampler>,
    /// Samples at the device's rate.
    converted: Vec<f32>,
    cutter: Cutter,
    /// The cuts that this end has taken note of.
    cuts_seen: u64,
    /// Whether samples may be in the ring that were cut while they were written.
    stale: bool,
}

impl Loudspeaker {
    /// A loudspeaker on the named device, or on the default one. Nothing is opened yet.
    pub fn start(device: Option<String>) -> std::io::Result<Self> {
        let cutter = Cutter::default();
        let shared = Arc::new(owner::Shared::new(cutter.clone()));
        let (commands, receiver) = bounded(COMMANDS);
        let owner = owner::Owner::new(device, receiver, shared.clone());
        let thread = std::thread::Builder::new()
            .name("fame-loudspeaker".into())
            .spawn(move || owner.run())?;
        Ok(Self {
            commands: Some(commands),
            thread: Some(thread),
            shared,
            link: None,
            resampler: None,
            converted: Vec::new(),
            cutter,
            cuts_seen: 0,
            stale: false,
        })
    }

    /// Sets the loudness, 0 to 1, at once.
    pub fn set_volume(&self, volume: f32) {
        self.shared.set_volume(volume);
    }

    /// Changes to the named device, or to the default one, from the next write on. What is
    /// playing is dropped.
    pub fn set_device(&self, device: Option<String>) {
        if let Some(commands) = &self.commands {
            // The thread lives as long as this end does.
            let _ = commands.send(Command::SetDevice(device));
        }
    }

    /// The open stream; opens one where there is none.
    fn link(&mut self) -> Result<&mut Link, SinkError> {
        self.check_closed()?;
        let link = match self.link.take() {
            Some(link) => link,
            None => {
                let link = self.open()?;
                self.resampler = None;
                self.stale = false;
                link
            }
        };
        link.controls.keep_open();
        Ok(self.link.insert(link))
    }

    /// Lets go of a stream that was closed: it failed, it was idle, or the device was changed.
    fn check_closed(&mut self) -> Result<(), SinkError> {
        let closed = |link: &mut Link| link.controls.is_closed();
        match self
            .link
            .take_if(closed)
            .and_then(|_| self.shared.take_failure())
        {
            Some(reason) => Err(SinkError::Device { reason }),
            None => Ok(()),
        }
    }

    fn open(&self) -> Result<Link, SinkError> {
        let failed = |reason: String| SinkError::Device { reason };
        let (reply, answer) = bounded(1);
        let sent = self
            .commands
            .as_ref()
            .is_some_and(|commands| commands.send(Command::Open(reply)).is_ok());
        let deadline = Instant::now() + OPEN_LIMIT;
        while sent && Instant::now() < deadline {
            match answer.recv_timeout(POLL) {
                Ok(opened) => return opened.map_err(|error| failed(error.to_string())),
                Err(RecvTimeoutError::Timeout) => self.check_cut()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(failed("its thread does not answer".into()))
    }

    /// Cut now, or cut and reset since this write began.
    fn check_cut(&self) -> Result<(), SinkError> {
        match self.cutter.count() == self.cuts_seen {
            true => self.cutter.check(),
            false => Err(SinkError::Cut),
        }
    }

    /// Takes note of cuts that happened before, and makes sure that nothing of them is left.
    fn begin(&mut self) -> Result<(), SinkError> {
        self.cutter.check()?;
        let cuts = self.cutter.count();
        if cuts != self.cuts_seen {
            self.cuts_seen = cuts;
            if let Some(resampler) = &mut self.resampler {
                resampler.reset();
            }
        }
        let stale = std::mem::take(&mut self.stale);
        let Some(link) = &self.link else {
            return Ok(());
        };
        if stale {
            link.controls.discard();
        }
        let deadline = Instant::now() + DISCARD_LIMIT;
        while !link.controls.is_discarded() && !link.controls.is_closed() {
            if Instant::now() > deadline {
                self.link = None;
                let reason = "it does not take sound any more".into();
                return Err(SinkError::Device { reason });
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Puts what is converted into the ring, as far as there is room, and waits for more room.
    fn push(&mut self) -> Result<(), SinkError> {
        let converted = std::mem::take(&mut self.converted);
        let mut rest = &converted[..];
        let rate = self.link.as_ref().map(|link| link.rate);
        let result = loop {
            if let Err(error) = self.check_cut() {
                self.stale = true;
                break Err(error);
            }
            if rest.is_empty() {
                break Ok(());
            }
            match self.link() {
                // Another device in the middle of a write: its other rate would shift the pitch.
                Ok(link) if Some(link.rate) != rate => break Ok(()),
                Ok(link) => rest = link.ring.push_partial_slice(rest).1,
                Err(error) => break Err(error),
            }
            if !rest.is_empty() {
                std::thread::sleep(POLL);
            }
        };
        self.converted = converted;
        self.converted.clear();
        result
    }

    /// Brings the converter to `rate`; what the old one still holds is played first.
    fn convert(&mut self, samples: &[f32], rate: u32) -> Result<(), ResampleError> {
        let Some(link) = &self.link else {
            return Ok(());
        };
        let fitting = self
            .resampler
            .as_ref()
            .is_some_and(|resampler| resampler.from() == rate);
        if !fitting {
            if let Some(old) = &mut self.resampler {
                old.flush(&mut self.converted)?;
            }
            self.resampler = Some(Resampler::new(rate, link.rate)?);
        }
        match &mut self.resampler {
            Some(resampler) => resampler.process(samples, &mut self.converted),
            None => Ok(()),
        }
    }
}

impl From<ResampleError> for SinkError {
    fn from(error: ResampleError) -> Self {
        Self::Device {
            reason: error.to_string(),
        }
    }
}

impl Sink for Loudspeaker {
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        check_rate(rate)?;
        self.begin()?;
        // A second at a time, so that a long text needs no long buffer.
        for samples in samples.chunks(rate as usize) {
            self.link()?;
            self.convert(samples, rate)?;
            self.push()?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        self.begin()?;
        if self.link.is_none() {
            return Ok(());
        }
        if let Some(resampler) = &mut self.resampler {
            resampler.flush(&mut self.converted)?;
        }
        self.push()?;
        let mut heard = None;
        loop {
            self.check_cut()?;
            self.check_closed()?;
            let Some(link) = &self.link else {
                return Ok(());
            };
            if link.ring.slots() == link.ring.buffer().capacity() {
                let latency = link.controls.latency();
                let heard = heard.get_or_insert_with(|| Instant::now() + latency);
                if Instant::now() >= *heard {
                    return Ok(());
                }
            }
            std::thread::sleep(POLL);
        }
    }

    fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the loudspeaker thread panicked");
        }
    }
}
