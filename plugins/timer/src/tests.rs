use fame_plugin::testkit::TestKit;

use super::Timers;

fn kit() -> TestKit {
    TestKit::new(Timers::default(), "2026-11-25T15:05:00[Europe/Berlin]").unwrap()
}

fn say(kit: &TestKit, text: &str) -> String {
    kit.ask(text).unwrap().speech
}

#[test]
fn people_are_understood() {
    let kit = kit();
    say(&kit, "Set an egg timer for three minutes.");
    for (intent, texts) in [
        (
            "set_timer",
            &[
                "Set a timer for ten minutes.",
                "Could you set a timer for an hour and a half, please?",
                "Start a 5 minute timer",
                "timer 30 seconds",
                "Give me a pasta timer for twelve minutes",
                "Set a timer for 20 minutes called laundry",
                "Set a timer.",
                "Tell me in ten minutes",
                "Count down ten seconds",
            ][..],
        ),
        (
            "timer_left",
            &[
                "How long is left on the timer?",
                "How much time is left?",
                "How long left on the egg timer?",
                "Check my timers",
                "Which timers are running?",
                "When does the egg timer go off?",
            ],
        ),
        (
            "cancel_timer",
            &[
                "Cancel the timer.",
                "Stop the egg timer",
                "Delete my timer please",
                "Turn off the egg timer",
                "End the timer",
            ],
        ),
        (
            "cancel_all_timers",
            &[
                "Cancel all timers.",
                "Stop all my timers",
                "Clear all the timers",
                "Delete both timers",
                "Cancel all of them",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(kit.intent(text), Some(intent), "{text}");
        }
    }
    for text in [
        "What time is it?",
        "Set an alarm for ten o'clock",
        "How long is the movie?",
        "Cancel my flight",
        "Stop",
        "How much is left in my account?",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
    assert_eq!(kit.clashes(), []);
}

#[test]
fn a_timer_runs_and_rings() {
    let kit = kit();
    assert_eq!(
        say(&kit, "Set a timer for ten minutes."),
        "10 minutes from now."
    );
    assert_eq!(
        say(&kit, "How long is left on the timer?"),
        "10 minutes left on the 10 minute timer."
    );
    assert_eq!(kit.traces().scheduled.len(), 1);
    assert_eq!(
        kit.wake_next().unwrap().speech,
        "Your 10 minute timer is over."
    );
    assert_eq!(kit.traces().notified.len(), 1);
    assert!(kit.traces().stored.is_empty());
    assert_eq!(say(&kit, "How much time is left?"), "No timer is running.");
}

#[test]
fn several_are_told_apart() {
    let kit = kit();
    assert_eq!(
        say(&kit, "Set a pasta timer for 12 minutes"),
        "pasta timer, 12 minutes from now."
    );
    say(&kit, "Set a timer for five minutes.");
    assert_eq!(
        say(&kit, "Set a timer for five minutes."),
        "5 minute number 2 timer, 5 minutes from now."
    );
    assert_eq!(
        say(&kit, "How long left on the pasta timer?"),
        "12 minutes left on the pasta timer."
    );
    let reply = kit.ask("Cancel the timer").unwrap();
    assert_eq!(
        reply.speech,
        "Which one: the 5 minute, the 5 minute number 2, or the pasta?"
    );
    assert_eq!(reply.follow_up.unwrap().choices.len(), 3);
    assert_eq!(
        say(&kit, "Stop the pasta timer"),
        "The pasta timer is cancelled."
    );
    assert_eq!(
        say(&kit, "Cancel all timers"),
        "All 2 timers are cancelled."
    );
    assert!(kit.traces().scheduled.is_empty());
}

#[test]
fn everything_can_be_undone() {
    let kit = kit();
    let set = kit.ask("Set a timer for ten minutes.").unwrap();
    assert_eq!(
        kit.undo(&set).unwrap().speech,
        "The 10 minute timer is gone."
    );
    assert!(kit.traces().scheduled.is_empty());

    say(&kit, "Set a tea timer for four minutes");
    let cancelled = kit.ask("Cancel the tea timer").unwrap();
    assert_eq!(
        kit.undo(&cancelled).unwrap().speech,
        "The tea timer runs again."
    );
    assert_eq!(kit.traces().scheduled.len(), 1);
    let all = kit.ask("Cancel all timers").unwrap();
    kit.undo(&all).unwrap();
    assert_eq!(kit.wake_next().unwrap().speech, "Your tea timer is over.");
}

#[test]
fn impossible_lengths_are_asked_back() {
    let kit = kit();
    let reply = kit.ask("Set a timer for three weeks").unwrap();
    assert_eq!(
        reply.speech,
        "A timer can run for up to 24 hours. For how long?"
    );
    assert_eq!(reply.follow_up.unwrap().slot, "length");
    assert!(kit.traces().scheduled.is_empty());
}
