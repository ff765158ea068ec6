//! Where an utterance begins and ends, from a stream of frames and their voice scores.
//!
//! A state machine over frames alone: no clock, no thread, no device. It owns the audio of the
//! utterance in progress. [`Segment::Paused`] comes before the endpoint is certain, so that the
//! recogniser can start while the silence is still being waited out.

use std::collections::VecDeque;

use crate::audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE};
use crate::bus::EndReason;
use crate::config::Listen;

/// Milliseconds in a frame.
pub const FRAME_MS: u64 = (FRAME_SAMPLES as u64 * 1000) / SAMPLE_RATE as u64;

/// Speech begins when this many of the last [`ONSET_WINDOW`] frames score as speech: 48 ms of
/// voice within 80 ms. Fewer lets clicks through, more loses "no".
const ONSET_FRAMES: usize = 3;
const ONSET_WINDOW: usize = 5;

/// Once somebody speaks, a frame counts as speech until its score falls this far below the
/// threshold: consonants and word ends score low.
const HYSTERESIS: f32 = 0.15;

/// Silence, in frames, after which a first transcription is worth its while (192 ms: longer than
/// the closure of a stop consonant, shorter than the pause between sentences).
const PAUSE_FRAMES: u64 = 12;

/// Sound kept after the last frame of speech, in frames (160 ms): word ends are quiet. More
/// would invite the recogniser to invent words.
const TAIL_FRAMES: u64 = 10;

/// Where a too long utterance may be cut: the quietest moment of its last part.
const CUT_SEARCH: f32 = 1.0 / 3.0;

/// The quiet moment's width, in frames (160 ms).
const CUT_WIDTH: usize = 10;

/// What the stream of frames did.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Somebody began to speak.
    Started,
    /// Speech paused: what [`Endpointer::audio`] holds up to now may be the whole utterance.
    Paused,
    /// Speech went on after a pause: what was recognised meanwhile is void.
    Resumed,
    /// The utterance is over.
    Ended(Utterance),
}

/// A finished utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Its sound, pre-roll and tail included.
    pub audio: Vec<f32>,
    /// Where `audio` begins in the stream, in samples.
    pub start: u64,
    /// Where speech ends in the stream, in samples.
    pub end: u64,
    /// What ended it.
    pub reason: EndReason,
    /// Silence waited for after the last word, in milliseconds.
    pub waited_ms: u64,
}

struct Speaking {
    audio: Vec<f32>,
    scores: Vec<f32>,
    start: u64,
    /// Frames since the last one that counted as speech.
    silent: u64,
    paused: bool,
}

impl Speaking {
    /// Sound up to the last word and its tail.
    fn trimmed_len(&self) -> usize {
        let spare = self.silent.saturating_sub(TAIL_FRAMES) as usize * FRAME_SAMPLES;
        self.audio.len().saturating_sub(spare)
    }

    fn speech_end(&self) -> u64 {
        self.start + self.audio.len() as u64 - self.silent * FRAME_SAMPLES as u64
    }
}

/// Finds utterances in a stream of frames.
pub struct Endpointer {
    threshold: f32,
    pre_roll: usize,
    endpoint_frames: u64,
    max_frames: usize,
    /// Frames from before speech was noticed, newest last.
    recent: VecDeque<(Frame, f32)>,
    position: u64,
    speaking: Option<Speaking>,
    held: bool,
}

impl Endpointer {
    /// An endpointer with these limits, at the start of a stream.
    pub fn new(listen: &Listen) -> Self {
        let mut endpointer = Self {
            threshold: 0.0,
            pre_roll: 0,
            endpoint_frames: 0,
            max_frames: 0,
            recent: VecDeque::new(),
            position: 0,
            speaking: None,
            held: false,
        };
        endpointer.configure(listen);
        endpointer
    }

    /// Changes the limits, also for the utterance in progress.
    pub fn configure(&mut self, listen: &Listen) {
        let frames = |ms: u64| ms.div_ceil(FRAME_MS);
        self.threshold = listen.vad_threshold;
        self.pre_roll = frames(listen.pre_roll_ms.into()) as usize;
        self.endpoint_frames = frames(listen.endpoint_ms.into()).max(PAUSE_FRAMES + 1);
        self.max_frames = frames((listen.max_utterance_seconds * 1000.0) as u64) as usize;
    }

    /// Takes the next frame. At most two things happen in one frame: a too long utterance ends
    /// and its rest begins the next.
    pub fn push(&mut self, frame: &Frame, score: f32) -> Vec<Segment> {
        self.position += FRAME_SAMPLES as u64;
        match &mut self.speaking {
            None => {
                self.remember(frame, score);
                if self.onset() {
                    self.begin();
                    return vec![Segment::Started];
                }
                Vec::new()
            }
            Some(speaking) => {
                speaking.audio.extend_from_slice(frame);
                speaking.scores.push(score);
                if score >= self.threshold - HYSTERESIS {
                    speaking.silent = 0;
                    if std::mem::take(&mut speaking.paused) {
                        return self.with_cap(vec![Segment::Resumed]);
                    }
                } else {
                    speaking.silent += 1;
                }
                self.after_frame()
            }
        }
    }

