use proptest::prelude::*;
use serde_json::json;

use super::*;

fn tools() -> Vec<Tool> {
    ["time", "timer"]
        .map(|name| Tool {
            name: name.into(),
            description: String::new(),
            parameters: json!({}),
        })
        .to_vec()
}

/// What comes of these deltas: the pieces as they are handed on, and the whole.
fn put_together(deltas: &[Value]) -> Result<(Vec<Piece>, Whole), String> {
    let tools = tools();
    let mut answer = Answer::new(&tools, true);
    let mut pieces = Vec::new();
    for delta in deltas {
        let chunk = json!({ "choices": [{ "delta": delta }] });
        pieces.extend(answer.take(serde_json::from_value(chunk).unwrap())?);
    }
    let (last, whole) = answer.end();
    pieces.extend(last);
    Ok((pieces, whole))
}

fn calls(deltas: &[Value]) -> Vec<(String, String, String)> {
    let (_, whole) = put_together(deltas).unwrap();
    let parts = |call: ToolCall| (call.id, call.name, Value::from(call.arguments).to_string());
    whole.calls.into_iter().map(parts).collect()
}

fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
    (id.into(), name.into(), arguments.into())
}

fn fragment(value: Value) -> Value {
    json!({ "tool_calls": [value] })
}

#[test]
fn fragments_become_calls() {
    let deltas = [
        json!({ "role": "assistant", "content": null }),
        fragment(
            json!({ "index": 0, "id": "a", "type": "function", "function": { "name": "time", "arguments": "" } }),
        ),
        fragment(json!({ "index": 0, "function": { "arguments": "{\"pl" } })),
        fragment(json!({ "index": 0, "function": { "arguments": "ace\":\"Rome\"}" } })),
        fragment(
            json!({ "index": 1, "id": "b", "function": { "name": "timer", "arguments": "{}" } }),
        ),
    ];
    let expected = [
        call("a", "time", r#"{"place":"Rome"}"#),
        call("b", "timer", "{}"),
    ];
    assert_eq!(calls(&deltas), expected);
}

#[test]
fn a_call_is_handed_on_when_the_next_begins() {
    let tools = tools();
    let mut answer = Answer::new(&tools, true);
    let mut take = |delta: Value| {
        let chunk = json!({ "choices": [{ "delta": delta }] });
        answer.take(serde_json::from_value(chunk).unwrap()).unwrap()
    };
    let whole = |index, id| json!({ "index": index, "id": id, "function": { "name": "time", "arguments": "{}" } });
    assert!(take(fragment(whole(0, "a"))).is_empty());
    assert_eq!(take(fragment(whole(1, "b"))).len(), 1);
}

#[test]
fn fragments_may_be_mixed_up() {
    let deltas = [
        fragment(
            json!({ "index": 1, "id": "b", "function": { "name": "timer", "arguments": "{\"n\":" } }),
        ),
        fragment(json!({ "index": 0, "function": { "arguments": "{" } })),
        fragment(json!({ "index": 1, "function": { "arguments": "1}" } })),
        fragment(
            json!({ "index": 0, "id": "a", "function": { "name": "time", "arguments": "}" } }),
        ),
    ];
    // The second was whole first.
    let expected = [call("b", "timer", r#"{"n":1}"#), call("a", "time", "{}")];
    assert_eq!(calls(&deltas), expected);
}

#[test]
fn servers_differ_and_are_understood() {
    let rome = r#"{"place":"Rome"}"#;
    for (deltas, expected) in [
        // No index, no id, the object itself.
        (
            vec![fragment(
                json!({ "function": { "name": "time", "arguments": { "place": "Rome" } } }),
            )],
            vec![call("call_0", "time", rome)],
        ),
        // Several at once without an index.
        (
            vec![json!({ "tool_calls": [
                { "id": "a", "function": { "name": "time", "arguments": rome } },
                { "id": "b", "function": { "name": "timer", "arguments": null } },
            ]})],
            vec![call("a", "time", rome), call("b", "timer", "{}")],
        ),
        (
            vec![json!({ "tool_calls": [
                { "function": { "name": "time", "arguments": rome } },
                { "function": { "name": "timer" } },
            ]})],
            vec![call("call_0", "time", rome), call("call_1", "timer", "{}")],
        ),
        // No index, the id tells.
        (
            vec![
                fragment(json!({ "id": "a", "function": { "name": "time", "arguments": "{" } })),
                fragment(json!({ "id": "b", "function": { "name": "timer", "arguments": "{}" } })),
                fragment(json!({ "id": "a", "function": { "arguments": "}" } })),
            ],
            vec![call("b", "timer", "{}"), call("a", "time", "{}")],
        ),
        // No index and the id once.
        (
            vec![
                fragment(json!({ "id": "a", "function": { "name": "time", "arguments": "{" } })),
                fragment(json!({ "function": { "arguments": "}" } })),
            ],
            vec![call("a", "time", "{}")],
        ),
        // The name in each fragment, and in pieces.
        (
            vec![
                fragment(
                    json!({ "index": 0, "id": "a", "function": { "name": "time", "arguments": "{" } }),
                ),
                fragment(
                    json!({ "index": 0, "id": "", "function": { "name": "time", "arguments": "}" } }),
                ),
                fragment(json!({ "index": 1, "id": "b", "function": { "name": "ti" } })),
                fragment(json!({ "index": 1, "function": { "name": "mer" } })),
            ],
            vec![call("a", "time", "{}"), call("b", "timer", "{}")],
        ),
    ] {
        assert_eq!(calls(&deltas), expected, "{deltas:?}");
    }
}

#[test]
fn calls_that_make_no_sense_are_dropped_and_named() {
    for (function, part) in [
        (
            json!({ "name": "rm_rf", "arguments": "{}" }),
            "`rm_rf` is no tool",
        ),
        (json!({ "arguments": "{}" }), "`` is no tool"),
        (
            json!({ "name": "time", "arguments": "place: Rome" }),
            "`time` are no JSON object",
        ),
        (
            json!({ "name": "time", "arguments": "[1]" }),
            "`time` are no JSON object",
        ),
        (
            json!({ "name": "time", "arguments": "{\"place\":" }),
            "`time` are no JSON object",
        ),
        (
            json!({ "name": "time", "arguments": 7 }),
            "`time` are no JSON object",
        ),
    ] {
        let deltas = [
            json!({ "content": "Well. " }),
            fragment(json!({ "index": 3, "id": "a", "function": function })),
        ];
        let (pieces, whole) = put_together(&deltas).unwrap();
        assert_eq!(pieces, [Piece::Sentence("Well.".into())]);
        assert!(whole.calls.is_empty());
        assert!(whole.dropped[0].contains(part), "{:?}", whole.dropped);
    }
}

#[test]
fn calls_have_limits() {
    let endless = fragment(
        json!({ "index": 0, "function": { "name": "time", "arguments": "x".repeat(1_000) } }),
    );
    let error = put_together(&vec![endless; 100]).unwrap_err();
    assert!(error.contains("longer"), "{error}");
    let long_name = fragment(json!({ "index": 0, "function": { "name": "x".repeat(300) } }));
    put_together(&[long_name]).unwrap_err();
    let many: Vec<Value> = (0..=MAX_CALLS)
        .map(|index| fragment(json!({ "index": index, "function": { "name": "time" } })))
        .collect();
    let error = put_together(&many).unwrap_err();
    assert!(error.contains("more than 8"), "{error}");
    let whole = |index| {
        fragment(json!({ "index": index, "function": { "name": "time", "arguments": "{}" } }))
    };
    let error = put_together(&[whole(0), whole(1), whole(0)]).unwrap_err();
    assert!(error.contains("adds to"), "{error}");
}

#[test]
fn thoughts_are_a_sign_of_life_and_not_said() {
    let tools = tools();
    let mut answer = Answer::new(&tools, true);
    for (delta, begun) in [
        (json!({ "role": "assistant", "content": "" }), false),
        (json!({ "reasoning_content": "Hm" }), true),
        (json!({ "content": "<think>Hm.</think>" }), true),
        (json!({ "content": "Yes." }), true),
    ] {
        let chunk = json!({ "choices": [{ "delta": delta }] });
        assert!(
            answer
                .take(serde_json::from_value(chunk).unwrap())
                .unwrap()
                .is_empty()
        );
        assert_eq!(answer.is_begun(), begun);
    }
    let (pieces, whole) = answer.end();
    assert_eq!(pieces, [Piece::Sentence("Yes.".into())]);
    assert_eq!(whole.text, "Yes.");
}

proptest! {
    #[test]
    fn the_pieces_are_the_text(parts in proptest::collection::vec("[A-Za-z.!? \n<>/]{0,12}", 0..40)) {
        let deltas: Vec<Value> = parts.iter().map(|part| json!({ "content": part })).collect();
        let (pieces, whole) = put_together(&deltas).unwrap();
        let said: Vec<String> = pieces.into_iter().map(|piece| match piece {
            Piece::Sentence(sentence) => sentence,
            Piece::Call(call) => panic!("{call:?}"),
        }).collect();
        let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(bare(&said.join(" ")), bare(&whole.text));
    }

    #[test]
    fn any_fragments_are_survived(
        fragments in proptest::collection::vec(
            (
                proptest::option::of(0..4_u32),
                proptest::option::of("[ab]?"),
                proptest::option::of("(time|timer|x|ti|me)?"),
                proptest::option::of(r#"[{}":a1]{0,3}|\{\}"#),
            ),
            0..12,
        ),
    ) {
        let deltas: Vec<Value> = fragments
            .iter()
            .map(|(index, id, name, arguments)| fragment(json!({
                "index": index, "id": id, "function": { "name": name, "arguments": arguments },
            })))
            .collect();
        if let Ok((pieces, whole)) = put_together(&deltas) {
            let handed_on: Vec<ToolCall> = pieces.into_iter().filter_map(|piece| match piece {
                Piece::Call(call) => Some(call),
                Piece::Sentence(_) => None,
            }).collect();
            prop_assert_eq!(&handed_on, &whole.calls);
            prop_assert!(whole.calls.iter().all(|call| call.name == "time" || call.name == "timer"));
            prop_assert!(whole.calls.len() + whole.dropped.len() <= deltas.len());
        }
    }
}

/// What is spoken of an answer that comes in these parts and ends for `reason`.
fn spoken(parts: &[&str], reason: &str) -> (Vec<String>, Whole) {
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": reason }] });
    let chunks = parts
        .iter()
        .map(|part| json!({ "choices": [{ "delta": { "content": part } }] }))
        .chain([end]);
    let mut answer = Answer::new(&[], true);
    let mut pieces = Vec::new();
    for chunk in chunks {
        pieces.extend(answer.take(serde_json::from_value(chunk).unwrap()).unwrap());
        if answer.is_circling() {
            break;
        }
    }
    let (last, whole) = answer.end();
    let all = pieces.into_iter().chain(last).map(|piece| match piece {
        Piece::Sentence(sentence) => sentence,
        Piece::Call(call) => panic!("{call:?}"),
    });
    (all.collect(), whole)
}

#[test]
fn line_breaks_within_a_text_are_taken() {
    let deltas = [
        fragment(
            json!({ "index": 0, "id": "a", "function": { "name": "timer", "arguments": "{\"note\": \"tea\n" } }),
        ),
        fragment(
            json!({ "index": 0, "function": { "name": "timer", "arguments": "\tready\"\n}" } }),
        ),
    ];
    assert_eq!(
        calls(&deltas),
        [call("a", "timer", r#"{"note":"tea  ready"}"#)]
    );
}

#[test]
fn a_sentence_that_was_cut_off_is_not_spoken() {
    let cut = ["It is blue. ", "That is the air's doing. ", "The sun"];
    let (said, whole) = spoken(&cut, "length");
    assert_eq!(said, ["It is blue.", "That is the air's doing."]);
    assert_eq!(whole.finish, Some(Finish::Length));
    assert!(whole.text.ends_with("The sun"), "code is wanted whole");
    let (said, _) = spoken(&["It is blue. ", "Is it? so", " they say"], "length");
    assert_eq!(said, ["It is blue.", "Is it?"]);
    // All there is, is better than nothing.
    let (said, _) = spoken(&["The sky is"], "length");
    assert_eq!(said, ["The sky is"]);
    let (said, _) = spoken(&["It is blue. ", "The sun"], "stop");
    assert_eq!(said, ["It is blue.", "The sun"]);
}

#[test]
fn a_circle_is_heard_once() {
    let circle = "The moon is far away. It is very far away. ";
    let parts: Vec<&str> = std::iter::repeat_n(circle, 50)
        .flat_map(|circle| circle.split_inclusive(' '))
        .collect();
    let (said, whole) = spoken(&parts, "length");
    assert_eq!(whole.finish, Some(Finish::Circling));
    assert!(said.len() <= 7, "{said:?}");
    // Lines without an end are one piece, of which only the first round is worth hearing.
    let parts = vec!["where is the moon\nwhere are we\n"; 50];
    let (said, whole) = spoken(&parts, "length");
    assert_eq!(said, ["where is the moon"]);
    assert_eq!(whole.text, "where is the moon");
}

/// A program is wanted whole, however often it says the same.
#[test]
fn what_is_not_spoken_may_repeat_itself() {
    let code = "    if value is None:\n        raise ValueError(value)\n".repeat(20);
    let mut answer = Answer::new(&[], false);
    let chunk = json!({ "choices": [{ "delta": { "content": code } }] });
    answer.take(serde_json::from_value(chunk).unwrap()).unwrap();
    assert!(!answer.is_circling());
    assert_eq!(answer.end().1.text, code.trim());
}
