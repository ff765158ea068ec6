//! Sentences to train on.

use std::collections::BTreeSet;

use super::*;

#[test]
fn examples_are_matched_by_their_own_sentences() {
    let kinds = [
        ("length", SlotType::Duration),
        ("name", SlotType::Text),
        ("n", SlotType::Number),
    ];
    let sentences = compile(vec![
        intent(
            "timer",
            &[
                "(set|start|begin) [(a|the)] [{name}] timer for {length} [now|please|today]",
                "({length}; timer) [go]",
            ],
            &kinds,
        ),
        intent("count", &["count (to {n}; aloud)"], &kinds),
    ]);
    let examples = sentences.examples("test", "timer", 60);
    assert_eq!(examples.len(), 60);
    assert_eq!(examples.iter().collect::<BTreeSet<_>>().len(), 60);
    assert_eq!(examples, sentences.examples("test", "timer", 60));
    assert_eq!(examples[..20], sentences.examples("test", "timer", 20)[..]);
    for text in &examples {
        let words = Words::new(text);
        assert!(
            sentences
                .find(&words)
                .iter()
                .any(|found| found.intent == "timer"),
            "{text}"
        );
    }
    // Even a few are of all kinds.
    let few = sentences.examples("test", "timer", 24);
    for part in [
        "set ", "start ", "begin ", "now", "please", "go", "hour", "seconds",
    ] {
        let with = few.iter().filter(|text| text.contains(part)).count();
        assert!(
            part == "please" || (1..24).contains(&with),
            "{part}: {few:?}"
        );
    }
    assert!(sentences.examples("test", "none", 5).is_empty());
    assert!(sentences.examples("other", "timer", 5).is_empty());
}

#[test]
fn there_are_no_more_examples_than_forms() {
    let lists = Lists::default();
    let kinds = [("drink", SlotType::Dynamic("drinks".into()))];
    let manifest = manifest(
        vec![intent(
            "a",
            &["[the] (red|green) light", "bring {drink}"],
            &kinds,
        )],
        &[],
    );
    let sentences = Sentences::compile([&manifest], &lists).unwrap();
    let all = |limit: usize| {
        let examples = sentences.examples("test", "a", limit);
        examples.into_iter().collect::<BTreeSet<_>>()
    };
    let lights = [
        "green light",
        "red light",
        "the green light",
        "the red light",
    ];
    assert_eq!(all(100), lights.map(String::from).into());
    assert_eq!(all(2).len(), 2);
    lists.set("test", "drinks", vec![("tea".into(), vec![])]);
    assert!(all(100).contains("bring tea"));
}

#[test]
fn endless_forms_are_no_trouble() {
    let template = format!("go {}", "[a|b|c] ".repeat(300));
    let examples = one(&template, &[]).examples("test", "a", 50);
    assert_eq!(examples.len(), 50);
}
