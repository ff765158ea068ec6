//! Why the language model gave no answer, for the log and for the ear.

use std::path::PathBuf;

/// Why the language model gave no answer. Each text names the thing and what to do; none holds
/// the key or the user's words.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// A setting that cannot be used.
    #[error("`llm.{field}`: {problem}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What is wrong with it and what to put.
        problem: String,
    },
    /// The server is not on this machine and may not be used.
    #[error(
        "`llm.base_url` leads to `{host}`, which is not this machine, and the network is off; use an address such as http://127.0.0.1:8080/v1, or set `llm.allow_network = true`"
    )]
    NotThisMachine {
        /// The host of the address.
        host: String,
    },
    /// The key would go over the network in the clear.
    #[error(
        "`llm.base_url` would send the key to `{host}` unencrypted; use an https address, or set `llm.api_key = \"none\"`"
    )]
    KeyInTheClear {
        /// The host of the address.
        host: String,
    },
    /// The key cannot be had.
    #[error("cannot get the language model's key from {place}: {problem}")]
    Key {
        /// Where it should be.
        place: String,
        /// What is wrong there and what to do.
        problem: String,
    },
    /// Others can read the key's file.
    #[error(
        "the key file `{}` can be read by others (mode {mode:03o}); run `chmod 600` on it", .path.display()
    )]
    OpenKeyFile {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The HTTP client cannot be made.
    #[error("cannot prepare secure connections ({reason}); install the system's CA certificates")]
    Tls {
        /// The error below.
        reason: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers ({reason}); restart it")]
    Random {
        /// The error below.
        reason: String,
    },
    /// More was to be sent than is sensible.
    #[error("the request has {found} {what}, {limit} are allowed; ask for less at once")]
    TooMuchAsked {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much is allowed.
        limit: usize,
    },
    /// Nobody answers.
    #[error(
        "cannot reach the language model at {host} ({reason}); start its server, or correct `llm.base_url`"
    )]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// No word came in time.
    #[error(
        "the language model at {host} said nothing for {seconds} s; try again, use a smaller model, or raise `llm.first_token_seconds`"
    )]
    NoFirstToken {
        /// Host and port.
        host: String,
        /// How long it had.
        seconds: f32,
    },
    /// The answer was not ready in time.
    #[error(
        "the language model at {host} was not done after {seconds} s; use a smaller model, or raise `llm.total_seconds`"
    )]
    TooSlow {
        /// Host and port.
        host: String,
        /// How long it had.
        seconds: f32,
    },
    /// The key is wrong or missing.
    #[error("the language model at {host} refused the key (HTTP {status}); correct `llm.api_key`")]
    KeyRefused {
        /// Host and port.
        host: String,
        /// 401 or 403.
        status: u16,
    },
    /// Nothing is at the address.
    #[error(
        "{host} has no model `{model}`, or no language model at this path (HTTP 404); correct `llm.model` or `llm.base_url`"
    )]
    NotFound {
        /// Host and port.
        host: String,
        /// The model asked for.
        model: String,
    },
    /// It has too much to do, or something broke on its side.
    #[error("the language model at {host} cannot answer now (HTTP {status}); try again later")]
    Busy {
        /// Host and port.
        host: String,
        /// 429 or 5xx.
        status: u16,
    },
    /// It does not take the request.
    #[error(
        "the language model at {host} answered HTTP {status}: {message}; check `llm.base_url` and `llm.model`"
    )]
    Status {
        /// Host and port.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The server's words, shortened, the key taken out.
        message: String,
    },
    /// It reports an error in the middle of its answer.
    #[error(
        "the language model at {host} broke off with an error: {message}; look at its server's log"
    )]
    Server {
        /// Host and port.
        host: String,
        /// The server's words, shortened, the key taken out.
        message: String,
    },
    /// What came is not what such a server sends.
    #[error(
        "what {host} sent is not the answer of an OpenAI-compatible server ({problem}); check `llm.base_url`"
    )]
    Garbled {
        /// Host and port.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It goes on and on.
    #[error(
        "the answer of the language model at {host} is longer than {limit} bytes of {what}; lower `llm.max_tokens`, or use another model"
    )]
    TooLong {
        /// Host and port.
        host: String,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// The connection ended within the answer.
    #[error(
        "the language model at {host} broke off in the middle of its answer ({reason}); try again"
    )]
    BrokenOff {
        /// Host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// It answered nothing that can be said or done.
    #[error(
        "the language model at {host} answered without a word and without a tool that it was offered; ask in other words, or use another model"
    )]
    Empty {
        /// Host and port.
        host: String,
    },
    /// Nobody takes its words any more.
    #[error("the language model's answer was given up because nobody takes it; ask again")]
    Abandoned,
}

impl LlmError {
    /// The same for the ear: one or two sentences without names, numbers and addresses.
    #[must_use]
    pub fn spoken(&self) -> &'static str {
        match self {
            Self::Setting { .. } | Self::NotThisMachine { .. } | Self::KeyInTheClear { .. } => {
                "My language model is not set up right. Please check its settings."
            }
            Self::Key { .. } | Self::OpenKeyFile { .. } | Self::KeyRefused { .. } => {
                "My language model needs a valid key. Please check its settings."
            }
            Self::NotFound { .. } => {
                "My language model was not found. Please check its name in the settings."
            }
            Self::Unreachable { .. } => {
                "I can't reach my language model. Please check that its server runs."
            }
            Self::NoFirstToken { .. } | Self::TooSlow { .. } => {
                "My language model took too long. Please try again, or ask something simpler."
            }
            Self::Busy { .. } => "My language model is busy. Please try again in a moment.",
            Self::BrokenOff { .. } | Self::Server { .. } => {
                "My language model broke off. Please ask again."
            }
            Self::TooMuchAsked { .. } | Self::TooLong { .. } => {
                "That became too long for my language model. Please ask for less at once."
            }
            Self::Empty { .. } => {
                "My language model had no answer to that. Please say it in other words."
            }
            Self::Tls { .. }
            | Self::Random { .. }
            | Self::Status { .. }
            | Self::Garbled { .. }
            | Self::Abandoned => {
                "Something is wrong with my language model. Its error is in the log."
            }
        }
    }
}
