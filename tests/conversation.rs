//! Conversations: what goes on from what was said before, what FAME asks, what is taken back.

use std::sync::Arc;
use std::time::Duration;

use fame::brain::approvals::ApprovalError;
use fame::brain::{Brain, Query, Route, Source};
use fame::config::{Policy, Rule};
use fame::plugins::Registry;
use fame_plugin::{FixedClock, FollowUp, Plugin, PluginError, Reply, Request};
use jiff::Span;

use crate::support::brain::{ask_in, clock, skilled};

/// A conversation with one brain.
struct Talk {
    brain: Brain,
    clock: Arc<FixedClock>,
}

impl Talk {
    fn new() -> Self {
        let clock = clock();
        Self {
            brain: skilled(clock.clone()),
            clock,
        }
    }

    /// With a plugin whose acts need a word.
    fn with_safe(policy: Policy) -> Self {
        let clock = clock();
        let plugins: Vec<Box<dyn Plugin>> = vec![
            Box::new(fame_plugin_control::Control),
            Box::new(fame_plugin_clock::Clock::default()),
            Box::new(Safe),
        ];
        let registry = Registry::new(plugins, clock.clone()).unwrap();
        let brain = Brain::new(registry)
            .with_clock(clock.clone())
            .with_policy(policy);
        Self { brain, clock }
    }

    async fn say(&self, text: &str) -> String {
        ask_in(&self.brain, "talk", text).await.reply.speech
    }

    fn wait(&self, seconds: i64) {
        use fame_plugin::Clock as _;
        let later = self.clock.now().checked_add(Span::new().seconds(seconds));
        self.clock.set(later.unwrap());
    }
}

/// A plugin that does what cannot be undone.
struct Safe;

impl Plugin for Safe {
    fn manifest(&self) -> &str {
        r#"
        id = "safe"
        name = "Safe"
        version = "1"
        summary = "keeps things"

        [[intent]]
        name = "empty_safe"
        risk = "destructive"
        summary = "to empty the safe"
        example = "Empty the safe."
        confirm = "Empty {which} for good?"
        slots = { which = { list = { "the safe" = ["my safe"], "the box" = [] } } }
        sentences = ["empty {which}"]

        [[intent]]
        name = "open_safe"
        risk = "admin"
        summary = "to open the safe"
        example = "Open the safe."
        sentences = ["open the safe"]

        [[intent]]
        name = "paint_safe"
        risk = "write"
        summary = "to paint the safe"
        example = "Paint the safe red."
        slots = { colour = { list = { red = [], green = [], blue = [] } } }
        sentences = ["paint the safe [{colour}]"]
        "#
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        Ok(match request.intent.as_str() {
            "empty_safe" => Reply::say(format!("{} is empty.", request.choice("which")?)),
            "open_safe" => Reply::say("The safe is open."),
            _ => match request.choice("colour") {
                Ok(colour) => Reply::say(format!("It is {colour}.")).undo(colour),
                Err(_) => {
                    let choices = ["red", "green", "blue"].map(String::from).to_vec();
                    Reply::say("Red, green or blue?")
                        .ask(FollowUp::new("paint_safe", "colour").among(choices))
                }
            },
        })
    }

    fn undo(&self, token: &str) -> Result<Reply, PluginError> {
        Ok(Reply::say(format!("It is not {token} any more.")))
    }
}

#[tokio::test]
async fn another_place_or_day_is_enough() {
    let talk = Talk::new();
    assert_eq!(
        talk.say("What time is it in Paris?").await,
        "It's 3:05 PM in Paris."
    );
    assert_eq!(talk.say("And in Tokyo?").await, "It's 11:05 PM in Tokyo.");
    assert_eq!(
        talk.say("What about New York?").await,
        "It's 9:05 AM in New York."
    );
    talk.say("What day is it today?").await;
    let answer = ask_in(&talk.brain, "talk", "What about tomorrow?").await;
    assert_eq!(answer.decision.route, Route::Context, "{answer:?}");
    assert!(
        answer.reply.speech.contains("Thursday"),
        "{}",
        answer.reply.speech
    );
    // A neighbour of the same plugin takes it up.
    talk.say("What time is it?").await;
    assert_eq!(talk.say("And in Tokyo?").await, "It's 11:05 PM in Tokyo.");
}

