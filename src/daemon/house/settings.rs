//! The settings that can be changed while FAME runs, without asking for more than they say. What is
//! changed counts at once and is kept in the user's settings file, but for what FAME remembers by
//! itself (loudness, speed, mute, sleep), however it came about.

use serde_json::{Map, Value, json};

use super::{DaemonHouse, refusal};
use crate::api::types::{Setting, SettingKind, SettingList};
use crate::api::{Caller, Refusal};
use crate::config::{Config, ListenMode, SettingValue};
use crate::dialogue::io::Command;
use crate::ipc::protocol::SetParams;

const MODES: [(&str, ListenMode); 3] = [
    ("wake", ListenMode::Wake),
    ("conversation", ListenMode::Conversation),
    ("push_to_talk", ListenMode::PushToTalk),
];

/// What a client wants changed, read and within its bounds.
#[derive(Default)]
struct Wanted {
    recognizer: SetParams,
    mode: Option<ListenMode>,
    earcon: Option<bool>,
    open_seconds: Option<f32>,
    volume: Option<f32>,
    rate: Option<f32>,
    muted: Option<bool>,
    asleep: Option<bool>,
}

impl DaemonHouse {
    pub(super) fn list_settings(&self) -> SettingList {
        let config = self.daemon.config().clone();
        let memory = self.daemon.shared.facts().memory;
        let prosody = self.daemon.speaker.prosody();
        let mode = MODES.iter().find(|(_, mode)| *mode == config.listen.mode);
        let settings = vec![
            Setting {
                choices: MODES.iter().map(|(name, _)| (*name).to_owned()).collect(),
                ..setting(
                    "listen.mode",
                    json!(mode.map(|(name, _)| name)),
                    SettingKind::Choice,
                    "How FAME is addressed: by its name, by its name and then in conversation, or by a key.",
                )
            },
            Setting {
                min: Some(1.0),
                max: Some(60.0),
                unit: Some("s".into()),
                ..setting(
                    "listen.open_seconds",
                    short(config.listen.open_seconds),
                    SettingKind::Number,
                    "How long an answer is listened for after a question.",
                )
            },
            setting(
                "listen.earcon",
                json!(config.listen.earcon),
                SettingKind::Boolean,
                "Whether a sound tells that FAME listens.",
            ),
            setting(
                "recognizer.model",
                json!(config.recognizer.model),
                SettingKind::String,
                "The speech model; `fame models list` names them.",
            ),
            setting(
                "recognizer.language",
                json!(config.recognizer.language),
                SettingKind::String,
                "The language that is spoken, such as `en`.",
            ),
            Setting {
                min: Some(0.0),
                max: Some(16.0),
                ..setting(
                    "recognizer.threads",
                    json!(config.recognizer.threads),
                    SettingKind::Integer,
                    "Threads that recognise speech; 0 takes those that are free.",
                )
            },
            Setting {
                min: Some(0.0),
                max: Some(1.0),
                ..setting(
                    "voice.volume",
                    short(prosody.volume),
                    SettingKind::Number,
                    "How loud FAME speaks.",
                )
            },
            Setting {
                min: Some(0.5),
                max: Some(2.0),
                ..setting(
                    "voice.rate",
                    short(prosody.rate),
                    SettingKind::Number,
                    "How fast FAME speaks; 1 is the voice's own speed.",
                )
            },
            setting(
                "muted",
                json!(memory.muted),
                SettingKind::Boolean,
                "Whether the microphone is closed.",
            ),
            setting(
                "asleep",
                json!(memory.asleep),
                SettingKind::Boolean,
                "Whether FAME hears nothing but its name.",
            ),
        ];
        SettingList {
            settings,
            unkept: None,
        }
    }

    /// Changes all of `changes` or none: what is not a setting, or out of bounds, is found first.
    pub(super) async fn set(
        &self,
        caller: &Caller,
        changes: Map<String, Value>,
    ) -> Result<SettingList, Refusal> {
        let mut wanted = Wanted::default();
        for (key, value) in &changes {
            wanted.read(key, value)?;
        }
        let mut config = self.daemon.config().clone();
        wanted.put_into(&mut config);
        config
            .validate()
            .map_err(|error| Refusal::Invalid(format!("{error}; choose another value")))?;
        let kept = in_file(&changes);
        self.note(caller, "settings.changed", Value::Object(changes))
            .await?;
        self.apply(wanted, config).await?;
        let unkept = match kept.is_empty() {
            true => None,
            false => self.daemon.keep(kept).await.err(),
        };
        Ok(SettingList {
            unkept,
            ..self.list_settings()
        })
    }

