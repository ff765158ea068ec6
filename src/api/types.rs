//! What requests and answers are made of. Where the local socket has the same, the JSON is the same.

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
pub use explain::{
    Approval, Approvals, ApproveRequest, Approved, Candidate, Decided, Explained, Stage,
    TestRequest, Tested,
};
pub use feedback::{Feedback, FeedbackTaken};
pub use plugins::{PluginChange, PluginInfo, PluginPermission, PluginState, Plugins};
pub use query::{MAX_QUERY, QueryAnswer, QueryRequest, Source};
pub use sandbox::{OutputFile, Report, SandboxQuery, SandboxRun, SandboxRuns, Tier};
pub use settings::{Setting, SettingKind, SettingList};
pub use status::{
    FailedVoice, Health, LastTurn, Microphone, Mode, Ready, Recognizer, Service, State, Status,
    Understanding, Voice,
};
pub use turns::{Latency, Turn, Turns, TurnsQuery};
