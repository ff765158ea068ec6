//! Running a plugin, whatever it does.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use fame_plugin::{Plugin, PluginError, Reply, Request, Wakeup};
use serde_json::{Map, Value};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::decision::to_values;
use crate::plugins::breaker::{Breaker, Permit};
use crate::plugins::mcp::{McpError, Output, Problem, Server};
use crate::plugins::ran::{self, Run};
use crate::plugins::withdrawal;
use crate::plugins::{Loaded, Runner, screen};

/// Characters of a server's answer that are spoken; all of it is shown.
const MAX_SPOKEN: usize = 400;

/// An answer from memory that takes longer than this is reported: it keeps others waiting.
const NOT_INSTANT: Duration = Duration::from_millis(50);

/// What a plugin is called for.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// A request; for a server with these arguments, or else with the slots as arguments.
    Handle(Request, Option<Map<String, Value>>),
    /// To take an act back.
    Undo(String),
    /// A time that it scheduled.
    Wake(Wakeup),
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Called {
    pub(super) reply: Reply,
    /// Whether the plugin did what it was called for.
    pub(super) ok: bool,
    /// What it has had run in the sandbox for it.
    pub(super) ran: Vec<Run>,
}

/// The reply of `loaded`: its own if it gives one within `limit`, else a sentence that says what
/// happened. A call that runs over its time goes on without anybody listening and counts as
/// running until it ends. What a plugin says it answers from memory is called where it stands, and
/// has no time to run over.
pub(super) async fn call(loaded: &Arc<Loaded>, call: Call, limit: Duration) -> Called {
    let name = &loaded.manifest.name;
    let id = loaded.manifest.id.as_str();
    let Ok(place) = loaded.calls.clone().try_acquire_owned() else {
        tracing::warn!(plugin = id, "all its calls are taken; request refused");
        return failed(format!(
            "{name} is still busy. Please try again in a moment."
        ));
    };
    let permit = match breaker(loaded, |breaker| breaker.admit(Instant::now())) {
        Ok(permit) => permit,
        Err(refused) => {
            tracing::debug!(plugin = id, %refused, "not called");
            return failed(format!(
                "{name} failed several times, so I leave it alone for a while."
            ));
        }
    };
    let (outcome, ran) = match (&loaded.runner, &call) {
        (Runner::Builtin(plugin), Call::Handle(request, _)) if is_instant(loaded, request) => {
            (at_once(plugin.as_ref(), request), Vec::new())
        }
        _ => in_time(loaded, call, limit, place).await,
    };
    let trouble = match outcome {
        Ok(reply) => {
            report(loaded, permit, true);
            return Called {
                reply: permitted(loaded, reply),
                ok: true,
                ran,
            };
        }
        Err(trouble) => trouble,
    };
    report(loaded, permit, false);
    Called {
        ran,
        ..failed(trouble.told(loaded))
    }
}

/// Whether the plugin says that it answers `request` from memory.
fn is_instant(loaded: &Loaded, request: &Request) -> bool {
    let mut intents = loaded.manifest.intents.iter();
    intents.any(|intent| intent.instant && intent.name == request.intent)
}

/// Has `request` handled here and now.
fn at_once(plugin: &dyn Plugin, request: &Request) -> Result<Reply, Trouble> {
    // A plugin that panicked is no more broken than on a thread of its own.
    let begun = Instant::now();
    let handled = panic::catch_unwind(AssertUnwindSafe(|| plugin.handle(request)));
    let took = begun.elapsed();
    if took > NOT_INSTANT {
        tracing::warn!(
            intent = request.intent,
            ?took,
            "not as instant as its manifest says"
        );
    }
    match handled {
        Ok(outcome) => outcome.map_err(Trouble::Failed),
        Err(_) => Err(Trouble::Panicked(format!("handling `{}`", request.intent))),
    }
}

/// Has `call` worked on elsewhere for at most `limit`. It goes on when that is over, so that its
/// `place` stays taken until it ends.
async fn in_time(
    loaded: &Arc<Loaded>,
    call: Call,
    limit: Duration,
    place: OwnedSemaphorePermit,
) -> (Result<Reply, Trouble>, Vec<Run>) {
    // However this ends: when it is over, nobody waits any more.
    let waiting = CancellationToken::new();
    let withdrawn = waiting.clone();
    let _waiting = waiting.drop_guard();
    let loaded = Arc::clone(loaded);
    let work = async move {
        let outcome = run(&loaded, call, withdrawn).await;
        drop(place);
        outcome
    };
    match tokio::time::timeout(limit, tokio::spawn(work)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(crash)) => (Err(Trouble::Panicked(crash.to_string())), Vec::new()),
        Err(_) => (Err(Trouble::Late(limit)), Vec::new()),
    }
}

/// What went wrong within a call.
#[derive(Debug)]
enum Trouble {
    Failed(PluginError),
    Panicked(String),
    /// It had this long.
    Late(Duration),
    Server(McpError),
    /// The tool ran and says that it could not do it.
    Refused(Output),
}

async fn run(
    loaded: &Arc<Loaded>,
    call: Call,
    withdrawn: CancellationToken,
) -> (Result<Reply, Trouble>, Vec<Run>) {
    match &loaded.runner {
        Runner::Builtin(plugin) => {
            let plugin = Arc::clone(plugin);
            let handle = move || match call {
                Call::Handle(request, _) => plugin.handle(&request),
                Call::Undo(token) => plugin.undo(&token),
                Call::Wake(wakeup) => plugin.wake(&wakeup),
            };
            let handled = move || ran::during(|| withdrawal::until(withdrawn, handle));
            match aside(handled).await {
                Ok((done, ran)) => (done.map_err(Trouble::Failed), ran),
                Err(crash) => (Err(Trouble::Panicked(crash.to_string())), Vec::new()),
            }
        }
        Runner::Mcp(server) => (ask_server(loaded, server, call).await, Vec::new()),
    }
}

