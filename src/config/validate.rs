//! The bounds that the schema promises.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use fame_sandbox::SandboxError;

use super::error::{ConfigError, Origin};
use super::{
    Api, Audit, Config, LLM_SECONDS, LLM_TEMPERATURE, LLM_TOKENS, Listen, Llm, Plugins, Recognizer,
    Sandbox, Voice,
};

/// A setting outside its bounds.
#[derive(Debug)]
pub(super) struct Violation {
    /// The setting, such as `listen.endpoint_ms`.
    pub(super) key: &'static str,
    problem: String,
    remedy: String,
}

impl Violation {
    /// The error that says where it is set.
    pub(super) fn at(self, origin: Origin) -> ConfigError {
        ConfigError::Setting {
            origin,
            key: self.key.into(),
            problem: self.problem,
            remedy: self.remedy,
        }
    }
}

type Checked = Result<(), Violation>;

/// Finds the first setting that is outside its bounds.
pub(super) fn validate(config: &Config) -> Checked {
    listen(&config.listen)?;
    recognizer(&config.recognizer)?;
    voice(&config.voice)?;
    plugins(&config.plugins)?;
    config.llm.as_ref().map_or(Ok(()), llm)?;
    sandbox(&config.sandbox)?;
    api(&config.api)?;
    audit(&config.audit)?;
    match &config.ipc.socket {
        Some(socket) => rooted("ipc.socket", socket),
        None => Ok(()),
    }
}

fn api(api: &Api) -> Checked {
    if api.address.parse::<IpAddr>().is_err() {
        return Err(Violation {
            key: "api.address",
            problem: format!("`{}` is no IP address", api.address.escape_debug()),
            remedy: "write \"127.0.0.1\" or \"::1\", or leave it out".into(),
        });
    }
    if let (Some(_), None) | (None, Some(_)) = (&api.tls_certificate, &api.tls_key) {
        return Err(Violation {
            key: "api.tls_certificate",
            problem: "it is useless without `api.tls_key`, and the other way round".into(),
            remedy: "set both, or neither".into(),
        });
    }
    let default = Api::default().requests_per_second;
    within(
        "api.requests_per_second",
        api.requests_per_second,
        1..=100_000,
        default,
    )
}

fn audit(audit: &Audit) -> Checked {
    let default = Audit::default();
    within(
        "audit.keep_days",
        audit.keep_days,
        7..=36_500,
        default.keep_days,
    )?;
    within(
        "audit.keep_mib",
        audit.keep_mib,
        16..=1_048_576,
        default.keep_mib,
    )?;
    match &audit.witness {
        Some(witness) => rooted("audit.witness", witness),
        None => Ok(()),
    }
}

fn sandbox(sandbox: &Sandbox) -> Checked {
    let default = Sandbox::default();
    within("sandbox.warm", sandbox.warm, 0..=4, default.warm)?;
    for (key, value, bounds, default) in [
        (
            "sandbox.wall_seconds",
            sandbox.wall_seconds,
            1..=600,
            default.wall_seconds,
        ),
        (
            "sandbox.cpu_seconds",
            sandbox.cpu_seconds,
            1..=600,
            default.cpu_seconds,
        ),
        (
            "sandbox.memory_mib",
            sandbox.memory_mib,
            64..=4_096,
            default.memory_mib,
        ),
        (
            "sandbox.processes",
            sandbox.processes,
            8..=512,
            default.processes,
        ),
    ] {
        within(key, value, bounds, default)?;
    }
    spoken("sandbox.image", &sandbox.image)?;
    match sandbox.validate() {
        Err(SandboxError::Setting {
            key,
            problem,
            remedy,
        }) => Err(Violation {
            key,
            problem,
            remedy,
        }),
        _ => Ok(()),
    }
}

fn llm(llm: &Llm) -> Checked {
    let default = Llm::default();
    spoken("llm.base_url", &llm.base_url)?;
    spoken("llm.model", &llm.model)?;
    let times = [
        (
            "llm.connect_seconds",
            llm.connect_seconds,
            default.connect_seconds,
        ),
        (
            "llm.first_token_seconds",
            llm.first_token_seconds,
            default.first_token_seconds,
        ),
        (
            "llm.total_seconds",
            llm.total_seconds,
            default.total_seconds,
        ),
    ];
    for (key, value, default) in times {
        within(key, value, LLM_SECONDS, default)?;
    }
    within(
        "llm.max_tokens",
        llm.max_tokens,
        LLM_TOKENS,
        default.max_tokens,
    )?;
    within(
        "llm.temperature",
        llm.temperature,
        LLM_TEMPERATURE,
        default.temperature,
    )
}

