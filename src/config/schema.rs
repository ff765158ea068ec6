//! Every setting, with its default, its unit and its limits.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Api, Audit, Llm, Policy, Sandbox};

/// The whole configuration. Each field of each section may be left out of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether FAME and its plugins may reach other machines. Off, only this machine is talked to.
    pub allow_network: bool,
    /// Devices.
    pub audio: Audio,
    /// When FAME listens and when an utterance begins and ends.
    pub listen: Listen,
    /// Speech to text.
    pub recognizer: Recognizer,
    /// Text to speech.
    pub voice: Voice,
    /// The local socket.
    pub ipc: Ipc,
    /// The REST API.
    pub api: Api,
    /// The record of what was done.
    pub audit: Audit,
    /// A language model for what nothing else understands. Left out: none.
    pub llm: Option<Llm>,
    /// Where plugins are.
    pub plugins: Plugins,
    /// What may be done without asking.
    pub policy: Policy,
    /// Where code runs that nobody has to trust.
    pub sandbox: Sandbox,
}

/// `[audio]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audio {
    /// Microphone, by the name that `fame devices` prints. Empty: the system's default.
    pub input_device: Option<String>,
    /// Loudspeaker, likewise.
    pub output_device: Option<String>,
}

/// How FAME is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenMode {
    /// By the wake phrase (and by `fame listen`).
    #[default]
    Wake,
    /// By the wake phrase, and after each reply the ear stays open for a follow-up.
    Conversation,
    /// Only by `fame listen`, bound to a key.
    PushToTalk,
}

/// `[listen]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// How FAME is addressed.
    pub mode: ListenMode,
    /// The words that open the ear.
    pub wake_phrase: String,
    /// How alike the phrase and what was heard must sound, 0 (anything) to 1 (exactly).
    pub wake_threshold: f32,
    /// How long the ear stays open after the wake phrase alone, or for a follow-up, in seconds (1
    /// to 60).
    pub open_seconds: f32,
    /// Sound kept from before speech was noticed, in milliseconds (300 to 1000).
    pub pre_roll_ms: u32,
    /// Silence that ends an utterance, in milliseconds (200 to 3000).
    pub endpoint_ms: u32,
    /// The longest utterance, in seconds (2 to 28); a longer one is cut at a pause.
    pub max_utterance_seconds: f32,
    /// How long an opened ear waits for the first word, in seconds (1 to 60).
    pub nothing_said_seconds: f32,
    /// Voice activity from which a frame counts as speech, 0 to 1.
    pub vad_threshold: f32,
    /// Whether a short sound tells that the ear is open.
    pub earcon: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            mode: ListenMode::Wake,
            wake_phrase: "hey fame".into(),
            wake_threshold: 0.72,
            open_seconds: 6.0,
            pre_roll_ms: 400,
            endpoint_ms: 600,
            max_utterance_seconds: 15.0,
            nothing_said_seconds: 5.0,
            vad_threshold: 0.5,
            earcon: true,
        }
    }
}

/// `[recognizer]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recognizer {
    /// A name from the catalogue, or the path of a whisper.cpp model file.
    pub model: String,
    /// A folder to look for models in before all others.
    pub model_folder: Option<PathBuf>,
    /// Threads, 1 to 16. 0 follows the machine's load.
    pub threads: usize,
    /// The language spoken, as Whisper names it (`en`); only English with an `.en` model.
    pub language: String,
    /// Names and jargon that are likely to be said.
    pub custom_words: Vec<String>,
    /// Whether partial texts are published while a person speaks.
    pub partials: bool,
}

impl Default for Recognizer {
    fn default() -> Self {
        Self {
            model: "tiny.en-fit".into(),
            model_folder: None,
            threads: 0,
            language: "en".into(),
            custom_words: Vec::new(),
            partials: true,
        }
    }
}

/// The kinds of voice, see `speech::voice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    /// A program that renders samples, played by FAME itself.
    Command,
    /// The voice of the operating system.
    System,
    /// No sound; the reply is text only.
    Silent,
}

/// `[voice]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// Voices in the order of preference; the next one takes over when one fails.
    pub order: Vec<VoiceKind>,
    /// Speed, 0.5 to 2; 1 is the voice's own.
    pub rate: f32,
    /// Pitch, 0.5 to 2; 1 is the voice's own.
    pub pitch: f32,
    /// Loudness, 0 to 1.
    pub volume: f32,
    /// The program of the `command` voice.
    pub command: VoiceCommand,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            order: vec![VoiceKind::Command, VoiceKind::System, VoiceKind::Silent],
            rate: 1.0,
            pitch: 1.0,
            volume: 0.9,
            command: VoiceCommand::default(),
        }
    }
}

/// What a voice program writes to its stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceOutput {
    /// A WAV file.
    #[default]
    Wav,
    /// Bare 16-bit little-endian mono samples at `sample_rate`.
    Raw,
}

/// `[voice.command]`: a program that reads a sentence on stdin and writes sound to stdout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceCommand {
    /// The program, found on the PATH.
    pub program: String,
    /// Its arguments. `{words_per_minute}`, `{pitch_0_99}` and `{length_scale}` are filled in.
    pub args: Vec<String>,
    /// What it writes.
    pub output: VoiceOutput,
    /// Samples a second, where `output` is `raw` (8000 to 192000).
    pub sample_rate: u32,
}

impl Default for VoiceCommand {
    fn default() -> Self {
        Self {
            program: "espeak-ng".into(),
            args: [
                "--stdout",
                "-v",
                "en-us",
                "-s",
                "{words_per_minute}",
                "-p",
                "{pitch_0_99}",
                "--stdin",
            ]
            .map(String::from)
            .to_vec(),
            output: VoiceOutput::Wav,
            sample_rate: 22_050,
        }
    }
}

/// `[ipc]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ipc {
    /// The socket's path. Empty: `fame/famed.sock` in the user's runtime folder.
    pub socket: Option<PathBuf>,
}

/// `[plugins]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plugins {
    /// Folders to look for plugins in, besides `plugins` in FAME's data folder.
    pub folders: Vec<PathBuf>,
    /// How long a plugin may take for one request, in seconds (0.5 to 60).
    pub call_seconds: f32,
}

impl Default for Plugins {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            call_seconds: 5.0,
        }
    }
}
