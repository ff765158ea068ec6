//! Dates, as they are said.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::number::{small, whole};
use super::{Cursor, Holiday, ordinal};
use crate::say;

/// The months: spelled out, shortened, and as they are written.
const MONTHS: [(&str, &str, &str); 12] = [
    ("january", "jan", "January"),
    ("february", "feb", "February"),
    ("march", "mar", "March"),
    ("april", "apr", "April"),
    ("may", "may", "May"),
    ("june", "jun", "June"),
    ("july", "jul", "July"),
    ("august", "aug", "August"),
    ("september", "sept", "September"),
    ("october", "oct", "October"),
    ("november", "nov", "November"),
    ("december", "dec", "December"),
];

/// Years within which a day such as February 29th comes again.
const YEARS_AHEAD: i16 = 8;

/// A date as it was said; which day that is depends on today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateExpr {
    /// Days from today: "today" is 0, "yesterday" is -1.
    Days(i64),
    /// The next such weekday, today included; one week later if "next" was said of this week's.
    Weekday(Weekday, Week),
    /// The next time the month has this day.
    Day(i8),
    /// A day of the year, and the year if it was said.
    MonthDay(i8, i8, Option<i16>),
    /// A day with a name, and the year if it was said.
    Holiday(Holiday, Option<i16>),
}

/// Which week a weekday is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Week {
    /// The coming one: "friday", "this friday".
    Coming,
    /// Not today: "next friday".
    Next,
    /// "last friday".
    Last,
}

impl DateExpr {
    /// `words` as a date: "tomorrow", "next friday", "the 3rd of may", "christmas 2027".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        if let Some(holiday) = holiday(words) {
            return Some(holiday);
        }
        cursor.eat("on");
        let value = cursor
            .attempt(relative)
            .or_else(|| cursor.attempt(weekday))
            .or_else(|| cursor.attempt(month_first))
            .or_else(|| cursor.attempt(day_first))?;
        cursor.done(value)
    }

    /// The day meant: the coming one, today included, unless the words say otherwise. `None` for
    /// a day that does not exist, such as the 31st of June.
    #[must_use]
    pub fn resolve(&self, today: Date) -> Option<Date> {
        match *self {
            Self::Days(days) => today.checked_add(Span::new().try_days(days).ok()?).ok(),
            Self::Weekday(day, Week::Coming) if today.weekday() == day => Some(today),
            Self::Weekday(day, Week::Coming | Week::Next) => today.nth_weekday(1, day).ok(),
            Self::Weekday(day, Week::Last) => today.nth_weekday(-1, day).ok(),
            Self::Day(day) => (0..12)
                .filter_map(|months| today.first_of_month().checked_add(months.months()).ok())
                .filter_map(|month| Date::new(month.year(), month.month(), day).ok())
                .find(|date| *date >= today),
            Self::MonthDay(month, day, Some(year)) => Date::new(year, month, day).ok(),
            Self::MonthDay(month, day, None) => {
                coming(today, |year| Date::new(year, month, day).ok())
            }
            Self::Holiday(holiday, Some(year)) => holiday.in_year(year),
            Self::Holiday(holiday, None) => coming(today, |year| holiday.in_year(year)),
        }
    }

    /// A date as it is written: `2027-05-03`, or what [`DateExpr`] displays.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(days) = text.strip_suffix(" days") {
            return Some(Self::Days(days.parse().ok()?));
        }
        if let Some(day) = text.strip_prefix("day ") {
            let day = day.parse().ok().filter(|day| (1..=31).contains(day))?;
            return Some(Self::Day(day));
        }
        if let Some((month, day)) = text.strip_prefix("--").and_then(|t| t.split_once('-')) {
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // A leap year has every day that any year has.
            Date::new(2000, month, day).ok()?;
            return Some(Self::MonthDay(month, day, None));
        }
        // Longer, and it has a time of day.
        let date: Date = (text.len() == "2027-05-03".len()).then(|| text.parse().ok())??;
        Some(Self::MonthDay(date.month(), date.day(), Some(date.year())))
    }

    /// As it is spoken: "tomorrow", "next Friday", "May 3rd".
    #[must_use]
    pub fn spoken(&self) -> String {
        let rank = |day: i8| say::ordinal(u64::from(day.unsigned_abs()));
        match *self {
            Self::Days(0) => "today".into(),
            Self::Days(1) => "tomorrow".into(),
            Self::Days(-1) => "yesterday".into(),
            Self::Days(days) if days > 0 => format!("in {days} days"),
            Self::Days(days) => format!("{} days ago", days.unsigned_abs()),
            Self::Weekday(day, Week::Coming) => format!("{day:?}"),
            Self::Weekday(day, Week::Next) => format!("next {day:?}"),
            Self::Weekday(day, Week::Last) => format!("last {day:?}"),
            Self::Day(day) => format!("the {}", rank(day)),
            Self::MonthDay(month, day, year) => {
                let at = usize::from(month.unsigned_abs()).saturating_sub(1);
                let name = MONTHS.get(at).map_or("", |(_, _, name)| name);
                let year = year.map_or(String::new(), |year| format!(" {year}"));
                format!("{name} {}{year}", rank(day))
            }
            Self::Holiday(holiday, None) => holiday.name.into(),
            Self::Holiday(holiday, Some(year)) => format!("{} {year}", holiday.name),
        }
    }

    /// The day's own name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Holiday(holiday, _) => Some(holiday.name),
            _ => None,
        }
    }
}

