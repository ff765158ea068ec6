//! The plugin that `plugins/README.md` builds, and that the guide shows it as it is.

#![allow(missing_docs, clippy::unwrap_used)]

use fame_plugin::testkit::TestKit;
use fame_plugin::{Manifest, Permission, Risk, SlotType};

#[path = "guide/src/lib.rs"]
mod dice;

const GUIDE: &str = include_str!("../../README.md");

#[test]
fn dice_are_rolled() {
    let kit = TestKit::new(
        dice::Dice::default(),
        "2026-11-25T15:05:00.000000008[Europe/Berlin]",
    )
    .unwrap();
    assert_eq!(
        kit.intent("Could you roll three dice for me?"),
        Some("roll")
    );
    assert_eq!(kit.intent("Roll the credits."), None);
    assert_eq!(kit.ask("Throw a die!").unwrap().speech, "3.");
    assert_eq!(kit.ask("Roll two dice.").unwrap().speech, "3 and 2.");
    assert_eq!(
        kit.ask("Roll 100 dice.").unwrap().speech,
        "I have six dice. How about fewer?"
    );
}

#[test]
fn the_guide_shows_this_code() {
    for code in [
        include_str!("guide/plugin.toml"),
        include_str!("guide/src/lib.rs"),
    ] {
        assert!(
            GUIDE.contains(code),
            "the guide has other code than:\n{code}"
        );
    }
}

/// Every name that the guide's tables explain exists, and none is missing.
#[test]
fn the_guide_names_what_exists() {
    let explained = |heading: &str| -> Vec<String> {
        let table = GUIDE.split(heading).nth(1).unwrap();
        let rows = table
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'));
        rows.skip(2)
            .map(|row| row.split('`').nth(1).unwrap().to_owned())
            .collect()
    };
    let of_json = |name: &str| serde_json::Value::String(name.into());
    let kinds = explained("### Slots");
    // These two are written with their values.
    let (with_values, plain): (Vec<_>, Vec<_>) = kinds
        .iter()
        .partition(|kind| ["list", "dynamic"].contains(&kind.as_str()));
    assert_eq!(with_values.len(), 2);
    for kind in &plain {
        serde_json::from_value::<SlotType>(of_json(kind)).unwrap();
    }
    // What is read from a manifest names the kinds that there are.
    let unknown = serde_json::from_value::<SlotType>(of_json("no such kind")).unwrap_err();
    let named = unknown.to_string().matches('`').count() / 2 - 1;
    assert_eq!(kinds.len(), named, "{unknown}");
    for risk in explained("### Risk") {
        serde_json::from_value::<Risk>(of_json(&risk)).unwrap();
    }
    for permission in explained("### Permissions") {
        serde_json::from_value::<Permission>(of_json(&permission)).unwrap();
    }
    Manifest::parse(include_str!("guide/plugin.toml")).unwrap();
}
