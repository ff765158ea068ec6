//! Parts in any order.

use super::*;

fn reminder() -> Sentences {
    one(
        "remind me (to {text}; [on] {day}; at {time})",
        &[
            ("text", SlotType::Text),
            ("day", SlotType::Date),
            ("time", SlotType::Time),
        ],
    )
}

#[test]
fn parts_come_in_any_order() {
    let sentences = reminder();
    let parts = ["to call mum", "tomorrow", "at 9 pm"];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let text = format!("remind me {}", order.map(|at| parts[at]).join(" "));
        let slots = slots(&sentences, &text).unwrap_or_else(|| panic!("{text}"));
        let spoken: Vec<String> = slots.iter().map(|(_, slot)| slot.spoken()).collect();
        assert_eq!(spoken, ["tomorrow", "call mum", "9:00 PM"], "{text}");
    }
    for text in [
        "remind me to call mum tomorrow",
        "remind me tomorrow at 9 pm",
        "remind me at 9 pm at 9 pm tomorrow to call mum",
    ] {
        assert_eq!(slots(&sentences, text), None, "{text}");
    }
}

#[test]
fn optional_parts_may_be_left_out() {
    let kinds = [("n", SlotType::Number)];
    let sentences = one("light (on; [in {n} rooms]; [now|please])", &kinds);
    for text in [
        "light on",
        "light on now",
        "light now on",
        "light in 2 rooms on now",
        "light now in 2 rooms on",
    ] {
        assert!(slots(&sentences, text).is_some(), "{text}");
    }
    for text in ["light", "light now", "light on now now"] {
        assert_eq!(slots(&sentences, text), None, "{text}");
    }
}

#[test]
fn orders_clash_like_other_forms() {
    let sentences = compile(vec![
        intent("a", &["(red; green; blue)"], &[]),
        intent("b", &["blue red green"], &[]),
    ]);
    assert_eq!(sentences.clashes()[0].words, "blue red green");
    assert!(sentences.clashes()[0].unreachable);
}

#[test]
fn many_orders_stay_small() {
    let part = |at: usize| format!("(a{at}|b{at}) [c{at}] {{s{at}}}");
    let parts: Vec<String> = (0..5).map(part).collect();
    let names: Vec<String> = (0..5).map(|at| format!("s{at}")).collect();
    let kinds: Vec<(&str, SlotType)> = names
        .iter()
        .map(|name| (name.as_str(), SlotType::Text))
        .collect();
    let sentences = one(&format!("({})", parts.join(";")), &kinds);
    assert!(sentences.list[0].program.ops.len() < 1_000);
    let text = "b4 c4 x x a0 x b2 c2 x x a1 x x x b3 x";
    assert_eq!(slots(&sentences, text).map(|slots| slots.len()), Some(5));
    // One part never comes: nothing fits, after all has been tried.
    let long = "a0 x b1 x a2 x b3 x ".repeat(20);
    assert_eq!(slots(&sentences, &long), None);
    assert!(sentences.near(&Words::new(&long)).is_empty());
}
