//! What a request to write a program is made of: the task, the language, and what to run it on.

use fame_plugin::words::Words;

use crate::language;

/// A request to write a program, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// What the program is to do: "reverse a string".
    pub(crate) what: String,
    /// The language's name, see [`language::known`].
    pub(crate) language: Option<String>,
    /// Whether it is to be run, and on what; empty if nothing was said about that.
    pub(crate) run_on: Option<String>,
}

const RUN: &[&str] = &[
    "run", "execute", "try", "test", "call", "apply", "use", "start",
];
const PROGRAM: &[&str] = &["program", "function", "code", "script"];
const ON: &[&str] = &["on", "with", "for", "using", "over", "against", "to"];

/// The most words of a language's name.
const LANGUAGE_WORDS: usize = 3;

impl Task {
    /// Takes `text` apart: "reverse a string in Python and run it on hello".
    pub(crate) fn read(text: &str) -> Self {
        let words = Words::new(text);
        let texts = words.texts();
        let mut task = Self::default();
        let (what, input) = match run_part(&texts) {
            Some((end, input)) => {
                task.run_on = Some(String::new());
                (0..end, input..texts.len())
            }
            None => (0..texts.len(), texts.len()..texts.len()),
        };
        let mut without_language = |range: std::ops::Range<usize>| {
            let (end, name) = language_at_end(&texts[range.clone()]);
            task.language = name.map(String::from).or(task.language.take());
            words.original_of(range.start..range.start + end).to_owned()
        };
        let what = without_language(what);
        let input = without_language(input);
        task.what = what;
        task.run_on = task.run_on.map(|_| input);
        task
    }
}

/// Where "and run it on hello" begins, and where "hello" does.
fn run_part(words: &[&str]) -> Option<(usize, usize)> {
    (1..words.len()).find_map(|start| {
        let mut at = start;
        let mut eat = |options: &[&str]| {
            let found = words.get(at).is_some_and(|word| options.contains(word));
            at += usize::from(found);
            found
        };
        while eat(&["and", "then", "also", "now"]) {}
        eat(RUN).then_some(())?;
        (eat(&["it", "that", "this", "them"]) || (eat(&["the"]) && eat(PROGRAM))).then_some(())?;
        while eat(ON) {}
        Some((start, at))
    })
}

/// The words before "in Python" at the end, and the language.
fn language_at_end(words: &[&str]) -> (usize, Option<&'static str>) {
    let end = words.len();
    let found = (1..=LANGUAGE_WORDS).rev().find_map(|len| {
        let start = end.checked_sub(len + 1)?;
        let before = matches!(words[start], "in" | "using" | "with");
        let name = language::said(&words[start + 1..]).filter(|_| before)?;
        Some((start, Some(name)))
    });
    found.unwrap_or((end, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_apart() {
        for (text, what, language, run_on) in [
            ("reverse a string", "reverse a string", None, None),
            (
                "reverse a string and run it on hello",
                "reverse a string",
                None,
                Some("hello"),
            ),
            (
                "reverse a string in Python, then run it with the word Banana.",
                "reverse a string",
                Some("Python"),
                Some("the word Banana"),
            ),
            (
                "sort a list and run the program on 3, 1 and 2 in java script",
                "sort a list",
                Some("JavaScript"),
                Some("3, 1 and 2"),
            ),
            (
                "print hello world and run it",
                "print hello world",
                None,
                Some(""),
            ),
            ("count words in C++", "count words", Some("C++"), None),
            ("find a word in a text", "find a word in a text", None, None),
            ("", "", None, None),
        ] {
            let expected = Task {
                what: what.into(),
                language: language.map(String::from),
                run_on: run_on.map(String::from),
            };
            assert_eq!(Task::read(text), expected, "{text}");
        }
    }
}
