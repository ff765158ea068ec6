//! Each key opens what the document says, and nothing else.

use serde_json::Value;

use crate::support::{settings, start};

#[tokio::test(flavor = "multi_thread")]
async fn every_route_takes_the_scopes_that_the_document_says() {
    let server = start(settings()).await;
    let document = serde_json::to_value(fame_api::document()).unwrap();
    let keys = [
        ("query", &server.query),
        ("read", &server.read),
        ("admin", &server.admin),
    ];
    let mut routes = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if path == "/health" {
                assert!(operation["security"].is_null());
                continue;
            }
            let needed: Vec<&str> = operation["security"]
                .as_array()
                .unwrap_or_else(|| panic!("{path} needs no key"))
                .iter()
                .flat_map(|one| one["key"].as_array().unwrap())
                .map(|scope| scope.as_str().unwrap())
                .collect();
            for (scope, key) in keys {
                let may = scope == "admin" || needed.contains(&scope);
                let path = path.replace("{id}", "1");
                let method = method.to_uppercase();
                let request = server.request(&method, &path, key, "", "");
                let reply = server.raw(&request).await;
                let refused = reply.status == 403 && reply.code() == "scope";
                assert_eq!(refused, !may, "{method} {path} with {scope}: {reply:?}");
            }
            routes += 1;
        }
    }
    assert!(routes >= 25, "{routes} routes");
}

#[tokio::test]
async fn only_an_admin_approves_what_is_administrative() {
    let server = start(settings()).await;
    for (id, key, status) in [
        (1, &server.query, 200),
        (2, &server.query, 403),
        (2, &server.admin, 200),
        (3, &server.admin, 404),
    ] {
        let reply = server
            .post(&format!("/approvals/{id}"), key, "", r#"{"yes":true}"#)
            .await;
        assert_eq!(reply.status, status, "approval {id}");
    }
    assert_eq!(
        server.house.acts.load(std::sync::atomic::Ordering::SeqCst),
        2
    );
}

#[tokio::test]
async fn answers_have_the_shapes_that_the_house_gives() {
    let server = start(settings()).await;
    let asked = server
        .post(
            "/query",
            &server.query,
            "",
            r#"{"text":"hi","session_id":"s"}"#,
        )
        .await
        .json();
    assert_eq!(asked["response"], "You said: hi");
    assert_eq!(asked["session_id"], "s");
    assert_eq!(asked["turn_id"], 1);
    assert!(asked["processing_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(asked.get("needs_approval"), None);
    let evolution = server
        .post("/evolution/run", &server.admin, "", r#"{"problem":"x"}"#)
        .await;
    assert_eq!(
        (evolution.status, evolution.code()),
        (503, "unavailable".into())
    );
    assert!(
        evolution.json()["detail"]
            .as_str()
            .unwrap()
            .contains("evolution engine")
    );
    let page = server
        .get("/audit?limit=2&before=3", &server.read)
        .await
        .json();
    let numbers: Vec<&Value> = page["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| &record["seq"])
        .collect();
    assert_eq!(numbers, [2, 1]);
}
