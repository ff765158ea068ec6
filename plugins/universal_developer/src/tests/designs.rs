//! Architectures.

use serde_json::Value;

use super::world::{Bench, at};
use crate::design::Designs;
use crate::design::tests::parse_diagram;

#[test]
fn every_design_is_whole_and_its_diagram_is_mermaid() {
    let designs = Designs::load().unwrap();
    assert!(designs.all.len() >= 12);
    for design in &designs.all {
        let id = &design.id;
        let diagram = design.diagram();
        let (nodes, arrows) = parse_diagram(&diagram).unwrap_or_else(|| panic!("{diagram}"));
        assert_eq!(nodes.len(), design.components.len(), "{id}");
        assert_eq!(arrows.len(), design.flow.len(), "{id}");
        for (at, component) in design.components.iter().enumerate() {
            let node = format!("n{at}");
            let used = arrows.iter().any(|(from, to)| *from == node || *to == node);
            assert!(used, "{id}: nothing flows to or from {}", component.name);
        }
        assert!(design.components.len() >= 5, "{id}");
        assert!(design.trade_offs.len() >= 4, "{id}");
        assert!(design.recommendations.len() >= 4, "{id}");
        for name in &design.names {
            assert_eq!(
                designs.find(name).map(|found| &found.id),
                Some(id),
                "{name}"
            );
        }
    }
}

#[test]
fn designs_are_told_shown_and_given() {
    let bench = Bench::without_sandbox();
    let reply = bench.ask("Design a rate limiter.");
    assert!(
        reply
            .speech
            .starts_with("A rate limiter gives each caller a bucket"),
        "{}",
        reply.speech
    );
    for key in [
        "architecture",
        "components",
        "data_flow",
        "trade_offs",
        "recommendations",
        "diagram",
    ] {
        assert_ne!(at(&reply, &format!("/{key}")), &Value::Null, "{key}");
    }
    assert_eq!(at(&reply, "/extended"), &Value::Null);
    let display = reply.display.unwrap();
    assert!(display.contains("```mermaid\nflowchart LR\n"), "{display}");
    for (text, title) in [
        ("How would you design a URL shortener?", "URL shortener"),
        (
            "What is the architecture of a reverse proxy?",
            "Reverse proxy",
        ),
        ("Sketch an architecture for a messaging app", "Chat service"),
        ("Draw a diagram of a message queue", "Message queue"),
    ] {
        assert_eq!(at(&bench.ask(text), "/architecture"), title, "{text}");
    }
}

#[test]
fn unknown_systems_are_said_to_be_unknown() {
    let bench = Bench::without_sandbox();
    let reply = bench.ask("Design the architecture of a nuclear power plant");
    assert!(
        reply
            .speech
            .starts_with("I have no design for nuclear power plant"),
        "{}",
        reply.speech
    );
    assert_eq!(at(&reply, "/architecture"), &Value::Null);
}

#[test]
fn a_model_extends_and_makes_designs_and_is_named() {
    let bench = Bench::without_sandbox().answers(&["Add a second region."]);
    let reply = bench.ask("Design a rate limiter.");
    assert_eq!(at(&reply, "/extended/text"), "Add a second region.");
    assert_eq!(reply.sources.len(), 1);
    let made = r#"```json
{"id": "shop", "title": "Online shop", "names": [], "summary": "It sells.",
 "component": [{"id": "web", "name": "Web \"shop\"", "kind": "service", "does": "Shows"},
               {"id": "db", "name": "Orders", "kind": "store", "does": "Keeps"}],
 "flow": [{"from": "web", "to": "db", "what": "Order"}],
 "trade_off": [], "recommendations": ["Begin small."]}
```"#;
    let bench = Bench::without_sandbox().answers(&[made, "no design"]);
    let reply = bench.ask("Sketch an architecture for an online shop");
    assert_eq!(at(&reply, "/architecture"), "Online shop");
    assert!(parse_diagram(at(&reply, "/diagram").as_str().unwrap()).is_some());
    assert_eq!(reply.sources.len(), 1);
    let reply = bench.ask("Sketch an architecture for an online shop");
    assert!(
        reply.speech.contains("could not be used"),
        "{}",
        reply.speech
    );
}
