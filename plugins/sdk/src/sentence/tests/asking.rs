//! Near matches that lack a value, and follow-ups.

use super::*;

/// The missing slots with what was heard in their place, the score, and the score without them.
type Near = (Vec<(String, String)>, f32, f32);

fn near(sentences: &Sentences, text: &str) -> Option<Near> {
    let words = Words::new(text);
    let near = sentences.near(&words).into_iter().next()?;
    let missing = near.missing.into_iter().map(|gap| (gap.slot, gap.heard));
    Some((missing.collect(), near.score, near.complete_score))
}

fn gap(slot: &str, heard: &str) -> Vec<(String, String)> {
    vec![(slot.into(), heard.into())]
}

#[test]
fn a_missing_value_is_named_with_what_was_heard() {
    let sentences = compile(vec![
        intent(
            "timer",
            &["set a timer for {length}"],
            &[("length", SlotType::Duration)],
        ),
        intent("joke", &["tell me a joke"], &[]),
    ]);
    for (text, heard) in [
        ("set a timer for", ""),
        ("set a timer", ""),
        ("set a timer for ten minuets", "ten minuets"),
        ("Set a timer for Bread!", "Bread"),
    ] {
        let (missing, score, complete) = near(&sentences, text).unwrap();
        assert_eq!(missing, gap("length", heard), "{text}");
        assert!(
            score <= 0.7 && complete > 0.85,
            "{text}: {score} {complete}"
        );
    }
    let (missing, score, complete) = near(&sentences, "set the timer for ten minutes").unwrap();
    assert!(
        missing.is_empty() && score == complete,
        "{score} {complete}"
    );
}

#[test]
fn sentences_with_free_text_are_asked_about_only_if_their_words_fit() {
    let kinds = [
        ("text", SlotType::Text),
        ("day", SlotType::Date),
        ("time", SlotType::Time),
        ("when", SlotType::DateTime),
    ];
    let sentences = compile(vec![
        intent("at", &["remind me to {text} {day} at {time}"], &kinds),
        intent("note", &["note {text} for {when}"], &kinds),
    ]);
    let (missing, score, complete) =
        near(&sentences, "remind me to call mum tomorrow at nein").unwrap();
    assert_eq!(missing, gap("time", "nein"));
    assert!(score <= 0.7 && complete > 0.95, "{score} {complete}");
    // A value beside strange words is no value.
    let (missing, score, _) = near(&sentences, "note milk for tomorrow thyme").unwrap();
    assert_eq!(missing, gap("when", "tomorrow thyme"));
    assert!(score <= 0.7, "{score}");
    let (missing, ..) = near(&sentences, "note").unwrap_or_default();
    assert!(missing.is_empty(), "{missing:?}");
    for text in ["call mum tomorrow", "remind mum to call me", "note milk"] {
        assert!(near(&sentences, text).is_none(), "{text}");
    }
}

#[test]
fn follow_ups_are_sentences_of_their_own() {
    let mut timer = intent("timer", &["set a timer"], &[("length", SlotType::Duration)]);
    timer.follow_ups = vec!["make it {length}".into()];
    let manifest = manifest(vec![timer], &[]);
    let lists = Lists::default();
    let sentences = Sentences::compile([&manifest], &lists).unwrap();
    let follow_ups = Sentences::compile_follow_ups([&manifest], &lists).unwrap();
    let words = Words::new("make it ten minutes");
    assert!(sentences.find(&words).is_empty());
    let found = follow_ups.find(&words);
    assert_eq!((found[0].intent, found[0].slots.len()), ("timer", 1));
    assert!(follow_ups.find(&Words::new("set a timer")).is_empty());
    assert!(sentences.unused().is_empty());
}

#[test]
fn a_broken_follow_up_is_named() {
    let mut timer = intent("timer", &["set a timer"], &[]);
    timer.follow_ups = vec!["make it {length}".into()];
    let manifest = manifest(vec![timer], &[]);
    let error = Sentences::compile_follow_ups([&manifest], &Lists::default()).unwrap_err();
    assert_eq!(error.fault, Fault::UnknownSlot("length".into()));
}
