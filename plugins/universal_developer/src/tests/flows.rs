//! From a sentence to a program's result.

use serde_json::{Value, json};

use super::world::{Bench, at, has};

#[test]
fn a_program_is_written_tested_and_run() {
    if !has("python3") {
        return;
    }
    let bench = Bench::new();
    let reply = bench.ask("Write a Python function to reverse a string and run it on hello.");
    assert_eq!(
        reply.speech,
        "I wrote it in Python and its 5 tests pass. On hello it gives olleh."
    );
    assert_eq!(at(&reply, "/language"), "python");
    assert_eq!(at(&reply, "/result"), "olleh");
    assert_eq!(at(&reply, "/test_report/passed"), 5);
    assert_eq!(at(&reply, "/test_report/failed"), 0);
    let code = at(&reply, "/code").as_str().unwrap();
    assert!(code.contains("reverse_string(\"hello\")"), "{code}");
    let display = reply.display.as_deref().unwrap();
    assert!(
        display.contains("```python\ndef reverse_string"),
        "{display}"
    );
    let (topic, data) = &bench.published()[0];
    assert_eq!(topic, "universal_developer.generated");
    assert_eq!(data["code"], code);

    let reply = bench.ask("Write a program to compute the first ten prime numbers.");
    assert_eq!(
        at(&reply, "/result"),
        &json!([2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
    );
    assert!(
        reply.speech.contains("The first 10 primes are 2, 3, 5"),
        "{}",
        reply.speech
    );

    let reply = bench.ask("Write a function that checks whether a word is a palindrome.");
    assert_eq!(
        reply.speech,
        "I wrote it in Python and its 6 tests pass. Say what to run it on to try it."
    );
    let reply = bench.ask("Run the program on hello");
    assert!(
        reply.speech.ends_with("Hello is not a palindrome."),
        "{}",
        reply.speech
    );
}

#[test]
fn javascript_is_written_where_it_is_known() {
    if !has("node") {
        return;
    }
    let bench = Bench::new();
    let reply = bench.ask("Write a JavaScript function to reverse a string and run it on hello");
    assert_eq!(
        reply.speech,
        "I wrote it in JavaScript and its 5 tests pass. On hello it gives olleh."
    );
    let reply = bench.ask("Write a JavaScript function that computes the variance");
    assert!(
        reply.speech.contains("but not in JavaScript"),
        "{}",
        reply.speech
    );
    assert_eq!(reply.follow_up.unwrap().choices, ["Python"]);
    let reply = bench.ask("Write a Rust function to reverse a string");
    assert!(
        reply
            .speech
            .starts_with("I can't write and test Rust here."),
        "{}",
        reply.speech
    );
    assert_eq!(at(&reply, "/code"), &Value::Null);
}

#[test]
fn without_a_sandbox_the_code_is_given_and_said_not_to_be_run() {
    let bench = Bench::without_sandbox();
    let reply = bench.ask("Write a program to compute the first ten prime numbers.");
    assert_eq!(
        reply.speech,
        "I wrote it in Python, but I have not run it: the sandbox is not available: start Docker."
    );
    assert_eq!(at(&reply, "/test_report"), &Value::Null);
    assert!(
        at(&reply, "/code")
            .as_str()
            .unwrap()
            .contains("def first_primes")
    );
    let reply = bench.ask("Run this code: `print(1)`");
    assert!(
        reply.speech.starts_with("I have not run it"),
        "{}",
        reply.speech
    );
}

#[test]
fn what_is_not_known_is_said() {
    let bench = Bench::new();
    let reply = bench.ask("Write a program that controls my lights");
    assert!(
        reply.speech.starts_with("I don't know a program for that"),
        "{}",
        reply.speech
    );
    assert_eq!(at(&reply, "/code"), &Value::Null);
    let reply = bench.ask("Write a program to list the first 999999999 primes");
    assert!(
        reply
            .speech
            .starts_with("It takes a number from 0 to 10000"),
        "{}",
        reply.speech
    );
    for text in [
        "Run the program again.",
        "Show me the code.",
        "Explain the code.",
        "Save it as x.",
    ] {
        let reply = bench.ask(text);
        assert!(
            reply.speech.starts_with("I have not written a program yet"),
            "{text}"
        );
    }
    assert!(bench.ran().is_empty());
}

#[test]
fn programs_are_saved_shown_explained_and_run_again() {
    if !has("python3") {
        return;
    }
    let bench = Bench::new();
    bench.ask("Write a program to compute the first ten prime numbers.");
    let reply = bench.ask("Explain the code.");
    assert!(
        reply.speech.contains("a number is prime if")
            || reply.speech.contains("A number is prime if")
    );
    let saved = bench.ask("Save it as Prime Finder.");
    assert_eq!(saved.speech, "Saved as prime finder.");
    assert_eq!(
        bench.ask("List my programs").speech,
        "One program is saved: prime finder."
    );

    let bench = bench.restarted();
    let reply = bench.ask("Run my prime program again.");
    assert!(
        reply
            .speech
            .starts_with("I ran prime finder again and its 4 tests pass."),
        "{}",
        reply.speech
    );
    let reply = bench.ask("Run my prime program again on five");
    assert_eq!(at(&reply, "/result"), &json!([2, 3, 5, 7, 11]));
    let reply = bench.ask("Show me my prime finder program");
    assert_eq!(reply.speech, "Here is prime finder.");
    assert_eq!(at(&reply, "/arguments"), &json!([5]));
    let reply = bench.ask("Show me my weather program");
    assert_eq!(
        reply.speech,
        "I have no weather program. Have me write it first."
    );

    assert_eq!(bench.undo(&saved).speech, "It is no longer saved.");
    assert!(
        bench
            .ask("List my programs")
            .speech
            .starts_with("No program is saved.")
    );
}

#[test]
fn saving_over_a_name_can_be_undone() {
    let bench = Bench::without_sandbox();
    bench.ask("Write a program to compute the first ten prime numbers.");
    bench.ask("Save it as mine");
    bench.ask("Write a function to reverse a string");
    let second = bench.ask("Save it as mine");
    assert_eq!(
        at(&bench.ask("Show me my mine program"), "/id"),
        "reverse_string"
    );
    bench.undo(&second);
    assert_eq!(
        at(&bench.ask("Show me my mine program"), "/id"),
        "first_primes"
    );
    let carried = bench.ask_carrying("Show it", "show_code", "mine");
    assert_eq!(at(&carried, "/id"), "reverse_string");
    let carried = bench.ask_carrying("Save it", "save_code", "mine");
    assert_eq!(carried.speech, "What shall I call it?");
    let reply = bench.ask("Run my mine program again");
    assert_eq!(
        reply.speech,
        "I have not run mine: the sandbox is not available: start Docker."
    );
    let long = format!("Save it as {}", "x".repeat(100));
    assert!(bench.ask(&long).follow_up.is_some());
}

#[test]
fn given_code_runs_by_profile_only() {
    if !has("python3") {
        return;
    }
    let bench = Bench::new();
    let reply = bench.ask("Run this code: `print(6 * 7)`");
    assert_eq!(reply.speech, "It printed 42.");
    assert_eq!(at(&reply, "/run/stdout"), "42\n");
    let reply = bench.ask("Run the program again");
    assert!(reply.speech.ends_with("It gives 42."), "{}", reply.speech);
    let given = json!({ "code": "read x; echo \"got $x\"", "language": "shell", "stdin": "tea\n" });
    let reply = bench.ask_with("Run this code", Some(given));
    assert_eq!(reply.speech, "It printed got tea.");
    let reply = bench.ask("Run this code: `raise ValueError('no')`");
    assert_eq!(reply.speech, "It failed: ValueError: no.");
    let before = bench.ran().len();
    for client in [
        json!({ "code": "x", "language": "../../bin/sh" }),
        json!({ "code": "x", "language": "ruby" }),
        json!({ "code": "x".repeat(100_000) }),
        json!({ "language": "python" }),
    ] {
        let reply = bench.ask_with("Run this code", Some(client.clone()));
        assert!(reply.data.is_none(), "{client}");
    }
    assert_eq!(bench.ran().len(), before);
}

#[test]
fn nothing_that_is_said_becomes_code() {
    if !has("python3") || !has("node") {
        return;
    }
    let bench = Bench::new();
    for said in [
        "x\") or __import__(\"os\").system(\"touch pwned\") or (\"",
        "x'''y\"\"\"z'; import os",
        "`${process.exit(7)}`",
        "a\\\nb\\\" c",
        "{result} {text} %s \u{2028} é 😀",
        "</script>```\n# heading",
    ] {
        for language in ["Python", "JavaScript"] {
            let request =
                format!("Write a {language} function to reverse a string and run it on {said}");
            let reply = bench.ask(&request);
            let value = at(&reply, "/arguments/0").as_str().unwrap().to_owned();
            let reversed: String = value.chars().rev().collect();
            assert_eq!(at(&reply, "/result"), &json!(reversed), "{said}");
            assert!(
                reply
                    .data
                    .is_some_and(|data| data["test_report"]["failed"] == 0),
                "{said}"
            );
        }
    }
}

#[test]
fn a_megabyte_is_refused() {
    let bench = Bench::new();
    // The most that a client can send; the values' own tests take ten megabytes.
    let huge = "x".repeat(1 << 20);
    let reply = bench.ask(&format!(
        "Write a function to reverse a string and run it on {huge}"
    ));
    assert!(
        reply.speech.ends_with("2000 letters is the most I take."),
        "{}",
        reply.speech.len()
    );
    assert!(reply.speech.len() < 300);
    assert!(
        bench
            .ran()
            .iter()
            .all(|program| program.code.len() < 10_000)
    );
    let reply = bench.ask(&format!("Write a program that {huge}"));
    assert!(reply.speech.len() < 300);
}
