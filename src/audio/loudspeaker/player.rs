//! What the device's callback plays: the ring, its volume, and silence after a cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use cpal::FromSample;
use rtrb::Consumer;

use crate::audio::sink::Cutter;

/// A cut fades out in 1/200 s, so that it does not click.
const FADES_PER_SECOND: u32 = 200;

/// A device that claims to be later than this is not believed.
const MAX_LATENCY: Duration = Duration::from_secs(1);

/// The loudness, 0 to 1, shared by every stream of a loudspeaker.
#[derive(Debug)]
pub(super) struct Volume(AtomicU32);

impl Volume {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(1.0f32.to_bits()))
    }

    pub(super) fn set(&self, volume: f32) {
        let volume = if volume.is_finite() { volume } else { 1.0 };
        self.0
            .store(volume.clamp(0.0, 1.0).to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// What the callback and the other threads tell each other.
#[derive(Debug)]
pub(super) struct Controls {
    cutter: Cutter,
    volume: Arc<Volume>,
    /// Discards that the writer asked for, beside the cuts.
    discards: AtomicU64,
    /// Cuts and discards that are done.
    done: AtomicU64,
    /// Callbacks so far, to tell that the device is alive.
    callbacks: AtomicU64,
    /// Frames of silence since the last sound.
    silent: AtomicU64,
    /// Microseconds from the callback to the ear.
    latency: AtomicU64,
    /// Whether the stream is closed. The ring's own sign comes late where closing takes long.
    closed: AtomicBool,
}

impl Controls {
    pub(super) fn new(cutter: Cutter, volume: Arc<Volume>) -> Self {
        Self {
            done: AtomicU64::new(cutter.count()),
            cutter,
            volume,
            discards: AtomicU64::new(0),
            callbacks: AtomicU64::new(0),
            silent: AtomicU64::new(0),
            latency: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    fn wanted(&self) -> u64 {
        self.cutter.count() + self.discards.load(Ordering::SeqCst)
    }

    /// Drops what is in the ring.
    pub(super) fn discard(&self) {
        self.discards.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether everything that was to be dropped is.
    pub(super) fn is_discarded(&self) -> bool {
        self.done.load(Ordering::SeqCst) == self.wanted()
    }

    /// Tells the writer that nothing is played any more.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Starts the idle time anew.
    pub(super) fn keep_open(&self) {
        self.silent.store(0, Ordering::Relaxed);
    }

    pub(super) fn silent_frames(&self) -> u64 {
        self.silent.load(Ordering::Relaxed)
    }

    pub(super) fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::Relaxed)
    }

    pub(super) fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Ordering::Relaxed)).min(MAX_LATENCY)
    }
}

/// Lives in the callback: no lock, no allocation, no system call.
pub(super) struct Player {
    ring: Consumer<f32>,
    controls: Arc<Controls>,
    /// Samples of a fade, and what is left of the one in progress.
    fade: u32,
    fading: u32,
}

impl Player {
    pub(super) fn new(ring: Consumer<f32>, controls: Arc<Controls>, rate: u32) -> Self {
        Self {
            ring,
            controls,
            fade: (rate / FADES_PER_SECOND).max(1),
            fading: 0,
        }
    }

    /// Fills `frames` of `channels` samples each. `latency` is how much later they are heard.
    pub(super) fn fill<T>(&mut self, frames: &mut [T], channels: usize, latency: Duration)
    where
        T: Copy + FromSample<f32>,
    {
        let wanted = self.controls.wanted();
        let cut = self.controls.done.load(Ordering::SeqCst) != wanted;
        if cut && self.fading == 0 {
            self.fading = self.fade;
        }
        let volume = self.controls.volume.get();
        let (mut count, mut silent) = (0, 0);
        for frame in frames.chunks_exact_mut(channels) {
            let sample = self.next();
            count += 1;
            silent = if sample.is_some() { 0 } else { silent + 1 };
            let sample = (sample.unwrap_or(0.0) * volume).clamp(-1.0, 1.0);
            frame.fill(T::from_sample_(sample));
        }
        let controls = &self.controls;
        if cut && self.fading == 0 {
            controls.done.store(wanted, Ordering::SeqCst);
        }
        if silent == count {
            controls.silent.fetch_add(silent, Ordering::Relaxed);
        } else {
            controls.silent.store(silent, Ordering::Relaxed);
        }
        let latency = latency.as_micros() as u64;
        controls.latency.store(latency, Ordering::Relaxed);
        controls.callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// The next sample, if there is one; `None` is silence.
    fn next(&mut self) -> Option<f32> {
        let sample = self.ring.pop().ok();
        if self.fading == 0 {
            return sample;
        }
        self.fading -= 1;
        let gain = self.fading as f32 / self.fade as f32;
        if self.fading == 0 || sample.is_none() {
            self.fading = 0;
            let waiting = self.ring.slots();
            if let Ok(rest) = self.ring.read_chunk(waiting) {
                rest.commit_all();
            }
        }
        sample.map(|sample| sample * gain)
    }
}

#[cfg(test)]
mod tests {
    use rtrb::{Producer, RingBuffer};