#[tokio::test]
async fn a_topic_fades_and_is_not_another_conversations() {
    let talk = Talk::new();
    talk.say("What time is it in Paris?").await;
    let other = ask_in(&talk.brain, "other", "And in Tokyo?").await;
    assert_eq!(other.decision.intent, None);
    talk.wait(301);
    let late = ask_in(&talk.brain, "talk", "And in Tokyo?").await;
    assert_eq!(late.decision.intent, None, "five minutes are over");
    talk.say("What time is it in Paris?").await;
    for _ in 0..3 {
        talk.say("Potatoes").await;
    }
    let strayed = ask_in(&talk.brain, "talk", "And in Tokyo?").await;
    assert_eq!(strayed.decision.intent, None);
}

#[tokio::test]
async fn make_it_twenty() {
    let talk = Talk::new();
    assert_eq!(
        talk.say("Set a timer for ten minutes.").await,
        "10 minutes from now."
    );
    assert_eq!(talk.say("Make it twenty.").await, "20 minutes from now.");
    assert_eq!(
        talk.say("How much time is left?").await,
        "20 minutes left on the 20 minute timer.",
        "the first timer is gone"
    );
    assert_eq!(
        talk.say("No, I meant half an hour").await,
        "30 minutes from now."
    );
    assert_eq!(
        talk.say("How much time is left?").await,
        "30 minutes left on the 30 minute timer."
    );
}

#[tokio::test]
async fn cancel_that_one() {
    let talk = Talk::new();
    talk.say("Set a timer for ten minutes.").await;
    talk.say("Set a pasta timer for twelve minutes.").await;
    assert_eq!(
        talk.say("Cancel that one.").await,
        "The pasta timer is cancelled."
    );
    assert_eq!(
        talk.say("How much time is left?").await,
        "10 minutes left on the 10 minute timer."
    );
}

#[tokio::test]
async fn undo_takes_the_last_acts_back_one_by_one() {
    let talk = Talk::new();
    assert_eq!(talk.say("Undo that.").await, "There is nothing to undo.");
    talk.say("Set a timer for ten minutes.").await;
    talk.say("Set a tea timer for four minutes.").await;
    talk.say("Cancel all timers.").await;
    assert_eq!(
        talk.say("Undo").await,
        "The tea timer and 10 minute timer runs again."
    );
    assert_eq!(talk.say("Take that back").await, "The tea timer is gone.");
    assert_eq!(talk.say("Undo it").await, "The 10 minute timer is gone.");
    assert_eq!(talk.say("Undo it").await, "There is nothing to undo.");
}

#[tokio::test]
async fn what_is_missing_is_asked_for() {
    let talk = Talk::new();
    let answer = ask_in(&talk.brain, "talk", "Set a timer.").await;
    assert_eq!(
        (answer.reply.speech.as_str(), answer.asks),
        ("For how long?", true)
    );
    let answer = ask_in(&talk.brain, "talk", "Ten minutes, please.").await;
    assert_eq!(answer.reply.speech, "10 minutes from now.");
    assert_eq!(answer.decision.route, Route::Question);
    assert!(!answer.asks);
}

#[tokio::test]
async fn what_is_no_answer_is_asked_again_once() {
    let talk = Talk::new();
    talk.say("Set a timer.").await;
    let again = ask_in(&talk.brain, "talk", "purple elephants").await;
    assert_eq!(
        again.reply.speech,
        "Sorry, I didn't get that. For how long?"
    );
    assert!(again.asks);
    let given_up = ask_in(&talk.brain, "talk", "purple elephants").await;
    assert!(!given_up.asks && given_up.decision.intent.is_none());
    let late = ask_in(&talk.brain, "talk", "ten minutes").await;
    assert!(
        late.decision.intent.is_none(),
        "nobody asked any more: {late:?}"
    );
}

