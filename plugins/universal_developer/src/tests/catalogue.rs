//! Every program of the catalogue: found by its sentences, its tests pass, it runs, and a wrong
//! variant of it fails.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use fame_plugin::Ran;
use jiff::civil::date;
use serde_json::{Value, json};

use super::world::has;
use crate::catalogue::{Catalogue, Entry, Theme};
use crate::check::{self, Report};
use crate::language::Language;
use crate::source::Source;
use crate::spoken;
use crate::values::Kind;

/// What many programs print, run one after the other in one process.
fn printed(language: Language, programs: &[String]) -> Vec<String> {
    let (interpreter, option, driver) = match language {
        Language::Python => ("python3", "-c", include_str!("driver.py")),
        _ => ("node", "-e", include_str!("driver.js")),
    };
    let mut child = Command::new(interpreter)
        .args([option, driver])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_vec(programs).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn report(source: &Source, stdout: &str) -> Report {
    let ran = Ran {
        ok: true,
        stdout: stdout.into(),
        ..Ran::default()
    };
    check::read_report(&source.test_names(), &ran)
}

/// `entry` with the piece that makes it wrong.
fn broken(entry: &Entry, language: Language) -> Entry {
    let mut entry = entry.clone();
    let (code, wrong) = match language {
        Language::Python => (&mut entry.python, &entry.wrong),
        _ => (
            entry.javascript.as_mut().unwrap(),
            entry.wrong_javascript.as_ref().unwrap(),
        ),
    };
    assert!(
        code.contains(&wrong.0),
        "{}: no `{}` in it",
        entry.id,
        wrong.0
    );
    *code = code.replacen(&wrong.0, &wrong.1, 1);
    entry
}

/// The program that the README shows how to write.
fn example() -> Vec<Entry> {
    let readme = include_str!("../../README.md");
    let example = readme
        .split("```toml")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    toml::from_str::<Theme>(example).unwrap().program
}

fn every_program_holds(language: Language) {
    let mut entries = Catalogue::shared().unwrap().entries.clone();
    entries.extend(example());
    let known: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.source(language, &[]).is_some())
        .collect();
    let source = |entry: &Entry| entry.source(language, &entry.values(&[])).unwrap();
    let good: Vec<Source> = known.iter().map(|entry| source(entry)).collect();
    let bad: Vec<Source> = known
        .iter()
        .map(|entry| source(&broken(entry, language)))
        .collect();
    let programs: Vec<String> = good
        .iter()
        .map(Source::test_program)
        .chain(bad.iter().map(Source::test_program))
        .chain(good.iter().map(Source::program))
        .collect();
    let outputs = printed(language, &programs);
    let (tested, rest) = outputs.split_at(known.len());
    let (mutated, ran) = rest.split_at(known.len());
    for (at, entry) in known.iter().enumerate() {
        let id = &entry.id;
        let passed = report(&good[at], &tested[at]);
        assert!(passed.total >= 2, "{id} has {} tests", passed.total);
        assert!(passed.is_good(), "{id}: {}\n{}", passed.output, tested[at]);
        let caught = report(&bad[at], &mutated[at]);
        assert!(
            caught.failed > 0,
            "the tests of {id} do not notice that it is wrong"
        );
        let result: Value = serde_json::from_str(ran[at].trim())
            .unwrap_or_else(|_| panic!("{id} printed {}", ran[at]));
        let sentence = spoken::result(entry, &entry.values(&[]), &result);
        let mut slots = entry
            .params
            .iter()
            .map(|param| format!("{{{}}}", param.name));
        let unfilled = slots.any(|slot| sentence.contains(&slot)) || sentence.contains("{result}");
        assert!(!unfilled, "{id}: {sentence}");
    }
}

#[test]
fn every_python_program_holds_and_its_tests_notice_what_is_wrong() {
    if has("python3") {
        every_program_holds(Language::Python);
    }
}

#[test]
fn every_javascript_program_holds_and_its_tests_notice_what_is_wrong() {
    if has("node") {
        every_program_holds(Language::JavaScript);
    }
}

#[test]
fn entries_are_complete() {
    let catalogue = Catalogue::shared().unwrap();
    assert!(catalogue.entries.len() >= 60);
    let ids: BTreeSet<&str> = catalogue.entries.iter().map(|entry| &*entry.id).collect();
    assert_eq!(
        ids.len(),
        catalogue.entries.len(),
        "two entries have one id"
    );
    for entry in &catalogue.entries {
        let id = &entry.id;
        assert!(entry.explain.len() > 20, "{id}");
        assert!(entry.says_no.is_none() || entry.says.is_some(), "{id}");
        assert_eq!(
            entry.javascript.is_some(),
            entry.wrong_javascript.is_some(),
            "{id}"
        );
        for (values, _) in &entry.cases {
            assert_eq!(
                values.len(),
                entry.params.len(),
                "{id}: a case with other parameters"
            );
        }
        for param in &entry.params {
            let fits = match param.kind {
                Kind::Number => param.default.is_i64(),
                Kind::Decimal => param.default.is_number(),
                Kind::Text | Kind::Date => param.default.is_string(),
                Kind::Numbers | Kind::Words => param.default.is_array(),
                Kind::Fixed => true,
            };
            assert!(fits, "{id}: the default of {}", param.name);
        }
    }
}

