//! Lists that change while they are matched.

use super::*;

fn named(names: &[&str]) -> Vec<(String, Vec<String>)> {
    names.iter().map(|name| ((*name).into(), vec![])).collect()
}

#[test]
fn a_change_is_matched_at_once() {
    let lists = Lists::default();
    let kinds = [("list", SlotType::Dynamic("names".into()))];
    let manifest = manifest(
        vec![intent("show", &["show [my] {list} list"], &kinds)],
        &[],
    );
    let sentences = Sentences::compile([&manifest], &lists).unwrap();
    let choice = |text: &str| slots(&sentences, text).map(|slots| slots[0].1.clone());
    assert_eq!(choice("show my shopping list"), None);
    lists.set("test", "names", named(&["shopping", "To do!"]));
    assert_eq!(
        choice("show my shopping list"),
        Some(Slot::Choice("shopping".into()))
    );
    assert_eq!(
        choice("Show to-do list."),
        Some(Slot::Choice("To do!".into()))
    );
    let words = Words::new("show me my shopping list");
    let near = &sentences.near(&words)[0];
    assert!(near.missing.is_empty() && near.slots.len() == 1, "{near:?}");
    // Another plugin's list of that name is another list.
    lists.set("other", "names", named(&["books"]));
    assert_eq!(choice("show books list"), None);
    lists.set("test", "names", named(&["books"]));
    assert_eq!(
        choice("show books list"),
        Some(Slot::Choice("books".into()))
    );
    assert_eq!(choice("show shopping list"), None);
    let near = &sentences.near(&words)[0];
    assert_eq!(near.missing[0].slot, "list");
}

#[test]
fn one_utterance_sees_one_list() {
    let lists = Lists::default();
    lists.set("test", "names", named(&["red"]));
    let kinds = [("list", SlotType::Dynamic("names".into()))];
    let manifest = manifest(vec![intent("show", &["show {list}"], &kinds)], &[]);
    let sentences = Sentences::compile([&manifest], &lists).unwrap();
    let words = Words::new("show red");
    std::thread::scope(|scope| {
        let change = scope.spawn(|| {
            for at in 0..2_000 {
                lists.set("test", "names", named(&[["red", "blue"][at % 2]]));
            }
        });
        while !change.is_finished() {
            for found in sentences.find(&words) {
                assert_eq!(found.slots.len(), 1, "matched without its value");
            }
        }
    });
}

#[test]
fn too_many_entries_are_cut_off() {
    let lists = Lists::default();
    let entries = (0..MAX_ENTRIES + 10).map(|at| (format!("entry {at}"), vec![]));
    lists.set("test", "names", entries.collect());
    assert_eq!(lists.get("test", "names").len(), MAX_ENTRIES);
}
