//! What requests and answers are made of. What the local socket tells, too, is in `fame-wire`.

mod audio;
mod audit;
mod check;
mod evolution;
mod explain;
mod feedback;
mod plugins;
mod query;
mod sandbox;
mod settings;
mod status;
mod turns;

pub(crate) use audio::SoundFile;
pub use audio::{
    MAX_SPEECH, Recording, Segment, Sound, SoundFormat, SpeechRequest, Transcript,
    TranscriptionForm,
};
pub use audit::{AuditPage, AuditQuery, AuditRecord, AuditVerified, FirstBad};
pub(crate) use check::{Check, Invalid, is_name};
pub use evolution::{Evolution, EvolutionRequest};
pub use explain::{ApproveRequest, TestRequest};
pub use fame_wire::{
    Api, Approval, Approvals, Approved, Candidate, Decided, Explained, FailedVoice, LastTurn,
    Microphone, Mode, PluginInfo, PluginPermission, PluginState, Plugins, Recognizer, Source,
    Stage, State, Status, Tested, Understanding, Voice,
};
pub use feedback::{Feedback, FeedbackTaken};
pub use plugins::PluginChange;
pub use query::{MAX_QUERY, QueryAnswer, QueryRequest};
pub use sandbox::{
    Contact, NetworkUse, OutputFile, Report, SandboxQuery, SandboxRun, SandboxRuns, Tier,
};
pub use settings::{Setting, SettingKind, SettingList};
pub use status::{Health, Ready, Service};
pub use turns::{Latency, Turn, Turns, TurnsQuery};
