//! `fame intents`: how well a set of intents is told apart. Works without a daemon.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};

use super::Failure;
use super::context::Context;
use crate::brain::classifier::{
    ClassifierError, Embedder, MODEL_FILE, Options, Report, evaluate, read_examples,
};
use crate::models::SearchPath;

#[derive(Debug, Subcommand)]
pub(super) enum Intents {
    /// Train a classifier on some examples and measure it on others
    ///
    /// The files hold a JSON object a line, {"text": "what time is it", "intent": "time"}. The
    /// intent `oos` marks what is none of the intents; it is never trained on.
    Eval(Eval),
}

#[derive(Debug, Args)]
pub(super) struct Eval {
    /// Examples to train on
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Examples to measure on
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    /// Examples to choose the threshold on; without, parts of those to train on serve
    #[arg(long, value_name = "FILE")]
    validation: Option<PathBuf>,
    /// What to look at; without the sentence model it is n-grams
    #[arg(long, value_enum)]
    features: Option<Wanted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Words and pieces of words
    Ngrams,
    /// These and what a sentence means
    Both,
}

impl Intents {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Eval(eval) => eval.run(context),
        }
    }
}

impl Eval {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let train = read_examples(&self.train)?;
        let test = read_examples(&self.test)?;
        let validation = match &self.validation {
            Some(file) => read_examples(file)?,
            None => Vec::new(),
        };
        let embedder = embedder(context, self.features)?;
        context.terminal.note(&format!(
            "training on {} sentences, then measuring on {}",
            train.len(),
            test.len()
        ));
        let options = Options::default();
        let report = evaluate(&train, &validation, &test, embedder, None, &options)?;
        if context.json {
            return Ok(context.terminal.json(&report)?);
        }
        Ok(context.terminal.text(&words(&report))?)
    }
}

/// The sentence model; none where it is not wanted, or not there and not asked for.
fn embedder(
    context: &mut Context<'_>,
    wanted: Option<Wanted>,
) -> Result<Option<Arc<Embedder>>, Failure> {
    if wanted == Some(Wanted::Ngrams) {
        return Ok(None);
    }
    let config = Context::sources()?.load()?;
    let search = SearchPath::standard(config.recognizer.model_folder.as_deref());
    let Some(path) = search.find_file(MODEL_FILE) else {
        if wanted == Some(Wanted::Both) {
            return Err(Failure::other(
                format!("the sentence model `{MODEL_FILE}` is in none of the models folders"),
                "it comes with FAME: install it again, or leave `--features` out to go on without",
            ));
        }
        context.terminal.warning(&format!(
            "the sentence model `{MODEL_FILE}` is not there; going on with n-grams alone"
        ));
        return Ok(None);
    };
    let embedder = Embedder::load(&path).map_err(ClassifierError::from)?;
    Ok(Some(Arc::new(embedder)))
}

fn words(report: &Report) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let maybe = |share: Option<f64>| share.map_or("none tested".into(), percent);
    let rows = [
        ("right", percent(report.accuracy)),
        (
            "right at the threshold",
            percent(report.accuracy_at_threshold),
        ),
        ("out of scope refused", maybe(report.oos_recall)),
        ("refused rightly", maybe(report.oos_precision)),
        (
            "time of a sentence",
            format!(
                "{:.1} ms, 99 of 100 within {:.1} ms",
                report.p50_us / 1e3,
                report.p99_us / 1e3
            ),
        ),
        ("training", format!("{:.1} s", report.train_s)),
        ("size", format!("{:.1} MB", report.model_bytes as f64 / 1e6)),
    ];
    let lines = rows.map(|(name, value)| format!("{name:24}{value}"));
    lines.join("\n")
}
