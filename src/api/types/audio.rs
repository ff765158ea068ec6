//! Speech to text and text to speech, in the shapes that OpenAI's clients use.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::check::{Check, Invalid, length, range, words};

/// Characters of a text to be read aloud.
pub const MAX_SPEECH: usize = 4_096;

/// `POST /v1/audio/transcriptions`, as a form.
#[derive(Clone, Debug, ToSchema)]
pub struct TranscriptionForm {
    /// The recording: WAV, FLAC, MP3 or Ogg Vorbis, up to 25 MiB.
    #[schema(value_type = String, format = Binary)]
    pub file: Bytes,
    /// Any model's name: the one that FAME has loaded does the work.
    #[schema(max_length = 100)]
    pub model: Option<String>,
    /// The language spoken, such as `en`.
    #[schema(max_length = 20)]
    pub language: Option<String>,
    /// Words that are likely to be said.
    #[schema(max_length = 1000)]
    pub prompt: Option<String>,
    /// `json`, `text` or `verbose_json`.
    #[schema(default = "json", pattern = "^(json|text|verbose_json)$")]
    pub response_format: Option<String>,
    /// Taken for the sake of clients; FAME always writes down what is likeliest.
    #[schema(minimum = 0, maximum = 1)]
    pub temperature: Option<f32>,
}

/// A recording to be written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The file as it was sent.
    pub file: Bytes,
    /// The language spoken; none: as the settings say.
    pub language: Option<String>,
    /// Words that are likely to be said.
    pub prompt: Option<String>,
}

/// What was said in a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    /// The words. With `response_format=json` this is all there is.
    pub text: String,
    /// The language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The recording's length in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Its parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<Segment>>,
}

/// A part of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Its number, from 0.
    pub id: u32,
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// The words.
    pub text: String,
}

/// `POST /v1/audio/speech`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechRequest {
    /// What is to be read aloud.
    #[schema(min_length = 1, max_length = 4096, pattern = r"\S")]
    pub input: String,
    /// Any model's name: FAME's own voices do the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub model: Option<String>,
    /// The voice; one that FAME does not have means its usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub voice: Option<String>,
    /// How it is to be spoken. Taken for the sake of clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub instructions: Option<String>,
    /// What is sent.
    #[serde(default)]
    pub response_format: SoundFormat,
    /// How fast: 1 is as usual.
    #[serde(default = "usual_speed")]
    #[schema(minimum = 0.25, maximum = 4.0, default = 1.0)]
    pub speed: f32,
}

fn usual_speed() -> f32 {
    1.0
}

impl Check for SpeechRequest {
    fn check(&self) -> Result<(), Invalid> {
        words("input", &self.input, MAX_SPEECH)?;
        let texts = [
            ("model", &self.model, 100),
            ("voice", &self.voice, 100),
            ("instructions", &self.instructions, 1_000),
        ];
        for (field, text, most) in texts {
            length(field, text.as_deref().unwrap_or_default(), 0, most)?;
        }
        range("speed", self.speed, 0.25, 4.0)
    }
}

/// How sound is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SoundFormat {
    /// A WAV file.
    #[default]
    Wav,
    /// Samples of 16 bits, little-endian, mono, without a header.
    Pcm,
}

/// A sound file, as the document describes it: bytes, whatever their kind.
pub(crate) struct SoundFile;

impl PartialSchema for SoundFile {
    fn schema() -> RefOr<Schema> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(binary))
            .into()
    }
}

impl ToSchema for SoundFile {}

/// Spoken words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// In the format that was asked for.
    pub bytes: Bytes,
}
