//! From the bytes that a voice program writes, as they come, to samples.
//!
//! A program that writes WAV into a pipe cannot know the length beforehand, so the header's
//! lengths are taken as a limit only where they can be true.

use crate::audio::resample::RATES;
use crate::config::VoiceOutput;

/// Bytes that may come before the sound (other chunks of the file). More is refused.
const HEADER_LIMIT: u64 = 1 << 20;

/// A declared length of 0, or from here on, means "not known".
const UNKNOWN_LENGTH: u32 = 0x7f00_0000;

const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xfffe;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Format {
    rate: u32,
    channels: usize,
    sample_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The 12 bytes that begin the file.
    Start,
    /// The 8 bytes that begin a chunk.
    Chunk(Option<Format>),
    /// What describes the sound.
    Format(usize),
    /// A chunk that does not matter: bytes left of it.
    Skip(Option<Format>, u64),
    /// The sound: bytes left of it, where that is known.
    Sound(Format, Option<u64>),
    /// Whatever follows the sound.
    Rest(Format),
}

/// Turns bytes into mono samples.
#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    pending: Vec<u8>,
    header: u64,
}

impl Decoder {
    /// For a program that writes `output`; `rate` counts for raw samples only.
    pub(super) fn new(output: VoiceOutput, rate: u32) -> Result<Self, String> {
        let state = match output {
            VoiceOutput::Wav => State::Start,
            VoiceOutput::Raw => State::Sound(
                Format {
                    rate: playable(rate)?,
                    channels: 1,
                    sample_bytes: 2,
                },
                None,
            ),
        };
        Ok(Self {
            state,
            pending: Vec::new(),
            header: 0,
        })
    }

    /// The sound's rate, once it is known.
    pub(super) fn rate(&self) -> Option<u32> {
        match self.state {
            State::Start | State::Format(_) => None,
            State::Chunk(format) | State::Skip(format, _) => format.map(|format| format.rate),
            State::Sound(format, _) | State::Rest(format) => Some(format.rate),
        }
    }

    /// The samples that `bytes` complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<f32>, String> {
        self.pending.extend_from_slice(bytes);
        let mut samples = Vec::new();
        while self.step(&mut samples)? {}
        Ok(samples)
    }

    /// Takes one part off the pending bytes; whether there was enough of it.
    fn step(&mut self, samples: &mut Vec<f32>) -> Result<bool, String> {
        match self.state {
            State::Start => {
                let Some(bytes) = self.take(12)? else {
                    return Ok(false);
                };
                if &bytes[..4] != b"RIFF" || &bytes[8..] != b"WAVE" {
                    return Err("it does not begin like a WAV file".into());
                }
                self.state = State::Chunk(None);
            }
            State::Chunk(format) => {
                let Some(bytes) = self.take(8)? else {
                    return Ok(false);
                };
                self.state = chunk(&bytes, format)?;
            }
            State::Format(length) => {
                let Some(bytes) = self.take(length)? else {
                    return Ok(false);
                };
                self.state = State::Chunk(Some(describe(&bytes)?));
            }
            State::Skip(format, 0) => self.state = State::Chunk(format),
            State::Skip(format, left) => {
                let skipped = left.min(self.pending.len() as u64);
                if skipped == 0 || self.take(skipped as usize)?.is_none() {
                    return Ok(false);
                }
                self.state = State::Skip(format, left - skipped);
            }
            State::Sound(format, Some(0)) => self.state = State::Rest(format),
            State::Sound(format, left) => {
                let frame = format.channels * format.sample_bytes;
                let most = left.map_or(usize::MAX, |left| left.min(1 << 40) as usize);
                let usable = self.pending.len().min(most);
                let whole = usable - usable % frame;
                if whole == 0 {
                    // A length that is no whole number of frames: the odd bytes are the rest.
                    if left.is_some_and(|left| left <= usable as u64) {
                        self.state = State::Rest(format);
                        return Ok(true);
                    }
                    return Ok(false);
                }
                samples.extend(
                    self.pending[..whole]
                        .chunks_exact(frame)
                        .map(|bytes| mono(bytes, format.sample_bytes)),
                );
                self.pending.drain(..whole);
                self.state = State::Sound(format, left.map(|left| left - whole as u64));
            }
            State::Rest(_) => {
                self.pending.clear();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next `count` bytes of the header, when they are there.
    fn take(&mut self, count: usize) -> Result<Option<Vec<u8>>, String> {
        if self.header + count as u64 > HEADER_LIMIT {
            return Err(format!(
                "more than {HEADER_LIMIT} bytes come before the sound"
            ));
        }
        if self.pending.len() < count {
            return Ok(None);
        }
        self.header += count as u64;
        Ok(Some(self.pending.drain(..count).collect()))
    }
}

/// What begins with these 8 bytes.
fn chunk(bytes: &[u8], format: Option<Format>) -> Result<State, String> {
    let length = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
    // Chunks begin at even places.
    let padded = u64::from(length) + u64::from(length % 2);
    match (&bytes[..4], format) {
        (b"fmt ", _) if padded <= 256 => Ok(State::Format(padded as usize)),
        (b"fmt ", _) => Err(format!("its format takes {length} bytes")),
        (b"data", Some(format)) => {
            let known = (1..UNKNOWN_LENGTH).contains(&length);
            Ok(State::Sound(format, known.then_some(u64::from(length))))
        }
        (b"data", None) => Err("its sound comes before its format".into()),
        (_, format) => Ok(State::Skip(format, padded)),
    }
}

/// The sound's format out of a WAV file's description.
fn describe(bytes: &[u8]) -> Result<Format, String> {
    let number = |at: usize| {
        let pair = bytes.get(at..at + 2).ok_or("its format is cut off")?;
        Ok::<_, String>(u16::from_le_bytes([pair[0], pair[1]]))
    };
    let (tag, channels, bits) = (number(0)?, number(2)?, number(14)?);
    let rate = u32::from(number(4)?) | u32::from(number(6)?) << 16;
    let tag = if tag == EXTENSIBLE { number(24)? } else { tag };
    if tag != PCM || !matches!(bits, 8 | 16) {
        return Err(format!(
            "its samples are of kind {tag} with {bits} bits, not 8- or 16-bit PCM"
        ));
    }
    if !matches!(channels, 1 | 2) {
        return Err(format!("it has {channels} channels, not one or two"));
    }
    Ok(Format {
        rate: playable(rate)?,
        channels: usize::from(channels),
        sample_bytes: usize::from(bits / 8),
    })
}

fn playable(rate: u32) -> Result<u32, String> {
    if RATES.contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("{rate} samples a second cannot be played"))
    }
}