#[tokio::test]
async fn a_question_can_be_left_in_any_way() {
    let talk = Talk::new();
    // Another subject.
    talk.say("Set a timer.").await;
    assert_eq!(talk.say("What time is it?").await, "It's 3:05 PM.");
    assert_ne!(talk.say("Ten minutes").await, "10 minutes from now.");
    // No, cancel and stop.
    for (word, said) in [
        ("No.", "Okay, I won't."),
        ("Never mind.", "Okay, I won't."),
        ("Stop.", ""),
    ] {
        talk.say("Set a timer.").await;
        assert_eq!(talk.say(word).await, said, "{word}");
        assert_ne!(
            talk.say("Ten minutes").await,
            "10 minutes from now.",
            "{word}"
        );
    }
    // Time.
    talk.say("Set a timer.").await;
    talk.wait(46);
    assert_ne!(talk.say("Ten minutes").await, "10 minutes from now.");
    // A control word in between leaves it open, and "repeat" asks again.
    talk.say("Set a timer.").await;
    assert_eq!(talk.say("Louder.").await, "Louder now.");
    assert_eq!(talk.say("What did you say?").await, "For how long?");
    assert_eq!(talk.say("Ten minutes").await, "10 minutes from now.");
}

#[tokio::test]
async fn a_choice_is_made_by_name_or_by_rank() {
    let talk = Talk::new();
    talk.say("Set a timer for ten minutes.").await;
    talk.say("Set a pasta timer for twelve minutes.").await;
    let asked = ask_in(&talk.brain, "talk", "Cancel the timer.").await;
    assert_eq!(asked.reply.speech, "Which one: the 10 minute or the pasta?");
    assert!(asked.asks);
    assert_eq!(
        talk.say("The second one.").await,
        "The pasta timer is cancelled."
    );

    let talk = Talk::with_safe(Policy::default());
    assert_eq!(talk.say("Paint the safe").await, "Red, green or blue?");
    assert_eq!(talk.say("Green, please").await, "It is green.");
    assert_eq!(talk.say("Undo that").await, "It is not green any more.");
}

#[tokio::test]
async fn destructive_acts_wait_for_a_yes() {
    let talk = Talk::with_safe(Policy::default());
    let asked = ask_in(&talk.brain, "talk", "Empty the safe.").await;
    assert_eq!(asked.reply.speech, "Empty the safe for good?");
    assert!(asked.asks && !asked.ok);
    assert_eq!(asked.decision.verdict.as_deref(), Some("confirm"));
    assert_eq!(talk.say("Yes.").await, "the safe is empty.");
    // A yes is good for one act.
    assert_eq!(talk.say("Yes.").await, "I didn't ask you anything.");
    talk.say("Empty the box.").await;
    assert_eq!(talk.say("No!").await, "Okay, I won't.");
    assert_eq!(talk.say("Yes.").await, "I didn't ask you anything.");
    // What sounds like it is not it.
    let near = ask_in(&talk.brain, "talk", "Empty the save").await;
    assert_eq!(near.decision.intent, None, "{near:?}");
}

#[tokio::test]
async fn admin_acts_wait_for_an_approval_that_is_good_once() {
    let talk = Talk::with_safe(Policy::default());
    let asked = ask_in(&talk.brain, "talk", "Open the safe.").await;
    assert!(!asked.ok && !asked.asks, "{asked:?}");
    assert_eq!(asked.decision.verdict.as_deref(), Some("approve"));
    let id = asked.approval.unwrap();
    assert_eq!(
        talk.say("Yes.").await,
        "I didn't ask you anything.",
        "not by voice"
    );
    let waiting = talk.brain.approvals();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].text, "Open the safe.");
    let again = ask_in(&talk.brain, "talk", "Open the safe.").await;
    assert_eq!(again.approval, Some(id), "the same act is asked for once");
    let reply = talk.brain.settle(id, true, "test").await.unwrap();
    assert_eq!(reply.speech, "The safe is open.");
    let twice = talk.brain.settle(id, true, "test").await;
    assert_eq!(twice, Err(ApprovalError::Unknown(id)));

    let refused = ask_in(&talk.brain, "talk", "Open the safe.")
        .await
        .approval
        .unwrap();
    let reply = talk.brain.settle(refused, false, "test").await.unwrap();
    assert_eq!(reply.speech, "All right, it is not done.");
    let late = ask_in(&talk.brain, "talk", "Open the safe.")
        .await
        .approval
        .unwrap();
    talk.wait(121);
    assert!(talk.brain.settle(late, true, "test").await.is_err());
}

