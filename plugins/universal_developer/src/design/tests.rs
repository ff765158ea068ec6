use super::*;

/// The ids of a diagram's nodes, and its arrows.
type Diagram<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// Nodes and arrows of a diagram, if every line is one of those that are written here.
pub(crate) fn parse_diagram(text: &str) -> Option<Diagram<'_>> {
    let quoted = |text: &str, open: &str, close: &str| {
        let inner = text
            .strip_prefix(open)
            .and_then(|text| text.strip_suffix(close))
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"'))?;
        let plain = !inner.is_empty() && !inner.contains(['"', '<', '>', '`', '\n']);
        plain.then_some(())
    };
    let is_id = |id: &str| {
        id.strip_prefix('n')
            .is_some_and(|n| n.parse::<usize>().is_ok())
    };
    let mut lines = text.strip_suffix('\n')?.split('\n');
    (lines.next()? == "flowchart LR").then_some(())?;
    let (mut nodes, mut arrows) = (Vec::new(), Vec::new());
    for line in lines {
        let line = line.strip_prefix("    ")?;
        if let Some((from, rest)) = line.split_once(" -->|") {
            let (what, to) = rest.rsplit_once("| ")?;
            quoted(what, "", "")?;
            (is_id(from) && is_id(to)).then_some(())?;
            arrows.push((from, to));
        } else {
            let (id, shape) = line.split_at(line.find(['[', '('])?);
            is_id(id).then_some(())?;
            [("([", "])"), ("[(", ")]"), ("[[", "]]"), ("[", "]")]
                .iter()
                .find_map(|(open, close)| quoted(shape, open, close))?;
            nodes.push(id);
        }
    }
    let known = |id: &str| nodes.contains(&id);
    arrows
        .iter()
        .all(|(from, to)| known(from) && known(to))
        .then_some(())?;
    Some((nodes, arrows))
}

fn odd(name: &str) -> String {
    json!({
        "id": "x", "title": "X", "summary": "It is.",
        "component": [{ "id": "a b", "name": name, "kind": "store", "does": "d" }],
        "flow": [{ "from": "a b", "to": "a b", "what": name }],
        "trade_off": [], "recommendations": [],
    })
    .to_string()
}

#[test]
fn labels_cannot_leave_their_quotes() {
    for name in [
        "a\"] --> b",
        "x\n    click n0 \"javascript:alert(1)\"",
        "<b>`y`</b> & |\"|",
    ] {
        let diagram = Design::parse(&odd(name)).unwrap().diagram();
        let (nodes, arrows) = parse_diagram(&diagram).expect(&diagram);
        assert_eq!((nodes.len(), arrows.len()), (1, 1), "{diagram}");
    }
}

#[test]
fn the_checker_refuses_what_is_no_diagram() {
    for text in [
        "",
        "flowchart LR",
        "graph LR\n",
        "flowchart LR\n    n0[\"a\"b\"]\n",
        "flowchart LR\n    n0[a]\n",
        "flowchart LR\n    n0[\"a\"]\n    n0 -->|\"x\"| n1\n",
        "flowchart LR\n    click n0\n",
    ] {
        assert_eq!(parse_diagram(text), None, "{text}");
    }
}

#[test]
fn broken_designs_are_refused() {
    let lost = odd("x").replace(r#""to":"a b""#, r#""to":"c""#);
    assert!(matches!(
        Design::parse(&lost),
        Err(DesignError::NoComponent { .. })
    ));
    assert!(matches!(Design::parse("[]"), Err(DesignError::Json(_))));
    let mut large = Design::parse(&odd("x")).unwrap();
    large.recommendations = vec!["r".into(); MOST_PARTS + 1];
    assert!(matches!(large.checked(), Err(DesignError::TooLarge(_))));
}
