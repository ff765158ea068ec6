//! Words for values, as a person would say them.

use jiff::ZonedDateTime;
use jiff::civil::{Date, Time};

/// "3:05 PM"; "noon" and "midnight" where they are meant exactly.
#[must_use]
pub fn time(time: Time) -> String {
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".into(),
        (12, 0) => "noon".into(),
        _ => time.strftime("%-I:%M %p").to_string(),
    }
}

/// "Wednesday, November 25th".
#[must_use]
pub fn date(date: Date) -> String {
    format!("{}, {}", weekday(date), day_of_year(date))
}

/// "November 25th".
#[must_use]
pub fn day_of_year(date: Date) -> String {
    format!(
        "{} {}",
        date.strftime("%B"),
        ordinal(date.day().unsigned_abs().into())
    )
}

/// "Wednesday".
#[must_use]
pub fn weekday(date: Date) -> String {
    date.strftime("%A").to_string()
}

/// "1st", "22nd", "113th".
#[must_use]
pub fn ordinal(number: u64) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

/// "1 day", "2 days".
#[must_use]
pub fn count(number: i64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// "a", "a or b", "a, b, or c".
#[must_use]
pub fn list(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first, last] => format!("{first} {word} {last}"),
        [head @ .., last] => format!("{}, {word} {last}", head.join(", ")),
    }
}

/// The part of the day: "morning", "afternoon", "evening" or "night".
#[must_use]
pub fn day_part(now: &ZonedDateTime) -> &'static str {
    match now.hour() {
        5..12 => "morning",
        12..18 => "afternoon",
        18..23 => "evening",
        _ => "night",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;

    #[test]
    fn values_in_words() {
        assert_eq!(time(civil::time(15, 5, 0, 0)), "3:05 PM");
        assert_eq!(time(civil::time(0, 30, 0, 0)), "12:30 AM");
        assert_eq!(time(civil::time(12, 0, 0, 0)), "noon");
        assert_eq!(date(civil::date(2026, 11, 25)), "Wednesday, November 25th");
        let ranks = [1, 2, 3, 4, 11, 12, 13, 21, 22, 113].map(ordinal);
        assert_eq!(
            ranks.join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 113th"
        );
        assert_eq!(
            (count(1, "day"), count(0, "day")),
            ("1 day".into(), "0 days".into())
        );
        let three = ["a", "b", "c"].map(String::from);
        let lists = [&three[..0], &three[..1], &three[..2], &three].map(|items| list(items, "or"));
        assert_eq!(lists, ["", "a", "a or b", "a, b, or c"]);
    }
}
