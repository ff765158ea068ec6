//! Recordings written down and texts read aloud, for clients of the REST API.

use std::io::Write;

use super::{DaemonHouse, blocking};
use crate::api::Refusal;
use crate::api::types::{Recording, Segment, Sound, SoundFormat, SpeechRequest, Transcript};
use crate::audio::{FileSource, Sink, WavSink};
use crate::config::Config;
use crate::speech::transcribe::{self, TranscribeError, Written};
use crate::speech::voice::{self, Prosody, VoiceChain};

/// Samples a second of `pcm`, as in the API that this has its shape from.
const PCM_RATE: u32 = 24_000;

impl DaemonHouse {
    pub(super) async fn write_down(&self, recording: Recording) -> Result<Transcript, Refusal> {
        let status = self.daemon.recognizer_status();
        let loaded = status.language;
        if let Some(wanted) = &recording.language
            && !loaded.is_empty()
            && loaded != "auto"
            && *wanted != loaded
        {
            return Err(Refusal::Invalid(format!(
                "the speech model is set to `{loaded}`; leave `language` out, or set another model"
            )));
        }
        let recognizer = self.daemon.recognizer.clone();
        let listen = self.daemon.config().listen.clone();
        let written = blocking(move || -> Result<Written, Refusal> {
            let file = private_file(&recording.file).map_err(|error| {
                tracing::error!(%error, "a recording cannot be kept for the moment");
                Refusal::Unavailable("the recording cannot be kept; free some disk space".into())
            })?;
            let source = FileSource::open(file.path()).map_err(TranscribeError::from);
            let written = source
                .and_then(|mut source| transcribe::transcribe(&recognizer, &listen, &mut source));
            written.map_err(told)
        });
        let written = written.await??;
        let texts: Vec<&str> = written.passages.iter().map(|one| one.text.trim()).collect();
        let segments = (0..).zip(&written.passages).map(|(id, passage)| Segment {
            id,
            start: passage.start,
            end: passage.end,
            text: passage.text.clone(),
        });
        Ok(Transcript {
            text: texts.join(" "),
            language: Some(loaded),
            duration: Some(written.seconds),
            segments: Some(segments.collect()),
        })
    }

    pub(super) async fn read_aloud(&self, request: SpeechRequest) -> Result<Sound, Refusal> {
        let config = self.daemon.config().clone();
        blocking(move || render(&config, &request)).await?
    }
}

/// The recording in a file that only we can read and that goes with its handle.
fn private_file(bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}

fn told(error: TranscribeError) -> Refusal {
    match error {
        // Its path is ours, not the client's.
        TranscribeError::File(error) => {
            tracing::debug!(%error, "a recording cannot be read");
            Refusal::Invalid(
                "the recording cannot be read; send WAV, FLAC, MP3 or Ogg Vorbis with sound in it"
                    .into(),
            )
        }
        TranscribeError::TooLong => Refusal::Invalid(error.to_string()),
        TranscribeError::Engine(_) | TranscribeError::Late => {
            tracing::warn!(%error, "a recording is not written down");
            Refusal::Unavailable("speech cannot be recognised now; see `fame status`".into())
        }
    }
}

fn render(config: &Config, request: &SpeechRequest) -> Result<Sound, Refusal> {
    let no_voice = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "a text is not read aloud");
        Refusal::Unavailable("no voice can read that; see `fame status`".into())
    };
    let folder = tempfile::tempdir().map_err(|error| no_voice(&error))?;
    let path = folder.path().join("speech.wav");
    let mut sink = WavSink::new(&path);
    let sounds = request.input.contains(char::is_alphanumeric);
    if request.response_format == SoundFormat::Pcm || !sounds {
        // The first sound, of no length, sets the rate that the shape has. Signs alone are silence.
        sink.write(&[], PCM_RATE)
            .map_err(|error| no_voice(&error))?;
    }
    // The system's own voice plays by itself and cannot be put into a file.
    let mut chain = VoiceChain::from_config(&config.voice, false);
    let usual = Prosody::from(&config.voice);
    let prosody = Prosody {
        rate: usual.rate * request.speed,
        ..usual
    }
    .clamped();
    voice::render(&request.input, prosody, &mut chain, &mut sink)
        .map_err(|error| no_voice(&error))?;
    drop(sink);
    let bytes = match request.response_format {
        SoundFormat::Wav => std::fs::read(&path).map_err(|error| no_voice(&error))?,
        SoundFormat::Pcm => {
            let mut reader = hound::WavReader::open(&path).map_err(|error| no_voice(&error))?;
            let samples: Result<Vec<i16>, _> = reader.samples::<i16>().collect();
            let samples = samples.map_err(|error| no_voice(&error))?;
            samples
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect()
        }
    };
    Ok(Sound {
        bytes: bytes.into(),
    })
}