#[test]
fn every_entry_is_found_by_its_title() {
    let catalogue = Catalogue::shared().unwrap();
    for entry in &catalogue.entries {
        let found = catalogue.find(&entry.title, date(2026, 11, 26)).unwrap();
        let id = found.map(|found| found.entry.id.clone());
        assert_eq!(id.as_deref(), Some(&*entry.id), "{}", entry.title);
    }
}

#[test]
fn sentences_do_not_clash() {
    let catalogue = Catalogue::shared().unwrap();
    let clashes = catalogue.sentences.clashes();
    assert!(clashes.is_empty(), "{clashes:#?}");
}

#[test]
fn requests_find_programs_and_their_values() {
    let catalogue = Catalogue::shared().unwrap();
    for (said, id, values) in [
        ("reverse a string", "reverse_string", json!(["hello"])),
        (
            "reverses the word Banana",
            "reverse_string",
            json!(["Banana"]),
        ),
        ("reversing strings", "reverse_string", json!(["hello"])),
        ("spell a word backwards", "reverse_string", json!(["hello"])),
        (
            "compute the first twenty primes",
            "first_primes",
            json!([20]),
        ),
        (
            "compute the first ten prime numbers",
            "first_primes",
            json!([10]),
        ),
        (
            "print all prime numbers up to 50",
            "primes_below",
            json!([50]),
        ),
        ("check if 97 is prime", "is_prime", json!([97])),
        (
            "checks whether a number is a prime number",
            "is_prime",
            json!([97]),
        ),
        (
            "check whether a word is a palindrome",
            "is_palindrome",
            json!(["racecar"]),
        ),
        (
            "tell me if level is a palindrome",
            "is_palindrome",
            json!(["level"]),
        ),
        (
            "print the Fibonacci numbers up to 200",
            "fibonacci_up_to",
            json!([200]),
        ),
        (
            "calculates the Fibonacci sequence",
            "fibonacci",
            json!([10]),
        ),
        ("compute the factorial of twelve", "factorial", json!([12])),
        (
            "find the greatest common divisor of 48 and 36",
            "gcd",
            json!([48, 36]),
        ),
        (
            "sort the numbers 5, 2 and 9",
            "sort_numbers",
            json!([[5, 2, 9]]),
        ),
        ("sorts a list", "sort_numbers", json!([[3, 1, 2]])),
        (
            "sort a list using bubble sort",
            "bubble_sort",
            json!([[5, 1, 4, 2]]),
        ),
        (
            "compute the average of 1, 2 and 6",
            "mean",
            json!([[1, 2, 6]]),
        ),
        (
            "count the vowels in programming",
            "count_vowels",
            json!(["programming"]),
        ),
        (
            "count the days between today and christmas",
            "days_between",
            json!(["2026-11-26", "2026-12-25"]),
        ),
        ("convert 42 to Roman numerals", "to_roman", json!([42])),
        (
            "generate a random password of length 20",
            "password",
            json!([20]),
        ),
        (
            "solve the towers of Hanoi with 4 disks",
            "hanoi",
            json!([4]),
        ),
        ("play fizz buzz", "fizzbuzz", json!([15])),
        ("print hello world", "hello_world", json!(["world"])),
        (
            "say whether 2028 is a leap year",
            "is_leap_year",
            json!([2028]),
        ),
        (
            "encrypt the word secret with the Caesar cipher",
            "caesar_cipher",
            json!(["secret", 3]),
        ),
        (
            "find the largest number in a list",
            "largest",
            json!([[3, 9, 2]]),
        ),
        (
            "removing list duplicates",
            "remove_duplicates",
            json!([[3, 1, 3, 2, 1]]),
        ),
    ] {
        let found = catalogue.find(said, date(2026, 11, 26)).unwrap();
        let found = found.unwrap_or_else(|| panic!("nothing for {said}"));
        assert_eq!(found.entry.id, id, "{said}");
        assert_eq!(json!(found.entry.values(&found.given)), values, "{said}");
    }
}

#[test]
fn what_is_not_known_is_not_found() {
    let catalogue = Catalogue::shared().unwrap();
    for said in [
        "reverse a linked list",
        "control my lights",
        "train a neural network",
        "sort my socks by color in the wardrobe",
        "find the meaning of life",
        "a list",
        "download a web page",
        "predict the weather",
        "",
    ] {
        let found = catalogue.find(said, date(2026, 11, 26)).unwrap();
        assert_eq!(found.map(|found| found.entry.id.clone()), None, "{said}");
    }
}
