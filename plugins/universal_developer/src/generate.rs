//! The intent `generate_code`: from a task to a tested program and its result.

use fame_plugin::{FollowUp, HostError, PluginError, Reply, Request};
use serde_json::{Value, json};

use crate::Parts;
use crate::catalogue::{Catalogue, Entry};
use crate::check;
use crate::find::Found;
use crate::language::Language;
use crate::model::{self, Attempt};
use crate::progress::Progress;
use crate::reply::{self, Ending};
use crate::shelf::{Made, Origin};
use crate::spoken;
use crate::task::Task;
use crate::values;

impl Parts {
    pub(crate) fn generate(&self, request: &Request) -> Result<Reply, PluginError> {
        let task = Task::read(request.text("task")?);
        let name = request.choice("language").ok().or(task.language.as_deref());
        let language = match name.map(|name| (name, Language::named(name))) {
            None => Language::Python,
            Some((_, Some(language))) if language != Language::Shell => language,
            Some((name, _)) => return Ok(other_language(name)),
        };
        let today = self.host.now().date();
        let found = match Catalogue::shared()?.find(&task.what, today) {
            Ok(found) => found,
            Err(beyond) => return Ok(Reply::say(format!("{beyond}. Say it with another one."))),
        };
        if let Some(found) = &found
            && found.entry.source(language, &[]).is_some()
        {
            return Ok(self.write_known(request, found, language, &task));
        }
        let _progress = Progress::announce(&self.host, "I am writing it and testing it.");
        let input = task.run_on.as_deref().unwrap_or_default();
        match model::write(&self.host, language, &task.what, input) {
            Ok(attempt) => Ok(self.take_written(request, language, &task, attempt)),
            Err(error) => Ok(without_model(
                found.map(|found| found.entry),
                language,
                &error,
            )),
        }
    }

    fn write_known(
        &self,
        request: &Request,
        found: &Found<'_>,
        language: Language,
        task: &Task,
    ) -> Reply {
        let entry = found.entry;
        let mut given = found.given.clone();
        let mut unread = None;
        let today = self.host.now().date();
        if let Some(input) = task.run_on.as_deref().filter(|input| !input.is_empty()) {
            match values::read_all(&entry.params, input, today) {
                // What is said last wins.
                Ok(Some(said)) => given = said.into_iter().chain(given).collect(),
                Ok(None) => {
                    let input = spoken::short(input);
                    unread = Some(format!("I could not take {input} as its input."));
                }
                Err(beyond) => unread = Some(format!("{beyond}.")),
            }
        }
        let values = entry.values(&given);
        let run =
            unread.is_none() && (task.run_on.is_some() || !given.is_empty() || entry.runs_alone());
        let Some(source) = entry.source(language, &values) else {
            return other_language(language.name());
        };
        let made = Made {
            title: entry.title.clone(),
            name: None,
            entry: Some(entry.id.clone()),
            values,
            origin: Origin::Catalogue,
            source,
            report: None,
            result: None,
        };
        let _progress = Progress::announce(&self.host, "I am testing it.");
        let report = check::test(&self.host, &made.source);
        let (made, ending) = self.prove(made, report, run);
        self.answer(request, made, ending, unread, json!([]))
    }

    fn take_written(
        &self,
        request: &Request,
        language: Language,
        task: &Task,
        attempt: Attempt,
    ) -> Reply {
        let rounds = json!(attempt.rounds);
        let Some(source) = attempt.source else {
            let speech = format!(
                "The language model gave me no {} program that I could use. Say it in other words.",
                language.name()
            );
            return Reply::say(speech).data(json!({ "code": null, "rounds": rounds }));
        };
        let made = Made {
            title: spoken::short(&task.what),
            name: None,
            entry: None,
            values: Vec::new(),
            origin: Origin::LanguageModel,
            source,
            report: None,
            result: None,
        };
        let (made, ending) = self.prove(made, attempt.report, true);
        self.answer(request, made, ending, None, rounds)
    }

    /// Writes down what the tests said and, where they all passed, runs the program.
    pub(crate) fn prove(
        &self,
        mut made: Made,
        report: Result<check::Report, HostError>,
        run: bool,
    ) -> (Made, Ending) {
        made.report = None;
        made.result = None;
        let good = match report {
            Ok(report) => {
                let good = report.is_good();
                made.report = Some(report);
                good
            }
            Err(error) => return (made, Ending::NotRun(error)),
        };
        match good && run {
            true => self.run_program(made),
            false => (made, Ending::Tested),
        }
    }

    /// Runs the program, whatever its tests say.
    pub(crate) fn run_program(&self, mut made: Made) -> (Made, Ending) {
        made.result = None;
        let source = &made.source;
        let ending = match check::run(&self.host, source.language, source.program(), Vec::new()) {
            Err(error) => Ending::NotRun(error),
            Ok(ran) if ran.ok => {
                made.result = Some(check::result(&ran));
                Ending::Ran
            }
            Ok(ran) => Ending::Failed(check::complaint(&ran)),
        };
        (made, ending)
    }

    fn answer(
        &self,
        request: &Request,
        made: Made,
        ending: Ending,
        unread: Option<String>,
        rounds: Value,
    ) -> Reply {
        let opening = format!("I wrote it in {}", made.source.language.name());
        let entry = self.entry(&made);
        let mut speech = reply::spoken(&opening, &made, entry, &ending);
        if let Some(unread) = unread {
            speech = format!("{speech} {unread}");
        }
        let mut data = reply::data(&made);
        data["rounds"] = rounds;
        if let Ending::NotRun(error) = &ending {
            data["not_run"] = json!(error.to_string());
        }
        // Whoever listens gets the code; the reply carries it in any case.
        let _ = self
            .host
            .publish("universal_developer.generated", data.clone());
        let reply = Reply::say(speech).display(reply::shown(&made)).data(data);
        self.shelf.remember(&self.host, &request.session, made);
        reply
    }
}

impl Entry {
    /// Whether it gives something of interest without any input.
    fn runs_alone(&self) -> bool {
        self.params.is_empty()
    }
}

fn other_language(name: &str) -> Reply {
    let choices = [Language::Python, Language::JavaScript].map(|language| language.name().into());
    Reply::say(format!(
        "I can't write and test {name} here. Shall I write it in Python or JavaScript?"
    ))
    .ask(FollowUp::new("generate_code", "language").among(choices.to_vec()))
    .data(json!({ "code": null, "language": name }))
}

/// What is said where neither the catalogue nor a model has the program.
fn without_model(known: Option<&Entry>, language: Language, error: &HostError) -> Reply {
    let data = json!({ "code": null, "reason": error.to_string() });
    match known {
        Some(entry) => Reply::say(format!(
            "I know how to {} in Python, but not in {}. Shall I write it in Python?",
            entry.title,
            language.name()
        ))
        .ask(FollowUp::new("generate_code", "language").among(vec!["Python".into()])),
        None if matches!(error, HostError::Unavailable { .. }) => Reply::say(
            "I don't know a program for that, and there is no language model to write one. \
             I know how to reverse a word, list primes or sort numbers, among others.",
        ),
        None => Reply::say(format!(
            "I don't know a program for that, and the language model did not answer: {error}."
        )),
    }
    .data(data)
}