    async fn apply(&self, wanted: Wanted, config: Config) -> Result<(), Refusal> {
        let daemon = &self.daemon;
        if wanted.recognizer != SetParams::default() {
            daemon
                .set_recognizer(wanted.recognizer)
                .await
                .map_err(refusal)?;
        }
        if wanted.mode.is_some() || wanted.earcon.is_some() || wanted.open_seconds.is_some() {
            let listen = config.listen.clone();
            daemon
                .order(Command::Configure(Box::new(listen.clone())))
                .await
                .map_err(refusal)?;
            daemon.config().listen = listen;
        }
        if wanted.volume.is_some() || wanted.rate.is_some() {
            let (volume, rate) = (wanted.volume, wanted.rate);
            daemon
                .on_driver(move |driver| driver.ports().set_voice(volume, rate))
                .await
                .map_err(refusal)?;
        }
        if let Some(on) = wanted.muted {
            daemon.order(Command::Mute(on)).await.map_err(refusal)?;
        }
        if let Some(on) = wanted.asleep {
            daemon.order(Command::Sleep(on)).await.map_err(refusal)?;
        }
        Ok(())
    }
}

impl Wanted {
    fn read(&mut self, key: &str, value: &Value) -> Result<(), Refusal> {
        let wrong = |what: &str| {
            Refusal::Invalid(format!(
                "`{key}` is no {what}; GET /settings tells its kind"
            ))
        };
        let flag = || value.as_bool().ok_or_else(|| wrong("yes or no"));
        let text = || {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| wrong("text"))
        };
        let number = |low: f64, high: f64| {
            let number = value
                .as_f64()
                .filter(|number| (low..=high).contains(number));
            number
                .map(|number| number as f32)
                .ok_or_else(|| wrong(&format!("number between {low} and {high}")))
        };
        match key {
            "listen.mode" => {
                let name = text()?;
                let mode = MODES.iter().find(|(known, _)| *known == name);
                self.mode = Some(mode.ok_or_else(|| wrong("mode"))?.1);
            }
            "listen.earcon" => self.earcon = Some(flag()?),
            "listen.open_seconds" => self.open_seconds = Some(number(1.0, 60.0)?),
            "recognizer.model" => self.recognizer.model = Some(text()?),
            "recognizer.language" => self.recognizer.language = Some(text()?),
            "recognizer.threads" => {
                let threads = value
                    .as_u64()
                    .and_then(|threads| usize::try_from(threads).ok());
                self.recognizer.threads = Some(threads.ok_or_else(|| wrong("whole number"))?);
            }
            "voice.volume" => self.volume = Some(number(0.0, 1.0)?),
            "voice.rate" => self.rate = Some(number(0.5, 2.0)?),
            "muted" => self.muted = Some(flag()?),
            "asleep" => self.asleep = Some(flag()?),
            _ => {
                return Err(Refusal::Invalid(format!(
                    "`{key}` cannot be changed here; GET /settings lists what can"
                )));
            }
        }
        Ok(())
    }

    fn put_into(&self, config: &mut Config) {
        if let Some(mode) = self.mode {
            config.listen.mode = mode;
        }
        if let Some(earcon) = self.earcon {
            config.listen.earcon = earcon;
        }
        if let Some(seconds) = self.open_seconds {
            config.listen.open_seconds = seconds;
        }
        if let Some(model) = &self.recognizer.model {
            config.recognizer.model.clone_from(model);
        }
        if let Some(language) = &self.recognizer.language {
            config.recognizer.language.clone_from(language);
        }
        if let Some(threads) = self.recognizer.threads {
            config.recognizer.threads = threads;
        }
    }
}

/// Those of `changes` that stand in the settings file. FAME remembers the others by itself.
fn in_file(changes: &Map<String, Value>) -> Vec<(String, SettingValue)> {
    const REMEMBERED: [&str; 4] = ["voice.volume", "voice.rate", "muted", "asleep"];
    changes
        .iter()
        .filter(|(key, _)| !REMEMBERED.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.clone(), written(value)?)))
        .collect()
}

fn written(value: &Value) -> Option<SettingValue> {
    match value {
        Value::Bool(on) => Some((*on).into()),
        Value::String(text) => Some(text.into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => number.as_f64().map(Into::into),
        },
        // Not one of the settings is such a thing.
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A setting as somebody wrote it: 0.9, not 0.8999999761581421.
fn short(number: f32) -> Value {
    json!((f64::from(number) * 1_000.0).round() / 1_000.0)
}

fn setting(key: &str, value: Value, kind: SettingKind, description: &str) -> Setting {
    Setting {
        key: key.into(),
        value,
        kind,
        choices: Vec::new(),
        min: None,
        max: None,
        unit: None,
        description: description.into(),
        needs_restart: false,
    }
}
