//! The document of the API.

use serde_json::Value;

use crate::support::{settings, start};

#[tokio::test]
async fn the_document_is_as_it_was() {
    let server = start(settings()).await;
    let served = server.get("/openapi.json", &server.query).await.json();
    let document = serde_json::to_value(fame_api::document()).unwrap();
    assert_eq!(served, document);
    insta::assert_json_snapshot!("openapi", document);
}

#[test]
fn every_reference_leads_somewhere_and_every_route_tells_its_problems() {
    let document = serde_json::to_value(fame_api::document()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["400", "403", "500", "503"] {
                let kinds = &responses[status]["content"];
                let problem = &kinds["application/problem+json"];
                assert!(problem.is_object(), "{method} {path} {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "$ref" => references.push(text.clone()),
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
