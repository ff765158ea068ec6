use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::{Intent, Risk, Slot, SlotType};

mod asking;
mod examples;
mod lists;
mod orders;
mod sounds;

fn intent(name: &str, sentences: &[&str], slots: &[(&str, SlotType)]) -> Intent {
    Intent {
        name: name.into(),
        risk: Risk::Read,
        summary: None,
        example: String::new(),
        sentences: sentences.iter().map(|s| (*s).into()).collect(),
        slots: slots
            .iter()
            .map(|(name, kind)| ((*name).into(), kind.clone()))
            .collect(),
        ..Intent::default()
    }
}

fn manifest(intents: Vec<Intent>, rules: &[(&str, &str)]) -> Manifest {
    Manifest {
        id: "test".into(),
        name: "Test".into(),
        version: "1".into(),
        summary: String::new(),
        rules: rules
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect(),
        intents,
        ..Manifest::default()
    }
}

fn compile(intents: Vec<Intent>) -> Sentences {
    Sentences::compile([&manifest(intents, &[])], &Lists::default()).unwrap()
}

fn one(template: &str, slots: &[(&str, SlotType)]) -> Sentences {
    compile(vec![intent("a", &[template], slots)])
}

fn slots(sentences: &Sentences, text: &str) -> Option<Vec<(String, Slot)>> {
    let words = Words::new(text);
    sentences
        .find(&words)
        .into_iter()
        .next()
        .map(|found| found.slots.into_iter().collect())
}

#[test]
fn marks_mean_what_they_say() {
    let sentences = one("(set|start) [(a|the)] timer [now]", &[]);
    for text in ["Set a timer.", "start timer now", "START THE TIMER!"] {
        assert!(slots(&sentences, text).is_some(), "{text}");
    }
    for text in ["set", "set a the timer", "timer", "set timer now now", ""] {
        assert!(slots(&sentences, text).is_none(), "{text}");
    }
}

#[test]
fn slots_take_values() {
    let kinds = [("name", SlotType::Text), ("length", SlotType::Duration)];
    let sentences = one("set [a] [{name}] timer for {length} [please]", &kinds);
    let ten = Slot::Duration(jiff::SignedDuration::from_mins(10));
    assert_eq!(
        slots(&sentences, "Set a timer for ten minutes"),
        Some(vec![("length".into(), ten.clone())])
    );
    let pasta = ("name".to_owned(), Slot::Text("Mum's Pasta".into()));
    assert_eq!(
        slots(&sentences, "set a Mum's Pasta timer for 10 minutes."),
        Some(vec![("length".into(), ten), pasta])
    );
    assert_eq!(slots(&sentences, "set a timer for bread"), None);
}

#[test]
fn text_leaves_what_follows() {
    let kinds = [("item", SlotType::Text)];
    let sentences = one("add {item} [to [my] list]", &kinds);
    for (text, item) in [
        ("add milk", "milk"),
        ("Add oat milk to my list", "oat milk"),
        ("add list", "list"),
    ] {
        assert_eq!(
            slots(&sentences, text),
            Some(vec![("item".into(), Slot::Text(item.into()))]),
            "{text}"
        );
    }
}

#[test]
fn lists_give_the_entry() {
    let entries = [
        ("tea".to_owned(), vec!["a cup of tea".to_owned()]),
        ("milk".to_owned(), vec![]),
    ];
    let sentences = one(
        "bring {drink}",
        &[("drink", SlotType::List(entries.into()))],
    );
    for (text, entry) in [
        ("bring tea", "tea"),
        ("Bring a cup of tea!", "tea"),
        ("bring milk", "milk"),
    ] {
        assert_eq!(
            slots(&sentences, text),
            Some(vec![("drink".into(), Slot::Choice(entry.into()))]),
            "{text}"
        );
    }
    assert_eq!(slots(&sentences, "bring beer"), None);
}

