//! The client: one question, at most two tries, one answer.

use reqwest::{RequestBuilder, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::failure::{Again, Failure};
use super::message::{Completion, Message, Piece, Tool};
use super::{KeySource, LlmError, Settings, key, request, tls};

/// A client of one language model. Holds the connection and the key; can be shared.
#[derive(Debug)]
pub struct Client {
    pub(super) settings: Settings,
    pub(super) endpoint: Endpoint,
    pub(super) key: Option<SecretString>,
    http: reqwest::Client,
}

impl Client {
    /// Checks the settings and gets the key. Nothing is sent yet.
    ///
    /// Blocks while the keyring is asked, for up to [`super::KEYRING_WAIT`].
    ///
    /// # Errors
    /// A setting that cannot be used, a server on another machine without `allow_network`, a key
    /// that is missing, open to others or would be sent in the clear.
    pub fn new(settings: Settings) -> Result<Self, LlmError> {
        settings.validate()?;
        let endpoint = Endpoint::new(&settings.base_url, settings.allow_network)?;
        let has_key = settings.api_key != KeySource::None;
        if has_key && !endpoint.is_this_machine && !endpoint.is_encrypted {
            return Err(LlmError::KeyInTheClear {
                host: endpoint.host,
            });
        }
        let key = key::load(&settings.api_key)?;
        let (localhost, addresses) = Endpoint::pinned();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("fame/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect())
            // It would lead past the check of the address.
            .redirect(redirect::Policy::none())
            .resolve_to_addrs(localhost, &addresses)
            .tls_backend_preconfigured(tls::config(endpoint.is_encrypted)?);
        if endpoint.is_this_machine {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| LlmError::Tls {
            reason: error.to_string(),
        })?;
        Ok(Self {
            settings,
            endpoint,
            key,
            http,
        })
    }

    /// Asks, and hands each sentence and each tool call to `pieces` as soon as it is whole; waits
    /// while `pieces` is full. Gives the whole answer at the end.
    ///
    /// A server that cannot be reached, is busy or says nothing in time is asked once more, as
    /// long as nothing was handed on; so is one that refuses tools, without them. Dropping the
    /// future ends the request.
    ///
    /// # Errors
    /// What was handed on before an error stays said. See [`LlmError`].
    pub async fn chat(
        &self,
        messages: &[Message],
        tools: &[Tool],
        pieces: mpsc::Sender<Piece>,
    ) -> Result<Completion, LlmError> {
        let max_tokens = self.settings.max_tokens;
        self.ask(messages, tools, max_tokens, Some(&pieces)).await
    }

    /// The model's text for a prompt, without tools, in at most `max_tokens` tokens and never more
    /// than the settings allow.
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn complete(
        &self,
        system: &str,
        prompt: &str,
        max_tokens: u32,
    ) -> Result<String, LlmError> {
        let messages = [
            Message::System(system.to_owned()),
            Message::User(prompt.to_owned()),
        ];
        let max_tokens = max_tokens.clamp(1, self.settings.max_tokens);
        let completion = self.ask(&messages, &[], max_tokens, None).await?;
        Ok(completion.text)
    }

    async fn ask(
        &self,
        messages: &[Message],
        tools: &[Tool],
        max_tokens: u32,
        pieces: Option<&mpsc::Sender<Piece>>,
    ) -> Result<Completion, LlmError> {
        let start = Instant::now();
        let tries = self.tries(messages, tools, max_tokens, pieces);
        let limit = self.settings.total();
        let mut completion = timeout(limit, tries).await.map_err(|_| self.too_slow())??;
        completion.total = start.elapsed();
        for dropped in &completion.dropped {
            tracing::warn!(host = self.endpoint.host, "dropped a tool call: {dropped}");
        }
        Ok(completion)
    }

    async fn tries(
        &self,
        messages: &[Message],
        tools: &[Tool],
        max_tokens: u32,
        pieces: Option<&mpsc::Sender<Piece>>,
    ) -> Result<Completion, LlmError> {
        let body = request::body(&self.settings, messages, tools, max_tokens)?;
        let first = Exchange::new(self, tools, pieces).run(body.clone()).await;
        let Failure { error, again } = match first {
            Ok(completion) => return Ok(completion),
            Err(failure) => failure,
        };
        match again {
            Again::No => Err(error),
            Again::After(wait) => {
                tracing::info!("asking the language model again in {wait:?}: {error}");
                sleep(wait).await;
                let second = Exchange::new(self, tools, pieces).run(body).await;
                second.map_err(|failure| failure.error)
            }
            Again::WithoutTools => {
                tracing::info!("asking the language model again without tools: {error}");
                let body = request::body(&self.settings, messages, &[], max_tokens)?;
                let second = Exchange::new(self, &[], pieces).run(body).await;
                let mut completion = second.map_err(|failure| failure.error)?;
                completion.tools_refused = true;
                Ok(completion)
            }
        }
    }

    pub(super) fn get(&self, function: &str) -> RequestBuilder {
        self.with_key(self.http.get(self.endpoint.url(function)))
    }

    pub(super) fn post(&self, function: &str) -> RequestBuilder {
        self.with_key(self.http.post(self.endpoint.url(function)))
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    fn too_slow(&self) -> LlmError {
        LlmError::TooSlow {
            host: self.endpoint.host.clone(),
            seconds: self.settings.total_seconds,
        }
    }

    pub(super) fn no_first_token(&self) -> LlmError {
        LlmError::NoFirstToken {
            host: self.endpoint.host.clone(),
            seconds: self.settings.first_token_seconds,
        }
    }

    /// Why nothing came back.
    pub(super) fn not_sent(&self, error: &reqwest::Error) -> LlmError {
        let host = self.endpoint.host.clone();
        let reason = root(error);
        if error.is_connect() {
            return LlmError::Unreachable { host, reason };
        }
        LlmError::BrokenOff { host, reason }
    }

    pub(super) fn garbled(&self, problem: impl Into<String>) -> LlmError {
        LlmError::Garbled {
            host: self.endpoint.host.clone(),
            problem: problem.into(),
        }
    }

    pub(super) fn too_long(&self, what: &'static str, limit: usize) -> LlmError {
        LlmError::TooLong {
            host: self.endpoint.host.clone(),
            what,
            limit,
        }
    }
}

/// The innermost of a chain of errors, the one that says what happened.
fn root(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".into();
    }
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