    fn after_frame(&mut self) -> Vec<Segment> {
        let Some(speaking) = &mut self.speaking else {
            return Vec::new();
        };
        if !self.held {
            if speaking.silent >= self.endpoint_frames {
                return self.finish(EndReason::Silence).into_iter().collect();
            }
            if speaking.silent == PAUSE_FRAMES {
                speaking.paused = true;
                return self.with_cap(vec![Segment::Paused]);
            }
        }
        self.with_cap(Vec::new())
    }

    /// Adds the end of an utterance that became too long.
    fn with_cap(&mut self, mut segments: Vec<Segment>) -> Vec<Segment> {
        let full = self
            .speaking
            .as_ref()
            .is_some_and(|speaking| speaking.scores.len() >= self.max_frames);
        if full {
            segments.clear();
            segments.extend(self.cut());
        }
        segments
    }

    /// The sound of the utterance in progress, up to its last word and tail.
    pub fn audio(&self) -> Option<&[f32]> {
        let speaking = self.speaking.as_ref()?;
        Some(&speaking.audio[..speaking.trimmed_len()])
    }

    /// Whether somebody speaks.
    pub fn is_speaking(&self) -> bool {
        self.speaking.is_some()
    }

    /// Samples taken so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// A key is held down: the utterance begins now, whatever the detector thinks, and ends with
    /// [`release`](Self::release).
    pub fn hold(&mut self) -> Option<Segment> {
        self.held = true;
        if self.speaking.is_some() {
            return None;
        }
        self.begin();
        Some(Segment::Started)
    }

    /// The key is let go.
    pub fn release(&mut self) -> Option<Segment> {
        if !std::mem::take(&mut self.held) {
            return None;
        }
        self.finish(EndReason::Released)
    }

    /// The sound ends here: the file is over, the microphone is gone or being closed.
    pub fn end_of_audio(&mut self) -> Option<Segment> {
        self.held = false;
        let ended = self.finish(EndReason::EndOfAudio);
        self.recent.clear();
        ended
    }

    /// Forgets the utterance in progress.
    pub fn discard(&mut self) {
        self.held = false;
        self.speaking = None;
        self.recent.clear();
    }

    fn remember(&mut self, frame: &Frame, score: f32) {
        self.recent.push_back((*frame, score));
        while self.recent.len() > self.pre_roll + ONSET_WINDOW {
            self.recent.pop_front();
        }
    }

    fn onset(&self) -> bool {
        let voiced = self
            .recent
            .iter()
            .rev()
            .take(ONSET_WINDOW)
            .filter(|(_, score)| *score >= self.threshold)
            .count();
        voiced >= ONSET_FRAMES
    }

    fn begin(&mut self) {
        let mut audio = Vec::with_capacity((self.recent.len() + 64) * FRAME_SAMPLES);
        let mut scores = Vec::with_capacity(self.recent.len() + 64);
        for (frame, score) in self.recent.drain(..) {
            audio.extend_from_slice(&frame);
            scores.push(score);
        }
        self.speaking = Some(Speaking {
            start: self.position - audio.len() as u64,
            audio,
            scores,
            silent: 0,
            paused: false,
        });
    }

    fn finish(&mut self, reason: EndReason) -> Option<Segment> {
        let mut speaking = self.speaking.take()?;
        let end = speaking.speech_end();
        let waited_ms = match reason {
            EndReason::Silence => speaking.silent * FRAME_MS,
            _ => 0,
        };
        speaking.audio.truncate(speaking.trimmed_len());
        Some(Segment::Ended(Utterance {
            audio: speaking.audio,
            start: speaking.start,
            end,
            reason,
            waited_ms,
        }))
    }

    /// Ends a too long utterance at the quietest moment of its last part; the rest goes on.
    fn cut(&mut self) -> Vec<Segment> {
        let Some(mut speaking) = self.speaking.take() else {
            return Vec::new();
        };
        let frames = speaking.scores.len();
        let first = frames
            - ((frames as f32 * CUT_SEARCH) as usize)
                .max(CUT_WIDTH + 1)
                .min(frames);
        let quietest = (first..frames.saturating_sub(CUT_WIDTH))
            .min_by(|a, b| {
                let loudness = |at: usize| speaking.scores[at..at + CUT_WIDTH].iter().sum::<f32>();
                loudness(*a).total_cmp(&loudness(*b))
            })
            .map_or(frames, |at| at + CUT_WIDTH / 2);
        let rest_audio = speaking.audio.split_off(quietest * FRAME_SAMPLES);
        let rest_scores = speaking.scores.split_off(quietest);
        let end = speaking.start + speaking.audio.len() as u64;
        let ended = Segment::Ended(Utterance {
            audio: speaking.audio,
            start: speaking.start,
            end,
            reason: EndReason::TooLong,
            waited_ms: 0,
        });
        self.speaking = Some(Speaking {
            start: end,
            silent: speaking.silent.min(rest_scores.len() as u64),
            audio: rest_audio,
            scores: rest_scores,
            paused: false,
        });
        vec![ended, Segment::Started]
    }
}
