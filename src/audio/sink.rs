//! Where sound goes: a loudspeaker, a file or nowhere, behind one trait.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::resample::RATES;

/// How much sound may wait in a sink. A writer that is further ahead is held back.
pub const BUFFER: Duration = Duration::from_secs(30);

/// Takes mono sound and plays it in order.
pub trait Sink: Send {
    /// Takes mono samples in -1..=1 at `rate` samples a second.
    ///
    /// Waits while more than [`BUFFER`] is ahead of them, and returns early with
    /// [`SinkError::Cut`] when cut.
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError>;

    /// Waits until everything written is heard, or cut.
    fn drain(&mut self) -> Result<(), SinkError>;

    /// A handle that silences this sink from any thread.
    fn cutter(&self) -> Cutter;
}

/// Why sound was not taken or not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// Somebody used the [`Cutter`]. Nothing is taken until its [`Cutter::reset`].
    #[error("the sound was cut")]
    Cut,
    /// The loudspeaker is missing or failed. The next write tries it again.
    #[error("the loudspeaker failed: {reason}; connect one, or choose one of `fame devices`")]
    Device {
        /// What the sound system says.
        reason: String,
    },
    /// The rate is outside [`RATES`].
    #[error("sound at {rate} samples a second cannot be played; the voice must use 1000 to 768000")]
    Rate {
        /// The rate asked for.
        rate: u32,
    },
    /// The sound file cannot be written.
    #[error("cannot write {}: {reason}; check the folder and the space left", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// Silences a sink from any thread.
#[derive(Clone, Debug, Default)]
pub struct Cutter {
    shared: Arc<Cut>,
}

#[derive(Debug, Default)]
struct Cut {
    /// Whether writes are refused until the next reset.
    active: AtomicBool,
    /// Cuts so far: what was written under an older number is not to be played.
    count: AtomicU64,
}

impl Cutter {
    /// Silence within 50 ms. What waits is dropped, and writes are refused until [`reset`].
    ///
    /// [`reset`]: Cutter::reset
    pub fn cut(&self) {
        self.shared.active.store(true, Ordering::SeqCst);
        self.shared.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets the sink take sound again. What was cut stays cut.
    pub fn reset(&self) {
        self.shared.active.store(false, Ordering::SeqCst);
    }

    /// Whether the sink refuses sound.
    pub fn is_cut(&self) -> bool {
        self.shared.active.load(Ordering::SeqCst)
    }

    /// How often it was cut.
    pub(super) fn count(&self) -> u64 {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// [`SinkError::Cut`] while the sink refuses sound.
    pub(super) fn check(&self) -> Result<(), SinkError> {
        if self.is_cut() {
            Err(SinkError::Cut)
        } else {
            Ok(())
        }
    }
}

/// [`SinkError::Rate`] for a rate that no sink takes.
pub(super) fn check_rate(rate: u32) -> Result<(), SinkError> {
    if RATES.contains(&rate) {
        Ok(())
    } else {
        Err(SinkError::Rate { rate })
    }
}

/// Plays nothing and counts: for silent operation and for tests.
#[derive(Debug, Default)]
pub struct NullSink {
    samples: u64,
    cutter: Cutter,
}

impl NullSink {
    /// A sink that has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Samples taken so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }
}

impl Sink for NullSink {
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        self.cutter.check()?;
        check_rate(rate)?;
        self.samples += samples.len() as u64;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        self.cutter.check()
    }

    fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }
}