#[test]
fn rules_are_filled_in() {
    let rules = [
        ("ask", "[<polite>] (tell me|what is)"),
        ("polite", "kindly"),
    ];
    let manifest = manifest(vec![intent("a", &["<ask> the time"], &[])], &rules);
    let sentences = Sentences::compile([&manifest], &Lists::default()).unwrap();
    for text in ["What's the time?", "kindly tell me the time"] {
        assert!(slots(&sentences, text).is_some(), "{text}");
    }
}

#[test]
fn words_of_its_own_beat_free_text() {
    let kinds = [("what", SlotType::Text)];
    let sentences = compile(vec![
        intent("anything", &["play {what}"], &kinds),
        intent("some", &["play some {what}"], &kinds),
        intent("jazz", &["play some jazz"], &[]),
    ]);
    let order = |text: &str| {
        let words = Words::new(text);
        sentences
            .find(&words)
            .iter()
            .map(|found| found.intent.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order("play some jazz"), ["jazz", "some", "anything"]);
    assert_eq!(order("play some blues"), ["some", "anything"]);
    assert_eq!(order("play it"), ["anything"]);
}

#[test]
fn faults_name_their_place() {
    let rules = [
        ("loop", "a <other>"),
        ("other", "<loop>"),
        ("broken", "a [b"),
    ];
    for (template, column, fault) in [
        ("set [a timer", 5, Fault::Unclosed('[')),
        ("set (a|b timer", 5, Fault::Unclosed('(')),
        ("set a] timer", 6, Fault::Stray(']')),
        ("set (a] timer", 7, Fault::Stray(']')),
        ("set a} timer", 6, Fault::Stray('}')),
        ("set () timer", 6, Fault::Empty),
        ("set (a|) timer", 8, Fault::Empty),
        ("", 1, Fault::Empty),
        ("set {a", 5, Fault::Unclosed('{')),
        ("set {b}", 5, Fault::UnknownSlot("b".into())),
        ("set {}", 5, Fault::Empty),
        ("{a} and [{a}]", 1, Fault::SlotTwice("a".into())),
        ("set <b>", 5, Fault::UnknownRule("b".into())),
        ("<broken>", 3, Fault::Unclosed('[')),
        ("<loop>", 1, Fault::RuleLoop("loop".into())),
        ("[a] [b]", 1, Fault::MatchesNothing),
        (&"[".repeat(100), 25, Fault::TooLarge),
        ("a; b", 2, Fault::Stray(';')),
        ("(a; )", 4, Fault::Empty),
        ("(a;b;c;d;e;f)", 1, Fault::TooManyOrders),
        ("((a;b;c;d;(a;b;c;d;(a;b;c;d;e)));x)", 1, Fault::TooLarge),
    ] {
        let manifest = manifest(
            vec![intent("timer", &[template], &[("a", SlotType::Number)])],
            &rules,
        );
        let error = Sentences::compile([&manifest], &Lists::default()).unwrap_err();
        assert_eq!((error.column, &error.fault), (column, &fault), "{template}");
        let text = error.to_string();
        for part in [
            "`test`",
            "`timer`",
            &format!("`{template}`"),
            &format!("column {column}"),
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn clashes_are_reported_with_both_sentences() {
    let number = [("n", SlotType::Number)];
    let other = [("m", SlotType::Number)];
    let sentences = compile(vec![
        intent("a", &["[the] time", "the time", "add {n}"], &number),
        intent("b", &["(time|clock)", "add {m}", "day"], &other),
    ]);
    let pairs: Vec<_> = sentences
        .clashes()
        .iter()
        .map(|clash| {
            (
                clash.first.text.as_str(),
                clash.second.text.as_str(),
                clash.words.as_str(),
            )
        })
        .collect();
    let expected = [
        ("[the] time", "the time", "the time"),
        ("[the] time", "(time|clock)", "time"),
        ("add {n}", "add {m}", "add {Number}"),
    ];
    assert_eq!(pairs, expected);
    assert!(sentences.clashes()[1].to_string().contains("intent `b`"));
    let unreachable = sentences.clashes().iter().map(|clash| clash.unreachable);
    assert_eq!(unreachable.collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn a_sentence_that_others_cover_together_is_unreachable() {
    let sentences = compile(vec![
        intent("a", &["red light", "green light"], &[]),
        intent("b", &["(red|green) light"], &[]),
        intent("c", &["(red|blue) light"], &[]),
    ]);
    let clashes: Vec<_> = sentences.clashes().iter().collect();
    assert_eq!(clashes.len(), 2);
    assert!(clashes[0].unreachable && clashes[0].to_string().contains("never reached"));
    assert!(!clashes[1].unreachable);
}

#[test]
fn what_no_sentence_uses_is_reported() {
    let rules = [
        ("ask", "<the> x"),
        ("the", "the"),
        ("idle", "<also>"),
        ("also", "y"),
    ];
    let mut asked = intent(
        "a",
        &["<ask> {n}"],
        &[
            ("n", SlotType::Number),
            ("m", SlotType::Number),
            ("k", SlotType::Text),
        ],
    );
    asked.ask.insert("k".into(), "Which?".into());
    let tool = intent("tool", &[], &[("n", SlotType::Number)]);
    let manifest = manifest(vec![asked, tool], &rules);
    let sentences = Sentences::compile([&manifest], &Lists::default()).unwrap();
    let unused: Vec<String> = sentences.unused().iter().map(ToString::to_string).collect();
    assert_eq!(unused.len(), 3, "{unused:?}");
    for (text, part) in unused.iter().zip(["`{m}`", "`<also>`", "`<idle>`"]) {
        assert!(text.contains(part), "{text}");
    }
}

fn nearest(sentences: &Sentences, text: &str) -> Option<(String, f32)> {
    let words = Words::new(text);
    sentences
        .near(&words)
        .first()
        .map(|near| (near.intent.to_owned(), near.score))
}

#[test]
fn near_sentences_are_scored() {
    let sentences = compile(vec![
        intent("time", &["what time is it", "what is the time"], &[]),
        intent("joke", &["tell me a joke"], &[]),
        intent(
            "timer",
            &["set a timer for {length}"],
            &[("length", SlotType::Duration)],
        ),
    ]);
    let score = |text: &str, intent: &str| match nearest(&sentences, text) {
        Some((found, score)) if found == intent => score,
        _ => 0.0,
    };
    assert_eq!(score("what time is it", "time"), 1.0);
    assert!(score("what thyme is it", "time") > 0.85);
    assert!(score("so what time is it now then", "time") > 0.6);
    assert!(score("could you set the timer to ten minutes", "timer") > 0.75);
    assert!(score("tell us a good joke", "joke") > 0.5);
    assert!(score("what time does the movie start", "time") < 0.6);
    assert!(nearest(&sentences, "bananas").is_none_or(|(_, score)| score < 0.3));
    let (intent, score) = nearest(&sentences, "set a timer for").unwrap();
    assert!(intent == "timer" && (0.5..=0.7).contains(&score), "{score}");
    let words = Words::new("set the timer to ten minutes");
    let slots = &sentences.near(&words)[0].slots;
    assert_eq!(
        slots["length"],
        Slot::Duration(jiff::SignedDuration::from_mins(10))
    );
}

/// A sentence as the property tests write it, and one thing to say that matches.
fn template() -> impl Strategy<Value = (String, String)> {
    let word = prop::sample::select(vec!["red", "green", "blue", "what's", "o'clock", "twenty"]);
    let leaf = word.prop_map(|word| (word.to_owned(), word.to_owned()));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| (format!("{} {}", a.0, b.0), format!("{} {}", a.1, b.1))),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(a, b, swap)| {
                let said = if swap {
                    format!("{} {}", b.1, a.1)
                } else {
                    format!("{} {}", a.1, b.1)
                };
                (format!("({}; {})", a.0, b.0), said)
            }),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(a, b, first)| (
                format!("({}|{})", a.0, b.0),
                if first { a.1 } else { b.1 }
            )),
            (inner.clone(), inner, any::<bool>()).prop_map(|(a, b, with)| {
                let said = if with {
                    format!("{} {}", a.1, b.1)
                } else {
                    b.1
                };
                (format!("[{}] {}", a.0, b.0), said)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_sentence_matches_what_it_says((template, said) in template()) {
        let sentences = one(&template, &[]);
        prop_assert!(slots(&sentences, &said).is_some(), "{} / {}", template, said);
        let longer = format!("{said} yellow");
        prop_assert!(slots(&sentences, &longer).is_none());
        // Words such as "what is" alone are near nothing.
        let score = nearest(&sentences, &said).map_or(1.0, |(_, score)| score);
        prop_assert!(score > 0.999, "{}", score);
    }

    #[test]
    fn any_text_compiles_or_is_refused(text in "[a-c \\[\\](){}<>|;]{0,24}") {
        let manifest = manifest(vec![intent("x", &[&text], &[("a", SlotType::Number)])], &[("b", "c")]);
        match Sentences::compile([&manifest], &Lists::default()) {
            Ok(sentences) => { let _ = nearest(&sentences, "a b c"); }
            Err(error) => prop_assert!(error.column <= text.chars().count() + 1),
        }
    }

    #[test]
    fn any_utterance_is_bearable(text in "(what|time|is|it|ten|minutes|set|timer|for|\\PC{0,4})( (what|time|is|it|ten|minutes|set|timer|for|a)){0,60}") {
        let sentences = compile(vec![
            intent("time", &["what time is it"], &[]),
            intent("timer", &["set [a] [{name}] timer for {length}"], &[("name", SlotType::Text), ("length", SlotType::Duration)]),
        ]);
        let words = Words::new(&text);
        prop_assert!(sentences.find(&words).len() <= 2);
        for near in sentences.near(&words) {
            prop_assert!((0.0..=1.0).contains(&near.score), "{}", near.score);
        }
    }
}

/// Ten thousand sentences of a hundred intents that share most of their words.
fn many() -> Sentences {
    let rooms = [
        "kitchen", "bedroom", "office", "garage", "attic", "cellar", "garden", "hall", "bathroom",
        "balcony",
    ];
    let intents = (0..100).map(|i| {
        let sentences: Vec<String> = (0..100)
            .map(|s| {
                format!(
                    "(turn|switch) [on] the thing{i} {} [of] [number] {{n}} [at] part{s} [now]",
                    rooms[s % 10]
                )
            })
            .collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        intent(&format!("i{i}"), &sentences, &[("n", SlotType::Number)])
    });
    compile(intents.collect())
}

#[test]
fn ten_thousand_sentences_take_less_than_a_millisecond() {
    let sentences = many();
    let texts = [
        "turn on the thing42 kitchen number twenty five at part30 now",
        "switch the thing99 balcony 7 part99",
        "turn on the thing42 kitchen number twenty five at part31 now",
        "what time is it in the kitchen number four",
    ];
    let words = texts.map(Words::new);
    let mut times = Vec::new();
    for _ in 0..100 {
        for words in &words {
            let start = Instant::now();
            let found = sentences.find(words).len();
            times.push(start.elapsed());
            assert!(found <= 1);
        }
    }
    assert_eq!(sentences.find(&words[0]).len(), 1);
    times.sort_unstable();
    // The median: other programs may take the core away in between.
    assert!(
        times[times.len() / 2] < Duration::from_millis(1),
        "{:?}",
        times[times.len() / 2]
    );
    eprintln!(
        "p50 {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
}
