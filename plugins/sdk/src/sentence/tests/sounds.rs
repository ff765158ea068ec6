//! Homophones in exact matches.

use super::*;

#[test]
fn a_word_stands_for_one_of_its_sound() {
    let kinds = [("what", SlotType::Text), ("n", SlotType::Number)];
    let sentences = compile(vec![
        intent("write", &["write a {what}"], &kinds),
        intent("buy", &["buy {n} eggs"], &kinds),
        intent(
            "weather",
            &["[what is] the weather (for|in) one hour"],
            &kinds,
        ),
        intent("read", &["read (my|the) mail"], &kinds),
    ]);
    let found = |text: &str| {
        let words = Words::new(text);
        let found = sentences.find(&words);
        found
            .first()
            .map(|found| (found.intent.to_owned(), found.slots.clone()))
    };
    for (text, intent) in [
        ("right a python function", "write"),
        ("Rite a letter, please.", "write"),
        ("by four eggs", "buy"),
        ("bye 12 eggs", "buy"),
        ("what is the whether four won our", "weather"),
        ("could you red my male", "read"),
    ] {
        assert_eq!(
            found(text).map(|found| found.0).as_deref(),
            Some(intent),
            "{text}"
        );
    }
    // What a slot takes is left as it was said.
    let (_, slots) = found("right a function to add two numbers").unwrap();
    assert_eq!(
        slots["what"],
        Slot::Text("function to add two numbers".into())
    );
    assert_eq!(found("sell four eggs"), None);
}

#[test]
fn the_word_itself_comes_first() {
    let sentences = compile(vec![
        intent("turn", &["write turn"], &[]),
        intent("side", &["right turn"], &[]),
    ]);
    let words = Words::new("right turn");
    let found = sentences.find(&words);
    assert_eq!((found.len(), found[0].intent), (1, "side"));
}
