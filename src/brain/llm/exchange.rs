//! One request and its answer, read as it comes.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::answer::Answer;
use super::events::{Events, EventsError, MAX_LINE_BYTES};
use super::failure::{Again, Failure};
use super::message::{Completion, Finish, Piece, Tool};
use super::refusal::{self, RETRY_WAIT};
use super::wire::Chunk;
use super::{Client, LlmError};

/// The longest body of an answer. A token takes some 300 bytes of a stream.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The longest text of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What the last event of a stream holds.
const DONE: &str = "[DONE]";

/// A request under way.
pub(super) struct Exchange<'a> {
    client: &'a Client,
    answer: Answer<'a>,
    has_tools: bool,
    pieces: Option<&'a mpsc::Sender<Piece>>,
    start: Instant,
    first_token: Option<Duration>,
    /// Read and written, once the server has told.
    tokens: Option<(u64, u64)>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        client: &'a Client,
        tools: &'a [Tool],
        pieces: Option<&'a mpsc::Sender<Piece>>,
    ) -> Self {
        Self {
            client,
            answer: Answer::new(tools, pieces.is_some()),
            has_tools: !tools.is_empty(),
            pieces,
            start: Instant::now(),
            first_token: None,
            tokens: None,
        }
    }

    /// Sends `body` and reads the answer to its end.
    pub(super) async fn run(mut self, body: Vec<u8>) -> Result<Completion, Failure> {
        let request = self
            .client
            .post("chat/completions")
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = timeout_at(self.first_deadline(), request.send())
            .await
            .map_err(|_| self.silent())?
            .map_err(|error| self.again(self.client.not_sent(&error)))?;
        if !response.status().is_success() {
            let deadline = self.first_deadline();
            return Err(refusal::failure(self.client, response, self.has_tools, deadline).await);
        }
        match content_type(response.headers()) {
            // Some servers do not say what they send.
            None => self.read_stream(response).await?,
            Some(kind) if kind == "text/event-stream" => self.read_stream(response).await?,
            Some(kind) if kind == "application/json" => self.read_whole(response).await?,
            Some(kind) => {
                let problem = format!("it is {}", refusal::shortened(&kind));
                return Err(self.client.garbled(problem).into());
            }
        }
        self.end().await
    }

    async fn read_stream(&mut self, mut response: Response) -> Result<(), Failure> {
        let mut events = Events::new();
        let mut received = 0;
        while let Some(bytes) = self.next_bytes(&mut response).await? {
            received += bytes.len();
            if received > MAX_BODY_BYTES {
                return Err(self.client.too_long("stream", MAX_BODY_BYTES).into());
            }
            events.push(&bytes);
            while let Some(data) = events.next().map_err(|error| self.unreadable(&error))? {
                if data.trim() == DONE {
                    return Ok(());
                }
                self.take(&data).await?;
                if self.answer.is_circling() {
                    // Hanging up is what ends it: the server would write on.
                    return Ok(());
                }
            }
        }
        let last = events.end().map_err(|error| self.unreadable(&error))?;
        match last {
            Some(data) if data.trim() == DONE => return Ok(()),
            Some(data) => self.take(&data).await?,
            None => {}
        }
        if self.answer.is_finished() {
            return Ok(());
        }
        Err(self.broken_off("the stream ended before the answer did"))
    }

    /// From a server that does not stream.
    async fn read_whole(&mut self, mut response: Response) -> Result<(), Failure> {
        let mut body = Vec::new();
        while let Some(bytes) = self.next_bytes(&mut response).await? {
            if body.len() + bytes.len() > MAX_BODY_BYTES {
                return Err(self.client.too_long("body", MAX_BODY_BYTES).into());
            }
            body.extend_from_slice(&bytes);
        }
        let text = std::str::from_utf8(&body).map_err(|_| self.client.garbled("it is no text"))?;
        self.take(text).await
    }

    /// The next bytes, which must come in time until the first token is there.
    async fn next_bytes(
        &self,
        response: &mut Response,
    ) -> Result<Option<tokio_util::bytes::Bytes>, Failure> {
        let bytes = if self.answer.is_begun() {
            response.chunk().await
        } else {
            timeout_at(self.first_deadline(), response.chunk())
                .await
                .map_err(|_| self.silent())?
        };
        bytes.map_err(|error| self.again(self.client.not_sent(&error)))
    }

    /// Takes one event and hands on what became whole by it.
    async fn take(&mut self, data: &str) -> Result<(), Failure> {
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            self.client
                .garbled(format!("an event is unreadable: {error}"))
        })?;
        if let Some(error) = chunk.error.as_ref().filter(|error| !error.is_null()) {
            let host = self.client.endpoint.host.clone();
            let message = refusal::message(self.client, error);
            return Err(LlmError::Server { host, message }.into());
        }
        if let Some(usage) = chunk.usage {
            self.tokens = Some((usage.prompt_tokens, usage.completion_tokens));
        }
        let pieces = self
            .answer
            .take(chunk)
            .map_err(|problem| self.client.garbled(problem))?;
        if self.first_token.is_none() && self.answer.is_begun() {
            self.first_token = Some(self.start.elapsed());
        }
        if self.answer.text_bytes() > MAX_ANSWER_BYTES {
            return Err(self.client.too_long("text", MAX_ANSWER_BYTES).into());
        }
        Ok(hand_on(self.pieces, pieces).await?)
    }

    async fn end(self) -> Result<Completion, Failure> {
        if self.answer.is_circling() {
            tracing::info!("the language model went round in circles and was cut off");
        }
        let (pieces, whole) = self.answer.end();
        hand_on(self.pieces, pieces).await?;
        if whole.text.is_empty() && whole.calls.is_empty() {
            let host = self.client.endpoint.host.clone();
            for dropped in &whole.dropped {
                tracing::warn!(host, "dropped a tool call: {dropped}");
            }
            return Err(LlmError::Empty { host }.into());
        }
        Ok(Completion {
            text: whole.text,
            calls: whole.calls,
            finish: whole.finish.unwrap_or(Finish::Done),
            dropped: whole.dropped,
            first_token: self.first_token,
            total: self.start.elapsed(),
            tokens: self.tokens,
            tools_refused: false,
        })
    }

    fn first_deadline(&self) -> Instant {
        self.start + self.client.settings.first_token()
    }

    fn silent(&self) -> Failure {
        self.again(self.client.no_first_token())
    }

    fn broken_off(&self, reason: &str) -> Failure {
        self.again(LlmError::BrokenOff {
            host: self.client.endpoint.host.clone(),
            reason: reason.to_owned(),
        })
    }

    fn unreadable(&self, error: &EventsError) -> Failure {
        match error {
            EventsError::LineTooLong => self.client.too_long("one event", MAX_LINE_BYTES).into(),
            EventsError::NotText => self.client.garbled("it is no text").into(),
        }
    }

    /// Worth another try if nothing has come yet.
    fn again(&self, error: LlmError) -> Failure {
        let again = if self.answer.is_begun() {
            Again::No
        } else {
            Again::After(RETRY_WAIT)
        };
        Failure { error, again }
    }
}

async fn hand_on(to: Option<&mpsc::Sender<Piece>>, pieces: Vec<Piece>) -> Result<(), LlmError> {
    let Some(to) = to else {
        return Ok(());
    };
    for piece in pieces {
        to.send(piece).await.map_err(|_| LlmError::Abandoned)?;
    }
    Ok(())
}

/// The content type without its parameters, in lower case.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = value.split(';').next().unwrap_or_default().trim();
    (!kind.is_empty()).then(|| kind.to_ascii_lowercase())
}