impl fmt::Display for DateExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days:+} days"),
            Self::Weekday(day, week) => write!(f, "{week:?} {day:?}"),
            Self::Day(day) => write!(f, "day {day}"),
            Self::MonthDay(month, day, None) => write!(f, "--{month:02}-{day:02}"),
            Self::MonthDay(month, day, Some(year)) => write!(f, "{year:04}-{month:02}-{day:02}"),
            Self::Holiday(holiday, None) => write!(f, "{}", holiday.name),
            Self::Holiday(holiday, Some(year)) => write!(f, "{} {year}", holiday.name),
        }
    }
}

fn coming(today: Date, in_year: impl Fn(i16) -> Option<Date>) -> Option<Date> {
    let years = today.year()..=today.year().saturating_add(YEARS_AHEAD);
    years.filter_map(in_year).find(|date| *date >= today)
}

fn holiday(words: &[&str]) -> Option<DateExpr> {
    (1..=words.len()).rev().find_map(|len| {
        let (name, year) = words.split_at(len);
        let holiday = Holiday::read(name)?;
        let year = if year.is_empty() {
            None
        } else {
            Some(year_after_in(year)?)
        };
        Some(DateExpr::Holiday(holiday, year))
    })
}

fn relative(cursor: &mut Cursor<'_>) -> Option<DateExpr> {
    const DAYS: [(&str, i64); 12] = [
        ("the day after tomorrow", 2),
        ("day after tomorrow", 2),
        ("the day before yesterday", -2),
        ("day before yesterday", -2),
        ("today", 0),
        ("tonight", 0),
        ("tomorrow", 1),
        ("yesterday", -1),
        ("todays", 0),
        ("tomorrows", 1),
        ("yesterdays", -1),
        ("next week", 7),
    ];
    if let Some(at) = cursor.eat_any(&DAYS.map(|(phrase, _)| phrase)) {
        return Some(DateExpr::Days(DAYS[at].1));
    }
    let inside = cursor.eat("in");
    let count = if cursor.eat("a") {
        1
    } else {
        cursor.longest(4, whole)?
    };
    let unit = match cursor.eat_any(&["days", "day", "weeks", "week"])? {
        0 | 1 => 1,
        _ => 7,
    };
    let days = i64::try_from(count).ok()?.checked_mul(unit)?;
    let days = match cursor.eat_any(&["from now", "from today", "ago"]) {
        Some(2) if !inside => -days,
        Some(2) => return None,
        Some(_) => days,
        None => inside.then_some(days)?,
    };
    Some(DateExpr::Days(days))
}