/// The mean of one frame's channels.
fn mono(frame: &[u8], sample_bytes: usize) -> f32 {
    let sum: f32 = frame
        .chunks_exact(sample_bytes)
        .map(|sample| match *sample {
            [low, high] => f32::from(i16::from_le_bytes([low, high])) / 32_768.0,
            [byte] => (f32::from(byte) - 128.0) / 128.0,
            _ => 0.0,
        })
        .sum();
    sum / (frame.len() / sample_bytes) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wav(channels: u16, rate: u32, bits: u16, declared: u32, sound: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0".to_vec();
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend(declared.to_le_bytes());
        file.extend(sound);
        file
    }

    fn decode(bytes: &[u8], piece: usize) -> Result<(Vec<f32>, Option<u32>), String> {
        let mut decoder = Decoder::new(VoiceOutput::Wav, 0)?;
        let mut samples = Vec::new();
        for piece in bytes.chunks(piece) {
            samples.extend(decoder.feed(piece)?);
        }
        Ok((samples, decoder.rate()))
    }

    #[test]
    fn reads_every_format_in_pieces_of_any_size() {
        for piece in 1..60 {
            let bogus = wav(1, 22_050, 16, 0x7fff_f000, &[0, 0x40, 0, 0xc0]);
            assert_eq!(
                decode(&bogus, piece).unwrap(),
                (vec![0.5, -0.5], Some(22_050))
            );
            let eight = wav(1, 8_000, 8, 0, &[192, 64]);
            assert_eq!(
                decode(&eight, piece).unwrap(),
                (vec![0.5, -0.5], Some(8_000))
            );
            let stereo = wav(2, 48_000, 16, 4, &[0, 0x40, 0, 0, 9, 9, 9, 9]);
            assert_eq!(decode(&stereo, piece).unwrap(), (vec![0.25], Some(48_000)));
            let odd_length = wav(1, 16_000, 16, 3, &[0, 0x40, 7, 7, 7]);
            assert_eq!(decode(&odd_length, piece).unwrap().0, vec![0.5]);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let complaint = |bytes: &[u8]| decode(bytes, 7).unwrap_err();
        assert!(complaint(b"usage: voice [options]").contains("WAV"));
        assert!(complaint(&wav(0, 16_000, 16, 0, &[])).contains("0 channels"));
        assert!(complaint(&wav(1, 0, 16, 0, &[])).contains("0 samples a second"));
        assert!(complaint(&wav(1, 16_000, 24, 0, &[])).contains("24 bits"));
        let mut endless = b"RIFF\0\0\0\0WAVEjunk\0\0\0\x10".to_vec();
        endless.resize(2 << 20, 0);
        assert!(complaint(&endless).contains("before the sound"));
    }

    #[test]
    fn raw_samples_need_no_header() {
        let mut decoder = Decoder::new(VoiceOutput::Raw, 22_050).unwrap();
        assert_eq!(decoder.feed(&[0, 0x40, 0]).unwrap(), [0.5]);
        assert_eq!(decoder.feed(&[0xc0]).unwrap(), [-0.5]);
        assert!(Decoder::new(VoiceOutput::Raw, 3).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = decode(&bytes, piece);
            let mut headed = wav(1, 16_000, 16, 0, &[]);
            let cut = bytes.len().min(headed.len());
            headed.truncate(headed.len() - cut);
            headed.extend(bytes);
            let _ = decode(&headed, piece);
        }
    }
}
