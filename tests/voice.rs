//! Voices against real and misbehaving programs, and the thread that speaks.

mod chain;
mod command;
mod speaker;
#[cfg(feature = "system-voice")]
mod system;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fame::audio::sink::{Cutter, Sink, SinkError};
use fame::config::VoiceKind;
use fame::speech::voice::{Prosody, Voice, VoiceError};

/// A sink that takes as long to play as a loudspeaker, and keeps what it was given.
#[derive(Clone, Default)]
struct PacedSink {
    heard: Arc<Mutex<Vec<f32>>>,
    ends: Option<Instant>,
    cutter: Cutter,
    broken: bool,
}

impl PacedSink {
    /// What was written so far, with repeats of a value left out.
    fn levels(&self) -> Vec<f32> {
        let mut heard = self.heard.lock().unwrap().clone();
        heard.dedup();
        heard
    }

    fn check(&self) -> Result<(), SinkError> {
        if self.broken {
            let reason = "unplugged".into();
            return Err(SinkError::Device { reason });
        }
        if self.cutter.is_cut() {
            Err(SinkError::Cut)
        } else {
            Ok(())
        }
    }
}

impl Sink for PacedSink {
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        self.check()?;
        self.heard.lock().unwrap().extend(samples);
        let begins = self
            .ends
            .filter(|ends| *ends > Instant::now())
            .unwrap_or_else(Instant::now);
        self.ends = Some(begins + Duration::from_secs_f64(samples.len() as f64 / f64::from(rate)));
        Ok(())
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        while self.ends.is_some_and(|ends| ends > Instant::now()) {
            self.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        self.check()
    }

    fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }
}

type Script = dyn FnMut(&str, &Prosody, &mut dyn Sink, &Cutter) -> Result<(), VoiceError> + Send;

/// A voice that does what a closure says.
struct Scripted {
    kind: VoiceKind,
    script: Box<Script>,
}

impl Voice for Scripted {
    fn kind(&self) -> VoiceKind {
        self.kind
    }

    fn say(
        &mut self,
        sentence: &str,
        prosody: &Prosody,
        sink: &mut dyn Sink,
        cut: &Cutter,
    ) -> Result<(), VoiceError> {
        (self.script)(sentence, prosody, sink, cut)
    }
}

fn scripted(
    kind: VoiceKind,
    script: impl FnMut(&str, &Prosody, &mut dyn Sink, &Cutter) -> Result<(), VoiceError>
    + Send
    + 'static,
) -> Box<dyn Voice> {
    Box::new(Scripted {
        kind,
        script: Box::new(script),
    })
}

/// A failure of the kind a voice program gives.
fn failure(program: &str) -> VoiceError {
    VoiceError::Failed {
        program: program.into(),
        status: "exit status: 1".into(),
        stderr: "no reason".into(),
    }
}

/// Whether a program is installed; says so when a test has to be skipped.
fn installed(program: &str) -> bool {
    let found = std::process::Command::new(program)
        .arg("--version")
        .output()
        .is_ok();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}
