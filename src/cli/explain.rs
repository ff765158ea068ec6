//! `fame why` and `fame test`: how a request was, or would be, understood.

use std::fmt::Write;

use clap::Args;

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{Decided, Explained, Request, Stage, TestParams, Tested, WhyParams};

/// The stage at which the language model answers.
const MODEL: &str = "model";

/// Candidates of a stage that are shown.
const SHOWN_CANDIDATES: usize = 3;

#[derive(Debug, Args)]
pub(super) struct Why {
    /// The turn, as `fame events` numbers it; left out: the last one
    #[arg(value_name = "TURN")]
    turn: Option<u64>,
}

impl Why {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Why(WhyParams { turn: self.turn });
        context.call(&request, explained)
    }
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// The request, as one would say it
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// Understand it as the next request of this conversation
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
}

impl Test {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Test(TestParams {
            text: self.text.join(" "),
            session: self.session,
        });
        context.call(&request, |tested: &Tested| {
            tested
                .decisions
                .iter()
                .map(decided)
                .collect::<Vec<_>>()
                .join("\n\n")
        })
    }
}

fn explained(explained: &Explained) -> String {
    let mut text = format!(
        "turn {}, {}, by {}\nheard     {:?}\nanswered  {:?}\ntook      {:.1} ms to decide, {:.1} ms to do{}",
        explained.turn,
        explained.at,
        explained.source,
        explained.text,
        explained.reply,
        explained.route_ms,
        explained.plugin_ms,
        model_time(explained.model_ms),
    );
    for decision in &explained.decisions {
        let _ = write!(text, "\n\n{}", decided(decision));
    }
    text
}

fn model_time(ms: f64) -> String {
    match ms {
        0.0 => String::new(),
        ms => format!(", {ms:.0} ms until the language model's first words"),
    }
}

/// A decision: what it is, then each stage in a line or two.
pub(super) fn decided(decision: &Decided) -> String {
    let mut text = match (&decision.intent, &decision.plugin) {
        (Some(intent), Some(plugin)) => format!(
            "{:?} is `{intent}` of {plugin}, by the stage {} ({:.2})",
            decision.text, decision.route, decision.confidence
        ),
        _ if decision.route == MODEL => {
            format!("{:?} was answered by the language model", decision.text)
        }
        _ => format!("{:?} is not understood", decision.text),
    };
    let _ = write!(text, "\nbecause   {}", decision.reason);
    for (name, value) in &decision.slots {
        let from = if decision.carried.contains(name) {
            " (from before)"
        } else {
            ""
        };
        let _ = write!(text, "\nslot      {name} = {value}{from}");
    }
    if let Some(verdict) = &decision.verdict {
        let _ = write!(text, "\npolicy    {verdict}");
    }
    for tried in &decision.stages {
        text.push('\n');
        text.push_str(&stage(tried));
    }
    text
}

fn stage(stage: &Stage) -> String {
    let mut text = format!("  {:<11} {}", stage.stage, stage.outcome);
    for candidate in stage.candidates.iter().take(SHOWN_CANDIDATES) {
        let _ = write!(
            text,
            "\n{:14}{:.2} {}",
            "", candidate.score, candidate.intent
        );
        if !candidate.sentence.is_empty() {
            let _ = write!(text, "  `{}`", candidate.sentence);
        }
    }
    if !stage.features.is_empty() {
        let weighed = stage
            .features
            .iter()
            .map(|(word, weight)| format!("{word} {weight:+.2}"));
        let _ = write!(
            text,
            "\n{:14}words: {}",
            "",
            weighed.collect::<Vec<_>>().join(", ")
        );
    }
    text
}
