//! Arithmetic and units, spoken.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod engine;
mod figure;

use engine::Outcome;
use fame_plugin::read::{Quantity, Sum, Unit};
use fame_plugin::{Plugin, PluginError, Reply, Request};
use figure::Figure;
use serde_json::json;

/// The plugin `calculator`.
#[derive(Default)]
pub struct Calculator;

impl Plugin for Calculator {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        match request.intent.as_str() {
            "calculate" => calculate(request.sum("sum")?),
            "percentage" => percentage(*request.number("part")?, *request.number("whole")?),
            "convert" => {
                let one = || {
                    request.unit("one").map(|unit| Quantity {
                        amount: 1.0,
                        unit: *unit,
                    })
                };
                let from = request.quantity("from").copied().or_else(|_| one())?;
                convert(from, *request.unit("to")?)
            }
            other => Err(PluginError::UnknownIntent(other.into())),
        }
    }
}

fn calculate(sum: &Sum) -> Result<Reply, PluginError> {
    Ok(match engine::evaluate(&sum.formula)? {
        Outcome::Value(value) => {
            let reply = Reply::say(format!("{} {}.", capital(&sum.spoken), value.spoken()));
            reply.data(json!({ "formula": sum.formula, "value": value.text() }))
        }
        Outcome::NotReal => Reply::say(format!("{} is not a real number.", capital(&sum.spoken))),
        refused => refusal(&refused),
    })
}

fn percentage(part: f64, whole: f64) -> Result<Reply, PluginError> {
    Ok(
        match engine::evaluate(&format!("{part} / {whole} * 100"))? {
            Outcome::Value(value) => {
                let (part, whole) = (Figure::from(part), Figure::from(whole));
                let speech = format!(
                    "{} {} percent of {}.",
                    part.text(),
                    value.spoken(),
                    whole.text()
                );
                Reply::say(speech).data(json!({ "value": value.text() }))
            }
            refused => refusal(&refused),
        },
    )
}

fn convert(from: Quantity, to: Unit) -> Result<Reply, PluginError> {
    let outcome = engine::convert(from, to)?;
    let amount = Figure::from(from.amount);
    let from_name = from.unit.after(from.amount);
    Ok(match outcome {
        Outcome::Value(value) => {
            let verb = if from.amount == 1.0 { "is" } else { "are" };
            let to_name = to.after(value.value());
            let speech = format!(
                "{} {from_name} {verb} {}{} {to_name}.",
                amount.text(),
                value.about(),
                value.text()
            );
            Reply::say(speech).data(json!({ "value": value.text(), "unit": to.one }))
        }
        Outcome::OtherKind => {
            let speech = format!(
                "I can't turn {} into {}; they measure different things.",
                from.unit.many, to.many
            );
            Reply::say(speech)
        }
        refused => refusal(&refused),
    })
}

/// What is said where there is no result.
fn refusal(outcome: &Outcome) -> Reply {
    Reply::say(match outcome {
        Outcome::ByZero => "That would be dividing by zero, and nobody can do that.",
        Outcome::TooLong => "That is too big for me to work out.",
        _ => "I can't work that one out. Try saying it in smaller steps.",
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests;
