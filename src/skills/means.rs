//! What plugins are given that the rest of FAME has: its voice, its language model, its sandbox.

use std::sync::{Arc, Weak};

use fame_plugin::{FollowUp, HostError, Program, Ran};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::Say;
use crate::brain::{Brain, llm};
use crate::plugins::host::{Model, Runs, Unasked};
use crate::plugins::{ran, withdrawal};
use crate::sandbox::{self, Caller, Report, Request, Sandbox};

/// Who the language model is for a plugin.
const FOR_PLUGINS: &str =
    "You help a program. Answer with exactly what it asks for, and nothing else.";

/// The longest answer for a plugin, in tokens; the settings may allow less.
const PLUGIN_TOKENS: u32 = 2_048;

/// FAME's voice, used unasked.
pub(super) struct Voice {
    pub(super) say: Say,
    /// The conversation that is asked in.
    pub(super) session: String,
    pub(super) brain: Weak<Brain>,
}

impl Voice {
    fn say(&self, text: &str, asks: Option<String>) -> Result<(), HostError> {
        match (self.say)(text.to_owned(), asks) {
            true => Ok(()),
            false => Err(HostError::TooMuch {
                what: "what waits to be said".into(),
                limit: "what FAME keeps waiting".into(),
            }),
        }
    }
}

impl Unasked for Voice {
    fn speak(&self, _plugin: &str, text: &str) -> Result<(), HostError> {
        self.say(text, None)
    }

    fn ask(&self, plugin: &str, question: &str, follow_up: FollowUp) -> Result<(), HostError> {
        let gone = || HostError::unavailable("the brain", "FAME is ending");
        let brain = self.brain.upgrade().ok_or_else(gone)?;
        let intent = follow_up.intent.clone();
        brain
            .open_question(&self.session, plugin, question, follow_up)
            .map_err(|reason| HostError::failed("asking", reason))?;
        self.say(question, Some(intent)).inspect_err(|_| {
            brain.forget_question(&self.session);
        })
    }
}

/// Does `work` as long as somebody waits for the call that it is for.
async fn while_wanted<T>(what: &str, work: impl Future<Output = T>) -> Result<T, HostError> {
    tokio::select! {
        () = withdrawal::of_this_call().cancelled_owned() => {
            Err(HostError::unavailable(what, "the request was taken back"))
        }
        done = work => Ok(done),
    }
}

/// The language model, asked from a plugin's own thread.
pub(super) struct Asks {
    client: Arc<llm::Client>,
    runtime: Handle,
}

impl Asks {
    /// Uses the runtime that this is called in.
    pub(super) fn new(client: Arc<llm::Client>) -> Self {
        Self {
            client,
            runtime: Handle::current(),
        }
    }
}

impl Model for Asks {
    fn complete(&self, prompt: &str) -> Result<String, HostError> {
        let answer = self.client.complete(FOR_PLUGINS, prompt, PLUGIN_TOKENS);
        let answer = while_wanted("the language model", answer);
        self.runtime
            .block_on(answer)?
            .map_err(|error| HostError::failed("asking the language model", error))
    }
}

/// The sandbox, used from a plugin's own thread.
pub(super) struct Boxed {
    settings: sandbox::Settings,
    sandbox: OnceCell<Sandbox>,
    runtime: Handle,
}

impl Boxed {
    /// `sandbox`, which works on `runtime`.
    pub(super) fn new(sandbox: Sandbox, runtime: Handle) -> Self {
        Self {
            settings: sandbox::Settings::default(),
            sandbox: OnceCell::new_with(Some(sandbox)),
            runtime,
        }
    }

    /// One that is started with `settings` when the first program comes.
    pub(super) fn late(settings: sandbox::Settings, runtime: Handle) -> Self {
        Self {
            settings,
            sandbox: OnceCell::new(),
            runtime,
        }
    }
}

impl Runs for Boxed {
    fn run(&self, program: Program) -> Result<Ran, HostError> {
        let request = Request {
            profile: program.profile,
            code: program.code,
            stdin: program.stdin,
            timeout: program.timeout,
            caller: Caller::Plugin,
        };
        let run = async {
            let start = || Sandbox::start(self.settings.clone());
            let sandbox = self.sandbox.get_or_init(start).await;
            sandbox.run(&request, None).await
        };
        match self.runtime.block_on(while_wanted("the sandbox", run))? {
            Ok(report) => {
                note(&report);
                Ok(ran(report))
            }
            Err(error) => Err(HostError::unavailable("the sandbox", error.to_string())),
        }
    }
}

/// Notes a run for the record of the call that it belongs to.
fn note(report: &Report) {
    let tier = serde_json::to_value(report.tier).unwrap_or_default();
    ran::note(ran::Run {
        tier: tier.as_str().unwrap_or_default().to_owned(),
        profile: report.profile.clone(),
        image: report.image.clone(),
        ended: match report {
            Report { ok: true, .. } => "ok",
            Report {
                timed_out: true, ..
            } => "timed_out",
            Report { oom: true, .. } => "oom",
            _ => "failed",
        },
        exit: report.exit_code,
        output_bytes: report.stdout_bytes + report.stderr_bytes,
        wall_ms: report.wall_ms,
    });
}

fn ran(report: Report) -> Ran {
    Ran {
        ok: report.ok,
        exit_code: report.exit_code,
        timed_out: report.timed_out,
        stdout: report.stdout,
        stderr: report.stderr,
    }
}
