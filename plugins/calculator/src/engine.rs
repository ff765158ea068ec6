//! The library that does the arithmetic, within bounds.

use std::time::{Duration, Instant};

use fame_plugin::PluginError;
use fame_plugin::read::{Quantity, Unit};
use fend_core::{Context, Interrupt};

use crate::figure::Figure;

/// How long one calculation may take. Everyday sums take well under a millisecond.
const TIME_LIMIT: Duration = Duration::from_millis(500);

/// The longest result that is read, in characters; a longer one is no answer to be spoken.
const MAX_RESULT: usize = 400;

/// What became of a calculation.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// A number.
    Value(Figure),
    /// A number, but not a real one.
    NotReal,
    /// Divided by zero.
    ByZero,
    /// Given up after the time limit, or too long to be said.
    TooLong,
    /// Units of different kinds.
    OtherKind,
    /// Not defined, such as the factorial of a half.
    Undefined,
}

struct Deadline(Instant);

impl Interrupt for Deadline {
    fn should_interrupt(&self) -> bool {
        Instant::now() >= self.0
    }
}

/// The value of `formula`.
pub(crate) fn evaluate(formula: &str) -> Result<Outcome, PluginError> {
    run(formula)
}

/// `from` in the unit `to`.
pub(crate) fn convert(from: Quantity, to: Unit) -> Result<Outcome, PluginError> {
    let outcome = run(&format!(
        "{} {} to {}",
        from.amount, from.unit.symbol, to.symbol
    ))?;
    if outcome != Outcome::OtherKind {
        return Ok(outcome);
    }
    // Cooks say "ounce" for the fluid one too.
    let fluid = |unit: Unit| {
        if unit.symbol == "ounce" {
            "fluid_ounce"
        } else {
            unit.symbol
        }
    };
    run(&format!(
        "{} {} to {}",
        from.amount,
        fluid(from.unit),
        fluid(to)
    ))
}

fn run(input: &str) -> Result<Outcome, PluginError> {
    // A context of its own for every sum: no variables, no random numbers, no exchange rates.
    let mut context = Context::new();
    let deadline = Deadline(Instant::now() + TIME_LIMIT);
    let result = match fend_core::evaluate_with_interrupt(input, &mut context, &deadline) {
        Ok(result) => result,
        Err(reason) => return Ok(failure(&reason)),
    };
    let text = result.get_main_result();
    if text.len() > MAX_RESULT {
        return Ok(Outcome::TooLong);
    }
    let number = text
        .strip_prefix("approx. ")
        .unwrap_or(text)
        .split(' ')
        .next()
        .unwrap_or(text);
    let number = number.trim_end_matches(|c: char| c.is_alphabetic() || "°\u{b0}'\"".contains(c));
    if text.ends_with('i') && !text.contains(' ') || text.contains("i ") || text.contains(" + ") {
        return Ok(Outcome::NotReal);
    }
    let exact = !text.starts_with("approx.");
    let figure = Figure::read(number, exact);
    figure
        .map(Outcome::Value)
        .ok_or_else(|| PluginError::failed(format!("reading the result of {input}"), text))
}

fn failure(reason: &str) -> Outcome {
    if reason.contains("division by zero") || reason.contains("divide by zero") {
        Outcome::ByZero
    } else if reason.contains("interrupted") || reason.contains("too large") {
        Outcome::TooLong
    } else if reason.contains("cannot convert") || reason.contains("incompatible") {
        Outcome::OtherKind
    } else {
        Outcome::Undefined
    }
}
