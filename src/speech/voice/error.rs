//! Why a sentence was not spoken.

use std::io;
use std::time::Duration;

use crate::audio::sink::SinkError;

/// Why a voice did not say a sentence. The text ends with what to do.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// Somebody used the sink's cutter: not a failure.
    #[error("the speech was cut")]
    Cut,
    /// The sound could not be put out.
    #[error(transparent)]
    Sink(SinkError),
    /// The voice program does not exist.
    #[error("the voice program `{program}` is not installed; {remedy}")]
    Missing {
        /// The program.
        program: String,
        /// What to install or to change.
        remedy: String,
    },
    /// The voice program could not be started.
    #[error(
        "the voice program `{program}` cannot be started: {source}; try it in a terminal, or \
         change `voice.command.program`"
    )]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The voice program ended with an error.
    #[error(
        "the voice program `{program}` failed ({status}): {stderr}; try it in a terminal, and \
         check `voice.command`"
    )]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// The voice program took too long.
    #[error(
        "the voice program `{program}` kept FAME waiting for {:.1} s and was ended; try it in a \
         terminal, and check `voice.command`", waited.as_secs_f32()
    )]
    TimedOut {
        /// The program.
        program: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The voice program writes more sound than the sentence can need.
    #[error(
        "the voice program `{program}` wrote more than {} s of sound for one sentence and was \
         ended; check `voice.command.args` and `voice.command.sample_rate`", limit.as_secs()
    )]
    TooLong {
        /// The program.
        program: String,
        /// The most it may write.
        limit: Duration,
    },
    /// What the voice program writes is not the sound it should be.
    #[error(
        "the voice program `{program}` wrote something unusable: {reason}; check that \
         `voice.command.output` says what it writes"
    )]
    BadSound {
        /// The program.
        program: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system's voice could not be reached or failed.
    #[error("the system's voice cannot {action}: {reason}; try `spd-say hello` in a terminal")]
    System {
        /// What was tried.
        action: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// This build has no system voice.
    #[error(
        "this build has no system voice; build with the feature `system-voice`, or take `system` \
         out of `voice.order`"
    )]
    NotBuilt,
    /// The voice's code panicked.
    #[error("the voice crashed: {reason}; this is a bug in FAME, please report it")]
    Panicked {
        /// The panic's message.
        reason: String,
    },
    /// Every voice failed, or none is configured.
    #[error("no voice is left: {reasons}; check `voice.order`")]
    NoneLeft {
        /// What keeps each voice from speaking.
        reasons: String,
    },
}

impl From<SinkError> for VoiceError {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Cut => Self::Cut,
            other => Self::Sink(other),
        }
    }
}