#[tokio::test]
async fn a_key_that_may_is_the_approval() {
    let talk = Talk::with_safe(Policy::default());
    let query = |admin| Query {
        text: "Open the safe.".into(),
        source: Source::Rest,
        session: "rest".into(),
        admin,
        ..Query::default()
    };
    let answer = talk.brain.answer(query(false), None).await;
    assert!(
        answer.reply.speech.starts_with("I can't do that"),
        "{answer:?}"
    );
    let answer = talk.brain.answer(query(true), None).await;
    assert_eq!(answer.reply.speech, "The safe is open.");
}

#[tokio::test]
async fn the_owners_rules_can_only_be_stricter() {
    let policy = Policy {
        intents: [("paint_safe".to_owned(), Rule::Deny)].into(),
        ..Policy::default()
    };
    let talk = Talk::with_safe(policy);
    let answer = ask_in(&talk.brain, "talk", "Paint the safe red.").await;
    assert_eq!(answer.decision.verdict.as_deref(), Some("deny"));
    assert!(answer.reply.speech.starts_with("I can't do that"));
}

#[tokio::test]
async fn several_requests_are_done_in_order() {
    let talk = Talk::new();
    let answer = ask_in(
        &talk.brain,
        "talk",
        "Set a timer for ten minutes and what time is it?",
    )
    .await;
    assert_eq!(answer.reply.speech, "10 minutes from now. It's 3:05 PM.");
    assert_eq!(answer.decisions().count(), 2);
    let answer = ask_in(
        &talk.brain,
        "talk",
        "What time is it in Tokyo and in Paris?",
    )
    .await;
    assert_eq!(
        answer.reply.speech,
        "It's 11:05 PM in Tokyo. It's 3:05 PM in Paris."
    );
    // One of them asks: it is asked, and the rest is left for later.
    let answer = ask_in(
        &talk.brain,
        "talk",
        "Set a timer and then tell me what time it is",
    )
    .await;
    assert!(
        answer.asks && answer.reply.speech.ends_with("For how long?"),
        "{answer:?}"
    );
    talk.say("never mind").await;
    // What is not understood on both sides is not split.
    for text in [
        "What time is it and who wrote Hamlet?",
        "What is five and six?",
        "salt and pepper",
        "What time is it and stop",
    ] {
        let answer = ask_in(&talk.brain, "talk", text).await;
        assert_eq!(answer.decisions().count(), 1, "{text}: {answer:?}");
    }
    let many = "and ".repeat(300);
    let start = std::time::Instant::now();
    ask_in(&talk.brain, "talk", &many).await;
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn every_turn_can_be_explained() {
    let talk = Talk::new();
    assert!(talk.brain.why(None).is_none());
    for (turn, text) in [(7, "Tell me a jock."), (8, "Potatoes")] {
        let query = Query {
            text: text.into(),
            turn,
            session: "talk".into(),
            ..Query::default()
        };
        talk.brain.answer(query, None).await;
    }
    let why = talk.brain.why(Some(7)).unwrap();
    assert_eq!(why.text, "Tell me a jock.");
    let decision = &why.decisions[0];
    assert_eq!(decision.route, Route::Near);
    let tried: Vec<&str> = decision
        .stages
        .iter()
        .map(|stage| stage.stage.as_str())
        .collect();
    assert_eq!(tried, ["control", "sentence", "context", "near"]);
    assert!(decision.stages[3].candidates[0].sentence.contains("joke"));
    assert_eq!(talk.brain.why(None).unwrap().text, "Potatoes");
    assert!(talk.brain.why(Some(99)).is_none());
    // Looking does nothing.
    let _ = talk.brain.decide("Set a timer for ten minutes");
    assert_eq!(
        talk.say("How much time is left?").await,
        "No timer is running."
    );
}
