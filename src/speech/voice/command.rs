//! The voice of a program that reads a sentence on stdin and writes sound to stdout: espeak-ng,
//! piper and their like. FAME plays the sound itself, so it can be cut within milliseconds.

mod decode;
mod process;
mod template;

use std::io;
use std::time::{Duration, Instant};

use self::decode::Decoder;
use self::process::{Piece, Process};
use super::{Prosody, Voice, VoiceError, longest_sound};
use crate::audio::sink::{Cutter, Sink};
use crate::config::{VoiceCommand, VoiceKind};

/// How long a program may write nothing before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// In all, a sentence may be waited for this many times as long.
const PATIENCE_IN_ALL: u32 = 6;

/// How often the cutter is looked at while the program is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program that takes longer than this to its first sound is started ahead of time from then on:
/// one spare process loads its model and waits for the next sentence.
const SLOW_START: Duration = Duration::from_millis(150);

/// Speaks by running a program for each sentence.
#[derive(Debug)]
pub struct CommandVoice {
    settings: VoiceCommand,
    patience: Duration,
    starts_slowly: bool,
    spare: Option<Spare>,
}

/// A program that is started and waits for its sentence.
#[derive(Debug)]
struct Spare {
    args: Vec<String>,
    process: Process,
}

impl CommandVoice {
    /// A voice that runs the configured program. Nothing is started yet.
    pub fn new(settings: VoiceCommand) -> Self {
        Self {
            settings,
            patience: PATIENCE,
            starts_slowly: false,
            spare: None,
        }
    }

    /// The same with another time after which a silent program counts as hanging.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn program(&self) -> String {
        self.settings.program.clone()
    }

    fn start(&self, args: &[String]) -> Result<Process, VoiceError> {
        Process::start(&self.settings.program, args).map_err(|source| self.cannot_start(source))
    }

    fn cannot_start(&self, source: io::Error) -> VoiceError {
        let program = self.program();
        if source.kind() == io::ErrorKind::NotFound {
            let remedy = remedy(&program);
            VoiceError::Missing { program, remedy }
        } else {
            VoiceError::Start { program, source }
        }
    }

    /// The spare process if it fits, and whether it is the spare.
    fn take(&mut self, args: &[String]) -> Result<(Process, bool), VoiceError> {
        if let Some(Spare {
            args: waits_with,
            mut process,
        }) = self.spare.take()
            && waits_with == args
            && process.is_alive()
        {
            return Ok((process, true));
        }
        Ok((self.start(args)?, false))
    }

    /// Carries the program's sound to the sink until the program is done. Returns how long the
    /// first sound took.
    fn pour(
        &self,
        process: &mut Process,
        longest: Duration,
        volume: f32,
        sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<Duration, VoiceError> {
        let begun = Instant::now();
        let mut first_sound = None;
        let mut decoder = Decoder::new(self.settings.output, self.settings.sample_rate)
            .map_err(|reason| self.bad_sound(reason, process))?;
        let (mut quiet, mut waited) = (Duration::ZERO, Duration::ZERO);
        let mut written = 0;
        loop {
            if cut.is_cut() {
                return Err(VoiceError::Cut);
            }
            let asked = Instant::now();
            let piece = process.next(LOOK_EVERY);
            quiet += asked.elapsed();
            waited += asked.elapsed();
            let bytes = match piece {
                Piece::Sound(bytes) => bytes,
                Piece::End => break,
                Piece::Nothing if quiet > self.patience => return Err(self.timed_out(quiet)),
                Piece::Nothing => continue,
            };
            if waited > self.patience * PATIENCE_IN_ALL {
                return Err(self.timed_out(waited));
            }
            quiet = Duration::ZERO;
            let mut samples = decoder
                .feed(&bytes)
                .map_err(|reason| self.bad_sound(reason, process))?;
            let Some(rate) = decoder.rate().filter(|_| !samples.is_empty()) else {
                continue;
            };
            first_sound.get_or_insert_with(|| begun.elapsed());
            written += samples.len() as u64;
            if written > longest.as_secs() * u64::from(rate) {
                return Err(VoiceError::TooLong {
                    program: self.program(),
                    limit: longest,
                });
            }
            samples.iter_mut().for_each(|sample| *sample *= volume);
            sink.write(&samples, rate)?;
        }
        self.check_end(process)?;
        first_sound.ok_or_else(|| self.bad_sound("there is no sound in it".into(), process))
    }

    /// Whether the program ended well.
    fn check_end(&self, process: &mut Process) -> Result<(), VoiceError> {
        let exit = process.exit().map_err(|source| self.cannot_start(source))?;
        let status = match exit {
            Some(status) if status.success() => return Ok(()),
            Some(status) => status.to_string(),
            None => "it does not end after its sound".into(),
        };
        Err(VoiceError::Failed {
            program: self.program(),
            status,
            stderr: process.complaint(),
        })
    }

    fn timed_out(&self, waited: Duration) -> VoiceError {
        VoiceError::TimedOut {
            program: self.program(),
            waited,
        }
    }

    /// What is wrong with the sound, and what the program says to it.
    fn bad_sound(&self, reason: String, process: &mut Process) -> VoiceError {
        let complaint = process.complaint();
        VoiceError::BadSound {
            program: self.program(),
            reason: match complaint.as_str() {
                "" => reason,
                complaint => format!("{reason} ({complaint})"),
            },
        }
    }
}

impl Voice for CommandVoice {
    fn kind(&self) -> VoiceKind {
        VoiceKind::Command
    }

    fn say(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        let prosody = prosody.clamped();
        let args = template::fill(&self.settings.args, &prosody);
        let (mut process, was_spare) = self.take(&args)?;
        process
            .feed(sentence)
            .map_err(|source| self.cannot_start(source))?;
        let longest = longest_sound(sentence, prosody.rate);
        let first_sound = self.pour(&mut process, longest, prosody.volume, sink, cut)?;
        if !was_spare {
            self.starts_slowly = first_sound > SLOW_START;
        }
        if self.starts_slowly {
            // If it cannot be started now, the next sentence tells why.
            self.spare = self
                .start(&args)
                .ok()
                .map(|process| Spare { args, process });
        }
        Ok(())
    }
}

/// How to get a missing program.
fn remedy(program: &str) -> String {
    match program {
        "espeak-ng" | "flite" => format!("install it with `sudo apt install {program}`"),
        "piper" => "install it with `pip install piper-tts`".into(),
        _ => "install it, or change `voice.command.program`".into(),
    }
}