fn plugins(plugins: &Plugins) -> Checked {
    for folder in &plugins.folders {
        rooted("plugins.folders", folder)?;
    }
    within(
        "plugins.call_seconds",
        plugins.call_seconds,
        0.5..=60.0,
        Plugins::default().call_seconds,
    )
}

fn listen(listen: &Listen) -> Checked {
    let default = Listen::default();
    spoken("listen.wake_phrase", &listen.wake_phrase)?;
    within(
        "listen.wake_threshold",
        listen.wake_threshold,
        0.0..=1.0,
        default.wake_threshold,
    )?;
    within(
        "listen.open_seconds",
        listen.open_seconds,
        1.0..=60.0,
        default.open_seconds,
    )?;
    within(
        "listen.pre_roll_ms",
        listen.pre_roll_ms,
        300..=1000,
        default.pre_roll_ms,
    )?;
    within(
        "listen.endpoint_ms",
        listen.endpoint_ms,
        200..=3000,
        default.endpoint_ms,
    )?;
    within(
        "listen.max_utterance_seconds",
        listen.max_utterance_seconds,
        2.0..=28.0,
        default.max_utterance_seconds,
    )?;
    within(
        "listen.nothing_said_seconds",
        listen.nothing_said_seconds,
        1.0..=60.0,
        default.nothing_said_seconds,
    )?;
    within(
        "listen.vad_threshold",
        listen.vad_threshold,
        0.0..=1.0,
        default.vad_threshold,
    )
}

fn recognizer(recognizer: &Recognizer) -> Checked {
    let default = Recognizer::default();
    spoken("recognizer.model", &recognizer.model)?;
    spoken("recognizer.language", &recognizer.language)?;
    within(
        "recognizer.threads",
        recognizer.threads,
        0..=16,
        default.threads,
    )?;
    for word in &recognizer.custom_words {
        spoken("recognizer.custom_words", word)?;
    }
    match &recognizer.model_folder {
        Some(folder) => rooted("recognizer.model_folder", folder),
        None => Ok(()),
    }
}

fn voice(voice: &Voice) -> Checked {
    let default = Voice::default();
    let twice = voice
        .order
        .iter()
        .enumerate()
        .any(|(index, kind)| voice.order[..index].contains(kind));
    if voice.order.is_empty() || twice {
        return Err(Violation {
            key: "voice.order",
            problem: "`voice.order` must name at least one voice, and none twice".into(),
            remedy: "write for example `order = [\"command\", \"system\", \"silent\"]`".into(),
        });
    }
    within("voice.rate", voice.rate, 0.5..=2.0, default.rate)?;
    within("voice.pitch", voice.pitch, 0.5..=2.0, default.pitch)?;
    within("voice.volume", voice.volume, 0.0..=1.0, default.volume)?;
    spoken("voice.command.program", &voice.command.program)?;
    within(
        "voice.command.sample_rate",
        voice.command.sample_rate,
        8_000..=192_000,
        default.command.sample_rate,
    )
}

/// A number that is none (`nan`) is within nothing.
fn within<T: PartialOrd + Display>(
    key: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
    default: T,
) -> Checked {
    if bounds.contains(&value) {
        return Ok(());
    }
    let (low, high) = (bounds.start(), bounds.end());
    Err(Violation {
        key,
        problem: format!("`{key}` is {value}, but has to be {low} to {high}"),
        remedy: format!("set `{key}` to a value from {low} to {high}, or remove it for {default}"),
    })
}

/// Words that are said, shown or passed on: not blank, on one line.
fn spoken(key: &'static str, text: &str) -> Checked {
    let problem = if text.trim().is_empty() {
        "is empty"
    } else if text.chars().any(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(Violation {
        key,
        problem: format!("`{key}` {problem}"),
        remedy: format!("write words into `{key}`, or remove it for the default"),
    })
}

/// A path that means the same wherever FAME is started.
fn rooted(key: &'static str, path: &Path) -> Checked {
    if path.is_absolute() || path.starts_with("~") {
        return Ok(());
    }
    Err(Violation {
        key,
        problem: format!(
            "`{key}` is `{}`, which depends on where FAME starts",
            path.display()
        ),
        remedy: format!("begin `{key}` with `/` or `~/`"),
    })
}
