//! From the device's callback to the capture thread, without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cpal::FromSample;
use rtrb::{Consumer, Producer, RingBuffer};

/// Seconds that the ring holds. When the reader is later than that, the newest samples are
/// dropped and counted.
const SECONDS: usize = 2;

/// A ring for a stream of `rate` frames a second.
pub(super) fn ring(rate: u32) -> (Inlet, Outlet) {
    let (producer, consumer) = RingBuffer::new(rate as usize * SECONDS);
    let lost = Arc::new(AtomicU64::new(0));
    let inlet = Inlet {
        producer,
        lost: lost.clone(),
    };
    (inlet, Outlet { consumer, lost })
}

/// The callback's end. It only copies: no lock, no allocation, no system call.
pub(super) struct Inlet {
    producer: Producer<f32>,
    lost: Arc<AtomicU64>,
}

impl Inlet {
    /// Mixes frames of `channels` samples to mono and keeps what fits.
    pub(super) fn write<T>(&mut self, interleaved: &[T], channels: usize)
    where
        T: Copy,
        f32: FromSample<T>,
    {
        let frames = interleaved.len() / channels;
        let count = frames.min(self.producer.slots());
        let share = 1.0 / channels as f32;
        let mono = interleaved
            .chunks_exact(channels)
            .map(|frame| frame.iter().map(|&s| f32::from_sample_(s)).sum::<f32>() * share);
        if let Ok(chunk) = self.producer.write_chunk_uninit(count) {
            chunk.fill_from_iter(mono);
        }
        if count < frames {
            self.lost
                .fetch_add((frames - count) as u64, Ordering::Relaxed);
        }
    }
}

/// The thread's end.
pub(super) struct Outlet {
    consumer: Consumer<f32>,
    lost: Arc<AtomicU64>,
}

impl Outlet {
    /// Moves everything that waits to the end of `samples`.
    pub(super) fn read(&mut self, samples: &mut Vec<f32>) {
        let waiting = self.consumer.slots();
        if let Ok(chunk) = self.consumer.read_chunk(waiting) {
            let (first, second) = chunk.as_slices();
            samples.extend_from_slice(first);
            samples.extend_from_slice(second);
            chunk.commit_all();
        }
    }

    /// Frames lost since the last call.
    pub(super) fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_becomes_the_same_mono() {
        let (mut inlet, mut outlet) = ring(100);
        inlet.write(&[i16::MIN, i16::MIN, 0, 16_384], 2);
        inlet.write(&[0u8, 0, 128, 192], 2);
        inlet.write(&[-1.0f64, -1.0, 0.0, 0.5], 2);
        inlet.write(&[i32::MIN, i32::MIN, 0, 1 << 30, 7], 2);
        let mut samples = Vec::new();
        outlet.read(&mut samples);
        assert_eq!(samples, [-1.0, 0.25].repeat(4));
        assert_eq!(outlet.take_lost(), 0);
    }

    #[test]
    fn what_does_not_fit_is_counted_once() {
        let (mut inlet, mut outlet) = ring(10);
        inlet.write(&[0.5f32; 25], 1);
        assert_eq!(outlet.take_lost(), 5);
        assert_eq!(outlet.take_lost(), 0);
        let mut samples = Vec::new();
        outlet.read(&mut samples);
        assert_eq!(samples.len(), 20);
        inlet.write(&[0.5f32; 25], 1);
        assert_eq!(outlet.take_lost(), 5);
    }
}
