//! `fame events`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Failure;
use super::context::Context;
use super::status::state_word;
use crate::bus::{ApprovalOutcome, EndReason, Event, IgnoreReason};
use crate::ipc::ClientError;
use crate::ipc::protocol::{DropReason, Dropped, EventNote, Notification, Status};

/// Prints until the daemon stops or nobody reads any more.
pub(super) fn run(context: &mut Context<'_>) -> Result<(), Failure> {
    let mut subscription = context.connect()?.subscribe()?;
    while let Some(notification) = subscription.read()? {
        match notification {
            Notification::State(state) if context.json => {
                context.terminal.json(&json!({ "state": state }))?;
            }
            Notification::State(state) => {
                if let Ok(status) = serde_json::from_value::<Status>(state) {
                    let state = state_word(status.state);
                    context.terminal.text(&format!("FAME is {state}"))?;
                }
            }
            Notification::Event(note) if context.json => context.terminal.json(&note)?,
            Notification::Event(note) => {
                if let Some(line) = line(&note, &TimeZone::system()) {
                    context.terminal.text(&line)?;
                }
            }
            Notification::Dropped(dropped) => return end(context, dropped),
        }
    }
    Err(Failure::Client(ClientError::Lost {
        method: "subscribe",
        source: None,
    }))
}

fn end(context: &mut Context<'_>, dropped: Dropped) -> Result<(), Failure> {
    if context.json {
        context.terminal.json(&json!({ "dropped": dropped }))?;
    }
    if dropped.reason == DropReason::ShuttingDown {
        context.terminal.note("FAME has stopped");
        return Ok(());
    }
    Err(Failure::other(
        format!("the daemon ended the subscription: {}", dropped.message),
        "run `fame events` again; what was missed is in the daemon's log",
    ))
}

/// An event for people; none for those that come many times a second.
fn line(note: &EventNote, zone: &TimeZone) -> Option<String> {
    let time = note.at.parse::<Timestamp>().map_or_else(
        |_| note.at.clone(),
        |at| zone.to_datetime(at).strftime("%H:%M:%S").to_string(),
    );
    let (name, words) = match serde_json::from_value::<Event>(note.event.clone()) {
        Ok(event) => words(event)?,
        // A newer daemon: its words are not known, its event is still worth a line.
        Err(_) => (name_of(&note.event), note.event.to_string()),
    };
    Some(format!("{time}  {name:10}  {words}").trim_end().to_owned())
}

fn name_of(event: &Value) -> &str {
    event.get("event").and_then(Value::as_str).unwrap_or("?")
}

fn words(event: Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::AudioLevel { .. } => return None,
        Event::StateChanged { state } => ("state", state_word(state.into()).into()),
        Event::MicrophoneChanged {
            available,
            device,
            reason,
        } => {
            let device = device.unwrap_or_else(|| "the default one".into());
            let state = if available { "open" } else { "not available" };
            let reason = reason.map(|reason| format!(": {reason}"));
            let words = format!("{device} is {state}{}", reason.unwrap_or_default());
            ("microphone", words)
        }
        Event::AudioOverrun { lost } => ("overrun", format!("{lost} frames lost")),
        Event::SpeechStarted {} => ("speech", "started".into()),
        Event::SpeechEnded { reason } => ("speech", end_words(reason).into()),
        Event::WakeDetected {
            phrase,
            heard,
            score,
        } => ("wake", format!("{phrase:?} heard as {heard:?}, {score:.2}")),
        Event::TranscriptPartial {
            committed,
            tentative,
        } => ("hearing", format!("{committed} [{tentative}]")),
        Event::TranscriptFinal {
            text, confidence, ..
        } => ("heard", format!("{text:?}, {confidence:.2}")),
        Event::UtteranceIgnored { text, reason } => {
            ("ignored", format!("{text:?}: {}", ignore_words(reason)))
        }
        Event::IntentMatched {
            intent,
            plugin,
            confidence,
            route,
            ..
        } => (
            "intent",
            format!("{intent} of {plugin}, {confidence:.2}, by {route}"),
        ),
        // What was heard tells the words.
        Event::VoiceInput { .. } => return None,
        Event::QueryReceived {
            turn, text, source, ..
        } => ("request", format!("{text:?}, turn {turn}, by {source}")),
        Event::QueryCompleted {
            turn,
            intent,
            plugin,
            ok,
            ms,
        } => {
            let done = if ok { "done" } else { "not done" };
            let words = format!("turn {turn}, {intent} of {plugin}, {done} in {ms:.0} ms");
            ("answer", words)
        }
        Event::QuestionExpired { intent } => {
            ("question", format!("nobody answered; {intent} is given up"))
        }
        Event::ModelAnswered { ok: true, ms, .. } => (
            "model",
            format!("the language model answered in {ms:.0} ms"),
        ),
        Event::ModelAnswered { .. } => ("model", "the language model gave no answer".into()),
        Event::SandboxStarted {
            id, profile, tier, ..
        } => (
            "sandbox",
            format!("{id}: a {profile} program runs on tier {tier}"),
        ),
        Event::SandboxOutput { id, stream, text } => {
            ("sandbox", format!("{id} {stream}: {}", text.trim_end()))
        }
        Event::SandboxFinished {
            id,
            outcome,
            wall_ms,
            reason,
            ..
        } => {
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            (
                "sandbox",
                format!("{id}: {outcome} after {wall_ms} ms{reason}"),
            )
        }
        Event::ApprovalRequested { id, what, .. } => (
            "approval",
            format!("{what} Answer with `fame approvals yes {id}` or `no {id}`"),
        ),
        Event::ApprovalAnswered { id, outcome, by } => {
            let by = by.map_or(String::new(), |by| format!(" by {by}"));
            ("approval", format!("{id}: {}{by}", outcome_words(outcome)))
        }
        Event::PluginChanged {
            plugin,
            state,
            reason,
        } => {
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            ("plugin", format!("{plugin} is {state}{reason}"))
        }
        Event::PluginEvent { topic, data } => ("plugin", format!("{topic} {data}")),
        Event::Reply { text, .. } => ("reply", format!("{text:?}")),
        Event::TurnFinished {
            latency_ms,
            cancelled,
            ..
        } => {
            let seconds = latency_ms.total / 1000.0;
            let cut = if cancelled { ", cut short" } else { "" };
            ("turn", format!("first sound after {seconds:.2} s{cut}"))
        }
        Event::Error { code, message } => ("error", format!("{code}: {message}")),
    })
}

fn outcome_words(outcome: ApprovalOutcome) -> &'static str {
    match outcome {
        ApprovalOutcome::Approved => "approved",
        ApprovalOutcome::Denied => "denied",
        ApprovalOutcome::Expired => "expired",
        ApprovalOutcome::Cancelled => "given up",
    }
}

fn end_words(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Silence => "ended: silence",
        EndReason::TooLong => "cut: too long",
        EndReason::Released => "ended: key released",
        EndReason::EndOfAudio => "ended: no more sound",
    }
}

fn ignore_words(reason: IgnoreReason) -> &'static str {
    match reason {
        IgnoreReason::NotAddressed => "not addressed to FAME",
        IgnoreReason::OwnVoice => "FAME's own voice",
        IgnoreReason::NoWords => "no words",
        IgnoreReason::Busy => "too many requests are waiting",
    }
}
