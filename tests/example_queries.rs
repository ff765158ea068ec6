//! `example_queries.json` through the real brain with its real plugins.

use fame::brain::{Brain, Query, Source};
use serde::Deserialize;

use crate::support::brain::{clock, with_sandbox};
use crate::support::project;

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    description: String,
    query: Asked,
    /// The plugin of each request in the text; none if nothing is to be understood.
    expected_plugins: Vec<String>,
    /// Fields of the answer's data.
    expected_fields: Vec<String>,
    /// The intent of the first request.
    expected_intent: Option<String>,
    /// Words of the answer, spoken or shown.
    expected_words: Option<String>,
    /// Whether the answer is a question.
    #[serde(default)]
    asks: bool,
    /// Whether it takes a key that may do admin acts.
    #[serde(default)]
    requires_admin: bool,
    /// The plugin that is not part of FAME yet. The case runs as soon as it is.
    pending: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    text: String,
    intent: Option<String>,
    user: Option<String>,
}

async fn run(brain: &Brain, case: &Case, number: usize) {
    let query = Query {
        text: case.query.text.clone(),
        intent: case.query.intent.clone(),
        user: case.query.user.clone(),
        source: Source::Rest,
        session: format!("case-{number}"),
        admin: case.requires_admin,
        ..Query::default()
    };
    let what = &case.description;
    if case.requires_admin {
        let unprivileged = Query {
            admin: false,
            ..query.clone()
        };
        let answer = brain.answer(unprivileged, None).await;
        assert!(!answer.ok, "{what}: done without a key for it");
    }
    let answer = brain.answer(query, None).await;
    let plugins: Vec<&str> = answer
        .decisions()
        .filter_map(|decision| decision.plugin.as_deref())
        .collect();
    assert_eq!(plugins, case.expected_plugins, "{what}: {answer:#?}");
    if let Some(intent) = &case.expected_intent {
        assert_eq!(answer.decision.intent.as_ref(), Some(intent), "{what}");
    }
    assert_eq!(answer.asks, case.asks, "{what}: {}", answer.reply.speech);
    for field in &case.expected_fields {
        let data = answer.reply.data.as_ref();
        let found = data.and_then(|data| data.get(field));
        assert!(found.is_some(), "{what}: no field {field} in {data:?}");
    }
    if let Some(words) = &case.expected_words {
        let shown = answer.reply.display.as_deref().unwrap_or_default();
        let told = format!("{} {shown}", answer.reply.speech);
        assert!(told.contains(words), "{what}: {told}");
    }
    // Only "stop" and the like are answered without a word.
    assert!(
        !answer.reply.speech.is_empty() || !answer.reply.acts.is_empty(),
        "{what}: no answer"
    );
}

// A plugin waits for the sandbox on a thread of its own, so there are two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_answered_as_expected() {
    let text = std::fs::read_to_string(project("tests/example_queries.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let brain = with_sandbox(clock()).await;
    let mut pending = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        match &case.pending {
            Some(plugin) if brain.registry().plugin(plugin).is_none() => {
                pending.push(plugin.as_str());
            }
            _ => run(&brain, case, number).await,
        }
    }
    eprintln!("not run, as their plugins are not part of FAME yet: {pending:?}");
    assert!(pending.len() <= 3, "{pending:?}");
}
