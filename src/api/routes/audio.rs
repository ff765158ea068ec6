//! Speech to text and text to speech, in the shapes that OpenAI's clients use.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use serde_json::json;
use tokio::sync::SemaphorePermit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::{self, Allowed, Query};
use crate::guard::content;
use crate::problem::{Code, Problem};
use crate::settings::MAX_RECORDING;
use crate::types::{
    Recording, SoundFile, SoundFormat, SpeechRequest, Transcript, TranscriptionForm,
};

/// Fields of a form that are looked at.
const MAX_FIELDS: usize = 16;

/// Bytes of a field that is not the recording.
const MAX_FIELD: usize = 4 << 10;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(transcribe))
        .layer(DefaultBodyLimit::max(content::limit(content::RECORDINGS)))
        .routes(routes!(speak))
}

/// How a transcript is sent.
#[derive(Clone, Copy, Default)]
enum Format {
    #[default]
    Json,
    Text,
    Verbose,
}

/// Writes down what is said in a recording
#[utoipa::path(post, path = "/v1/audio/transcriptions", tag = "audio",
    security(("key" = ["query"])),
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses((status = OK, description = "The words", content(
        (Transcript = "application/json"), (String = "text/plain")))))]
async fn transcribe(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let form = form.map_err(|_| {
        let problem = "The body must be a form with a boundary.";
        Problem::new(Code::MediaType, problem).hint("Send `multipart/form-data` with a `file`.")
    })?;
    let _room = room(&api)?;
    let (recording, format) = tokio::time::timeout(api.settings.waits.recording, read(form))
        .await
        .map_err(|_| Problem::new(Code::SlowBody, "The recording did not arrive in time."))??;
    let transcript = api.house.transcribe(&caller, recording).await?;
    Ok(match format {
        Format::Json => Json(json!({ "text": transcript.text })).into_response(),
        Format::Text => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (kind, transcript.text).into_response()
        }
        Format::Verbose => Json(transcript).into_response(),
    })
}

/// Reads a text aloud
#[utoipa::path(post, path = "/v1/audio/speech", tag = "audio", security(("key" = ["query"])),
    request_body = SpeechRequest,
    responses((status = OK, description = "The sound", content(
        (SoundFile = "audio/wav"), (SoundFile = "audio/pcm")))))]
async fn speak(
    Allowed(caller, _): Allowed<Query>,
    State(api): State<Arc<Api>>,
    extract::Json(request): extract::Json<SpeechRequest>,
) -> Result<Response, Problem> {
    let _room = room(&api)?;
    let kind = match request.response_format {
        SoundFormat::Wav => "audio/wav",
        SoundFormat::Pcm => "audio/pcm",
    };
    let sound = api.house.speak(&caller, request).await?;
    Ok(([(header::CONTENT_TYPE, kind)], sound.bytes).into_response())
}

fn room(api: &Api) -> Result<SemaphorePermit<'_>, Problem> {
    let busy = || Problem::new(Code::Busy, "As much sound as may be is being worked on.");
    api.sounds.try_acquire().map_err(|_| busy())
}

async fn read(mut form: Multipart) -> Result<(Recording, Format), Problem> {
    let mut file = None;
    let mut recording = Recording::default();
    let mut format = Format::default();
    let mut fields = 0;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        fields += 1;
        if fields > MAX_FIELDS {
            return Err(invalid("The form has too many fields."));
        }
        match field.name().unwrap_or_default() {
            "file" => {
                let bytes = bytes(field, MAX_RECORDING).await?;
                if bytes.is_empty() {
                    return Err(invalid("`file` is empty."));
                }
                if file.replace(bytes).is_some() {
                    return Err(invalid("There is more than one `file`."));
                }
            }
            "language" => recording.language = Some(text(field, 20).await?),
            "prompt" => recording.prompt = Some(text(field, 1_000).await?),
            "response_format" => {
                format = match text(field, 20).await?.as_str() {
                    "json" => Format::Json,
                    "text" => Format::Text,
                    "verbose_json" => Format::Verbose,
                    _ => {
                        let problem = "`response_format` is `json`, `text` or `verbose_json`.";
                        return Err(invalid(problem));
                    }
                }
            }
            "temperature" => {
                let number = text(field, 20).await?.parse::<f32>();
                if !number.is_ok_and(|number| (0.0..=1.0).contains(&number)) {
                    return Err(invalid("`temperature` is a number from 0 to 1."));
                }
            }
            "model" => {
                text(field, 100).await?;
            }
            // Clients send fields of newer versions, which change nothing here.
            _ => {
                bytes(field, MAX_FIELD).await?;
            }
        }
    }
    recording.file = file.ok_or_else(|| invalid("There is no `file`."))?;
    Ok((recording, format))
}

async fn bytes(mut field: Field<'_>, most: usize) -> Result<Bytes, Problem> {
    let mut all = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if all.len() + chunk.len() > most {
            let problem = format!("A field of the form is larger than {most} bytes.");
            return Err(Problem::new(Code::TooLarge, problem));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

async fn text(field: Field<'_>, most: usize) -> Result<String, Problem> {
    let bytes = bytes(field, MAX_FIELD).await?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| invalid("A field of the form is not text."))?;
    match text.chars().count() <= most {
        true => Ok(text.into()),
        false => Err(invalid("A field of the form is too long.")),
    }
}

fn invalid(problem: &'static str) -> Problem {
    Problem::new(Code::Invalid, problem)
}

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => content::too_large(content::RECORDINGS),
        _ => Problem::new(Code::Malformed, "The form breaks off or is garbled."),
    }
}