/// Does `work`, which may take long, where no other task has to wait for it: on this thread, whose
/// other tasks move to another one meanwhile, because most of what plugins do takes less time than
/// to wake a thread for it. A runtime that has only this thread uses another one.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => Ok(tokio::task::block_in_place(work)),
        _ => tokio::task::spawn_blocking(work).await,
    }
}

async fn ask_server(loaded: &Loaded, server: &Server, call: Call) -> Result<Reply, Trouble> {
    let Call::Handle(request, arguments) = call else {
        let offers = PluginError::failed("calling it", "a server has requests only");
        return Err(Trouble::Failed(offers));
    };
    let intents = &loaded.manifest.intents;
    let intent = intents.iter().find(|intent| intent.name == request.intent);
    let tool = intent
        .and_then(|intent| intent.tool.clone())
        .unwrap_or_else(|| request.intent.clone());
    let arguments = arguments.unwrap_or_else(|| to_values(&request.slots));
    let output = server
        .call(&tool, arguments)
        .await
        .map_err(Trouble::Server)?;
    if output.is_error {
        return Err(Trouble::Refused(output));
    }
    Ok(reply_of(output))
}

/// A server's text is data: it is spoken as it is, as far as one listens to a machine.
fn reply_of(output: Output) -> Reply {
    let spoken = shortened(&output.text);
    let mut reply = Reply::say(&spoken);
    if spoken != output.text {
        reply = reply.display(output.text);
    }
    match output.data {
        Some(data) => reply.data(data),
        None => reply,
    }
}

/// The beginning of `text`, cut after a sentence or a word.
fn shortened(text: &str) -> String {
    let Some((limit, _)) = text.char_indices().nth(MAX_SPOKEN) else {
        return text.trim().to_owned();
    };
    let head = &text[..limit];
    let end = head
        .rfind(['.', '!', '?', '\n'])
        .map(|at| at + 1)
        .or_else(|| head.rfind(' '))
        .unwrap_or(limit);
    format!("{} And so on.", head[..end].trim())
}

impl Trouble {
    /// Logs it and says it.
    fn told(self, loaded: &Loaded) -> String {
        let name = &loaded.manifest.name;
        let id = loaded.manifest.id.as_str();
        match self {
            Self::Failed(PluginError::Host(refusal)) => {
                tracing::warn!(plugin = id, %refusal, "the plugin could not go on");
                format!("{name} could not do that: {refusal}.")
            }
            Self::Failed(error) => {
                tracing::warn!(plugin = id, %error, "the plugin failed");
                format!("Sorry, {name} could not do that. Please try it another way.")
            }
            Self::Panicked(crash) => {
                tracing::error!(plugin = id, crash, "the plugin panicked");
                crashed(name)
            }
            Self::Late(limit) => {
                let limit_s = limit.as_secs_f32();
                tracing::warn!(plugin = id, limit_s, "the plugin ran over its time");
                late(name)
            }
            Self::Server(error) if matches!(error.problem, Problem::Late { .. }) => {
                tracing::warn!(plugin = id, %error, "the plugin ran over its time");
                late(name)
            }
            Self::Server(error) => {
                tracing::warn!(plugin = id, %error, "the plugin gave no answer");
                crashed(name)
            }
            Self::Refused(output) if output.text.trim().is_empty() => {
                format!("Sorry, {name} could not do that. Please try it another way.")
            }
            Self::Refused(output) => format!("{name} says: {}", shortened(&output.text)),
        }
    }
}

fn crashed(name: &str) -> String {
    format!("Something went wrong in {name}. Please try it another way.")
}

fn late(name: &str) -> String {
    format!("{name} took too long, so I stopped waiting. Please try again.")
}

fn failed(speech: String) -> Called {
    Called {
        reply: Reply::say(speech),
        ok: false,
        ran: Vec::new(),
    }
}

fn report(loaded: &Loaded, permit: Permit, ok: bool) {
    breaker(loaded, |breaker| {
        if ok {
            breaker.succeed(permit);
        } else if breaker.fail(permit, Instant::now()) {
            tracing::warn!(plugin = loaded.manifest.id, "failed repeatedly; left alone");
        }
    });
}

fn breaker<T>(loaded: &Loaded, work: impl FnOnce(&mut Breaker) -> T) -> T {
    // A breaker is a plain value that is whole after every call, even one that panicked.
    work(
        &mut loaded
            .breaker
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    )
}

fn permitted(loaded: &Loaded, mut reply: Reply) -> Reply {
    for act in screen(&loaded.manifest, &mut reply) {
        tracing::warn!(
            plugin = loaded.manifest.id,
            ?act,
            "act without permission; dropped"
        );
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_is_cut_where_one_can_stop() {
        assert_eq!(shortened(" It is warm. "), "It is warm.");
        let long = format!("First. {}", "word ".repeat(200));
        assert_eq!(shortened(&long), "First. And so on.");
        let endless = "ä".repeat(1_000);
        assert!(shortened(&endless).chars().count() < MAX_SPOKEN + 20);
    }
}
