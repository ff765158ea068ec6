//! What is said, in a table, and what holds for any text.

use proptest::prelude::*;

use super::{plain, spoken};

/// As written and as said.
const SAID: &[(&str, &str)] = &[
    // Numbers that voices read well stay.
    ("I have 3 cats and 2.5 dogs.", "I have 3 cats and 2.5 dogs."),
    ("It is the 22nd time.", "It is the 22nd time."),
    ("1,234.5", "one thousand two hundred thirty four point five"),
    ("It's -5 now", "It's minus 5 now"),
    ("the 1,000th visitor", "the one thousandth visitor"),
    ("23 + 19 = 42.", "23 plus 19 equals 42."),
    ("5 - 3", "5 minus 3"),
    ("6 / 2 and 6 ÷ 2", "6 divided by 2 and 6 divided by 2"),
    ("3 × 4, 3 * 4, 3*4", "3 times 4, 3 times 4, 3 times 4"),
    ("2^3 and 5²", "2 to the power of 3 and 5 squared"),
    ("√9", "the square root of 9"),
    (
        "7 > 5 and 5 <= 6",
        "7 greater than 5 and 5 less than or equal to 6",
    ),
    ("3/4 of it", "three quarters of it"),
    (
        "1/2 lb, 1½ cups, 3 1/2 km",
        "one half pound, 1 and a half cups, 3 and a half kilometers",
    ),
    ("10-20% or 5–6 km", "10 to 20 percent or 5 to 6 kilometers"),
    ("They won 3-1.", "They won 3 to 1."),
    ("open 24/7", "open 24 7"),
    ("Call 555-1234.", "Call five five five, one two three four."),
    (
        "version v1.2.3 at 10.0.0.1",
        "version version 1 dot 2 dot 3 at 10 dot 0 dot 0 dot 1",
    ),
    (
        "2x faster for 100k people",
        "2 times faster for 100 thousand people",
    ),
    ("#1 of about ~5", "number 1 of about about 5"),
    // Times.
    ("3:05 PM", "three oh five P M"),
    ("It is 3:05 p.m. now.", "It is three oh five P M now."),
    ("Wake me at 7 a.m.", "Wake me at seven A M."),
    ("At 9am, or 15:30.", "At nine A M, or fifteen thirty."),
    (
        "10:00, 15:00, 0:00",
        "ten o'clock, fifteen hundred, midnight",
    ),
    ("10:00 AM", "ten A M"),
    ("14:05:09", "fourteen oh five and nine seconds"),
    ("from 9:00-17:30", "from nine o'clock to seventeen thirty"),
    ("odds of 2:1", "odds of 2:1"),
    // Dates.
    ("2026-11-25", "November twenty fifth, twenty twenty six"),
    (
        "11/25/2026 and 25/11/2026",
        "November twenty fifth, twenty twenty six and November twenty fifth, twenty twenty six",
    ),
    ("05/06/2026", "five, six, twenty twenty six"),
    ("on Nov. 5, 2009.", "on November fifth, two thousand nine."),
    ("Wed, Nov 25", "Wednesday, November twenty fifth"),
    ("the 3rd March", "the third of March"),
    (
        "on 25 November 2026",
        "on the twenty fifth of November, twenty twenty six",
    ),
    ("May 5 or May 6th.", "May fifth or May sixth."),
    ("in July 1969", "in July nineteen sixty nine"),
    ("He may. 5 do.", "He may. 5 do."),
    (
        "in 1984, not since 1905",
        "in nineteen eighty four, not since nineteen oh five",
    ),
    ("in 1500 meters", "in 1500 meters"),
    ("1500 people", "1500 people"),
    (
        "from 1939–1945",
        "from nineteen thirty nine to nineteen forty five",
    ),
    (
        "the 1990s and the '80s",
        "the nineteen nineties and the 'eighties",
    ),
    // Money.
    ("$5.20", "5 dollars and 20 cents"),
    ("$1, €3 and £0.01", "1 dollar, 3 euros and 1 penny"),
    (
        "$1,234.56",
        "one thousand two hundred thirty four dollars and 56 cents",
    ),
    (
        "-$5 or 20 EUR or 5€",
        "minus 5 dollars or 20 euros or 5 euros",
    ),
    (
        "$1.5 million, £3bn",
        "1.5 million dollars, 3 billion pounds",
    ),
    (
        "$5-10 and $20/month",
        "5 dollars to 10 dollars and 20 dollars per month",
    ),
    // Units.
    ("1 km, 5 km, 5km", "1 kilometer, 5 kilometers, 5 kilometers"),
    (
        "20°C, -5 °F, 90°",
        "20 degrees Celsius, minus 5 degrees Fahrenheit, 90 degrees",
    ),
    ("60 km/h, 12 m²", "60 kilometers per hour, 12 square meters"),
    ("50% or 50 %", "50 percent or 50 percent"),
    ("5 min. left, 16 GB", "5 minutes left, 16 gigabytes"),
    ("6 in the morning", "6 in the morning"),
    // Abbreviations.
    (
        "Dr. Lee lives on Elm St. near St. Paul",
        "Doctor Lee lives on Elm Street near Saint Paul",
    ),
    (
        "fruit, e.g. apples, etc.",
        "fruit, for example apples, et cetera.",
    ),
    (
        "Mr. and Mrs. Lee vs. Acme, Inc.",
        "Mr. and Missus Lee versus Acme, Incorporated.",
    ),
    ("No. 5 on p. 7", "number 5 on page 7"),
    ("No. I said no.", "No. I said no."),
    // Signs.
    ("R&D in C++ and C#", "R and D in C plus plus and C sharp"),
    ("and/or", "and or"),
    ("A → B", "A to B"),
    ("“Hello” — she said…", "“Hello” — she said…"),
    // Addresses.
    (
        "See https://www.example.com/a?b=c#d.",
        "See example dot com.",
    ),
    (
        "example.org/x or ann.lee@mail.example.com",
        "example dot org or ann dot lee at mail dot example dot com",
    ),
    ("Node.js and main.rs", "Node.js and main.rs"),
];

