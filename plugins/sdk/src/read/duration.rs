//! Lengths of time.

use jiff::SignedDuration;

use super::{Cursor, number};

/// The longest length of time that makes sense, in seconds: a hundred years.
const MAX_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;

/// Words in the longest count ("nine hundred and ninety nine").
const MAX_COUNT_WORDS: usize = 8;

/// `words` as a length of time: "ten minutes", "an hour and a half", "1 hour 20 minutes".
#[must_use]
pub fn duration(words: &[&str]) -> Option<SignedDuration> {
    let mut cursor = Cursor::new(words);
    let mut seconds = 0.0;
    let mut last_unit = f64::INFINITY;
    while !cursor.is_done() {
        if last_unit.is_finite() {
            cursor.eat("and");
        }
        let (count, unit) = part(&mut cursor)?;
        // Falling units only: "five minutes two hours" is two lengths, not one.
        (unit < last_unit).then_some(())?;
        seconds += count * unit;
        last_unit = unit;
    }
    (last_unit.is_finite() && seconds <= MAX_SECONDS)
        .then(|| SignedDuration::try_from_secs_f64(seconds).ok())?
}

fn part(cursor: &mut Cursor<'_>) -> Option<(f64, f64)> {
    let count = count(cursor)?;
    let unit = unit_seconds(cursor.next()?)?;
    let more = cursor.attempt(|c| {
        let part = [
            ("and a half", 0.5),
            ("and a quarter", 0.25),
            ("and three quarters", 0.75),
        ];
        let at = c.eat_any(&part.map(|(phrase, _)| phrase))?;
        // "an hour and a half minute" goes on with a unit.
        c.peek()
            .and_then(unit_seconds)
            .is_none()
            .then_some(part[at].1)
    });
    Some((count + more.unwrap_or(0.0), unit))
}

fn count(cursor: &mut Cursor<'_>) -> Option<f64> {
    const PHRASES: [(&str, f64); 11] = [
        ("half an", 0.5),
        ("half a", 0.5),
        ("a half", 0.5),
        ("three quarters of an", 0.75),
        ("three quarters of a", 0.75),
        ("a quarter of an", 0.25),
        ("a quarter of a", 0.25),
        ("quarter of an", 0.25),
        ("a couple of", 2.0),
        ("a couple", 2.0),
        ("an", 1.0),
    ];
    if let Some(at) = cursor.eat_any(&PHRASES.map(|(phrase, _)| phrase)) {
        return Some(PHRASES[at].1);
    }
    cursor
        .longest(MAX_COUNT_WORDS, number)
        .or_else(|| cursor.eat("a").then_some(1.0))
        .filter(|count| *count >= 0.0)
}

fn unit_seconds(word: &str) -> Option<f64> {
    Some(match word {
        "second" | "seconds" | "sec" | "secs" | "s" => 1.0,
        "minute" | "minutes" | "min" | "mins" => 60.0,
        "hour" | "hours" | "hr" | "hrs" | "h" => 3_600.0,
        "day" | "days" => 86_400.0,
        "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    #[test]
    fn lengths() {
        for (text, seconds) in [
            ("ten minutes", 600),
            ("a minute", 60),
            ("an hour", 3600),
            ("half an hour", 1800),
            ("a quarter of an hour", 900),
            ("an hour and a half", 5400),
            ("two and a half hours", 9000),
            ("1 hour 20 minutes", 4800),
            ("one hour, twenty minutes and 5 seconds", 4805),
            ("90 seconds", 90),
            ("5-minute", 300),
            ("1.5 hours", 5400),
            ("a couple of days", 172_800),
            ("two weeks", 1_209_600),
            ("a dozen minutes", 720),
        ] {
            let expected = Some(SignedDuration::from_secs(seconds));
            assert_eq!(with_words(text, duration), expected, "{text}");
        }
        for text in [
            "",
            "ten",
            "minutes",
            "a",
            "five minutes two hours",
            "ten minutes and",
            "9:30 hours",
            "-5 minutes",
            "999999999 weeks",
        ] {
            assert_eq!(with_words(text, duration), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn told_lengths_come_back(h in 1_i64..24, m in 1_i64..60, s in 1_i64..60) {
            let text = format!("{h} hours {m} minutes and {s} seconds");
            let expected = SignedDuration::from_secs(h * 3600 + m * 60 + s);
            prop_assert_eq!(with_words(&text, duration), Some(expected));
        }
    }
}
