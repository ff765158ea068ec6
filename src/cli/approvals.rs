//! `fame approvals`: acts that wait for a person's word.

use clap::{Args, Subcommand};

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{Approval, Approvals, ApproveParams, Approved, Request};

#[derive(Debug, Args)]
pub(super) struct Waiting {
    #[command(subcommand)]
    answer: Option<Answer>,
}

#[derive(Debug, Subcommand)]
enum Answer {
    /// Have an act done
    Yes(Which),
    /// Have an act dropped
    No(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// Its number, as `fame approvals` lists it
    id: u64,
}

impl Waiting {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let (id, yes) = match self.answer {
            None => return context.call(&Request::Approvals, list),
            Some(Answer::Yes(which)) => (which.id, true),
            Some(Answer::No(which)) => (which.id, false),
        };
        let request = Request::Approve(ApproveParams { id, yes });
        context.call(&request, |approved: &Approved| approved.reply.clone())
    }
}

fn list(waiting: &Approvals) -> String {
    if waiting.approvals.is_empty() {
        return "nothing waits for your approval".into();
    }
    let all: Vec<String> = waiting.approvals.iter().map(one).collect();
    format!(
        "{}\n\nanswer with `fame approvals yes ID` or `fame approvals no ID`",
        all.join("\n")
    )
}

fn one(approval: &Approval) -> String {
    let reversible = if approval.reversible {
        "can be undone"
    } else {
        "cannot be undone"
    };
    let mut text = format!(
        "{}  {}\n   `{}` of {}, {}, {reversible}; asked by {}, until {}",
        approval.id,
        approval.what,
        approval.intent,
        approval.plugin,
        approval.risk,
        approval.source,
        approval.expires
    );
    for (name, value) in &approval.slots {
        text.push_str(&format!("\n   {name} = {value}"));
    }
    text
}
