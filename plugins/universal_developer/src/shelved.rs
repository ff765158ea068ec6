//! The intents about programs that there are already: run again, show, explain, save.

use fame_plugin::{FollowUp, HostError, PluginError, Reply, Request, say};
use serde_json::{Value, json};

use crate::Parts;
use crate::catalogue::Catalogue;
use crate::check;
use crate::model;
use crate::progress::Progress;
use crate::reply::{self, Ending};
use crate::shelf::{MAX_NAME, MOST_SAVED, Made, slug};
use crate::spoken;
use crate::values;

impl Parts {
    pub(crate) fn rerun(&self, request: &Request) -> Result<Reply, PluginError> {
        let mut made = match self.meant(request)? {
            Ok(made) => made,
            Err(reply) => return Ok(reply),
        };
        let entry = self.entry(&made);
        if let Ok(input) = request.text("input") {
            let Some(entry) = entry else {
                return Ok(Reply::say(
                    "I can run that one as it is only. Have me write it anew for another input.",
                ));
            };
            let said = match values::read_all(&entry.params, input, self.host.now().date()) {
                Ok(Some(said)) => said,
                Ok(None) => {
                    let input = spoken::short(input);
                    return Ok(Reply::say(format!(
                        "I could not take {input} as its input."
                    )));
                }
                Err(beyond) => return Ok(Reply::say(format!("{beyond}. Try another one."))),
            };
            let before = entry.params.iter().zip(made.values.iter().cloned());
            let before = before.map(|(param, value)| (param.name.clone(), value));
            made.values = entry.values(&said.into_iter().chain(before).collect::<Vec<_>>());
            made.source.main = entry.main(made.source.language, &made.values);
        }
        let _progress = Progress::announce(&self.host, "It is still running.");
        let tested = match made.source.test_names().is_empty() {
            true => Ok(check::Report::default()),
            false => check::test(&self.host, &made.source),
        };
        let (made, ending) = match tested {
            // Code without tests of its own is run for what it is.
            Ok(report) if report.total == 0 => self.run_program(made),
            tested => self.prove(made, tested, true),
        };
        if let Ending::NotRun(error) = &ending {
            let speech = format!("I have not run {}: {error}.", made.label());
            return Ok(Reply::say(speech)
                .display(reply::shown(&made))
                .data(reply::data(&made)));
        }
        let opening = format!("I ran {} again", made.label());
        let speech = reply::spoken(&opening, &made, entry, &ending);
        let shown = reply::shown(&made);
        let data = reply::data(&made);
        self.shelf.update(&self.host, &made)?;
        self.shelf.remember(&self.host, &request.session, made);
        Ok(Reply::say(speech).display(shown).data(data))
    }

    pub(crate) fn show(&self, request: &Request) -> Result<Reply, PluginError> {
        if request.text.to_lowercase().contains("programs") {
            return self.list();
        }
        Ok(match self.meant(request)? {
            Ok(made) => Reply::say(format!("Here is {}.", made.label()))
                .display(reply::shown(&made))
                .data(reply::data(&made)),
            Err(reply) => reply,
        })
    }

    fn list(&self) -> Result<Reply, PluginError> {
        let names = self.shelf.names(&self.host)?;
        let speech = match names.as_slice() {
            [] => "No program is saved. Have me write one and say: save it as, and a name.".into(),
            [only] => format!("One program is saved: {only}."),
            many => format!(
                "{} programs are saved: {}.",
                many.len(),
                say::list(many, "and")
            ),
        };
        Ok(Reply::say(speech).data(json!({ "programs": names })))
    }

    pub(crate) fn explain(&self, request: &Request) -> Result<Reply, PluginError> {
        let today = self.host.now().date();
        let made = match self.meant(request)? {
            Ok(made) => made,
            // "Explain a program to reverse a string": it need not have been written.
            Err(reply) => {
                let said = request.text("name").ok();
                let catalogue = Catalogue::shared()?;
                let found = said.and_then(|said| catalogue.find(said, today).ok().flatten());
                return Ok(found.map_or(reply, |found| {
                    let entry = found.entry;
                    Reply::say(&*entry.explain)
                        .data(json!({ "id": entry.id, "explanation": entry.explain }))
                }));
            }
        };
        let entry = self.entry(&made);
        let _progress = Progress::announce(&self.host, "I am reading it.");
        let explanation = match entry {
            Some(entry) => entry.explain.clone(),
            None => match model::explain(&self.host, &made.source.program()) {
                Ok(text) => text,
                Err(HostError::Unavailable { .. }) => {
                    return Ok(Reply::say(
                        "Only a language model could explain that one, and there is none.",
                    ));
                }
                Err(error) => {
                    return Ok(Reply::say(format!(
                        "The language model did not explain it: {error}."
                    )));
                }
            },
        };
        let mut data = reply::data(&made);
        data["explanation"] = json!(explanation);
        Ok(Reply::say(explanation)
            .display(reply::shown(&made))
            .data(data))
    }

    pub(crate) fn save(&self, request: &Request) -> Result<Reply, PluginError> {
        let Some(made) = self.shelf.last(&request.session) else {
            return Ok(nothing_yet());
        };
        let ask = |speech: String| Reply::say(speech).ask(FollowUp::new("save_code", "name"));
        let Some(name) = said_name(request).map(str::trim) else {
            return Ok(ask("What shall I call it?".into()));
        };
        if slug(name).is_empty() || name.len() > MAX_NAME {
            return Ok(ask("A short name, please. What shall I call it?".into()));
        }
        let name = name.to_lowercase();
        let Some(token) = self.shelf.save(&self.host, &name, made.clone())? else {
            return Ok(Reply::say(format!(
                "{MOST_SAVED} programs are saved already, and that is all that I keep. \
                 Use the name of one of them to replace it."
            )));
        };
        let made = Made {
            name: Some(name.clone()),
            ..made
        };
        let data = reply::data(&made);
        self.shelf.remember(&self.host, &request.session, made);
        Ok(Reply::say(format!("Saved as {name}."))
            .data(data)
            .undo(token))
    }

    /// The program that the request names, else "it"; a reply where there is none.
    fn meant(&self, request: &Request) -> Result<Result<Made, Reply>, PluginError> {
        let Some(said) = said_name(request) else {
            return Ok(self.shelf.last(&request.session).ok_or_else(nothing_yet));
        };
        let found = self.shelf.find(&self.host, said)?;
        Ok(found.ok_or_else(|| {
            let said = spoken::short(said);
            Reply::say(format!("I have no {said} program. Have me write it first."))
                .data(json!({ "code": Value::Null }))
        }))
    }
}

/// The name in this very sentence. One that came along from what was said before is another
/// program's: "it" is the last one.
fn said_name(request: &Request) -> Option<&str> {
    let carried = request.context.carried.iter().any(|slot| slot == "name");
    request.text("name").ok().filter(|_| !carried)
}

fn nothing_yet() -> Reply {
    Reply::say(
        "I have not written a program yet. Say, for example: write a program to list the first ten primes.",
    )
}