    use super::*;

    const RATE: u32 = 48_000;

    struct Bench {
        ring: Producer<f32>,
        player: Player,
        controls: Arc<Controls>,
        cutter: Cutter,
        volume: Arc<Volume>,
    }

    impl Bench {
        fn new() -> Self {
            let (ring, consumer) = RingBuffer::new(RATE as usize);
            let cutter = Cutter::default();
            let volume = Arc::new(Volume::new());
            let controls = Arc::new(Controls::new(cutter.clone(), volume.clone()));
            let player = Player::new(consumer, controls.clone(), RATE);
            Self {
                ring,
                player,
                controls,
                cutter,
                volume,
            }
        }

        fn play(&mut self, frames: usize) -> Vec<f32> {
            let mut samples = vec![0.0; frames];
            self.player.fill(&mut samples, 1, Duration::ZERO);
            samples
        }
    }

    #[test]
    fn a_cut_fades_in_5_ms_and_drops_the_rest() {
        let mut bench = Bench::new();
        bench.ring.push_entire_slice(&[0.5; 10_000]).unwrap();
        assert_eq!(bench.play(480), [0.5; 480]);
        bench.cutter.cut();
        assert!(!bench.controls.is_discarded());
        let faded = bench.play(480);
        assert!(faded.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(
            faded.windows(2).all(|pair| pair[0] - pair[1] < 0.01),
            "no click"
        );
        assert_eq!(faded[240..], [0.0; 240]);
        assert!(bench.controls.is_discarded());
        bench.ring.push_entire_slice(&[0.25; 480]).unwrap();
        assert_eq!(
            bench.play(480),
            [0.25; 480],
            "what comes after a cut is heard"
        );
    }

    #[test]
    fn a_fade_longer_than_a_callback_goes_on_in_the_next() {
        let mut bench = Bench::new();
        bench.ring.push_entire_slice(&[0.5; 10_000]).unwrap();
        bench.cutter.cut();
        bench.play(100);
        assert!(!bench.controls.is_discarded());
        bench.cutter.cut();
        bench.play(140);
        assert!(bench.controls.is_discarded(), "both cuts at once");
        assert_eq!(bench.play(10), [0.0; 10]);
    }

    #[test]
    fn the_volume_applies_to_every_channel_and_never_overshoots() {
        let mut bench = Bench::new();
        bench.ring.push_entire_slice(&[0.8, 3.0, -3.0]).unwrap();
        bench.volume.set(0.5);
        let mut samples = [0i16; 6];
        bench.player.fill(&mut samples, 2, Duration::ZERO);
        assert_eq!(
            samples,
            [13_107, 13_107, i16::MAX, i16::MAX, i16::MIN, i16::MIN]
        );
        bench.volume.set(f32::NAN);
        bench.ring.push_entire_slice(&[0.5]).unwrap();
        assert_eq!(bench.play(1), [0.5]);
    }

    #[test]
    fn silence_is_counted_since_the_last_sound() {
        let mut bench = Bench::new();
        bench.play(100);
        bench.play(100);
        assert_eq!(bench.controls.silent_frames(), 200);
        bench.ring.push_entire_slice(&[0.5; 60]).unwrap();
        bench.play(100);
        assert_eq!(bench.controls.silent_frames(), 40);
        bench.controls.keep_open();
        assert_eq!(bench.controls.silent_frames(), 0);
    }
}
