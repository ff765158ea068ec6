//! `fame teach`: what the user means by a sentence.

use clap::Args;

use super::Failure;
use super::context::Context;
use crate::ipc::protocol::{Request, Taught, TeachParams};

#[derive(Debug, Args)]
pub(super) struct Teach {
    /// What you say
    #[arg(value_name = "TEXT")]
    text: String,
    /// The intent that you mean by it, as `fame test` names them
    #[arg(value_name = "INTENT", required_unless_present = "forget")]
    intent: Option<String>,
    /// Forget what was taught about this sentence
    #[arg(long, conflicts_with = "intent")]
    forget: bool,
}

impl Teach {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let request = Request::Teach(TeachParams {
            text: self.text,
            intent: self.intent,
        });
        context.call(&request, |taught: &Taught| {
            let line = |(text, intent): &(String, String)| format!("{text:?} is `{intent}`");
            match taught.corrections.as_slice() {
                [] => "nothing is taught".into(),
                all => all.iter().map(line).collect::<Vec<_>>().join("\n"),
            }
        })
    }
}
