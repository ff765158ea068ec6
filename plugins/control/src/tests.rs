use fame_plugin::testkit::TestKit;
use fame_plugin::{Act, Manifest};

use super::{Control, MANIFEST, RATE_STEP, STOPPING, VOLUME_STEP};

fn kit() -> TestKit {
    TestKit::new(Control, "2026-11-25T15:05:00[Europe/Berlin]").unwrap()
}

#[test]
fn people_are_understood() {
    let kit = kit();
    for (intent, texts) in [
        (
            "stop",
            &[
                "Stop.",
                "Stop it!",
                "Stop, please.",
                "Be quiet.",
                "Shut up",
                "That's enough.",
                "Stop talking",
                "Okay, stop.",
            ][..],
        ),
        (
            "cancel",
            &[
                "Cancel.",
                "Never mind.",
                "Forget it.",
                "Nevermind",
                "Cancel that please",
                "I changed my mind",
            ],
        ),
        (
            "repeat",
            &[
                "Repeat that.",
                "Say that again.",
                "What did you say?",
                "Can you repeat that?",
                "Pardon?",
                "Could you say that again, please?",
                "I didn't catch that.",
                "Come again?",
            ],
        ),
        (
            "louder",
            &[
                "Louder.",
                "Speak louder, please.",
                "Speak up.",
                "Turn up the volume",
                "Volume up",
                "A bit louder",
                "I can't hear you.",
            ],
        ),
        (
            "quieter",
            &[
                "Quieter.",
                "Turn it down.",
                "Lower your voice",
                "You're too loud.",
                "Not so loud",
                "Volume down",
            ],
        ),
        (
            "slower",
            &[
                "Slower.",
                "Speak more slowly.",
                "Slow down.",
                "Can you talk slower?",
                "You're talking too fast.",
            ],
        ),
        (
            "faster",
            &[
                "Faster.",
                "Speak faster.",
                "Speed up.",
                "A little faster please",
                "You're too slow.",
            ],
        ),
        (
            "sleep",
            &[
                "Go to sleep.",
                "Sleep.",
                "Stop listening.",
                "Go back to sleep",
                "sleep mode",
                "Leave me alone",
            ],
        ),
        (
            "wake",
            &[
                "Wake up.",
                "Wake up, Fame!",
                "Are you awake?",
                "Start listening",
                "Listen to me",
            ],
        ),
        (
            "mute",
            &[
                "Mute.",
                "Mute the microphone.",
                "Turn off the mic",
                "Mute yourself",
                "Microphone off",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(kit.intent(text), Some(intent), "{text}");
        }
    }
}

#[test]
fn other_things_are_not_meant() {
    let kit = kit();
    for text in [
        "Don't stop.",
        "Where is the bus stop?",
        "Stop the music in the kitchen",
        "Cancel my flight to Rome",
        "My mind is made up",
        "Forget me not",
        "Repeat after me in French",
        "What did you say to Bob?",
        "What did she say?",
        "Louder than bombs",
        "Which speaker is louder?",
        "I can hear you",
        "Is it quieter at night?",
        "Turn down the offer",
        "Who runs faster?",
        "Is a snail slower than a turtle?",
        "How fast is a cheetah?",
        "I want to sleep",
        "How long should I sleep?",
        "Go to the beach",
        "Wake me up at seven",
        "When did you wake up?",
        "What does mute mean?",
        "Buy a microphone",
        "Turn off the light",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
}

#[test]
fn every_word_does_its_act() {
    let kit = kit();
    for (text, acts) in [
        ("Stop.", &[Act::StopSpeaking][..]),
        ("Never mind.", &[Act::StopSpeaking, Act::CancelTurn]),
        ("Repeat that.", &[Act::Repeat]),
        ("Louder.", &[Act::VolumeBy(VOLUME_STEP)]),
        ("Quieter.", &[Act::VolumeBy(-VOLUME_STEP)]),
        ("Slower.", &[Act::RateBy(-RATE_STEP)]),
        ("Faster.", &[Act::RateBy(RATE_STEP)]),
        ("Go to sleep.", &[Act::Sleep]),
        ("Wake up.", &[Act::Wake]),
        ("Mute.", &[Act::Mute]),
    ] {
        assert_eq!(kit.ask(text).unwrap().acts, acts, "{text}");
    }
    assert_eq!(kit.ask("Stop.").unwrap().speech, "");
}

#[test]
fn the_stopping_intents_exist() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    for name in STOPPING {
        assert!(
            manifest.intents.iter().any(|intent| intent.name == name),
            "{name}"
        );
    }
}

#[test]
fn no_two_sentences_clash() {
    assert_eq!(kit().clashes(), []);
}