#[test]
fn is_said_as_a_person_would() {
    for (written, said) in SAID {
        assert_eq!(spoken(written), *said, "for {written}");
        assert_eq!(spoken(said), *said, "the second time, for {written}");
    }
}

/// As written and without markup.
const PLAIN: &[(&str, &str)] = &[
    (
        "**Bold**, *it*, __b__, ~~gone~~ and `code`.",
        "Bold, it, b, gone and code.",
    ),
    (
        "a [link](https://x.org/a_b) ![image](y.png) <https://z.org>",
        "a link image <https://z.org>",
    ),
    (
        "# Title\n\nFirst line\nsecond line.\n\nEnd",
        "Title. First line second line. End",
    ),
    (
        "Steps:\n1. Boil\n2. Stir well.\n",
        "Steps: 1: Boil. 2: Stir well.",
    ),
    ("42. That is the answer.", "42. That is the answer."),
    ("- [x] done\n- open\n* more", "done. open. more"),
    ("> quoted\n> text", "quoted text"),
    (
        "Try:\n```rust\nfn main() {}\n```\nGood?",
        "Try: Code left out. Good?",
    ),
    ("```\nunclosed", "Code left out."),
    ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b. 1, 2"),
    ("Hi 👋🏽 there 👨‍👩‍👧!", "Hi there !"),
    (
        "snake_case, 3 * 4, 3*4, C#, #1, ~5",
        "snake case, 3 * 4, 3*4, C#, #1, ~5",
    ),
    ("---\n***\n", ""),
    ("one \\* two", "one two"),
    ("[[h@'loU]]", "h@'loU"),
    ("[](x)", "x"),
];

#[test]
fn markup_is_taken_away() {
    for (written, bare) in PLAIN {
        assert_eq!(plain(written), *bare, "for {written}");
    }
}

/// Pieces that rules are about, to be strung together at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "5",
        "1,234",
        "-5",
        "1984",
        "2026",
        "3:05",
        "15:30",
        "PM",
        "p.m.",
        "in",
        "the",
        "May",
        "Nov.",
        "25",
        "25th",
        "km",
        "km/h",
        "%",
        "°C",
        "$",
        "$5",
        "€3.50",
        "million",
        "/",
        "-",
        "–",
        "1/2",
        "½",
        "Dr.",
        "Lee",
        "e.g.",
        "etc.",
        "No.",
        "#",
        "*",
        "**",
        "_",
        "`",
        "~",
        "[",
        "](",
        ")",
        "!",
        ".",
        ",",
        ":",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "|",
        "```",
        "a",
        "x",
        "B",
        "é",
        "👋",
        "\u{200d}",
        "@",
        "example.com",
        "https://",
        "'",
        "\"",
        "s",
        "k",
        "min",
        "=",
        "\\",
        "&",
        "+",
        "<",
        ">",
        "٣",
        "①",
        "\0",
        "²",
        "Mon",
        "1990s",
        "2-3",
        "555-1234",
        "v1.2.3",
    ]);
    let spaced = (piece, prop::sample::select(vec!["", " ", " "]));
    let spaced = spaced.prop_map(|(piece, space)| format!("{piece}{space}"));
    prop::collection::vec(spaced, 0..14).prop_map(|pieces| pieces.concat())
}

fn holds_for(text: &str) {
    let has_words = |text: &str| text.contains(char::is_alphanumeric);
    let bare = plain(text);
    assert_eq!(plain(&bare), bare, "plain twice, of {text:?}");
    assert!(has_words(&bare) || !has_words(text), "plain of {text:?}");
    for sentence in [text, &bare] {
        let said = spoken(sentence);
        assert_eq!(spoken(&said), said, "spoken twice, of {sentence:?}");
        assert!(
            has_words(&said) || !has_words(sentence),
            "spoken of {sentence:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_panics_vanishes_or_changes_twice(text in pieces()) {
        holds_for(&text);
    }

    #[test]
    fn whatever_the_text_is(text in any::<String>()) {
        holds_for(&text);
    }
}
