//! Which program of the catalogue is meant.
//!
//! The entries' sentences decide, with typed values in their slots. Where none fits, the words do (see
//! `phrases`).

use fame_plugin::Slot;
use fame_plugin::words::Words;
use jiff::civil::Date;
use serde_json::Value;

use crate::catalogue::{Catalogue, Entry};
use crate::values::{MAX_TEXT, ValueError};

/// An entry and the values that were said with it.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) given: Vec<(String, Value)>,
}

impl Catalogue {
    /// The program that does `what`: "the first twenty primes", "reverses the word banana".
    pub(crate) fn find(&self, what: &str, today: Date) -> Result<Option<Found<'_>>, ValueError> {
        if what.len() > MAX_TEXT {
            return Ok(None);
        }
        let variants = variants(what);
        let mut matches: Vec<_> = variants
            .iter()
            .flat_map(|variant| self.sentences.find(&Words::new(variant)))
            .collect();
        // "checks whether a word is …" must not be a text that begins with "checks".
        matches.sort_by(|a, b| b.score.total_cmp(&a.score));
        for found in matches {
            let Some(entry) = self.get(found.intent) else {
                continue;
            };
            let mut given = Vec::new();
            for param in &entry.params {
                let value = match found.slots.get(&param.name) {
                    Some(Slot::Number(number)) => Some(param.number(*number)?),
                    Some(Slot::Text(text)) => param.read(text, today)?,
                    Some(Slot::Date(date)) => date
                        .resolve(today)
                        .map(|date| Value::String(date.to_string())),
                    _ => continue,
                };
                given.extend(value.map(|value| (param.name.clone(), value)));
            }
            if given.len() == found.slots.len() {
                return Ok(Some(Found { entry, given }));
            }
        }
        let best = self.phrases.best(what).map(|at| &self.entries[at]);
        Ok(best.map(|entry| Found {
            entry,
            given: Vec::new(),
        }))
    }
}

/// `what` as it was said, and with its verb in the plain form: "reverses" and "reversing" are
/// "reverse".
fn variants(what: &str) -> Vec<String> {
    let mut variants = vec![what.to_owned()];
    let what = what.trim_start();
    let (verb, rest) = what.split_at(what.find(char::is_whitespace).unwrap_or(what.len()));
    if let Some(stem) = verb.strip_suffix('s').filter(|stem| !stem.ends_with('s')) {
        variants.push(format!("{stem}{rest}"));
        variants.extend(stem.strip_suffix('e').map(|stem| format!("{stem}{rest}")));
    }
    if let Some(stem) = verb.strip_suffix("ing") {
        variants.push(format!("{stem}{rest}"));
        variants.push(format!("{stem}e{rest}"));
        let mut last = stem.chars().rev();
        if let (Some(one), Some(two)) = (last.next(), last.next())
            && one == two
        {
            variants.push(format!("{}{rest}", &stem[..stem.len() - one.len_utf8()]));
        }
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_in_all_forms() {
        for said in ["reverses a word", "reversing a word"] {
            assert!(variants(said).contains(&"reverse a word".into()), "{said}");
        }
        assert!(variants("swapping two").contains(&"swap two".into()));
        assert!(variants("searches a list").contains(&"search a list".into()));
        assert_eq!(variants("pass"), ["pass"]);
        assert_eq!(variants(""), [""]);
    }
}
