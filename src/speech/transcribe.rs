//! Writing down a whole recording, beside whatever is being listened to.
//!
//! The recording is cut at its pauses, as live speech is, and its parts are handed to the
//! recogniser one by one, so that a person who speaks meanwhile waits for one part at most.

use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use super::endpoint::{Endpointer, Segment, Utterance};
use super::recognizer::{EngineError, Recognizer};
use super::vad::Vad;
use crate::audio::{FileError, FileSource, SAMPLE_RATE};
use crate::config::Listen;

/// The longest recording, in seconds. More is refused.
pub const LONGEST_SECONDS: u64 = 3_600;

/// How long one part may take to be written down.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long to wait until the recogniser has room for one more part.
const ROOM_WAIT: Duration = Duration::from_millis(50);

/// A part of a recording with its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// Its words.
    pub text: String,
    /// How sure they are, 0 to 1.
    pub confidence: f32,
}

/// A recording, written down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The parts in which somebody speaks.
    pub passages: Vec<Passage>,
    /// The recording's length in seconds.
    pub seconds: f64,
}

/// Why a recording is not written down.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is too long.
    #[error("the recording is longer than {LONGEST_SECONDS} s; send it in parts")]
    TooLong,
    /// Its words cannot be recognised.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The recogniser does not answer.
    #[error("the recogniser gave no answer within {} s; try again, or use a smaller model", PATIENCE.as_secs())]
    Late,
}

/// Writes down what is said in `source`. `listen` says how long a pause is. Blocks.
///
/// # Errors
/// If the recording cannot be read or its words not be recognised. Words that were recognised
/// before are lost with it.
pub fn transcribe(
    recognizer: &Recognizer,
    listen: &Listen,
    source: &mut FileSource,
) -> Result<Written, TranscribeError> {
    let mut vad = Vad::new();
    let mut endpointer = Endpointer::new(listen);
    let mut written = Written::default();
    let longest = LONGEST_SECONDS * u64::from(SAMPLE_RATE);
    while let Some(frame) = source.next_frame()? {
        if endpointer.position() > longest {
            return Err(TranscribeError::TooLong);
        }
        let score = vad.score(&frame);
        for segment in endpointer.push(&frame, score) {
            take(recognizer, segment, &mut written)?;
        }
    }
    written.seconds = seconds(endpointer.position());
    if let Some(segment) = endpointer.end_of_audio() {
        take(recognizer, segment, &mut written)?;
    }
    Ok(written)
}

fn take(
    recognizer: &Recognizer,
    segment: Segment,
    written: &mut Written,
) -> Result<(), TranscribeError> {
    let Segment::Ended(Utterance {
        audio, start, end, ..
    }) = segment
    else {
        return Ok(());
    };
    let begun = Instant::now();
    let (ticket, outcome) = loop {
        match recognizer.read(audio.clone()) {
            // Live speech goes first.
            Err(EngineError::Busy) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(ROOM_WAIT);
            }
            handed_in => break handed_in?,
        }
    };
    let outcome = outcome.recv_timeout(PATIENCE).map_err(|error| {
        ticket.abandon();
        match error {
            RecvTimeoutError::Timeout => TranscribeError::Late,
            RecvTimeoutError::Disconnected => TranscribeError::Engine(EngineError::Aborted),
        }
    })?;
    if let Some(transcript) = outcome.result? {
        written.passages.push(Passage {
            start: seconds(start),
            end: seconds(end),
            text: transcript.text,
            confidence: transcript.confidence,
        });
    }
    Ok(())
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}
