use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn param(name: &str, kind: Kind) -> Param {
    Param {
        name: name.into(),
        kind,
        default: Value::Null,
        least: None,
        most: (kind == Kind::Number).then_some(1000.0),
    }
}

fn all(params: &[Param], text: &str) -> Value {
    let values = read_all(params, text, date(2026, 11, 25)).unwrap();
    values.map_or(Value::Null, |values| {
        values.into_iter().map(|(_, value)| value).collect()
    })
}

#[test]
fn arguments_are_read() {
    let (n, text) = (param("n", Kind::Number), param("text", Kind::Text));
    let (list, words) = (param("items", Kind::Numbers), param("words", Kind::Words));
    let day = param("day", Kind::Date);
    for (params, said, value) in [
        (vec![n.clone()], "twenty-five", json!([25])),
        (vec![n.clone()], "the number 7", json!([7])),
        (vec![n.clone()], "hello", Value::Null),
        (vec![text.clone()], "the word \"Banana\"", json!(["Banana"])),
        (
            vec![list.clone()],
            "3, 1, minus 2 and 2.5",
            json!([[3, 1, -2, 2.5]]),
        ),
        (
            vec![words.clone()],
            "pear, apple and fig",
            json!([["pear", "apple", "fig"]]),
        ),
        (vec![day.clone()], "christmas", json!(["2026-12-25"])),
        (vec![n.clone(), n.clone()], "48 and 18", json!([48, 18])),
        (vec![n.clone(), n.clone()], "48", json!([48])),
        (vec![n.clone(), n.clone()], "1, 2 and 3", Value::Null),
        (
            vec![text.clone(), n.clone()],
            "rock and roll with 3",
            json!(["rock and roll", 3]),
        ),
        (
            vec![text.clone(), n.clone()],
            "abc by n 3",
            json!(["abc", 3]),
        ),
        (
            vec![text.clone(), text.clone()],
            "listen and silent",
            json!(["listen", "silent"]),
        ),
        (
            vec![day.clone(), day.clone()],
            "today and christmas",
            json!(["2026-11-25", "2026-12-25"]),
        ),
        (
            vec![list.clone(), n.clone()],
            "1, 5, 9 for 5",
            json!([[1, 5, 9], 5]),
        ),
        (vec![], "anything", Value::Null),
    ] {
        assert_eq!(all(&params, said), value, "{said}");
    }
}

#[test]
fn limits_are_told() {
    let n = param("n", Kind::Number);
    let today = date(2026, 11, 25);
    assert!(matches!(
        n.read("5000", today),
        Err(ValueError::Beyond { .. })
    ));
    assert!(matches!(
        n.read("2.5", today),
        Err(ValueError::Beyond { .. })
    ));
    let long = "x".repeat(10 << 20);
    let text = param("text", Kind::Text);
    assert_eq!(text.read(&long, today), Err(ValueError::TooLong));
    assert_eq!(read_all(&[text], &long, today), Err(ValueError::TooLong));
    let many = "1 ".repeat(MAX_ITEMS + 1);
    let list = param("items", Kind::Numbers);
    assert_eq!(list.read(&many, today), Err(ValueError::TooMany));
}

proptest! {
    #[test]
    fn no_words_break_it(said in "[a-z0-9 ,.'\"`$(){}\\\\-]{0,80}", at in 0_usize..7) {
        let kinds = [Kind::Number, Kind::Decimal, Kind::Text, Kind::Numbers, Kind::Words, Kind::Date, Kind::Fixed];
        let params = [param("a", kinds[at]), param("b", Kind::Text), param("c", Kind::Number)];
        for len in 0..=3 {
            let _ = read_all(&params[..len], &said, date(2026, 11, 25));
        }
    }
}
