//! The language model as the brain's last resort: it answers, uses intents as tools, and fails
//! clearly. The model is a stub; all else is real.

use std::sync::Arc;

use fame::brain::llm::{Client, Settings};
use fame::brain::{Answer, Brain, Query, Route, Source};
use fame::config::{Policy, Rule};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::brain::{clock, skilled};
use crate::support::llm::{Llm, Reply};

fn brain(server: &Llm) -> Brain {
    let settings = Settings {
        base_url: server.url.clone(),
        model: "stub".into(),
        ..Settings::default()
    };
    skilled(clock()).with_model(Some(Arc::new(Client::new(settings).unwrap())))
}

fn query(text: &str) -> Query {
    Query {
        text: text.into(),
        source: Source::Ipc,
        session: "model".into(),
        ..Query::default()
    }
}

/// The answer, and the sentences that were ready before it.
async fn ask(brain: &Brain, text: &str) -> (Answer, Vec<String>) {
    let (said, mut sentences) = mpsc::channel(32);
    let answer = brain.answer(query(text), Some(&said)).await;
    drop(said);
    let mut spoken = Vec::new();
    while let Some(sentence) = sentences.recv().await {
        spoken.push(sentence);
    }
    (answer, spoken)
}

fn says(words: &[&str]) -> Reply {
    Reply::stream().words(words).done("stop")
}

fn calls(tool: &str, arguments: &Value) -> Reply {
    let call = json!({ "index": 0, "id": "c1", "type": "function",
        "function": { "name": tool, "arguments": arguments.to_string() } });
    Reply::stream()
        .delta(json!({ "tool_calls": [call] }))
        .done("tool_calls")
}

fn offered(server: &Llm, request: usize) -> Vec<String> {
    let body = &server.asked()[request].body;
    let name = |tool: &Value| tool["function"]["name"].as_str().unwrap().to_owned();
    body["tools"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn what_nothing_else_understands_is_answered_sentence_by_sentence() {
    let server = Llm::start([says(&["Shakespeare ", "did. ", "In about 1600."])]).await;
    let brain = brain(&server);
    let (answer, spoken) = ask(&brain, "Who wrote Hamlet?").await;
    assert_eq!(
        spoken.concat().replace(' ', ""),
        "Shakespearedid.Inabout1600."
    );
    assert!(answer.streamed && answer.ok);
    assert_eq!(answer.decision.route, Route::Model);
    assert!(
        answer.reply.speech.starts_with("Shakespeare did."),
        "{answer:?}"
    );
    // What FAME knows itself never gets there, and what was said before does.
    let (time, spoken) = ask(&brain, "What time is it?").await;
    assert_eq!(time.reply.speech, "It's 3:05 PM.");
    assert!(!time.streamed && spoken.is_empty());
    ask(&brain, "And who wrote Faust?").await;
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    let told = asked[1].body["messages"].to_string();
    assert!(
        told.contains("Who wrote Hamlet?") && told.contains("It's 3:05 PM."),
        "{told}"
    );
}

#[tokio::test]
async fn it_uses_the_intents_as_tools() {
    let arguments = json!({ "length": "seven minutes", "name": "noodles" });
    let server = Llm::start([calls("set_timer", &arguments)]).await;
    let brain = brain(&server);
    let (answer, spoken) = ask(&brain, "I'm boiling noodles, they take seven").await;
    assert_eq!(answer.reply.speech, "noodles timer, 7 minutes from now.");
    assert_eq!(spoken, ["noodles timer, 7 minutes from now."]);
    assert_eq!(answer.decision.intent.as_deref(), Some("set_timer"));
    assert_eq!(answer.decision.verdict.as_deref(), Some("allow"));
    assert_eq!(
        server.asked().len(),
        1,
        "our own plugin says best what it did"
    );
    let names = offered(&server, 0);
    assert!(names.contains(&"time_in".to_owned()), "{names:?}");
    assert!(
        !names.contains(&"stop".to_owned()),
        "control words are no tools"
    );
    // It can be gone on from and taken back like any other request.
    let (undone, _) = ask(&brain, "Undo that.").await;
    assert_eq!(undone.reply.speech, "The noodles timer is gone.");
}

#[tokio::test]
async fn what_the_policy_denies_is_not_offered_and_not_done() {
    let policy = Policy {
        intents: [("set_timer".to_owned(), Rule::Deny)].into(),
        ..Policy::default()
    };
    let server = Llm::start([
        calls("set_timer", &json!({ "length": "seven minutes" })),
        says(&["I can't do that."]),
    ])
    .await;
    let brain = brain(&server).with_policy(policy);
    let (answer, _) = ask(&brain, "I'm boiling noodles, they take seven").await;
    assert!(!offered(&server, 0).contains(&"set_timer".to_owned()));
    // A tool that was not offered is dropped by the client.
    assert!(answer.decision.intent.is_none(), "{answer:?}");
    let left = ask(&brain, "How much time is left?").await.0;
    assert_eq!(left.reply.speech, "No timer is running.");
}

#[tokio::test]
async fn a_value_that_is_none_is_asked_for() {
    let server = Llm::start([calls("set_timer", &json!({ "length": "a while" }))]).await;
    let (answer, _) = ask(&brain(&server), "I'm boiling noodles").await;
    assert!(answer.asks, "{answer:?}");
    assert_eq!(answer.reply.speech, "For how long?");
}

#[tokio::test]
async fn a_model_that_fails_is_told_in_a_sentence() {
    let replies = [
        Reply::status("500 Oops", "", "no"),
        Reply::status("401 Unauthorized", "", "key"),
        Reply::json(&json!({ "what": "is this" })),
        Reply::hang_up(),
        says(&[]),
    ];
    for reply in replies {
        let server = Llm::start([reply.clone()]).await;
        let (answer, spoken) = ask(&brain(&server), "Who wrote Hamlet?").await;
        assert!(!answer.ok, "{reply:?}");
        assert!(answer.reply.speech.ends_with('.'), "{reply:?}: {answer:?}");
        assert_eq!(spoken.join(" "), answer.reply.speech, "{reply:?}");
        assert!(!answer.reply.speech.contains("127.0.0.1"), "{reply:?}");
    }
}

#[tokio::test]
async fn no_words_and_named_intents_are_not_its_business() {
    let server = Llm::start([says(&["Hm."])]).await;
    let brain = brain(&server);
    ask(&brain, "...").await;
    let named = Query {
        intent: Some("fly".into()),
        ..query("up")
    };
    brain.answer(named, None).await;
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn what_it_chose_is_named_before_it_is_agreed_to() {
    let policy = Policy {
        write: Rule::Confirm,
        ..Policy::default()
    };
    let server = Llm::start([calls("set_timer", &json!({ "length": "seven minutes" }))]).await;
    let brain = brain(&server).with_policy(policy);
    let (answer, _) = ask(&brain, "I'm boiling noodles").await;
    assert!(answer.asks && !answer.ok, "{answer:?}");
    assert_eq!(
        answer.reply.speech,
        "That would be: set timer with 7 minutes. Shall I do that?"
    );
    let (answer, _) = ask(&brain, "Yes, go ahead.").await;
    assert_eq!(answer.reply.speech, "7 minutes from now.");
}