fn weekday(cursor: &mut Cursor<'_>) -> Option<DateExpr> {
    let week = match cursor.eat_any(&["next", "this coming", "this", "last", "the", "coming"]) {
        Some(0) => Week::Next,
        Some(3) => Week::Last,
        _ => Week::Coming,
    };
    let day = match cursor.next()? {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" | "weekend" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    };
    Some(DateExpr::Weekday(day, week))
}

/// "May 3rd", "May 3rd 2027".
fn month_first(cursor: &mut Cursor<'_>) -> Option<DateExpr> {
    let month = month(cursor.next()?)?;
    cursor.eat("the");
    let day = cursor.longest(2, day)?;
    Some(DateExpr::MonthDay(month, day, cursor.attempt(year)))
}

/// "the 3rd of May", "3 May 2027", "the 3rd".
fn day_first(cursor: &mut Cursor<'_>) -> Option<DateExpr> {
    let the = cursor.eat("the");
    let ranked = cursor.attempt(|c| c.longest(2, ordinal_day));
    let day = ranked.or_else(|| cursor.longest(2, day))?;
    let of = cursor.eat("of");
    match cursor.attempt(|c| month(c.next()?)) {
        Some(month) => Some(DateExpr::MonthDay(month, day, cursor.attempt(year))),
        None => (the && !of && ranked.is_some()).then_some(DateExpr::Day(day)),
    }
}

fn ordinal_day(words: &[&str]) -> Option<i8> {
    ordinal(words)
        .and_then(|day| i8::try_from(day).ok())
        .filter(|day| (1..=31).contains(day))
}

fn day(words: &[&str]) -> Option<i8> {
    let number = || whole(words).and_then(|day| i8::try_from(day).ok());
    ordinal_day(words)
        .or_else(number)
        .filter(|day| (1..=31).contains(day))
}

fn month(word: &str) -> Option<i8> {
    let at = MONTHS
        .iter()
        .position(|(long, short, _)| *long == word || *short == word)?;
    i8::try_from(at + 1).ok()
}

fn year_after_in(words: &[&str]) -> Option<i16> {
    let mut cursor = Cursor::new(words);
    let year = year(&mut cursor)?;
    cursor.done(year)
}

/// `2027`, "in twenty twenty seven", "two thousand and six", "nineteen oh five".
fn year(cursor: &mut Cursor<'_>) -> Option<i16> {
    cursor.eat_any(&["in", "of"]);
    cursor.longest(5, |words| {
        let plain = whole(words).filter(|year| (1000..=9999).contains(year));
        i16::try_from(plain.or_else(|| paired(words))?).ok()
    })
}

/// A century and its year: "nineteen eighty four", "twenty oh six".
fn paired(words: &[&str]) -> Option<u64> {
    let (century, rest) = words.split_first()?;
    let century = small(century).filter(|century| (10..=20).contains(century))?;
    let rest = match rest {
        ["oh" | "o", unit] => small(unit).filter(|unit| *unit < 10)?,
        rest => whole(rest).filter(|rest| (10..100).contains(rest))?,
    };
    Some(century * 100 + rest)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    fn on_wednesday(text: &str) -> Option<String> {
        let today = date(2026, 11, 25);
        with_words(text, DateExpr::read)?
            .resolve(today)
            .map(|date| date.to_string())
    }

    #[test]
    fn the_ways_to_say_a_date() {
        for (text, day) in [
            ("today", "2026-11-25"),
            ("tomorrow", "2026-11-26"),
            ("yesterday", "2026-11-24"),
            ("the day after tomorrow", "2026-11-27"),
            ("in three days", "2026-11-28"),
            ("two weeks from now", "2026-12-09"),
            ("a week ago", "2026-11-18"),
            ("friday", "2026-11-27"),
            ("this Friday", "2026-11-27"),
            ("wednesday", "2026-11-25"),
            ("next Wednesday", "2026-12-02"),
            ("last Wednesday", "2026-11-18"),
            ("May 3rd", "2027-05-03"),
            ("the 3rd of May", "2027-05-03"),
            ("the third of May", "2027-05-03"),
            ("May the twenty-first", "2027-05-21"),
            ("December 1", "2026-12-01"),
            ("3 May 2030", "2030-05-03"),
            ("July 4th, 1776", "1776-07-04"),
            ("the 1st of April nineteen eighty four", "1984-04-01"),
            ("March 5 twenty oh six", "2006-03-05"),
            ("February 29th", "2028-02-29"),
            ("the 30th", "2026-11-30"),
            ("the 24th", "2026-12-24"),
            ("the 31st", "2026-12-31"),
            ("Christmas", "2026-12-25"),
            ("Christmas 2030", "2030-12-25"),
            ("Christmas in 2030", "2030-12-25"),
            ("Easter", "2027-03-28"),
            ("New Year's", "2027-01-01"),
            ("the fourth of July", "2027-07-04"),
        ] {
            assert_eq!(on_wednesday(text).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "the",
            "may",
            "june 31st",
            "the 32nd",
            "the 5",
            "three days",
            "in two days ago",
            "christmas tree",
            "next",
            "friday morning",
            "february 30",
            "in 99999999999999 weeks",
        ] {
            assert_eq!(on_wednesday(text), None, "{text}");
        }
    }

    #[test]
    fn shown_and_spoken_dates_come_back() {
        for text in [
            "today",
            "in five days",
            "2 days ago",
            "friday",
            "next friday",
            "last friday",
            "the 3rd",
            "may 3rd",
            "may 3rd 2027",
            "christmas",
            "christmas 2027",
        ] {
            let date = with_words(text, DateExpr::read).unwrap();
            assert_eq!(
                with_words(&date.spoken(), DateExpr::read),
                Some(date),
                "{text}"
            );
            let shown = date.to_string();
            let parsed = DateExpr::parse(&shown).or_else(|| with_words(&shown, DateExpr::read));
            assert_eq!(parsed, Some(date), "{shown}");
        }
        for text in ["", "days", "--13-01", "--02-30", "2027-02-30", "day 40"] {
            assert_eq!(DateExpr::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn told_dates_come_back(day in 0_i64..20_000) {
            let day = date(2000, 1, 1).checked_add(day.days()).unwrap();
            for format in ["%B %-d %Y", "the %-dth of %B, %Y", "%-d %b %Y", "%B the %-dth in %Y"] {
                let text = day.strftime(format).to_string().replace("Sep ", "Sept ");
                prop_assert_eq!(on_wednesday(&text), Some(day.to_string()));
            }
        }
    }
}
