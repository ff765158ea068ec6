//! Days with a name.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};

/// A day that comes once a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// The name as it is spoken.
    pub name: &'static str,
    rule: Rule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Fixed(i8, i8),
    /// Month, which one (negative from the end), weekday.
    Nth(i8, i8, Weekday),
    /// Days from Easter Sunday.
    Easter(i64),
}

/// Name as spoken, rule, and the other ways to say it. Where countries differ (Mother's Day,
/// Thanksgiving), the day is that of the United States, whose English the voices speak.
const HOLIDAYS: &[(&str, Rule, &[&str])] = &[
    (
        "Christmas",
        Rule::Fixed(12, 25),
        &["christmas day", "xmas", "x mas"],
    ),
    ("Christmas Eve", Rule::Fixed(12, 24), &["xmas eve"]),
    ("Boxing Day", Rule::Fixed(12, 26), &[]),
    (
        "New Year's Day",
        Rule::Fixed(1, 1),
        &[
            "new year",
            "new years",
            "the new year",
            "the new years",
            "next year",
            "new year day",
        ],
    ),
    (
        "New Year's Eve",
        Rule::Fixed(12, 31),
        &[
            "new year eve",
            "the end of the year",
            "end of the year",
            "the years end",
        ],
    ),
    ("Halloween", Rule::Fixed(10, 31), &["all hallows eve"]),
    (
        "Valentine's Day",
        Rule::Fixed(2, 14),
        &["valentines", "valentine day", "saint valentines day"],
    ),
    (
        "Saint Patrick's Day",
        Rule::Fixed(3, 17),
        &["st patricks day", "saint paddys day", "st paddys day"],
    ),
    (
        "April Fools' Day",
        Rule::Fixed(4, 1),
        &["april fools", "april fool day"],
    ),
    ("Earth Day", Rule::Fixed(4, 22), &[]),
    ("May Day", Rule::Fixed(5, 1), &["labour day"]),
    (
        "Independence Day",
        Rule::Fixed(7, 4),
        &["the fourth of july", "4th of july", "fourth of july"],
    ),
    (
        "Veterans Day",
        Rule::Fixed(11, 11),
        &["remembrance day", "armistice day"],
    ),
    (
        "Martin Luther King Day",
        Rule::Nth(1, 3, Weekday::Monday),
        &["mlk day"],
    ),
    ("Presidents' Day", Rule::Nth(2, 3, Weekday::Monday), &[]),
    (
        "Mother's Day",
        Rule::Nth(5, 2, Weekday::Sunday),
        &["mothers day"],
    ),
    ("Memorial Day", Rule::Nth(5, -1, Weekday::Monday), &[]),
    (
        "Father's Day",
        Rule::Nth(6, 3, Weekday::Sunday),
        &["fathers day"],
    ),
    ("Labor Day", Rule::Nth(9, 1, Weekday::Monday), &[]),
    (
        "Columbus Day",
        Rule::Nth(10, 2, Weekday::Monday),
        &["indigenous peoples day"],
    ),
    (
        "Thanksgiving",
        Rule::Nth(11, 4, Weekday::Thursday),
        &["thanksgiving day"],
    ),
    (
        "Mardi Gras",
        Rule::Easter(-47),
        &["fat tuesday", "shrove tuesday", "pancake day"],
    ),
    ("Ash Wednesday", Rule::Easter(-46), &[]),
    ("Palm Sunday", Rule::Easter(-7), &[]),
    ("Good Friday", Rule::Easter(-2), &[]),
    ("Easter", Rule::Easter(0), &["easter sunday", "easter day"]),
    ("Easter Monday", Rule::Easter(1), &[]),
    ("Pentecost", Rule::Easter(49), &["whit sunday"]),
];

static BY_WORDS: LazyLock<HashMap<String, Holiday>> = LazyLock::new(|| {
    let all = HOLIDAYS
        .iter()
        .map(|(name, rule, others)| (Holiday { name, rule: *rule }, others));
    let said = |holiday: Holiday, others: &[&str]| {
        let names = others.iter().copied().chain([holiday.name]);
        names
            .map(move |name| (super::normal(name), holiday))
            .collect::<Vec<_>>()
    };
    all.flat_map(|(holiday, others)| said(holiday, others))
        .collect()
});

impl Holiday {
    /// The day that `words` name.
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        BY_WORDS.get(&words.join(" ")).copied()
    }

    /// Its date in `year`.
    #[must_use]
    pub fn in_year(&self, year: i16) -> Option<Date> {
        match self.rule {
            Rule::Fixed(month, day) => Date::new(year, month, day).ok(),
            Rule::Nth(month, nth, weekday) => Date::new(year, month, 1)
                .ok()?
                .nth_weekday_of_month(nth, weekday)
                .ok(),
            Rule::Easter(days) => easter(year)
                .checked_add(jiff::Span::new().try_days(days).ok()?)
                .ok(),
        }
    }
}

/// Easter Sunday of the Gregorian calendar, by the rule of golden number, epact and Sunday.
fn easter(year: i16) -> Date {
    let year_number = i32::from(year);
    let golden = year_number.rem_euclid(19);
    let century = year_number.div_euclid(100);
    let epact = (century - century / 4 - (8 * century + 13) / 25 + 19 * golden + 15).rem_euclid(30);
    let moon = epact - (epact / 28) * (1 - (29 / (epact + 1)) * ((21 - golden) / 11));
    let weekday =
        (year_number + year_number.div_euclid(4) + moon + 2 - century + century / 4).rem_euclid(7);
    let sunday = moon - weekday;
    let month = 3 + (sunday + 40) / 44;
    let day = sunday + 28 - 31 * (month / 4);
    date(year, month as i8, day as i8)
}

#[cfg(test)]
mod tests {
    use super::super::with_words;
    use super::*;

    #[test]
    fn days_with_a_name() {
        for (text, day) in [
            ("Christmas", "2026-12-25"),
            ("New Year's", "2026-01-01"),
            ("New Year's Eve", "2026-12-31"),
            ("Halloween", "2026-10-31"),
            ("Valentine's Day", "2026-02-14"),
            ("Thanksgiving", "2026-11-26"),
            ("Memorial Day", "2026-05-25"),
            ("Mother's Day", "2026-05-10"),
            ("Easter", "2026-04-05"),
            ("Good Friday", "2026-04-03"),
            ("Pancake Day", "2026-02-17"),
        ] {
            let holiday = with_words(text, Holiday::read).expect(text);
            assert_eq!(holiday.in_year(2026).unwrap().to_string(), day, "{text}");
        }
        assert_eq!(with_words("my birthday", Holiday::read), None);
    }

    #[test]
    fn easter_is_the_churches() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (1954, 4, 18),
            (1981, 4, 19),
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2027, 3, 28),
            (2049, 4, 18),
            (2076, 4, 19),
        ] {
            assert_eq!(easter(year), date(year, month, day), "{year}");
        }
    }
}
